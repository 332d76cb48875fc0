package dev.lanewise.model.checkpoint;

import static dev.lanewise.model.checkpoint.LittleEndian.INT;
import static dev.lanewise.model.checkpoint.LittleEndian.LONG;
import static dev.lanewise.model.checkpoint.LittleEndian.SHORT;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.ProtocolBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/**
 * A tensor as an ONNX file holds it, little-endian and row-major. What its file says of its size is
 * checked: the shape makes just so many bytes, or so many variable-length numbers.
 *
 * @param file where the bytes lie, which may be another than the graph's
 * @param memory the whole of that file
 * @param offset the first byte
 * @param bytes how many there are
 * @param packed whether the elements are numbers of variable length, one after the other
 */
record OnnxTensor(
    String name,
    OnnxType type,
    List<Long> shape,
    String file,
    MemorySegment memory,
    long offset,
    long bytes,
    boolean packed) {
  /** The same by another name. */
  OnnxTensor named(String other) {
    return new OnnxTensor(other, type, shape, file, memory, offset, bytes, packed);
  }

  /** Whether it is more than a number or a shape that a node needs. */
  boolean mayBeWeight() {
    return !shape.isEmpty() && type != OnnxType.I64 && type != OnnxType.STRING && elements() > 1;
  }

  /** Number of elements, of which every one is there. */
  long elements() {
    long elements = 1;
    for (long dim : shape) {
      elements *= dim;
    }
    return elements;
  }

  /** The elements by their type's width: a view of the file, or a copy in an arena if packed. */
  MemorySegment data(Arena arena) {
    MemorySegment stored = memory.asSlice(offset, bytes);
    return packed ? unpacked(stored, arena) : stored;
  }

  /**
   * What some work makes of the elements by their type's width, which are valid during the work
   * only, and whose pages count as the process's memory no longer.
   */
  <T> T read(Function<MemorySegment, T> work) {
    if (packed) {
      try (Arena arena = Arena.ofConfined()) {
        return work.apply(unpacked(memory.asSlice(offset, bytes), arena));
      }
    }
    return memory.isMapped()
        ? MappedFile.read(Path.of(file), offset, bytes, work)
        : work.apply(memory.asSlice(offset, bytes));
  }

  private MemorySegment unpacked(MemorySegment stored, Arena arena) {
    int width = type.bits() / Byte.SIZE;
    MemorySegment copy = arena.allocate(Math.max(1, width * elements()), Long.BYTES);
    long[] next = {0};
    new ProtocolBuffer(file, stored)
        .packedNumbers(
            number -> {
              for (int i = 0; i < width; i++) {
                copy.set(ValueLayout.JAVA_BYTE, next[0]++, (byte) (number >> (Byte.SIZE * i)));
              }
            });
    return copy.asSlice(0, width * elements());
  }

  /**
   * All elements as numbers.
   *
   * @param limit how many are sensible
   * @throws LanewiseException if there are more, or they are none
   */
  double[] numbers(long limit) {
    if (elements() > limit) {
      throw new LanewiseException(
          "%s: tensor %s has %d elements, expected at most %d"
              .formatted(file, name, elements(), limit));
    }
    double[] numbers = new double[(int) elements()];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = data(arena);
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = number(data, i);
      }
    }
    return numbers;
  }

  /** Element {@code i} of the data; whole numbers beyond 2^53 lose their last bits. */
  double number(MemorySegment data, long i) {
    return switch (type) {
      case F32 -> Float.intBitsToFloat(data.get(INT, 4 * i));
      case F16 -> Float.float16ToFloat(data.get(SHORT, 2 * i));
      case BF16 -> Float.intBitsToFloat(data.get(SHORT, 2 * i) << 16);
      case F64 -> Double.longBitsToDouble(data.get(LONG, 8 * i));
      case I8 -> data.get(ValueLayout.JAVA_BYTE, i);
      case U8, BOOL -> data.get(ValueLayout.JAVA_BYTE, i) & 0xFF;
      case I16 -> data.get(SHORT, 2 * i);
      case U16 -> data.get(SHORT, 2 * i) & 0xFFFF;
      case I32 -> data.get(INT, 4 * i);
      case U32 -> data.get(INT, 4 * i) & 0xFFFF_FFFFL;
      case I64, U64 -> data.get(LONG, 8 * i);
      default ->
          throw new LanewiseException(
              "%s: tensor %s is of type %s, where a number is needed".formatted(file, name, type));
    };
  }
}
