package dev.lanewise.model.checkpoint;

import static java.util.stream.Collectors.joining;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.model.LanewiseException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * The tensors of a checkpoint below a prefix, by the shapes a model needs. Whatever is missing or
 * of another shape is reported with its full name, the file, and what was wanted. What the file
 * holds in float64 is read as float32.
 */
public final class Weights {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Read as float32, for no kernel computes with it. */
  private static final String F64 = "F64";

  /** A line of the processor's cache, as for all matrices. */
  private static final int ALIGNMENT = 64;

  private final Checkpoint checkpoint;
  private final String prefix;

  private Weights(Checkpoint checkpoint, String prefix) {
    this.checkpoint = checkpoint;
    this.prefix = prefix;
  }

  /** All tensors of a checkpoint. */
  public static Weights of(Checkpoint checkpoint) {
    return new Weights(checkpoint, "");
  }

  /** The tensors whose names go on with {@code prefix} and a dot: {@code at("blk.0")}. */
  public Weights at(String prefix) {
    return new Weights(checkpoint, this.prefix + prefix + ".");
  }

  /** The file's name, for messages. */
  public String file() {
    return checkpoint.file();
  }

  /** What the tensors lie in, and the copies made of them. */
  public FileMemory memory() {
    return checkpoint.memory();
  }

  /** The full name of a tensor, as the file has it, for messages. */
  public String path(String name) {
    return checkpoint.nameInFile(prefix + name);
  }

  /** Whether the tensor is there. */
  public boolean has(String name) {
    return checkpoint.has(prefix + name);
  }

  /**
   * Where the tensor lies and what it looks like.
   *
   * @throws LanewiseException if it is missing
   */
  public TensorInfo tensor(String name) {
    return checkpoint.tensor(prefix + name);
  }

  /**
   * The rows of a matrix, where nothing but the tensor itself tells them.
   *
   * @throws LanewiseException if it is missing, no matrix, or has more than {@code max}
   */
  public int rows(String name, int max) {
    TensorInfo tensor = tensor(name);
    if (tensor.shape().size() != 2) {
      throw new LanewiseException(
          "%s: tensor %s is %s, not a matrix".formatted(file(), path(name), tensor.describe()));
    }
    long rows = tensor.shape().get(0);
    if (rows < 1 || rows > max) {
      throw new LanewiseException(
          "%s: tensor %s has %d rows; it must have 1 to %d"
              .formatted(file(), path(name), rows, max));
    }
    return (int) rows;
  }

  /**
   * A matrix, still encoded, as a view of the file.
   *
   * @param rows its rows (output features)
   * @param cols its columns (input features)
   * @throws LanewiseException if it is missing, of another shape, or of a type without a kernel
   */
  public Matrix matrix(String name, int rows, int cols) {
    TensorInfo tensor = require(name, rows, cols);
    return new Matrix(data(name, tensor), rows, cols, dtype(tensor));
  }

  /**
   * The filters of a convolution as a matrix with a row for each, as a view of the file.
   *
   * @param filters how many (output channels)
   * @param shape of each
   * @throws LanewiseException if it is missing, of another shape, or of a type without a kernel
   */
  public Matrix filters(String name, int filters, int... shape) {
    int[] wanted = new int[shape.length + 1];
    wanted[0] = filters;
    System.arraycopy(shape, 0, wanted, 1, shape.length);
    TensorInfo tensor = require(name, wanted);
    int cols = Arrays.stream(shape).reduce(1, Math::multiplyExact);
    return new Matrix(data(name, tensor), filters, cols, dtype(tensor));
  }

  /**
   * A matrix in the layout that is multiplied fastest: a copy, or {@link #matrix} for what the
   * layout cannot hold, and for floats when there is no memory: their rows serve nearly as well.
   *
   * @param rows its rows (output features)
   * @param cols its columns (input features)
   * @throws LanewiseException if it is missing, of another shape, of a type without a kernel, or
   *     there is no memory for a copy of quantised weights
   */
  public Matrix interleaved(String name, int rows, int cols) {
    return interleavedRows(name, 0, rows, rows, cols);
  }

  /**
   * A vector as float32, whatever its type in the file.
   *
   * @param n its length
   * @return fresh array of n values
   * @throws LanewiseException if it is missing, of another length, or of a type without a kernel
   */
  public float[] vector(String name, int n) {
    TensorInfo tensor = require(name, n);
    DType dtype = dtype(tensor);
    float[] values = new float[n];
    dtype.format().dequantise(data(name, tensor), 0, values, 0, n);
    return values;
  }

  /**
   * Rows of a tensor that stands for several matrices, as {@link #interleaved} has them.
   *
   * @param from the first of the rows, counted over all dimensions but the last
   * @param n how many
   * @param shape of the whole tensor; its last dimension is that of a row
   * @throws LanewiseException as there
   */
  public Matrix interleavedRows(String name, long from, int n, int... shape) {
    TensorInfo tensor = require(name, shape);
    int cols = shape[shape.length - 1];
    Matrix copy = null;
    try {
      copy =
          copied(
              tensor,
              data -> rows(name, tensor, data, from, n, cols),
              rows -> rows.interleaved(memory().arena()));
    } catch (OutOfMemoryError e) {
      if (dtype(tensor).blockSize() > 1) {
        throw noMemory(name, e);
      }
    }
    return copy == null ? rows(name, tensor, checkpoint.data(tensor), from, n, cols) : copy;
  }

  /** Rows of a tensor whose bytes are given. */
  private Matrix rows(
      String name, TensorInfo tensor, MemorySegment data, long from, int n, int cols) {
    DType dtype = dtype(tensor);
    long rowBytes = isDouble(tensor) ? (long) Double.BYTES * cols : dtype.bytes(cols);
    MemorySegment bytes = data.asSlice(from * rowBytes, n * rowBytes);
    return new Matrix(narrowed(name, tensor, bytes), n, cols, dtype);
  }

  /**
   * A matrix that the file holds transposed, as a float32 copy.
   *
   * @param rows its rows once transposed (output features)
   * @param cols its columns once transposed (input features)
   * @throws LanewiseException if it is missing, of another shape, of a type without a kernel, or
   *     there is no memory for the copy
   */
  public Matrix transposed(String name, int rows, int cols) {
    TensorInfo tensor = require(name, cols, rows);
    try {
      return copied(
          tensor,
          data -> rows(name, tensor, data, 0, cols, rows),
          matrix -> matrix.transposed(memory().arena()));
    } catch (OutOfMemoryError e) {
      throw noMemory(name, e);
    }
  }

  private LanewiseException noMemory(String name, OutOfMemoryError e) {
    return new LanewiseException(
        "%s: tensor %s: no memory for a copy of its %d bytes: %s. Weights are copied to memory"
                .formatted(file(), path(name), tensor(name).bytes(), e.getMessage())
            + " outside of the heap, of which Java by itself takes no more than the heap's limit;"
            + " raise that with a flag such as -XX:MaxDirectMemorySize=16g",
        e);
  }

  /**
   * A copy of a tensor's rows outside of the heap, where there may be too little memory. What is
   * copied from is there for the time of the copying only.
   *
   * @param rows what is to be copied of the tensor's bytes
   * @return null if nothing was copied
   */
  private Matrix copied(
      TensorInfo tensor, Function<MemorySegment, Matrix> rows, UnaryOperator<Matrix> copying) {
    return checkpoint.read(
        tensor,
        data -> {
          Matrix matrix = rows.apply(data);
          Matrix copy = copying.apply(matrix);
          return copy.data().scope().equals(matrix.data().scope()) ? null : copy;
        });
  }

  private MemorySegment data(String name, TensorInfo tensor) {
    return narrowed(name, tensor, checkpoint.data(tensor));
  }

  /** Bytes of a tensor; of float64, which no kernel reads, a float32 copy. */
  private MemorySegment narrowed(String name, TensorInfo tensor, MemorySegment data) {
    if (!isDouble(tensor)) {
      return data;
    }
    try {
      MemorySegment floats = Arena.ofAuto().allocate(data.byteSize() / 2, ALIGNMENT);
      for (long i = 0; i < data.byteSize() / Double.BYTES; i++) {
        floats.setAtIndex(FLOAT, i, (float) data.getAtIndex(DOUBLE, i));
      }
      return floats;
    } catch (OutOfMemoryError e) {
      throw noMemory(name, e);
    }
  }

  private static boolean isDouble(TensorInfo tensor) {
    return tensor.type().equals(F64);
  }

  /** The vector, or null if the file has none. */
  public float[] optionalVector(String name, int n) {
    return has(name) ? vector(name, n) : null;
  }

  /** The tensor if its shape is the wanted one but for dimensions of 1 in front. */
  private TensorInfo require(String name, int... wanted) {
    String path = path(name);
    if (!has(name)) {
      throw new LanewiseException(
          "%s: tensor %s is missing; the model needs it as %s%s"
              .formatted(file(), path, shapeText(wanted), checkpoint.reasonForMissing()));
    }
    TensorInfo tensor = tensor(name);
    if (!matches(tensor.shape(), wanted)) {
      throw new LanewiseException(
          "%s: tensor %s is %s, but the model needs %s"
              .formatted(file(), path, tensor.describe(), shapeText(wanted)));
    }
    return tensor;
  }

  private static boolean matches(List<Long> shape, int[] wanted) {
    int extra = shape.size() - wanted.length;
    for (int i = 0; i < extra; i++) {
      if (shape.get(i) != 1) {
        return false;
      }
    }
    for (int i = 0; i < wanted.length; i++) {
      long found = i + extra < 0 ? 1 : shape.get(i + extra);
      if (wanted[i] <= 0 || found != wanted[i]) {
        return false;
      }
    }
    return true;
  }

  private DType dtype(TensorInfo tensor) {
    DType dtype = isDouble(tensor) ? DType.F32 : tensor.dtype().orElse(null);
    if (dtype == null) {
      throw new LanewiseException(
          "%s: tensor %s is of type %s, which cannot be computed with; supported are F64, %s"
              .formatted(
                  file(),
                  tensor.name(),
                  tensor.type(),
                  Arrays.stream(DType.values()).map(DType::name).collect(joining(", "))));
    }
    return dtype;
  }

  private static String shapeText(int[] shape) {
    StringBuilder text = new StringBuilder("[");
    for (int i = 0; i < shape.length; i++) {
      text.append(i == 0 ? "" : " x ").append(shape[i]);
    }
    return text.append(']').toString();
  }
}
