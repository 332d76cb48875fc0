package dev.lanewise.bench;

import static java.util.Map.entry;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Kernels;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.openjdk.jmh.runner.BenchmarkListEntry;

/** Before anyone times them: every benchmark sets itself up, and its implementations agree. */
class BenchmarkAgreementTest {
  /**
   * The contract of the kernels allows each implementation a normalised mean squared error of 1e-10
   * against exact arithmetic, so two of them may be twice its root apart.
   */
  private static final double MAX_NMSE = 4e-10;

  /** Calls in a row, as benchmarks make them. */
  private static final int CALLS = 3;

  /** Parameters small enough for a test, by class; types are not narrowed. */
  private static final Map<Class<?>, Map<String, List<String>>> SMALL =
      Map.ofEntries(
          entry(ActivationBenchmark.class, Map.of("shape", List.of("1x65", "3x64"))),
          entry(AddBenchmark.class, Map.of("shape", List.of("1x65", "3x64"))),
          entry(ArgmaxBenchmark.class, Map.of("n", List.of("65", "20000"))),
          entry(
              AttentionBenchmark.class,
              Map.of(
                  "shape", List.of("9x3x64x7x7", "9x3x64x1x33", "2x2x16x40x50", "2x1x16x3x300"),
                  "sees", List.of("causal", "full", "window"),
                  "bias", List.of("UNBIASED", "RELATIVE"))),
          entry(DecodeBenchmark.class, Map.of("model", randomModels(), "context", List.of("8"))),
          entry(
              EmbedBenchmark.class,
              Map.of("model", randomModels(), "shape", List.of("1x1", "3x9"))),
          entry(GatherBenchmark.class, Map.of("shape", List.of("33x256"))),
          entry(
              GemmBenchmark.class,
              Map.of("shape", List.of("13x33x256"), "fused", List.of("PLAIN", "BIAS_GELU"))),
          entry(GemvBenchmark.class, Map.of("shape", List.of("33x512"))),
          entry(GluBenchmark.class, Map.of("shape", List.of("1x65", "3x64"))),
          entry(LayerNormBenchmark.class, Map.of("shape", List.of("1x65", "3x64"))),
          entry(PatchesBenchmark.class, Map.of("shape", List.of("3x13x17x4"))),
          entry(PrefillBenchmark.class, Map.of("model", randomModels(), "tokens", List.of("8"))),
          entry(RmsNormBenchmark.class, Map.of("shape", List.of("1x65", "3x64"))),
          entry(RopeBenchmark.class, Map.of("shape", List.of("1x3x16", "5x2x64"))),
          entry(
              SgemmBenchmark.class,
              Map.of(
                  "shape", List.of("1x1x33x65", "2x13x40x207"),
                  "order", List.of("ROW_MAJOR", "TRANSPOSED"))),
          entry(SoftmaxBenchmark.class, Map.of("shape", List.of("3x65", "1x207"))),
          entry(TopKBenchmark.class, Map.of("n", List.of("207"), "k", List.of("1", "40"))));

  private static List<String> randomModels() {
    return Arrays.stream(DType.values()).map(type -> ModelBenchmark.RANDOM + type).toList();
  }

  static Stream<Arguments> smallCases() {
    return Benchmarks.of(ContractBenchmark.class).stream()
        .flatMap(
            entry ->
                smallParameters(Benchmarks.type(entry)).stream()
                    .map(parameters -> Arguments.of(entry, parameters)));
  }

  private static List<Map<String, String>> smallParameters(Class<? extends KernelBenchmark> type) {
    Map<String, List<String>> given = new HashMap<>(SMALL.getOrDefault(type, Map.of()));
    given.put("implementation", List.of("reference"));
    given.put("threads", List.of("1", "2"));
    return Benchmarks.combinations(type, given);
  }

  static Stream<Arguments> declaredCases() {
    return Benchmarks.of(ContractBenchmark.class).stream()
        .map(Benchmarks::type)
        .distinct()
        .flatMap(
            type ->
                Benchmarks.combinations(type, Map.of()).stream()
                    .map(parameters -> Arguments.of(type, parameters)));
  }

  @Test
  void everyBenchmarkHasASmallCase() {
    assertEquals(
        names(SMALL.keySet().stream()),
        names(Benchmarks.of(ContractBenchmark.class).stream().map(Benchmarks::type)));
  }

  private static SortedSet<String> names(Stream<? extends Class<?>> types) {
    return types.map(Class::getSimpleName).collect(Collectors.toCollection(TreeSet::new));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("smallCases")
  void implementationsAgree(BenchmarkListEntry entry, Map<String, String> parameters) {
    Map<String, String> forSimd = new HashMap<>(parameters);
    forSimd.put("implementation", "simd");
    KernelBenchmark reference = Benchmarks.create(Benchmarks.type(entry), parameters);
    KernelBenchmark simd = Benchmarks.create(Benchmarks.type(entry), forSimd);
    reference.setUp();
    simd.setUp();
    try {
      for (int i = 0; i < CALLS; i++) {
        assertAgree(run(entry, reference), run(entry, simd));
      }
    } finally {
      reference.tearDown();
      simd.tearDown();
    }
  }

  /** Every operation of the contract is called by a benchmark: what it is called with is real. */
  @Test
  void everyOperationHasABenchmark() {
    Set<Method> missing =
        Arrays.stream(Kernels.class.getMethods())
            .filter(method -> Modifier.isAbstract(method.getModifiers()))
            .filter(method -> method.getParameterCount() > 0) // the others compute nothing
            .collect(Collectors.toSet());
    assertFalse(missing.isEmpty());
    for (BenchmarkListEntry entry : Benchmarks.of(ContractBenchmark.class)) {
      Class<? extends KernelBenchmark> type = Benchmarks.type(entry);
      if (!ModelBenchmark.class.isAssignableFrom(type)) {
        for (Map<String, String> parameters : smallParameters(type)) {
          KernelBenchmark benchmark = Benchmarks.create(type, parameters);
          benchmark.setUp();
          benchmark.kernels = watched(benchmark.kernels, missing::remove);
          run(entry, benchmark);
          benchmark.tearDown();
        }
      }
    }
    assertEquals(Set.of(), missing);
  }

  /** Kernels that tell of every call. */
  private static Kernels watched(Kernels kernels, Consumer<Method> called) {
    return (Kernels)
        Proxy.newProxyInstance(
            Kernels.class.getClassLoader(),
            new Class<?>[] {Kernels.class},
            (proxy, method, arguments) -> {
              called.accept(method);
              return method.invoke(kernels, arguments);
            });
  }

  /** What the measured method returns. */
  static float[] run(BenchmarkListEntry entry, KernelBenchmark benchmark) {
    String name = entry.getUsername();
    try {
      Object result =
          benchmark
              .getClass()
              .getMethod(name.substring(name.lastIndexOf('.') + 1))
              .invoke(benchmark);
      return result instanceof Contender contender ? contender.output() : (float[]) result;
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(name, e);
    }
  }

  static void assertAgree(float[] expected, float[] actual) {
    assertEquals(expected.length, actual.length);
    double error = 0;
    double size = 0;
    for (int i = 0; i < expected.length; i++) {
      double difference = (double) actual[i] - expected[i];
      error += difference * difference;
      size += (double) expected[i] * expected[i];
    }
    assertFalse(size == 0, "nothing was computed");
    double nmse = error / size;
    assertTrue(nmse <= MAX_NMSE, () -> "normalised mean squared error " + nmse);
  }

  /** Without it a time is no speed. Only a copy has no operations. */
  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("declaredCases")
  void workIsDeclared(Class<? extends KernelBenchmark> type, Map<String, String> parameters) {
    Work work = Benchmarks.create(type, parameters).work();
    assertTrue(work.flops() >= 0 && work.bytes() > 0, work::toString);
    assertEquals(ModelBenchmark.class.isAssignableFrom(type), work.tokens() > 0);
  }

  /** Types and shapes that are declared together must fit each other. */
  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("declaredCases")
  void declaredParametersFit(
      Class<? extends KernelBenchmark> type, Map<String, String> parameters) {
    KernelBenchmark benchmark = Benchmarks.create(type, parameters);
    benchmark.setUp();
    benchmark.tearDown();
  }
}
