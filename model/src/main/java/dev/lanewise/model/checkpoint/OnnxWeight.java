package dev.lanewise.model.checkpoint;

import dev.lanewise.model.LanewiseException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.Function;

/**
 * A weight as models want it, made of what an ONNX file stores: the same bytes, or a copy that is
 * transposed, or one that is dequantised.
 *
 * <p>Quantised is s · (q − z), with one s and z for all, or one for each index of an axis. Signed
 * bytes around 0 whose scale belongs to a row become Q8_0, whose blocks then have equal scales in
 * float16; all others float32.
 */
final class OnnxWeight {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort HALF =
      ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfInt WORD = ValueLayout.JAVA_INT_UNALIGNED;

  /** A line of the processor's cache, as for all matrices. */
  private static final int ALIGNMENT = 64;

  private static final int Q8_BLOCK = 32;
  private static final int Q8_BYTES = Short.BYTES + Q8_BLOCK;

  /** Float16 loses precision below its smallest normal number. */
  private static final double MIN_NORMAL_HALF = 0x1p-14;

  private static final double MAX_HALF = 65504;

  /**
   * How whole numbers stand for others.
   *
   * @param axis of the stored tensor along which scales differ; −1 for one of all
   */
  record Quantisation(double[] scales, double[] zeroPoints, int axis) {}

  private final OnnxTensor stored;
  private final boolean transposed;
  private final Quantisation quantisation; // null for none
  private final long rows;
  private final long cols;
  private final boolean blocks; // of Q8_0
  private final TensorInfo info;

  /**
   * A weight.
   *
   * @param transposed whether rows and columns, of which it has just two then, change places
   * @param quantisation or null
   */
  OnnxWeight(String name, OnnxTensor stored, boolean transposed, Quantisation quantisation) {
    this.stored = stored;
    this.transposed = transposed;
    this.quantisation = quantisation;
    List<Long> shape = transposed ? stored.shape().reversed() : stored.shape();
    cols = shape.isEmpty() ? 1 : shape.getLast();
    rows = stored.elements() == 0 ? 0 : stored.elements() / cols;
    blocks = quantisation != null && fitsBlocks();
    info = new TensorInfo(name, type(), shape, stored.offset(), bytes());
  }

  /** How the weight looks; its offset is that of the stored bytes. */
  TensorInfo info() {
    return info;
  }

  OnnxTensor stored() {
    return stored;
  }

  /** The weight's bytes: a view of the file, or a copy in an arena. */
  MemorySegment data(Arena arena) {
    return isAsStored() ? stored.data(arena) : stored.read(from -> copy(from, arena));
  }

  /** What some work makes of the weight's bytes, which are valid during the work only. */
  <T> T read(Function<MemorySegment, T> work) {
    if (isAsStored()) {
      return stored.read(work);
    }
    try (Arena arena = Arena.ofConfined()) {
      return work.apply(stored.read(from -> copy(from, arena)));
    }
  }

  private boolean isAsStored() {
    return !transposed && quantisation == null;
  }

  private MemorySegment copy(MemorySegment from, Arena arena) {
    MemorySegment to = arena.allocate(Math.max(1, info.bytes()), ALIGNMENT);
    for (long row = 0; row < rows; row++) {
      if (blocks) {
        writeBlocks(from, row, to);
      } else if (quantisation != null) {
        writeFloats(from, row, to);
      } else {
        copyRow(from, row, to);
      }
    }
    return to.asSlice(0, info.bytes()).asReadOnly();
  }

  private String type() {
    if (quantisation == null) {
      return stored.type().name();
    }
    return blocks ? "Q8_0" : "F32";
  }

  private long bytes() {
    if (quantisation == null) {
      return stored.packed() ? stored.elements() * elementBytes() : stored.bytes();
    }
    return blocks ? rows * (cols / Q8_BLOCK) * Q8_BYTES : rows * cols * Float.BYTES;
  }

  private int elementBytes() {
    return stored.type().bits() / Byte.SIZE;
  }

  /** Where the element of a row and a column is stored. */
  private long index(long row, long col) {
    return transposed ? col * rows + row : row * cols + col;
  }

  private boolean fitsBlocks() {
    boolean bytes = stored.type() == OnnxType.I8 || stored.type() == OnnxType.U8;
    boolean ofRows = quantisation.axis() < 0 || quantisation.axis() == (transposed ? 1 : 0);
    if (!bytes || !ofRows || stored.shape().size() != 2 || cols % Q8_BLOCK != 0) {
      return false;
    }
    for (int i = 0; i < quantisation.scales().length; i++) {
      double scale = quantisation.scales()[i];
      if (quantisation.zeroPoints()[i] != middle()
          || !(scale >= MIN_NORMAL_HALF && scale <= MAX_HALF)) {
        return false;
      }
    }
    return true;
  }

  /** What stands for 0 where the numbers reach equally far to both sides. */
  private int middle() {
    return stored.type() == OnnxType.U8 ? 128 : 0;
  }

  private void writeBlocks(MemorySegment from, long row, MemorySegment to) {
    double scale = quantisation.scales()[quantisation.axis() < 0 ? 0 : (int) row];
    short half = Float.floatToFloat16((float) scale);
    long at = row * (cols / Q8_BLOCK) * Q8_BYTES;
    for (long col = 0; col < cols; col += Q8_BLOCK) {
      to.set(HALF, at, half);
      for (int i = 0; i < Q8_BLOCK; i++) {
        byte q = from.get(BYTE, index(row, col + i));
        to.set(BYTE, at + Short.BYTES + i, (byte) (q - middle()));
      }
      at += Q8_BYTES;
    }
  }

  private void writeFloats(MemorySegment from, long row, MemorySegment to) {
    for (long col = 0; col < cols; col++) {
      long index = index(row, col);
      int group = group(index);
      double q = stored.number(from, index);
      double value = quantisation.scales()[group] * (q - quantisation.zeroPoints()[group]);
      to.set(FLOAT, (row * cols + col) * Float.BYTES, (float) value);
    }
  }

  /** Which of the scales belongs to a stored element. */
  private int group(long index) {
    int axis = quantisation.axis();
    if (axis < 0) {
      return 0;
    }
    long inner = 1;
    for (int i = axis + 1; i < stored.shape().size(); i++) {
      inner *= stored.shape().get(i);
    }
    return (int) (index / inner % stored.shape().get(axis));
  }

  private void copyRow(MemorySegment from, long row, MemorySegment to) {
    int width = elementBytes();
    if (width == 0) {
      throw new LanewiseException(
          "%s: tensor %s of type %s cannot be transposed"
              .formatted(stored.file(), stored.name(), stored.type()));
    }
    for (long col = 0; col < cols; col++) {
      long source = index(row, col) * width;
      long target = (row * cols + col) * width;
      if (width == Integer.BYTES) { // as segments of 4 bytes the copy takes half as long again
        to.set(WORD, target, from.get(WORD, source));
      } else {
        MemorySegment.copy(from, source, to, target, width);
      }
    }
  }
}
