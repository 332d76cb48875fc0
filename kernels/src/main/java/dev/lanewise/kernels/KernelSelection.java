package dev.lanewise.kernels;

import dev.lanewise.kernels.reference.ReferenceKernels;
import dev.lanewise.kernels.simd.SimdKernels;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Chooses between the implementations. The module {@code jdk.incubator.vector} is there only when
 * the program runs as a module or with {@code --add-modules jdk.incubator.vector}; without it the
 * work is done all the same, slowly, and the user is told once.
 */
final class KernelSelection {
  /** System property that forces an implementation: {@code reference} or {@code simd}. */
  private static final String PROPERTY = "lanewise.kernels";

  private static final String FLAG = "--add-modules jdk.incubator.vector";

  private static final String NARROW = "this JVM has no vectors of 128 bits or more";

  private static final AtomicBoolean WARNED = new AtomicBoolean();

  private KernelSelection() {}

  static Kernels best(Parallel team) {
    checkSettings();
    if (System.getProperty(PROPERTY, "").equals("reference")) {
      return new ReferenceKernels(team);
    }
    if (!simdAvailable()) {
      warnOnce();
      return new ReferenceKernels(team);
    }
    return new SimdKernels(team);
  }

  static void checkSettings() {
    String choice = System.getProperty(PROPERTY, "");
    if (!choice.isEmpty() && !choice.equals("reference") && !choice.equals("simd")) {
      throw new IllegalArgumentException(
          PROPERTY + " must be reference or simd, got '" + choice + "'");
    }
    if (choice.equals("simd") && !vectorsAvailable()) {
      throw new IllegalArgumentException(
          PROPERTY + "=simd needs the module jdk.incubator.vector; start java with " + FLAG);
    }
    if (choice.equals("simd") && !simdAvailable()) {
      throw new IllegalArgumentException(PROPERTY + "=simd is impossible: " + NARROW);
    }
    if (!choice.equals("reference") && vectorsAvailable()) {
      SimdKernels.checkWidth();
    }
  }

  /**
   * Would a class of this loader and module find the vector API? The very lookup that linking
   * SimdKernels would do, but with an answer instead of an error, and without running any of the
   * API's code.
   */
  static boolean vectorsAvailable() {
    try {
      Class<?> vector =
          Class.forName(
              "jdk.incubator.vector.FloatVector", false, KernelSelection.class.getClassLoader());
      return KernelSelection.class.getModule().canRead(vector.getModule());
    } catch (ClassNotFoundException | LinkageError _) {
      return false;
    }
  }

  /** Whether SIMD kernels can run: there is the vector API, and vectors wide enough. */
  static boolean simdAvailable() {
    return vectorsAvailable() && SimdKernels.areAvailable();
  }

  private static void warnOnce() {
    if (WARNED.compareAndSet(false, true)) {
      String plain = ", so the plain kernels run, many times slower than SIMD.";
      System.getLogger(Kernels.class.getName())
          .log(
              System.Logger.Level.WARNING,
              vectorsAvailable()
                  ? NARROW + plain
                  : "The module jdk.incubator.vector is missing"
                      + plain
                      + " Start java with "
                      + FLAG);
    }
  }
}
