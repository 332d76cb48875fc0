package dev.lanewise.kernels.simd;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The one place that knows how wide a vector is. The width is the machine's widest, or what the
 * system property {@code lanewise.vector.bits} (128, 256 or 512) says, chosen once per JVM.
 *
 * <p>Vectors of one element type have one shape, here and nowhere else. Methods of {@code
 * FloatVector} ask {@code this} for its shape; where HotSpot has seen two, and the vector comes
 * from a loop, it keeps it as an object, and what is compiled from then on is thirty times slower.
 */
final class Species {
  /** Vectors of float32. */
  static final VectorSpecies<Float> F = VectorSpecies.of(float.class, Width.shape());

  /** Vectors of as many 32-bit integers. */
  static final VectorSpecies<Integer> I = F.withLanes(int.class);

  /** Floats per vector: 4, 8 or 16. */
  static final int LANES = F.length();

  static final int BITS = F.vectorBitSize();

  /**
   * Registers for vectors that the machine has: x86 has 32 with AVX-512 and 16 without, whatever
   * part of a register is used; AArch64 and RISC-V have 32.
   */
  static final int REGISTERS =
      System.getProperty("os.arch").matches("amd64|x86_64|x86|i[3-6]86")
              && VectorShape.preferredShape().vectorBitSize() < 512
          ? 16
          : 32;

  /** As many bytes as there are lanes; at 128 bits, where no such vector exists, twice as many. */
  private static final VectorSpecies<Byte> B =
      VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, LANES * 8)));

  /** As many shorts as there are lanes. */
  static final VectorSpecies<Short> S =
      VectorSpecies.of(short.class, VectorShape.forBitSize(LANES * 16));

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Brings byte i of a 32-bit word to the top of lane i, for vectors of four lanes. */
  private static final IntVector BYTE_TO_TOP =
      LANES == 4 ? IntVector.fromArray(I, new int[] {24, 16, 8, 0}, 0) : null;

  /** The number of each lane. */
  private static final IntVector LANE = IntVector.zero(I).addIndex(1);

  /**
   * Zeros for a loop's sums to start from, as {@code FloatVector.fromArray(F, ZEROS, 0)}: where
   * they started from a constant, or from what a helper returned, HotSpot now and then kept them as
   * objects, and was five times slower for the rest of its life.
   */
  static final float[] ZEROS = new float[LANES];

  private Species() {}

  /** The width that is wanted: known before there is a vector, so that a wrong one can be told. */
  static final class Width {
    private static final String PROPERTY = "lanewise.vector.bits";

    /** Of wider vectors, as SVE has them, so much is used. */
    private static final int MAX_BITS = 512;

    private static final int MIN_BITS = 128;

    private Width() {}

    /**
     * Insists on a width that there is.
     *
     * @throws IllegalArgumentException if the system property says anything else
     */
    static void check() {
      if (System.getProperty(PROPERTY) != null) {
        shape();
      }
    }

    /** Whether the machine has vectors at all, or other ones are asked for. */
    static boolean isAvailable() {
      return System.getProperty(PROPERTY) != null
          || VectorShape.preferredShape().vectorBitSize() >= MIN_BITS;
    }

    private static VectorShape shape() {
      String bits = System.getProperty(PROPERTY);
      if (bits == null) {
        boolean wider = VectorShape.preferredShape().vectorBitSize() > MAX_BITS;
        return wider ? VectorShape.S_512_BIT : VectorShape.preferredShape();
      }
      return switch (bits) {
        case "128" -> VectorShape.S_128_BIT;
        case "256" -> VectorShape.S_256_BIT;
        case "512" -> VectorShape.S_512_BIT;
        default ->
            throw new IllegalArgumentException(
                PROPERTY + " must be 128, 256 or 512, got '" + bits + "'");
      };
    }
  }

  /** LANES signed bytes from {@code offset} on. */
  static IntVector signedBytes(MemorySegment data, long offset) {
    if (LANES == 4) {
      return IntVector.broadcast(I, data.get(INT, offset))
          .lanewise(VectorOperators.LSHL, BYTE_TO_TOP)
          .lanewise(VectorOperators.ASHR, 24);
    }
    return (IntVector)
        ByteVector.fromMemorySegment(B, data, offset, ByteOrder.LITTLE_ENDIAN)
            .convertShape(VectorOperators.B2I, I, 0);
  }

  /** LANES unsigned bytes from {@code offset} on. */
  static IntVector unsignedBytes(MemorySegment data, long offset) {
    if (LANES == 4) {
      return IntVector.broadcast(I, data.get(INT, offset))
          .lanewise(VectorOperators.LSHL, BYTE_TO_TOP)
          .lanewise(VectorOperators.LSHR, 24);
    }
    return (IntVector)
        ByteVector.fromMemorySegment(B, data, offset, ByteOrder.LITTLE_ENDIAN)
            .convertShape(VectorOperators.ZERO_EXTEND_B2I, I, 0);
  }

  /** LANES signed 16-bit words from {@code offset} on. */
  static IntVector signedShorts(MemorySegment data, long offset) {
    return (IntVector)
        ShortVector.fromMemorySegment(S, data, offset, ByteOrder.LITTLE_ENDIAN)
            .convertShape(VectorOperators.S2I, I, 0);
  }

  /** LANES floats from {@code offset} on. */
  static FloatVector floats(MemorySegment data, long offset) {
    return FloatVector.fromMemorySegment(F, data, offset, ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Marks the method that calls this, once compiled, as one whose loads may fault. A page of a
   * mapped file can go away while it is in use. HotSpot turns the fault into an InternalError if
   * the compiled method holds a scalar access to off-heap memory, but ends the whole JVM if there
   * are vector loads alone. To be called after the loop with those loads: code before it is no part
   * of a method that is compiled while the loop runs.
   */
  static void expectFaults(MemorySegment data, long offset) {
    byte _ = data.get(ValueLayout.JAVA_BYTE, offset);
  }

  /** The float16 scale of a block. */
  static float half(MemorySegment data, long offset) {
    return Float.float16ToFloat(data.get(SHORT, offset));
  }

  /** The signed 16-bit word at {@code offset}. */
  static int shortWord(MemorySegment data, long offset) {
    return data.get(SHORT, offset);
  }

  /** The 32-bit word at {@code offset}. */
  static int word(MemorySegment data, long offset) {
    return data.get(INT, offset);
  }

  /**
   * 16 in each lane i for which bit {@code 4 + from + i} of {@code bits} is set, 0 in the others.
   */
  static IntVector fifthBits(int bits, int from) {
    return IntVector.broadcast(I, bits >>> from).lanewise(VectorOperators.LSHR, LANE).and(16);
  }

  static FloatVector toFloats(IntVector v) {
    return (FloatVector) v.convertShape(VectorOperators.I2F, F, 0);
  }
}
