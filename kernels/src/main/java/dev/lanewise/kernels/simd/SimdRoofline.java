package dev.lanewise.kernels.simd;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** The loops in vectors that {@link dev.lanewise.kernels.Roofline} times. */
public final class SimdRoofline {
  /** Chains of dependent operations side by side: latency times issue rate, with room to spare. */
  private static final int CHAINS = 12;

  private SimdRoofline() {}

  /** Float operations in one iteration of {@link #fma}. */
  public static int flopsPerIteration() {
    return 2 * CHAINS * Species.LANES;
  }

  /** Runs fused multiply-adds in registers; returns a number that depends on all of them. */
  public static float fma(int iterations) {
    // From memory: chains that start from constants were compiled to less than half the speed when
    // the loop was compiled a second time.
    float[] start = new float[Species.LANES];
    FloatVector half = FloatVector.broadcast(Species.F, 0.5f);
    FloatVector one = FloatVector.broadcast(Species.F, 1f);
    FloatVector a = FloatVector.fromArray(Species.F, start, 0);
    FloatVector b = FloatVector.fromArray(Species.F, start, 0);
    FloatVector c = FloatVector.fromArray(Species.F, start, 0);
    FloatVector d = FloatVector.fromArray(Species.F, start, 0);
    FloatVector e = FloatVector.fromArray(Species.F, start, 0);
    FloatVector f = FloatVector.fromArray(Species.F, start, 0);
    FloatVector g = FloatVector.fromArray(Species.F, start, 0);
    FloatVector h = FloatVector.fromArray(Species.F, start, 0);
    FloatVector i = FloatVector.fromArray(Species.F, start, 0);
    FloatVector j = FloatVector.fromArray(Species.F, start, 0);
    FloatVector k = FloatVector.fromArray(Species.F, start, 0);
    FloatVector l = FloatVector.fromArray(Species.F, start, 0);
    for (int n = 0; n < iterations; n++) {
      a = a.fma(half, one);
      b = b.fma(half, one);
      c = c.fma(half, one);
      d = d.fma(half, one);
      e = e.fma(half, one);
      f = f.fma(half, one);
      g = g.fma(half, one);
      h = h.fma(half, one);
      i = i.fma(half, one);
      j = j.fma(half, one);
      k = k.fma(half, one);
      l = l.fma(half, one);
    }
    FloatVector left = a.add(b).add(c).add(d.add(e).add(f));
    FloatVector right = g.add(h).add(i).add(j.add(k).add(l));
    return left.add(right).reduceLanes(VectorOperators.ADD);
  }

  /**
   * Reads memory in sequence; returns a number that depends on all of it.
   *
   * @param bytes how many, a multiple of 4 vectors
   */
  public static float read(MemorySegment memory, long offset, long bytes) {
    long step = 4L * Species.LANES;
    FloatVector a = FloatVector.fromArray(Species.F, Species.ZEROS, 0);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    for (long at = offset; at < offset + bytes; at += 4 * step) {
      a = a.add(Species.floats(memory, at));
      b = b.add(Species.floats(memory, at + step));
      c = c.add(Species.floats(memory, at + 2 * step));
      d = d.add(Species.floats(memory, at + 3 * step));
    }
    return a.add(b).add(c.add(d)).reduceLanes(VectorOperators.ADD);
  }
}
