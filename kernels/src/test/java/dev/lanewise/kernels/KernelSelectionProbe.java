package dev.lanewise.kernels;

/** A program that asks for kernels twice, says which it got and uses them. */
final class KernelSelectionProbe {
  private KernelSelectionProbe() {}

  /** Prints a line per request. */
  public static void main(String[] args) {
    try (Parallel team = Parallel.of(1)) {
      for (int i = 0; i < 2; i++) {
        Kernels kernels = Kernels.best(team);
        float[] y = {1, 2, 3};
        kernels.add(new float[] {10, 20, 30}, y, 3);
        System.out.println(kernels.description() + ": " + y[2]);
      }
    }
  }
}
