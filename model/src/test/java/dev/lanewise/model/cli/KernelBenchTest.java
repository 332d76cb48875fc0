package dev.lanewise.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code bench gemm} and its like: what they print, what they refuse, and that they check. */
class KernelBenchTest {
  private record Outcome(int code, String out, String err) {}

  private static Outcome run(String command) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        Main.run(
            command.split(" "),
            new ByteArrayInputStream(new byte[0]),
            new PrintStream(out, false, StandardCharsets.UTF_8),
            new PrintStream(err, false, StandardCharsets.UTF_8));
    return new Outcome(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  private static KernelBench bench(String words) {
    List<String> list = List.of(words.split(" "));
    boolean causal = list.getLast().equals("--causal");
    return KernelBench.of(causal ? list.subList(0, list.size() - 1) : list, causal);
  }

  @ParameterizedTest
  @CsvSource({
    "gemm 5 33 17, gflops",
    "softmax 3 65, ns_per_element",
    "attention 2 16 9 --causal, gflops",
    "gemv q4_0 33 64, gbytes_per_second"
  })
  void theResultIsOneFlatObject(String words, String unit) {
    Outcome outcome = run("bench " + words + " -t 1 -r 3 --warm-up 0 --json");
    assertEquals(0, outcome.code(), outcome.err());
    JsonView result = Json.view("standard output", outcome.out().getBytes(StandardCharsets.UTF_8));
    assertEquals(words.split(" ")[0], result.string("kernel"));
    assertEquals(1, result.integer("threads"));
    assertEquals(3, result.integer("samples"));
    double median = result.number(unit);
    assertTrue(median > 0);
    assertTrue(result.number(unit + "_min") <= median);
    assertTrue(result.number(unit + "_max") >= median);
    assertTrue(result.number("percent_of_roofline") > 0);
  }

  @Test
  void peopleGetATable() {
    Outcome outcome = run("bench softmax 2 3 -t 1 -r 1 --warm-up 0");
    assertEquals(0, outcome.code(), outcome.err());
    assertTrue(outcome.out().contains("percent_of_roofline  "), outcome.out());
  }

  @ParameterizedTest
  @CsvSource({
    "gemm 2 3, takes M N K",
    "gemm 2 3 4 5, one argument too many",
    "gemm 2 0 4, N is '0'",
    "gemm -2 3 4, M is '-2'",
    "gemm 2 3 99999999999, K is '99999999999'",
    "softmax 2 x, COLUMNS is 'x'",
    "gemv Q9_0 4 64, there is no type 'Q9_0'",
    "gemv Q4_K 4 64, must be a multiple of 256",
    "gmm 2 3 4, did you mean gemm?",
    "gemm 2 3 4 --causal, --causal is for attention",
    "gemm 2 3 4 -m model.gguf, a kernel was named",
    "--causal, bench attention HEADS"
  })
  void wrongUsageSaysWhatToDo(String words, String message) {
    Outcome outcome = run("bench " + words);
    assertEquals(2, outcome.code(), outcome.err());
    assertTrue(outcome.err().contains(message), outcome.err());
    assertEquals("", outcome.out());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "gemm 2147483647 2147483647 2147483647",
        "gemm 20000 20000 20000",
        "softmax 1 2147483647",
        "attention 1000 1000 2147483647",
        "attention 2147483647 2147483647 2147483647",
        "gemv Q8_0 2147483647 2147483616",
        "gemv Q8_0 16 134217728",
        "gemv F32 100000 100000"
      })
  void whatDoesNotFitIsRefused(String words) {
    Outcome outcome = run("bench " + words);
    assertEquals(1, outcome.code(), outcome.err());
    assertTrue(outcome.err().contains("choose"), outcome.err());
    assertEquals(1, outcome.err().lines().count(), outcome.err());
  }

  /**
   * Benches of every kernel, in sizes whose output is checked as a whole, and in one that is not.
   */
  static Stream<String> benches() {
    return Stream.of(
        "gemm 5 33 17",
        "gemm 300 300 300",
        "softmax 3 65",
        "attention 2 16 9",
        "attention 2 16 9 --causal",
        "gemv Q4_0 33 64");
  }

  @ParameterizedTest
  @MethodSource("benches")
  void theReferencePassesTheCheck(String words) {
    KernelBench bench = bench(words);
    try (Parallel team = Parallel.of(1)) {
      bench.prepare();
      bench.run(Kernels.reference(team));
      bench.check();
    }
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void weightsOfEveryTypePassTheCheck(DType type) {
    KernelBench bench = bench("gemv " + type + " 17 512");
    try (Parallel team = Parallel.of(1)) {
      bench.prepare();
      bench.run(Kernels.best(team));
      bench.check();
    }
  }

  @ParameterizedTest
  @MethodSource("benches")
  void wrongOutputDoesNot(String words) {
    KernelBench bench = bench(words);
    bench.prepare();
    bench.run(idle());
    LanewiseException e = assertThrows(LanewiseException.class, bench::check);
    assertTrue(e.getMessage().startsWith(words.split(" ")[0] + " computes wrong"), e.getMessage());
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
    assertEquals(2 * 5 * 33 * 17, bench("gemm 5 33 17").flops());
    assertEquals(4 * 2 * 81 * 16, bench("attention 2 16 9").flops());
    assertEquals(2 * 2 * 81 * 16, bench("attention 2 16 9 --causal").flops());
    assertEquals(33 * 2 * 18, bench("gemv Q4_0 33 64").bytes());
    KernelBench softmax = bench("softmax 4 5");
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
