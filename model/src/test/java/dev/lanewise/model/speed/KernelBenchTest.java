package dev.lanewise.model.speed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Benches of kernels check what they time, and count operations as usual. */
class KernelBenchTest {
  /**
   * Benches of every kernel, in sizes whose output is checked as a whole, and in one that is not.
   */
  static Stream<KernelBench> benches() {
    return Stream.of(
        new BenchGemm(5, 33, 17),
        new BenchGemm(300, 300, 300),
        new BenchSoftmax(3, 65),
        new BenchAttention(2, 16, 9, false),
        new BenchAttention(2, 16, 9, true),
        new BenchGemv(DType.Q4_0, 33, 64));
  }

  @ParameterizedTest
  @MethodSource("benches")
  void theReferencePassesTheCheck(KernelBench bench) {
    try (Parallel team = Parallel.of(1)) {
      bench.prepare();
      bench.run(Kernels.reference(team));
      bench.check();
    }
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void weightsOfEveryTypePassTheCheck(DType type) {
    KernelBench bench = new BenchGemv(type, 17, 512);
    try (Parallel team = Parallel.of(1)) {
      bench.prepare();
      bench.run(Kernels.best(team));
      bench.check();
    }
  }

  @ParameterizedTest
  @MethodSource("benches")
  void wrongOutputDoesNot(KernelBench bench) {
    bench.prepare();
    bench.run(idle());
    LanewiseException e = assertThrows(LanewiseException.class, bench::check);
    assertTrue(
        e.getMessage().startsWith(bench.parameters().get("kernel") + " computes wrong"),
        e.getMessage());
  }

  /** Kernels that do nothing. */
  private static Kernels idle() {
    return (Kernels)
        Proxy.newProxyInstance(
            Kernels.class.getClassLoader(),
            new Class<?>[] {Kernels.class},
            (proxy, method, arguments) -> null);
  }

  @Test
  void notANumberIsWrong() {
    KernelAgreement agreement = new KernelAgreement("softmax");
    agreement.add(1, Float.NaN);
    assertThrows(LanewiseException.class, agreement::require);
    assertThrows(
        LanewiseException.class, () -> agreement.require(0, 0, 1, Float.NaN, Double.MAX_VALUE));
  }

  @Test
  void aLargeOutputIsCheckedInItsFirstAndItsLastPlace() {
    long[] visited = new long[10];
    int[] count = {0};
    KernelAgreement.visit(1_000_000, 2_000_000, place -> visited[count[0]++] = place);
    assertEquals(10, count[0]);
    assertEquals(0, visited[0]);
    assertEquals(999_999, visited[1]);
    assertTrue(Arrays.stream(visited).allMatch(place -> place >= 0 && place < 1_000_000));
  }

  @Test
  void operationsAreCountedAsUsual() {
    assertEquals(2 * 5 * 33 * 17, new BenchGemm(5, 33, 17).flops());
    assertEquals(4 * 2 * 81 * 16, new BenchAttention(2, 16, 9, false).flops());
    assertEquals(2 * 2 * 81 * 16, new BenchAttention(2, 16, 9, true).flops());
    assertEquals(33 * 2 * 18, new BenchGemv(DType.Q4_0, 33, 64).bytes());
    KernelBench softmax = new BenchSoftmax(4, 5);
    assertEquals(10, softmax.unit().of(softmax, 200));
  }

  @Test
  void samplesEndInTime() {
    int[] calls = {0};
    Samples.Limits none = new Samples.Limits(1e9, 0, System.nanoTime());
    Samples first = Samples.of(() -> calls[0]++, 7e9, none);
    assertEquals(0, calls[0], "there is no time for another call");
    assertEquals(7e9, first.median());
    Samples.Limits three = new Samples.Limits(0, 3, System.nanoTime() + (long) 60e9);
    Samples samples = Samples.of(() -> calls[0]++, 1e6, three);
    assertEquals(3, samples.count());
    assertEquals(3, calls[0]);
    assertTrue(samples.shortest() <= samples.median() && samples.median() <= samples.longest());
  }
}
