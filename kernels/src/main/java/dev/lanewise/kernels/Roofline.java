package dev.lanewise.kernels;

import dev.lanewise.kernels.simd.SimdRoofline;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The two limits of this machine that kernels are held against: how fast it multiplies and adds
 * float32 numbers in registers, and how fast it reads memory in sequence. Williams, Waterman and
 * Patterson 2009, doi:10.1145/1498765.1498785.
 *
 * @param threads threads that worked at once
 * @param simd whether vectors did the work; if not, the numbers are the limits of scalar code
 * @param gflops 10⁹ float32 operations per second, a fused multiply-add counting as two
 * @param gbytesPerSecond 10⁹ bytes read per second, from a buffer of 256 MiB; higher than the
 *     memory's where a cache holds much of that
 */
public record Roofline(int threads, boolean simd, double gflops, double gbytesPerSecond) {
  /** Time for compilation, and again for each measurement, in nanoseconds. */
  private static final long SPAN = 500_000_000L;

  /**
   * Bytes read in a row: many times the caches of a desktop, little of its memory. The largest
   * third-level caches of servers hold more.
   */
  private static final long READ_BYTES = 256L << 20;

  private static final long READ_PIECE = 1L << 20;
  private static final int FMA_PIECES_PER_THREAD = 16;
  private static final int FMA_ITERATIONS = 8192;

  /**
   * Measures with a number of threads; takes about two seconds.
   *
   * @throws IllegalArgumentException if they are not between 1 and 1024, or as {@link
   *     Kernels#checkSettings} does
   */
  public static Roofline measure(int threads) {
    KernelSelection.checkSettings();
    boolean simd = KernelSelection.simdAvailable();
    try (Parallel team = Parallel.of(threads);
        Arena arena = Arena.ofShared()) {
      float[] sinks = new float[team.threads()];
      int fmaPieces = FMA_PIECES_PER_THREAD * team.threads();
      warmUp(simd, arena.allocate(READ_PIECE, 64));
      double flops =
          perSecond(
              team,
              fmaPieces,
              (index, worker) -> sinks[worker] += fma(simd, FMA_ITERATIONS),
              (double) fmaPieces * FMA_ITERATIONS * flopsPerIteration(simd));
      MemorySegment memory = arena.allocate(READ_BYTES, 64);
      double bytes =
          perSecond(
              team,
              (int) (READ_BYTES / READ_PIECE),
              (index, worker) ->
                  sinks[worker] += read(simd, memory, index * READ_PIECE, READ_PIECE),
              READ_BYTES);
      return new Roofline(team.threads(), simd, flops / 1e9, bytes / 1e9);
    }
  }

  /** Runs both loops, ever longer, until they had time to be compiled. */
  private static void warmUp(boolean simd, MemorySegment memory) {
    long end = System.nanoTime() + SPAN;
    float sink = 0;
    for (int n = 16; System.nanoTime() < end; n = Math.min(2 * n, FMA_ITERATIONS)) {
      sink += fma(simd, n) + read(simd, memory, 0, Math.min(READ_PIECE, 64L * n));
    }
    if (Float.isNaN(sink)) {
      throw new IllegalStateException("a sum of finite numbers was not a number");
    }
  }

  /** The best rate of rounds of the same work, repeated for a while. */
  private static double perSecond(
      Parallel team, int pieces, Parallel.Task task, double workPerRound) {
    long end = System.nanoTime() + SPAN;
    long best = Long.MAX_VALUE;
    long now = System.nanoTime();
    do {
      team.run(pieces, task);
      long after = System.nanoTime();
      best = Math.min(best, after - now);
      now = after;
    } while (now < end);
    return workPerRound * 1e9 / Math.max(1, best);
  }

  private static int flopsPerIteration(boolean simd) {
    return simd ? SimdRoofline.flopsPerIteration() : 16;
  }

  private static float fma(boolean simd, int iterations) {
    return simd ? SimdRoofline.fma(iterations) : scalarFma(iterations);
  }

  private static float read(boolean simd, MemorySegment memory, long offset, long bytes) {
    return simd
        ? SimdRoofline.read(memory, offset, bytes)
        : scalarRead(memory, offset, offset + bytes);
  }

  /** Eight independent chains hide the latency of the operation. */
  private static float scalarFma(int iterations) {
    float a = 1;
    float b = 2;
    float c = 3;
    float d = 4;
    float e = 5;
    float f = 6;
    float g = 7;
    float h = 8;
    for (int i = 0; i < iterations; i++) {
      a = Math.fma(a, 0.5f, 1f);
      b = Math.fma(b, 0.5f, 1f);
      c = Math.fma(c, 0.5f, 1f);
      d = Math.fma(d, 0.5f, 1f);
      e = Math.fma(e, 0.5f, 1f);
      f = Math.fma(f, 0.5f, 1f);
      g = Math.fma(g, 0.5f, 1f);
      h = Math.fma(h, 0.5f, 1f);
    }
    return a + b + c + d + e + f + g + h;
  }

  private static long scalarRead(MemorySegment memory, long from, long to) {
    long a = 0;
    long b = 0;
    for (long i = from; i < to; i += 16) {
      a ^= memory.get(ValueLayout.JAVA_LONG, i);
      b ^= memory.get(ValueLayout.JAVA_LONG, i + 8);
    }
    return a ^ b;
  }
}
