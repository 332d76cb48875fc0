package dev.lanewise.bench;

import org.openjdk.jmh.annotations.Param;

/** Times both of Lanewise's implementations of an operation. */
public abstract class ContractBenchmark extends KernelBenchmark {
  /** Which implementation runs. */
  @Param({"reference", "simd"})
  String implementation;

  @Override
  protected final String implementation() {
    if (!implementation.equals("reference") && !implementation.equals("simd")) {
      throw new IllegalArgumentException(
          "implementation must be reference or simd, got '" + implementation + "'");
    }
    return implementation;
  }
}
