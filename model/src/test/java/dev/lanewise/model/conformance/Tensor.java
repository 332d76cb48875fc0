package dev.lanewise.model.conformance;

import dev.lanewise.model.checkpoint.Safetensors;
import dev.lanewise.model.checkpoint.TensorInfo;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A tensor of a recorded case, in row-major order.
 *
 * @param type F32, BOOL or I64
 * @param data the elements; truth as 1 and 0, whole numbers as they are (all here are small)
 */
record Tensor(String type, int[] shape, float[] data) {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** A float32 tensor. */
  static Tensor of(float[] data, int... shape) {
    return new Tensor("F32", shape, data);
  }

  static Tensor read(Safetensors file, TensorInfo info) {
    MemorySegment source = file.data(info);
    float[] data = new float[Math.toIntExact(info.elements())];
    for (int i = 0; i < data.length; i++) {
      data[i] =
          switch (info.type()) {
            case "F32" -> source.get(FLOAT, 4L * i);
            case "BOOL" -> source.get(ValueLayout.JAVA_BYTE, i) == 0 ? 0 : 1;
            case "I64" -> source.get(LONG, 8L * i);
            default -> throw new AssertionError("unexpected element type " + info.describe());
          };
    }
    int[] shape = info.shape().stream().mapToInt(Math::toIntExact).toArray();
    return new Tensor(info.type(), shape, data);
  }

  int rank() {
    return shape.length;
  }

  /** Size of a dimension; a negative one counts from the end. */
  int dim(int index) {
    return shape[index < 0 ? shape.length + index : index];
  }

  /** Product of the dimensions {@code [from, to)}. */
  int elements(int from, int to) {
    return Arrays.stream(shape, from, to).reduce(1, Math::multiplyExact);
  }

  int[] ints() {
    int[] ints = new int[data.length];
    for (int i = 0; i < ints.length; i++) {
      ints[i] = (int) data[i];
    }
    return ints;
  }

  Tensor reshaped(int... shape) {
    return new Tensor(type, shape, data);
  }

  /** Dimension i of the result is dimension {@code order[i]} of this. */
  Tensor permuted(int... order) {
    int rank = rank();
    int[] to = new int[rank];
    int[] strides = new int[rank];
    for (int i = 0; i < rank; i++) {
      to[i] = shape[order[i]];
      strides[i] = elements(order[i] + 1, rank);
    }
    return gathered(to, strides);
  }

  /** Repeated along dimensions of size 1 that are missing or larger in {@code to}, as in NumPy. */
  Tensor broadcast(int... to) {
    int[] strides = new int[to.length];
    for (int i = 0; i < to.length; i++) {
      int own = i - (to.length - rank());
      boolean repeated = own < 0 || (shape[own] == 1 && to[i] != 1);
      if (!repeated && shape[own] != to[i]) {
        throw new AssertionError(Arrays.toString(shape) + " does not fit " + Arrays.toString(to));
      }
      strides[i] = repeated ? 0 : elements(own + 1, rank());
    }
    return gathered(to, strides);
  }

  private Tensor gathered(int[] to, int[] strides) {
    float[] result = new float[Arrays.stream(to).reduce(1, Math::multiplyExact)];
    for (int i = 0; i < result.length; i++) {
      int rest = i;
      int from = 0;
      for (int d = to.length - 1; d >= 0; d--) {
        from += rest % to[d] * strides[d];
        rest /= to[d];
      }
      result[i] = data[from];
    }
    return new Tensor(type, to, result);
  }
}
