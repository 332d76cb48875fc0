package dev.lanewise.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.lanewise.bench.peers.PeerAttentionBenchmark;
import dev.lanewise.bench.peers.PeerEncoderBenchmark;
import dev.lanewise.bench.peers.PeerGeluBenchmark;
import dev.lanewise.bench.peers.PeerGemmBenchmark;
import dev.lanewise.bench.peers.PeerLayerNormBenchmark;
import dev.lanewise.bench.peers.PeerSoftmaxBenchmark;
import dev.lanewise.kernels.Kernels;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.openjdk.jmh.runner.BenchmarkListEntry;

/** Before anyone times them: every peer computes what the reference computes. */
class PeerAgreementTest {
  /** Calls in a row, as benchmarks make them. */
  private static final int CALLS = 2;

  /** Takes the place of a model of 90 MB that would have to be pulled. */
  private static final Map<String, List<String>> MODEL =
      Map.of("model", List.of(TinyModels.bert().toString()));

  /** Parameters small enough for a test, by class; the last gemm is large enough to be shared. */
  private static final Map<Class<?>, Map<String, List<String>>> SMALL =
      Map.of(
          PeerAttentionBenchmark.class, Map.of("shape", List.of("2x16x1", "3x64x33")),
          PeerEncoderBenchmark.class, Map.of("shape", List.of("1x5", "3x16", "9x128")),
          PeerGeluBenchmark.class, Map.of("shape", List.of("3x207")),
          PeerGemmBenchmark.class,
              Map.of("shape", List.of("1x32x64", "5x40x32", "4x32x64", "129x144x256")),
          PeerLayerNormBenchmark.class, Map.of("shape", List.of("1x65", "7x64")),
          PeerSoftmaxBenchmark.class, Map.of("shape", List.of("3x65", "1x207")));

  static Stream<Arguments> smallCases() {
    return Benchmarks.of(PeerBenchmark.class).stream()
        .flatMap(
            entry -> {
              Class<? extends KernelBenchmark> type = Benchmarks.type(entry);
              Map<String, List<String>> given = new HashMap<>(MODEL);
              given.put("threads", List.of("1", "2"));
              given.putAll(SMALL.getOrDefault(type, Map.of()));
              return Benchmarks.combinations(type, given).stream()
                  .map(parameters -> Arguments.of(entry, parameters));
            });
  }

  static Stream<Arguments> declaredCases() {
    return Benchmarks.of(PeerBenchmark.class).stream()
        .map(Benchmarks::type)
        .flatMap(
            type ->
                Benchmarks.combinations(type, MODEL).stream()
                    .map(parameters -> Arguments.of(type, parameters)));
  }

  @Test
  void everyBenchmarkHasASmallCase() {
    Set<Class<?>> types =
        Benchmarks.of(PeerBenchmark.class).stream()
            .map(Benchmarks::type)
            .collect(Collectors.toSet());
    assertEquals(SMALL.keySet(), types);
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("smallCases")
  void agreesWithTheReference(BenchmarkListEntry entry, Map<String, String> parameters) {
    Map<String, String> forReference = new HashMap<>(parameters);
    forReference.put("implementation", "reference");
    KernelBenchmark reference = Benchmarks.create(Benchmarks.type(entry), forReference);
    KernelBenchmark peer = Benchmarks.create(Benchmarks.type(entry), parameters);
    setUp(peer);
    reference.setUp();
    try {
      for (int i = 0; i < CALLS; i++) {
        BenchmarkAgreementTest.assertAgree(
            BenchmarkAgreementTest.run(entry, reference), BenchmarkAgreementTest.run(entry, peer));
      }
    } finally {
      reference.tearDown();
      peer.tearDown();
    }
  }

  /** Shapes that are declared must suit every peer. */
  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("declaredCases")
  void declaredParametersFit(
      Class<? extends KernelBenchmark> type, Map<String, String> parameters) {
    KernelBenchmark benchmark = Benchmarks.create(type, parameters);
    setUp(benchmark);
    benchmark.tearDown();
  }

  /** Reports in the test's result, in words, a peer that does not run here. */
  private static void setUp(KernelBenchmark benchmark) {
    try {
      benchmark.setUp();
    } catch (PeerUnavailableException e) {
      abort(e.getMessage());
    }
  }

  @Test
  void aPeerThatDoesNotLoadSaysWhichAndWhyAndWhere() {
    String message =
        assertThrows(PeerUnavailableException.class, new WithoutLibrary()::setUp).getMessage();
    assertTrue(message.startsWith("nothing does not run on "), message);
    assertTrue(message.contains(System.getProperty("os.arch")), message);
    assertTrue(message.endsWith("no nothing in java.library.path"), message);
  }

  @Test
  void anUnknownImplementationIsRefused() {
    Map<String, String> parameters =
        Map.of("implementation", "abacus", "shape", "1x1x1", "threads", "1");
    KernelBenchmark benchmark = Benchmarks.create(PeerGemmBenchmark.class, parameters);
    String message = assertThrows(IllegalArgumentException.class, benchmark::setUp).getMessage();
    assertEquals("there is no implementation 'abacus'", message);
  }

  /** A peer whose native library is not there. */
  private static final class WithoutLibrary extends PeerBenchmark {
    WithoutLibrary() {
      threads = 1;
    }

    @Override
    protected String implementation() {
      return "nothing";
    }

    @Override
    protected Work work() {
      return Work.of(1, 1);
    }

    @Override
    protected Contender contender(Kernels kernels, int threads, RandomGenerator random) {
      throw new UnsatisfiedLinkError("no nothing in java.library.path");
    }
  }
}
