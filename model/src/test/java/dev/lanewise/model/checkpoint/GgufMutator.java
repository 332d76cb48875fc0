package dev.lanewise.model.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Makes broken files out of sound ones. A mutant depends on its seed alone, so a failure is
 * repeated by its seed.
 */
public final class GgufMutator implements MutationRun.Mutator {
  /** Numbers at which a reader's arithmetic may turn over. */
  private static final long[] EDGES = {
    0,
    1,
    2,
    3,
    4,
    5,
    7,
    8,
    9,
    12,
    13,
    16,
    31,
    32,
    33,
    63,
    64,
    65,
    127,
    128,
    255,
    256,
    4096,
    65535,
    65536,
    1L << 20,
    1L << 24,
    (1L << 31) - 1,
    1L << 31,
    (1L << 32) - 1,
    1L << 32,
    (1L << 32) + 1,
    1L << 40,
    1L << 61,
    1L << 62,
    Long.MAX_VALUE - 32,
    Long.MAX_VALUE - 1,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    -4096,
    -32,
    -8,
    -2,
    -1
  };

  private record Base(byte[] file, List<GgufFields.Field> fields) {}

  private final List<Base> bases = new ArrayList<>();

  /** A mutator of these sound GGUF files. */
  public GgufMutator(List<byte[]> files) {
    for (byte[] file : files) {
      bases.add(new Base(file, GgufFields.of(file)));
    }
  }

  @Override
  public int maxBytes() {
    return 2 * bases.stream().mapToInt(base -> base.file().length).max().orElseThrow();
  }

  /** The mutant of this seed: one to four changes to one of the files. */
  @Override
  public byte[] mutant(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Base base = bases.get(random.nextInt(bases.size()));
    byte[] mutant = base.file().clone();
    // Field edits come first: later changes may move what the fields' offsets point to.
    for (int i = random.nextInt(3); i > 0; i--) {
      editField(mutant, base.fields().get(random.nextInt(base.fields().size())), random);
    }
    switch (random.nextInt(6)) {
      case 0 -> flipBits(mutant, mutant.length, random);
      case 1 -> flipBits(mutant, endOfFields(base), random);
      case 2 -> mutant = Arrays.copyOf(mutant, random.nextInt(mutant.length + 1));
      case 3 -> mutant = splice(mutant, base, random);
      default -> editField(mutant, base.fields().get(random.nextInt(base.fields().size())), random);
    }
    return mutant;
  }

  private static int endOfFields(Base base) {
    GgufFields.Field last = base.fields().getLast();
    return last.offset() + last.length();
  }

  private static void flipBits(byte[] file, int end, SplittableRandom random) {
    for (int i = 1 + random.nextInt(8); i > 0; i--) {
      file[random.nextInt(end)] ^= (byte) (1 << random.nextInt(8));
    }
  }

  private static void editField(byte[] file, GgufFields.Field field, SplittableRandom random) {
    switch (field.kind()) {
      case MAGIC, NAME -> editBytes(file, field, random);
      case VERSION, TYPE, RANK -> {
        int number = random.nextInt(4) == 0 ? (int) edge(random) : random.nextInt(48);
        buffer(file).putInt(field.offset(), number);
      }
      case COUNT, LENGTH, DIMENSION, OFFSET -> {
        long number = buffer(file).getLong(field.offset());
        buffer(file).putLong(field.offset(), editNumber(number, file.length, random));
      }
      case VALUE -> {
        if (field.length() == 8) {
          buffer(file).putLong(field.offset(), edge(random));
        } else if (field.length() == 4) {
          int number = buffer(file).getInt(field.offset());
          buffer(file).putInt(field.offset(), (int) editNumber(number, file.length, random));
        } else {
          editBytes(file, field, random);
        }
      }
    }
  }

  private static long editNumber(long number, int fileLength, SplittableRandom random) {
    return switch (random.nextInt(6)) {
      case 0 -> number + random.nextInt(-2, 3);
      case 1 -> number * random.nextInt(-1, 4);
      case 2 -> number ^ 1L << random.nextInt(64);
      case 3 -> random.nextInt(fileLength + 64);
      case 4 -> Float.floatToIntBits(new float[] {Float.NaN, -1f, 0f, 1e30f}[random.nextInt(4)]);
      default -> edge(random);
    };
  }

  private static void editBytes(byte[] file, GgufFields.Field field, SplittableRandom random) {
    int at = field.offset() + random.nextInt(field.length());
    file[at] = (byte) (random.nextBoolean() ? random.nextInt(256) : edge(random));
  }

  /** Removes, repeats or takes from another file a run of bytes, often from field to field. */
  private byte[] splice(byte[] file, Base base, SplittableRandom random) {
    Base other = bases.get(random.nextInt(bases.size()));
    int at = place(file.length, base, random);
    int removed = random.nextBoolean() ? 0 : random.nextInt(1 + Math.min(64, file.length - at));
    int from = place(other.file().length, other, random);
    int inserted = random.nextInt(1 + Math.min(256, other.file().length - from));
    byte[] spliced = new byte[file.length - removed + inserted];
    System.arraycopy(file, 0, spliced, 0, at);
    System.arraycopy(other.file(), from, spliced, at, inserted);
    System.arraycopy(file, at + removed, spliced, at + inserted, file.length - at - removed);
    return spliced;
  }

  private static int place(int length, Base base, SplittableRandom random) {
    return random.nextBoolean()
        ? random.nextInt(length)
        : base.fields().get(random.nextInt(base.fields().size())).offset();
  }

  private static long edge(SplittableRandom random) {
    return EDGES[random.nextInt(EDGES.length)];
  }

  private static ByteBuffer buffer(byte[] file) {
    return ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
  }
}
