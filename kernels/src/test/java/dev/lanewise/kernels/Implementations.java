package dev.lanewise.kernels;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;

/** What the agreement tests run: the reference and, where there is one, the SIMD path. */
final class Implementations {
  private static final List<Kernels> ALL = all(Parallel.of(2));

  private Implementations() {}

  /** The implementations on one shared team of two threads. */
  static List<Kernels> all() {
    return ALL;
  }

  /** The implementations on a team of the test's own. */
  static List<Kernels> all(Parallel team) {
    Kernels reference = Kernels.reference(team);
    Kernels best = Kernels.best(team);
    return best.description().equals(reference.description())
        ? List.of(reference)
        : List.of(reference, best);
  }

  /** The operations of the contract, by name. */
  static List<String> operations() {
    return Arrays.stream(Kernels.class.getDeclaredMethods())
        .filter(method -> !Modifier.isStatic(method.getModifiers()))
        .filter(method -> !method.isSynthetic())
        .filter(method -> method.getParameterCount() > 0) // the others compute nothing
        .map(Method::getName)
        .distinct()
        .sorted()
        .toList();
  }
}
