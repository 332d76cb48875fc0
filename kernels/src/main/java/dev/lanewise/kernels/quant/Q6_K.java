package dev.lanewise.kernels.quant;

import java.lang.foreign.MemorySegment;

/**
 * A superblock of 256 signed six-bit numbers in sixteen sub-blocks of 16 with a signed eight-bit
 * scale each: value = (d · scale) · (q − 32).
 *
 * <pre>
 * byte 0                 128              192                  208     210
 *      | 128 bytes of ql | 64 bytes of qh | 16 bytes of scales | d f16 |
 * </pre>
 *
 * Each half of the superblock, h = 0 and 1, has 64 bytes of ql, 32 of qh, 8 scales and four runs of
 * 32 elements:
 *
 * <pre>
 * ql[64·h + l]      = | low bits of run 2, element l : 4 | low bits of run 0, element l : 4 |
 * ql[64·h + 32 + l] = | low bits of run 3, element l : 4 | low bits of run 1, element l : 4 |
 * qh[32·h + l]      = | high bits of run 3 : 2 | of run 2 : 2 | of run 1 : 2 | of run 0 : 2 |
 * scales[8·h + 2·r + l / 16] belongs to element l of run r
 * </pre>
 */
public final class Q6_K extends WritableBlockwiseFormat {
  private static final int QH = 128;
  private static final int SCALES = 192;
  private static final int D = 208;

  /** Where a trial puts the number farthest from 0; four times as many gain less than 0.1 %. */
  private static final double[] TRIALS = {31, 31.5, 32, 32.5, 33, -31, -31.5, -32, -32.5, -33};

  /** The format has no state. */
  public Q6_K() {
    super(256, 210);
  }

  @Override
  void dequantiseBlock(MemorySegment source, long block, float[] target, int out) {
    for (int sub = 0; sub < 16; sub++) {
      int half = sub / 8;
      int run = sub % 8 / 2;
      int first = 16 * (sub % 2); // element of the run with which the sub-block starts
      float scale = scale(source, block, sub);
      int ql = 64 * half + 32 * (run % 2) + first;
      int qh = QH + 32 * half + first;
      for (int l = 0; l < 16; l++) {
        int low = LittleEndian.unsignedByte(source, block + ql + l) >>> (4 * (run / 2)) & 0xF;
        int high = LittleEndian.unsignedByte(source, block + qh + l) >>> (2 * run) & 3;
        target[out + 16 * sub + l] = scale * ((low | high << 4) - 32);
      }
    }
  }

  /** What multiplies the numbers of a sub-block. */
  private static float scale(MemorySegment source, long block, int sub) {
    float d = LittleEndian.half(source, block + D);
    return d * LittleEndian.signedByte(source, block + SCALES + sub);
  }

  /**
   * Makes the sum of squared errors small. Each sub-block gets the best of several scales, then the
   * best of the eight-bit numbers next to it.
   */
  @Override
  void quantiseBlock(float[] x, int xo, MemorySegment target, long block) {
    double[] scales = new double[16];
    double farthest = 0;
    for (int sub = 0; sub < 16; sub++) {
      scales[sub] = fit(x, xo + 16 * sub);
      if (Math.abs(scales[sub]) > Math.abs(farthest) || Double.isNaN(scales[sub])) {
        farthest = scales[sub];
      }
    }
    LittleEndian.putHalf(target, block + D, (float) (farthest / -128));
    float d = LittleEndian.half(target, block + D);
    int[] codes = new int[256];
    for (int sub = 0; sub < 16; sub++) {
      int units = units(x, xo + 16 * sub, scales[sub], d);
      LittleEndian.putByte(target, block + SCALES + sub, units);
      for (int i = 16 * sub; i < 16 * (sub + 1); i++) {
        codes[i] = code(x[xo + i], d * units) + 32;
      }
    }
    for (int half = 0; half < 2; half++) {
      pack(codes, 128 * half, target, block + 64L * half, block + QH + 32L * half);
    }
  }

  /** Writes four runs of 32 codes. */
  private static void pack(int[] codes, int from, MemorySegment target, long ql, long qh) {
    for (int l = 0; l < 32; l++) {
      int run0 = codes[from + l];
      int run1 = codes[from + 32 + l];
      int run2 = codes[from + 64 + l];
      int run3 = codes[from + 96 + l];
      LittleEndian.putByte(target, ql + l, (run0 & 0xF) | ((run2 & 0xF) << 4));
      LittleEndian.putByte(target, ql + 32 + l, (run1 & 0xF) | ((run3 & 0xF) << 4));
      int high = (run0 >>> 4) | ((run1 >>> 4) << 2) | ((run2 >>> 4) << 4) | ((run3 >>> 4) << 6);
      LittleEndian.putByte(target, qh + l, high);
    }
  }

  /**
   * The scale that stands for 16 numbers with the least sum of squared errors: for given codes q,
   * Σxq / Σq², which leaves Σx² − (Σxq)² / Σq².
   */
  private static double fit(float[] x, int xo) {
    double farthest = Rounding.farthest(x, xo, 16);
    double scale = farthest / -32;
    double most = 0;
    for (double trial : TRIALS) {
      double sumXq = 0;
      double sumQq = 0;
      for (int i = xo; i < xo + 16; i++) {
        double q = code(x[i], farthest / trial);
        sumXq += x[i] * q;
        sumQq += q * q;
      }
      if (sumXq * sumXq > most * sumQq) {
        most = sumXq * sumXq / sumQq;
        scale = sumXq / sumQq;
      }
    }
    return scale;
  }

  /** The multiple of d next to a scale that stands for 16 numbers with the least error. */
  private static int units(float[] x, int xo, double scale, float d) {
    int nearest = d == 0 ? 0 : Math.clamp(Math.round(scale / d), -128, 127);
    int best = nearest;
    double least = Double.POSITIVE_INFINITY;
    for (int units = Math.max(-128, nearest - 1); units <= Math.min(127, nearest + 1); units++) {
      double error = 0;
      for (int i = xo; i < xo + 16; i++) {
        double difference = d * units * code(x[i], d * units) - x[i];
        error += difference * difference;
      }
      if (error < least) {
        least = error;
        best = units;
      }
    }
    return best;
  }

  private static int code(float number, double scale) {
    return scale == 0 ? 0 : (int) Math.clamp(Math.rint(number / scale), -32, 31);
  }
}
