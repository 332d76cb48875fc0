package dev.lanewise.bench;

import dev.lanewise.bench.peers.PeerAttentionBenchmark;
import dev.lanewise.bench.peers.PeerEncoderBenchmark;
import dev.lanewise.bench.peers.PeerGemmBenchmark;
import dev.lanewise.model.arch.Architectures;
import dev.lanewise.model.checkpoint.Checkpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.openjdk.jmh.runner.BenchmarkListEntry;

/**
 * Which benchmarks a suite runs, and with which parameters.
 *
 * @param entry the measured method
 * @param parameters values to run instead of those that are declared
 * @param profile how thoroughly
 */
record SuitePlan(
    BenchmarkListEntry entry, Map<String, List<String>> parameters, SuiteProfile profile) {
  private static final String PEERS = "dev.lanewise.bench.peers.";

  /** More sizes of some kernels, to see how speed depends on them. */
  private static final Map<Class<?>, Map<String, List<String>>> SIZES =
      Map.of(
          GemmBenchmark.class,
          Map.of(
              "dtype", List.of("F32"),
              "layout", List.of("INTERLEAVED"),
              "shape", List.of("64x64x64", "256x256x256", "1024x1024x1024")),
          GemvBenchmark.class,
          Map.of(
              "dtype", List.of("Q4_0", "F32"),
              "shape", List.of("256x256", "2048x2048", "8192x2048")),
          SoftmaxBenchmark.class,
          Map.of("shape", List.of("512x128", "512x1024", "512x4096")),
          PeerGemmBenchmark.class,
          Map.of(
              "implementation", List.of("simd", "openblas", "onnxruntime"),
              "shape",
                  List.of(
                      "64x64x64", "256x256x256", "2048x2048x2048", "1x1536x576", "64x576x1536")),
          PeerAttentionBenchmark.class,
          Map.of("shape", List.of("12x64x128", "12x64x2048", "32x128x2048", "12x64x8192")));

  /** Other forms of some kernels, beside what they are to be held against. */
  private static final Map<Class<?>, Map<String, List<String>>> FORMS =
      Map.of(
          AttentionBenchmark.class,
          Map.of(
              "shape", List.of("12x12x64x1024x1024"),
              "sees", List.of("full", "window"),
              "bias", List.of("UNBIASED", "RELATIVE")),
          GemmBenchmark.class,
          Map.of(
              "dtype", List.of("F32", "Q4_0"),
              "layout", List.of("INTERLEAVED"),
              "fused", List.of("BIAS_GELU")),
          SgemmBenchmark.class,
          Map.of(
              "shape", List.of("1x64x576x1536", "1x256x256x256", "1x1024x1024x1024", "12x64x64x64"),
              "order", List.of("TRANSPOSED")));

  /**
   * What a suite runs.
   *
   * @throws dev.lanewise.model.LanewiseException if it is to measure a model that cannot be had
   */
  static List<SuitePlan> of(SuiteOptions options) {
    List<SuitePlan> plans = new ArrayList<>();
    for (BenchmarkListEntry entry : Benchmarks.all()) {
      Class<? extends KernelBenchmark> type = Benchmarks.type(entry);
      String suite = suite(type);
      boolean wanted = options.command().equals("all") || options.command().equals(suite);
      if (wanted && entry.getUsername().contains(options.only())) {
        Map<String, List<String>> common = common(suite, options);
        if (ModelBenchmark.class.isAssignableFrom(type)) {
          common.put("model", models(type));
        }
        SuiteProfile profile = SuiteProfile.of(wholeModel(type), options.full());
        plans.add(new SuitePlan(entry, common, profile));
        for (Map<Class<?>, Map<String, List<String>>> more : List.of(SIZES, FORMS)) {
          if (more.containsKey(type)) {
            Map<String, List<String>> parameters = new LinkedHashMap<>(common);
            parameters.putAll(more.get(type));
            plans.add(new SuitePlan(entry, parameters, profile));
          }
        }
      }
    }
    return plans;
  }

  /** To which suite a benchmark belongs. */
  static String suite(Class<? extends KernelBenchmark> type) {
    if (type.getName().startsWith(PEERS)) {
      return "peers";
    }
    return wholeModel(type) ? "models" : "kernels";
  }

  private static boolean wholeModel(Class<? extends KernelBenchmark> type) {
    return ModelBenchmark.class.isAssignableFrom(type) || type == PeerEncoderBenchmark.class;
  }

  private static Map<String, List<String>> common(String suite, SuiteOptions options) {
    Map<String, List<String>> common = new LinkedHashMap<>();
    if (!suite.equals("peers") && !options.full()) {
      common.put("implementation", List.of("simd"));
    }
    common.put("threads", threads(suite, options));
    return common;
  }

  /** Numbers of threads that a suite measures with. */
  static List<String> threads(String suite, SuiteOptions options) {
    if (!options.threads().isEmpty()) {
      return options.threads();
    }
    Set<String> threads = new LinkedHashSet<>(List.of("1"));
    if (!suite.equals("kernels")) { // two threads blur what a kernel does
      threads.add(Integer.toString(Runtime.getRuntime().availableProcessors()));
    }
    return List.copyOf(threads);
  }

  /** Random models, and the one that the user names if the benchmark runs models of its kind. */
  private static List<String> models(Class<? extends KernelBenchmark> type) {
    List<String> models = new ArrayList<>();
    for (String dtype : List.of("F32", "Q8_0", "Q4_0", "Q4_K")) {
      models.add(ModelBenchmark.RANDOM + dtype);
    }
    ModelBenchmark.named()
        .filter(file -> isFor(type, file))
        .ifPresent(file -> models.add(file.toString()));
    return models;
  }

  /**
   * Whether a benchmark runs models of the kind that a file holds.
   *
   * @throws dev.lanewise.model.LanewiseException if the file is not sound
   */
  static boolean isFor(Class<? extends KernelBenchmark> type, Path file) {
    if (Architectures.isTextEncoder(Checkpoint.open(file))) {
      return type == EmbedBenchmark.class;
    }
    return CausalBenchmark.class.isAssignableFrom(type);
  }

  /**
   * Pulls what its JVMs would otherwise pull, where nobody sees the progress.
   *
   * @throws dev.lanewise.model.LanewiseException if it cannot be had
   */
  void pull() {
    Class<? extends KernelBenchmark> type = Benchmarks.type(entry);
    if (type == PeerEncoderBenchmark.class) {
      ModelBenchmark.resolve(Benchmarks.combinations(type, parameters).getFirst().get("model"));
    }
  }

  /** How many results it gives. */
  int count() {
    return Benchmarks.combinations(Benchmarks.type(entry), parameters).size();
  }

  /** About the time that all of it takes. */
  double seconds() {
    return count() * profile.seconds();
  }

  /** Numbers of threads that its calls use. */
  List<Integer> threads() {
    return parameters.get("threads").stream().map(Integer::valueOf).toList();
  }
}
