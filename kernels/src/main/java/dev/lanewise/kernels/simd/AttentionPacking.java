package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.GemmMicroKernel.MR;
import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** Brings keys and values of one head into the micropanels that {@link GemmMicroKernel} reads. */
final class AttentionPacking {
  /** The second half of a vector that holds two rows of a micropanel. */
  private static final VectorMask<Float> NEXT = VectorMask.fromLong(F, 0xFF00);

  private AttentionPacking() {}

  /**
   * Keys: value (i, d) goes to {@code (i / MR · dim + d) · MR + i % MR}. What is missing in the
   * last panel is 0.
   *
   * @param x [n × dim], with {@code ldx} from one key to the next
   */
  static void keys(float[] x, int xo, int ldx, int n, int dim, float[] panels) {
    for (int i = 0; i < n; i += MR) {
      int rows = Math.min(MR, n - i);
      if (rows < MR) {
        Arrays.fill(panels, i * dim, (i + MR) * dim, 0f);
      }
      Transposition.run(x, xo + i * ldx, ldx, rows, dim, panels, i * dim, MR);
    }
  }

  /**
   * Values: value (i, d) goes to {@code (d / MR · capacity + i) · MR + d % MR}. What is missing in
   * the last panel is 0.
   *
   * @param x [n × dim], with {@code ldx} from one value to the next
   * @param capacity rows of a panel
   */
  static void values(float[] x, int xo, int ldx, int n, int dim, float[] panels, int capacity) {
    int whole = dim - dim % MR;
    // The next row, loaded from MR numbers before it, is where a vector has its second half.
    int paired = LANES == 2 * MR ? n - n % 2 : 0;
    for (int i = 0; i < n; i += i < paired ? 2 : 1) {
      int from = xo + i * ldx;
      int to = i * MR;
      for (int d = 0; d < whole; d += MR, to += capacity * MR) {
        if (i < paired) {
          FloatVector row = FloatVector.fromArray(F, x, from + d);
          FloatVector next = FloatVector.fromArray(F, x, from + d + ldx - MR);
          row.blend(next, NEXT).intoArray(panels, to);
        } else {
          copyRow(x, from + d, panels, to);
        }
      }
    }
    if (whole < dim) {
      for (int i = 0; i < n; i++) {
        int from = xo + i * ldx + whole;
        int to = (whole / MR * capacity + i) * MR;
        for (int d = 0; d < MR; d++) {
          panels[to + d] = whole + d < dim ? x[from + d] : 0f;
        }
      }
    }
  }

  /** MR numbers, by vectors where they fill these. */
  private static void copyRow(float[] x, int from, float[] panels, int to) {
    if (LANES > MR) {
      System.arraycopy(x, from, panels, to, MR);
      return;
    }
    for (int i = 0; i < MR; i += LANES) {
      FloatVector.fromArray(F, x, from + i).intoArray(panels, to + i);
    }
  }

  /** Are n numbers finite in each of several blocks? */
  static boolean finite(float[] x, int n, int blocks, int stride) {
    boolean finite = true;
    for (int block = 0; block < blocks; block++) {
      finite &= finite(x, block * stride, n);
    }
    return finite;
  }

  /** 0 · x is 0 for finite numbers alone. */
  private static boolean finite(float[] x, int from, int n) {
    FloatVector sum = FloatVector.fromArray(F, Species.ZEROS, 0);
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      sum = sum.add(FloatVector.fromArray(F, x, from + i).mul(0f));
    }
    float rest = 0f;
    for (; i < n; i++) {
      rest += 0f * x[from + i];
    }
    return sum.eq(0f).allTrue() && rest == 0f;
  }
}
