package dev.lanewise.kernels.reference;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.AttentionMask;
import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.kernels.Epilogue;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.MatrixView;
import dev.lanewise.kernels.PatchShape;
import java.util.Objects;

/**
 * Do the arguments of an operation fit together? One method per operation, the same for every
 * implementation; each throws {@link IllegalArgumentException}, for a row that a table does not
 * have {@link IndexOutOfBoundsException}, and for what is null {@link NullPointerException} with
 * its name, before anything is written.
 */
public final class Checks {
  /** Larger than any array, small enough that its product with an int fits a long. */
  private static final long TOO_LARGE = 1L << 31;

  /** Products are summed over fewer columns than this: eight rows of them fit an array. */
  private static final int SUMMED = 1 << 28;

  private Checks() {}

  /** Checks the arguments of {@link dev.lanewise.kernels.Kernels#gemm}. */
  public static void gemm(float[] x, Matrix[] w, float[][] y, int m) {
    Objects.requireNonNull(x, "x");
    Objects.requireNonNull(w, "w");
    Objects.requireNonNull(y, "y");
    if (w.length != y.length) {
      throw new IllegalArgumentException(w.length + " matrices but " + y.length + " outputs");
    }
    for (int i = 0; i < w.length; i++) {
      Objects.requireNonNull(w[i], "w");
      summed(w[i].cols());
      fits("x", x, m, w[i].cols());
      fits("y", y[i], m, w[i].rows());
      if (w[i].cols() != w[0].cols()) {
        throw new IllegalArgumentException(
            "matrices that share x have %d and %d columns".formatted(w[0].cols(), w[i].cols()));
      }
      distinct("x", x, "y", y[i]);
      for (int j = 0; j < i; j++) {
        distinct("y", y[j], "another y", y[i]);
      }
    }
  }

  /** Checks the arguments of gemm with an epilogue for each matrix. */
  public static void gemm(float[] x, Matrix[] w, Epilogue[] epilogues, float[][] y, int m) {
    gemm(x, w, y, m);
    Objects.requireNonNull(epilogues, "epilogues");
    if (epilogues.length != w.length) {
      throw new IllegalArgumentException(
          w.length + " matrices but " + epilogues.length + " epilogues");
    }
    for (int i = 0; i < w.length; i++) {
      Objects.requireNonNull(epilogues[i], "epilogues");
      for (float[] output : y) {
        bias(epilogues[i], w[i].rows(), output);
      }
    }
  }

  /** Checks the arguments of gemm of float32 matrices. */
  public static void gemm(MatrixView a, MatrixView b, MatrixView c, Epilogue epilogue) {
    Objects.requireNonNull(a, "a");
    Objects.requireNonNull(b, "b");
    Objects.requireNonNull(c, "c");
    Objects.requireNonNull(epilogue, "epilogue");
    if (a.rows() != c.rows() || b.cols() != c.cols() || a.cols() != b.rows()) {
      throw new IllegalArgumentException(
          "a product of %d x %d and %d x %d is not %d x %d"
              .formatted(a.rows(), a.cols(), b.rows(), b.cols(), c.rows(), c.cols()));
    }
    if (a.batch() != c.batch() || b.batch() != c.batch()) {
      throw new IllegalArgumentException(
          "batches of %d, %d and %d matrices; use MatrixView.repeated where one serves all"
              .formatted(a.batch(), b.batch(), c.batch()));
    }
    summed(a.cols());
    apart("a", a, c);
    apart("b", b, c);
    if (overlaps(c)) {
      throw new IllegalArgumentException(
          "elements of c share a place: strides %d (matrices), %d (rows), %d (columns)"
              .formatted(c.batchStride(), c.rowStride(), c.columnStride()));
    }
    bias(epilogue, c.cols(), c.data());
  }

  private static void summed(int k) {
    if (k >= SUMMED) {
      throw new IllegalArgumentException(
          "a product with sums over %d columns: must be fewer than %d".formatted(k, SUMMED));
    }
  }

  /** Refuses an operand that begins or ends between the first and the last element of c. */
  @SuppressWarnings("ReferenceEquality") // two arrays may hold the same numbers, but not be one
  private static void apart(String name, MatrixView in, MatrixView c) {
    if (in.data() != c.data() || isEmpty(in) || isEmpty(c)) {
      return;
    }
    if (in.offset() <= last(c) && c.offset() <= last(in)) {
      throw new IllegalArgumentException(
          "%s and c overlap in one array, where they reach from %d to %d and from %d to %d"
              .formatted(name, in.offset(), last(in), c.offset(), last(c)));
    }
  }

  private static boolean isEmpty(MatrixView view) {
    return view.batch() == 0 || view.rows() == 0 || view.cols() == 0;
  }

  /** Where the last element of a view lies. */
  private static long last(MatrixView view) {
    return view.offset()
        + spanned(view.batch(), view.batchStride())
        + spanned(view.rows(), view.rowStride())
        + spanned(view.cols(), view.columnStride());
  }

  /**
   * Whether elements of a view may lie in one place: whether a stride does not exceed what the
   * dimensions with smaller ones span together.
   */
  private static boolean overlaps(MatrixView c) {
    if (isEmpty(c)) {
      return false;
    }
    long rows = spanned(c.rows(), c.rowStride());
    long columns = spanned(c.cols(), c.columnStride());
    long batch = spanned(c.batch(), c.batchStride());
    return overlaps(c.rows(), c.rowStride(), columns, c.columnStride(), batch, c.batchStride())
        || overlaps(c.cols(), c.columnStride(), rows, c.rowStride(), batch, c.batchStride())
        || overlaps(c.batch(), c.batchStride(), rows, c.rowStride(), columns, c.columnStride());
  }

  /** Whether a dimension's stride does not exceed the spans of those of two smaller ones. */
  private static boolean overlaps(
      int n, long stride, long span, long spanStride, long other, long otherStride) {
    long smaller = (spanStride <= stride ? span : 0) + (otherStride <= stride ? other : 0);
    return n > 1 && stride <= smaller;
  }

  private static long spanned(int n, int stride) {
    return (n - 1L) * stride;
  }

  private static void bias(Epilogue epilogue, int n, float[] y) {
    if (epilogue.bias() != null) {
      fits("bias", epilogue.bias(), n);
      distinct("bias", epilogue.bias(), "the output", y);
    }
  }

  /** Checks the arguments of {@link dev.lanewise.kernels.Kernels#gather}. */
  public static void gather(Matrix table, int[] ids, float[] y, int count) {
    Objects.requireNonNull(table, "table");
    Objects.requireNonNull(ids, "ids");
    if (count < 0 || count > ids.length) {
      throw new IllegalArgumentException(count + " rows asked for with " + ids.length + " ids");
    }
    fits("y", y, count, table.cols());
    for (int i = 0; i < count; i++) {
      if (ids[i] < 0 || ids[i] >= table.rows()) {
        throw new IndexOutOfBoundsException(
            "id %d at %d: the table has %d rows".formatted(ids[i], i, table.rows()));
      }
    }
  }

  /** Checks the arguments of {@link dev.lanewise.kernels.Kernels#rmsNorm}. */
  public static void rmsNorm(float[] x, float[] weight, float[] y, int rows, int n) {
    fits("x", x, rows, n);
    fits("weight", weight, n);
    fits("y", y, rows, n);
    distinct("weight", weight, "y", y);
  }

  /** Checks the arguments of {@link dev.lanewise.kernels.Kernels#layerNorm}. */
  public static void layerNorm(
      float[] x, float[] weight, float[] bias, float[] y, int rows, int n) {
    rmsNorm(x, weight, y, rows, n);
    if (bias != null) {
      fits("bias", bias, n);
      distinct("bias", bias, "y", y);
    }
  }

  /**
   * Checks the arguments of {@link dev.lanewise.kernels.Kernels#ropeAdjacent} and {@link
   * dev.lanewise.kernels.Kernels#ropeHalf}.
   */
  public static void rope(
      float[] x, float[] cos, float[] sin, int rows, int heads, int headDim, int rotaryDim) {
    if (rotaryDim < 0 || rotaryDim > headDim || rotaryDim % 2 != 0) {
      throw new IllegalArgumentException(
          "rotary dimension %d: must be even and from 0 to the head dimension %d"
              .formatted(rotaryDim, headDim));
    }
    fits("x", x, rows, heads, headDim);
    fits("cos", cos, rows, rotaryDim / 2);
    fits("sin", sin, rows, rotaryDim / 2);
    distinct("x", x, "cos", cos);
    distinct("x", x, "sin", sin);
  }

  /** Checks the arguments of {@link dev.lanewise.kernels.Kernels#glu}. */
  public static void glu(Activation f, float[] gate, float[] up, float[] y, int n) {
    Objects.requireNonNull(f, "f");
    fits("gate", gate, n);
    fits("up", up, n);
    fits("y", y, n);
  }

  /** Checks the arguments of {@link dev.lanewise.kernels.Kernels#activate}. */
  public static void activate(Activation f, float[] x, float[] y, int n) {
    Objects.requireNonNull(f, "f");
    fits("x", x, n);
    fits("y", y, n);
  }

  /** Checks the arguments of {@link dev.lanewise.kernels.Kernels#add}. */
  public static void add(float[] x, float[] y, int n) {
    fits("x", x, n);
    fits("y", y, n);
  }

  /**
   * Checks the arguments of {@link dev.lanewise.kernels.Kernels#softmax} and {@link
   * dev.lanewise.kernels.Kernels#logSoftmax}.
   */
  public static void softmax(float[] x, float[] y, int rows, int n) {
    fits("x", x, rows, n);
    fits("y", y, rows, n);
  }

  /** Checks the arguments of {@link dev.lanewise.kernels.Kernels#attention}. */
  public static void attention(
      float[] q,
      float[] k,
      float[] v,
      AttentionMask mask,
      float[] y,
      AttentionShape shape,
      int batch,
      int rows,
      int keys,
      int position) {
    Objects.requireNonNull(mask, "mask");
    Objects.requireNonNull(shape, "shape");
    fits("q", q, batch, rows, shape.nHeads(), shape.headDim());
    fits("k", k, batch, keys, shape.nKvHeads(), shape.headDim());
    fits("v", v, batch, keys, shape.nKvHeads(), shape.valueDim());
    fits("y", y, batch, rows, shape.nHeads(), shape.valueDim());
    if (position < 0 || position > Integer.MAX_VALUE - rows) {
      throw new IllegalArgumentException(
          "position %d with %d rows: the last must stand at 0 to 2^31 - 1"
              .formatted(position, rows));
    }
    distinct("q", q, "y", y);
    distinct("k", k, "y", y);
    distinct("v", v, "y", y);
    mask(mask, y, shape.nHeads(), batch, rows, keys);
  }

  private static void mask(
      AttentionMask mask, float[] y, int heads, int batch, int rows, int keys) {
    if (mask.lengths() != null) {
      if (mask.lengths().length < batch) {
        throw new IllegalArgumentException(
            "%d lengths for %d sequences".formatted(mask.lengths().length, batch));
      }
      for (int b = 0; b < batch; b++) {
        if (mask.lengths()[b] < 0 || mask.lengths()[b] > keys) {
          throw new IllegalArgumentException(
              "length %d of sequence %d: must be 0 to %d".formatted(mask.lengths()[b], b, keys));
        }
      }
    }
    if (mask.bias() != null) {
      bias(mask, heads, batch, rows, keys);
      distinct("bias", mask.bias(), "y", y);
    }
  }

  /** Checks that a mask has a bias for every sequence, head, query and key. */
  public static void bias(AttentionMask mask, int heads, int batch, int rows, int keys) {
    if (batch == 0 || rows == 0 || keys == 0) {
      return;
    }
    long first = mask.offset();
    long last = first + keys - 1L;
    long[] spans = {
      (batch - 1L) * mask.batchStride(),
      (heads - 1L) * mask.headStride(),
      (rows - 1L) * mask.rowStride()
    };
    for (long span : spans) {
      first += Math.min(0, span);
      last += Math.max(0, span);
    }
    if (first < 0 || last >= mask.bias().length) {
      throw new IllegalArgumentException(
          "a bias for %d x %d x %d x %d from %d on, with strides %d, %d, %d, does not fit an array of %d"
              .formatted(
                  batch,
                  heads,
                  rows,
                  keys,
                  mask.offset(),
                  mask.batchStride(),
                  mask.headStride(),
                  mask.rowStride(),
                  mask.bias().length));
    }
  }

  /** Checks the arguments of {@link dev.lanewise.kernels.Kernels#argmax}. */
  public static void argmax(float[] x, int n) {
    fits("x", x, n);
    if (n == 0) {
      throw new IllegalArgumentException("nothing is the largest of 0 elements");
    }
  }

  /** Checks the arguments of {@link dev.lanewise.kernels.Kernels#topK}. */
  public static void topK(float[] x, int n, int[] indices) {
    fits("x", x, n);
    Objects.requireNonNull(indices, "indices");
    if (indices.length > n) {
      throw new IllegalArgumentException(
          "the largest %d of %d elements".formatted(indices.length, n));
    }
  }

  /** Checks the arguments of {@link dev.lanewise.kernels.Kernels#patches}. */
  public static void patches(float[] image, float[] y, PatchShape shape) {
    Objects.requireNonNull(shape, "shape");
    fits("image", image, shape.channels(), shape.height(), shape.width());
    fits("y", y, shape.count(), shape.patchWidth());
    distinct("image", image, "y", y);
  }

  // Not one method with a variable number of dimensions: their array would cost every call memory.

  private static void fits(String name, float[] array, int a) {
    fits(name, array, 1, a, 1, 1, 1);
  }

  private static void fits(String name, float[] array, int a, int b) {
    fits(name, array, 2, a, b, 1, 1);
  }

  private static void fits(String name, float[] array, int a, int b, int c) {
    fits(name, array, 3, a, b, c, 1);
  }

  private static void fits(String name, float[] array, int a, int b, int c, int d) {
    fits(name, array, 4, a, b, c, d);
  }

  private static void fits(String name, float[] array, int rank, int a, int b, int c, int d) {
    if ((a | b | c | d) < 0) {
      throw new IllegalArgumentException(
          name + " has a negative dimension: " + shape(rank, a, b, c, d));
    }
    Objects.requireNonNull(array, name);
    long needed = Math.min((long) a * b, TOO_LARGE);
    needed = Math.min(needed * c, TOO_LARGE);
    needed = Math.min(needed * d, TOO_LARGE);
    if (array.length < needed) {
      throw new IllegalArgumentException(
          "%s of %s does not fit an array of %d"
              .formatted(name, shape(rank, a, b, c, d), array.length));
    }
  }

  @SuppressWarnings("ReferenceEquality") // two arrays may hold the same numbers, but not be one
  private static void distinct(String inName, float[] in, String outName, float[] out) {
    if (in == out) {
      throw new IllegalArgumentException(inName + " and " + outName + " are the same array");
    }
  }

  private static String shape(int rank, int... dims) {
    StringBuilder text = new StringBuilder("[");
    for (int i = 0; i < rank; i++) {
      text.append(i == 0 ? "" : " x ").append(dims[i]);
    }
    return text.append(']').toString();
  }
}
