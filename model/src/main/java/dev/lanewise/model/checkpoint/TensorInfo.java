package dev.lanewise.model.checkpoint;

import dev.lanewise.kernels.DType;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Where a tensor lies and what it looks like.
 *
 * @param name its name in the file
 * @param type the name of its element type, such as {@code F32}, {@code Q4_K}, {@code I64}
 * @param shape its dimensions in row-major order, rows first; empty for a scalar
 * @param offset its first byte, from the start of the file
 * @param bytes how many bytes it takes
 */
public record TensorInfo(String name, String type, List<Long> shape, long offset, long bytes) {
  private static final DType[] DTYPES = DType.values();

  /** Keeps an immutable copy of the shape. */
  public TensorInfo {
    shape = List.copyOf(shape);
  }

  /** Tensors by where they start, empty ones before others that start at the same byte. */
  static TensorInfo[] inOrder(Collection<TensorInfo> tensors) {
    TensorInfo[] inOrder = tensors.toArray(new TensorInfo[0]);
    for (int i = 1; i < inOrder.length; i++) {
      if (compare(inOrder[i - 1], inOrder[i]) > 0) { // in few files: most starts need not link this
        Arrays.sort(inOrder, TensorInfo::compare);
        break;
      }
    }
    return inOrder;
  }

  private static int compare(TensorInfo a, TensorInfo b) {
    int byOffset = Long.compare(a.offset, b.offset);
    return byOffset != 0 ? byOffset : Long.compare(a.bytes, b.bytes);
  }

  /** The same by another name. */
  TensorInfo named(String other) {
    return other.equals(name) ? this : new TensorInfo(other, type, shape, offset, bytes);
  }

  /** The same with elements of another type, whose blocks must divide its rows. */
  public TensorInfo withType(DType dtype) {
    return new TensorInfo(name, dtype.name(), shape, offset, dtype.bytes(elements()));
  }

  /** The type that kernels compute with, or empty if there is none of this name. */
  public Optional<DType> dtype() {
    for (DType dtype : DTYPES) {
      if (dtype.name().equals(type)) { // file formats and kernels use ggml's names
        return Optional.of(dtype);
      }
    }
    return Optional.empty();
  }

  /** Number of elements: the product of the dimensions. */
  public long elements() {
    long elements = 1;
    for (long dim : shape) {
      elements *= dim;
    }
    return elements;
  }

  /** Type and shape for people: {@code F32 [32000 x 64]}. */
  public String describe() {
    StringBuilder text = new StringBuilder(type).append(" [");
    for (int i = 0; i < shape.size(); i++) {
      text.append(i == 0 ? "" : " x ").append(shape.get(i).longValue());
    }
    return text.append(']').toString();
  }
}
