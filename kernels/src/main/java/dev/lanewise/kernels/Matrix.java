package dev.lanewise.kernels;

import dev.lanewise.kernels.quant.Interleaved;
import dev.lanewise.kernels.quant.Interleaving;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * An immutable matrix of weights.
 *
 * <p>The data always lies outside the Java heap (a mapped file or native memory), so that kernels
 * see one kind of memory and compile to one kind of load.
 *
 * @param data the encoded elements, little-endian
 * @param rows number of rows (output features of a linear layer)
 * @param cols number of columns (input features), a multiple of the type's block size
 * @param dtype how the elements are encoded
 * @param layout in which order
 */
public record Matrix(MemorySegment data, int rows, int cols, DType dtype, Layout layout) {
  /** Rows that are transposed together: a cache line or more of each column. */
  private static final int TRANSPOSED_ROWS = 64;

  /** Most of their elements, so that rows of many millions are fewer: 256 MiB. */
  private static final int TRANSPOSED = 1 << 26;

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** In which order the elements lie. */
  public enum Layout {
    /** One row after the other, as in files. */
    ROW_MAJOR,
    /** {@link Interleaved}: rows side by side, as vectors want them. */
    INTERLEAVED
  }

  /**
   * Checks that data, shape and type agree.
   *
   * @throws IllegalArgumentException if they do not
   */
  public Matrix {
    Objects.requireNonNull(layout, "layout");
    if (rows <= 0 || cols <= 0) {
      throw new IllegalArgumentException("matrix of " + rows + " x " + cols + ": both must be > 0");
    }
    if (cols % dtype.blockSize() != 0) {
      throw new IllegalArgumentException(
          cols + " columns are no multiple of the " + dtype + " block of " + dtype.blockSize());
    }
    if (!data.isNative()) {
      throw new IllegalArgumentException("matrix data must lie outside the heap; use Matrix.of");
    }
    if (layout == Layout.INTERLEAVED && !Interleaved.holds(dtype, cols)) {
      throw new IllegalArgumentException(
          "%d columns of %s cannot be interleaved; they must be a multiple of %d"
              .formatted(cols, dtype, Interleaved.COLUMNS));
    }
    long lineBytes = lineBytes(cols, dtype, layout);
    int lines = lines(rows, layout);
    if (lineBytes > data.byteSize() / lines) {
      throw new IllegalArgumentException(
          "%s matrix of %d x %d needs %s bytes, got %d"
              .formatted(
                  dtype,
                  rows,
                  cols,
                  BigInteger.valueOf(lineBytes).multiply(BigInteger.valueOf(lines)),
                  data.byteSize()));
    }
    data = data.asSlice(0, lines * lineBytes).asReadOnly();
  }

  /** A row-major matrix. */
  public Matrix(MemorySegment data, int rows, int cols, DType dtype) {
    this(data, rows, cols, dtype, Layout.ROW_MAJOR);
  }

  /** Rows, or groups of rows. */
  private static int lines(int rows, Layout layout) {
    return layout == Layout.INTERLEAVED ? Math.ceilDiv(rows, Interleaved.ROWS) : rows;
  }

  private static long lineBytes(int cols, DType dtype, Layout layout) {
    return layout == Layout.INTERLEAVED ? Interleaved.groupBytes(dtype, cols) : dtype.bytes(cols);
  }

  /**
   * Copies {@code rows x cols} row-major values into a float32 matrix.
   *
   * @throws IllegalArgumentException if there are more or fewer, or a size is not positive
   */
  public static Matrix of(float[] values, int rows, int cols) {
    if (values.length != (long) rows * cols) {
      throw new IllegalArgumentException(
          values.length + " values do not fill a matrix of " + rows + " x " + cols);
    }
    MemorySegment data = Arena.ofAuto().allocate(Math.max(4L, 4L * values.length), 64);
    MemorySegment.copy(values, 0, data, FLOAT, 0, values.length);
    return new Matrix(data, rows, cols, DType.F32);
  }

  /**
   * Rounds {@code rows x cols} row-major values to a type, as {@link #quantised} does.
   *
   * @throws IllegalArgumentException as {@link #of(float[], int, int)} and {@link #quantised} do
   */
  public static Matrix of(float[] values, int rows, int cols, DType dtype) {
    Matrix exact = of(values, rows, cols);
    return dtype == DType.F32 ? exact : exact.quantised(dtype);
  }

  /**
   * A row-major copy whose elements are rounded to another type, in the way of its {@link
   * WritableFormat}.
   *
   * @throws IllegalArgumentException if the type {@linkplain DType#canQuantise cannot be written},
   *     or its blocks do not fill rows
   */
  public Matrix quantised(DType target) {
    if (!(target.format() instanceof WritableFormat format)) {
      throw new IllegalArgumentException(target + " can be read, but nothing is quantised to it");
    }
    MemorySegment copy = Arena.ofAuto().allocate(rows * target.bytes(cols), 64);
    Matrix matrix = new Matrix(copy, rows, cols, target);
    float[] values = new float[cols];
    for (int r = 0; r < rows; r++) {
      row(r, values, 0);
      format.quantise(values, 0, copy, r * matrix.rowBytes(), cols);
    }
    return matrix;
  }

  /**
   * The same elements in the layout that vectors multiply fastest: a copy, or this matrix itself if
   * it has the layout, or elements that this cannot hold: a scale or a float16 number that is not
   * finite, rows of 16-bit floats that are no multiple of four. Worth it for weights that are
   * multiplied many times. The copy lives as long as it can be reached.
   */
  public Matrix interleaved() {
    return interleaved(Arena.ofAuto());
  }

  /**
   * As {@link #interleaved()}, with memory for the copy from an allocator, and as long as that.
   *
   * @param memory of a shared arena, or an automatic one, if several threads multiply: what lies in
   *     a confined one can be read by its own thread alone
   */
  public Matrix interleaved(SegmentAllocator memory) {
    if (layout == Layout.INTERLEAVED || !Interleaved.holds(dtype, cols)) {
      return this;
    }
    MemorySegment copy = Interleaving.of(data, rows, cols, dtype, memory);
    return copy == null ? this : new Matrix(copy, rows, cols, dtype, Layout.INTERLEAVED);
  }

  /**
   * A float32 copy with rows and columns exchanged.
   *
   * @param memory where the copy is to be: in a shared arena, or an automatic one, if several
   *     threads multiply, as for {@link #interleaved(SegmentAllocator)}
   */
  public Matrix transposed(SegmentAllocator memory) {
    MemorySegment copy = memory.allocate((long) rows * cols * Float.BYTES, 64);
    int most = Math.min(rows, Math.clamp(TRANSPOSED / cols, 1, TRANSPOSED_ROWS));
    float[] band = new float[most * cols];
    float[] column = new float[most];
    for (int first = 0; first < rows; first += most) {
      int n = Math.min(most, rows - first);
      for (int r = 0; r < n; r++) {
        row(first + r, band, r * cols);
      }
      for (int c = 0; c < cols; c++) {
        for (int r = 0; r < n; r++) {
          column[r] = band[r * cols + c];
        }
        long to = ((long) c * rows + first) * Float.BYTES;
        MemorySegment.copy(column, 0, copy, FLOAT, to, n);
      }
    }
    return new Matrix(copy, cols, rows, DType.F32);
  }

  /** Bytes of one row, or of one group of rows where they are interleaved. */
  public long rowBytes() {
    return lineBytes(cols, dtype, layout);
  }

  /**
   * Rows of this matrix, which share its data.
   *
   * @throws IndexOutOfBoundsException if there are no such rows
   * @throws IllegalStateException if the rows are interleaved
   */
  public Matrix rows(int from, int n) {
    if (from < 0 || n <= 0 || n > rows - from) {
      throw new IndexOutOfBoundsException(
          "rows %d to %d of a matrix with %d".formatted(from, (long) from + n, rows));
    }
    if (layout != Layout.ROW_MAJOR) {
      throw new IllegalStateException("interleaved rows cannot be told apart");
    }
    return new Matrix(data.asSlice(from * rowBytes(), n * rowBytes()), n, cols, dtype);
  }

  /**
   * Decodes one row, exactly, into {@code target[targetOffset ..]}.
   *
   * @throws IndexOutOfBoundsException if there is no such row
   * @throws IllegalArgumentException if the row does not fit the target
   */
  public void row(int row, float[] target, int targetOffset) {
    if (row < 0 || row >= rows) {
      throw new IndexOutOfBoundsException("row " + row + " of a matrix with " + rows + " rows");
    }
    if (targetOffset < 0 || cols > target.length - targetOffset) {
      throw new IllegalArgumentException(
          "a row of %d columns does not fit an array of %d from %d on"
              .formatted(cols, target.length, targetOffset));
    }
    switch (layout) {
      case ROW_MAJOR ->
          dtype.format().dequantise(data, row * rowBytes(), target, targetOffset, cols);
      case INTERLEAVED -> Interleaved.row(data, dtype, row, cols, target, targetOffset);
    }
  }
}
