package dev.lanewise.model.speed;

import dev.lanewise.kernels.Kernels;
import java.util.Map;

/**
 * One kernel on random operands of given sizes: {@code bench gemm M N K} and its like. Made, then
 * prepared, run, checked, and run again for its time.
 */
public interface KernelBench {
  /** What is measured, under the names that the result gives it. */
  Map<String, Object> parameters();

  /** In what the result is told. */
  Unit unit();

  /** Float32 operations of a call; a multiply-add counts as two. */
  double flops();

  /** Bytes that a call has to read and write at least, if nothing is in a cache. */
  double bytes();

  /** Numbers of the output. */
  double elements();

  /**
   * Makes the operands.
   *
   * @throws dev.lanewise.model.LanewiseException if they are too large for this JVM
   */
  void prepare();

  /** The same on operands so small that a call of code that is compiled takes a millisecond. */
  KernelBench small();

  /** Calls the kernel once. */
  void run(Kernels kernels);

  /**
   * Compares the output with the formula in double precision, in some places if it is large.
   *
   * @throws dev.lanewise.model.LanewiseException if it is wrong
   */
  void check();

  /** How the speed of a call is told. */
  enum Unit {
    /** 10⁹ operations per second. */
    GFLOPS("gflops"),
    /** 10⁹ bytes per second. */
    GBYTES_PER_SECOND("gbytes_per_second"),
    /** Time for one number of the output. */
    NS_PER_ELEMENT("ns_per_element");

    private final String key;

    Unit(String key) {
      this.key = key;
    }

    /** Its name in the result. */
    String key() {
      return key;
    }

    /** The speed of a call that took so many nanoseconds. */
    double of(KernelBench bench, double nanoseconds) {
      return switch (this) {
        case GFLOPS -> bench.flops() / nanoseconds;
        case GBYTES_PER_SECOND -> bench.bytes() / nanoseconds;
        case NS_PER_ELEMENT -> nanoseconds / bench.elements();
      };
    }
  }
}
