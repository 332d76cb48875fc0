package dev.lanewise.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.bench.peers.LlamaBench.Load;
import dev.lanewise.bench.peers.LlamaBench.Speed;
import dev.lanewise.bench.report.Result;
import dev.lanewise.model.LanewiseException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of the speeds that two programs tell. Neither is run here. */
class LlamaRoundsTest {
  @TempDir private Path folder;

  private final List<String> calls = new ArrayList<>();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final SuiteProgress progress =
      new SuiteProgress(6, 1, new PrintStream(err, true, StandardCharsets.UTF_8));
  private Path model;

  @BeforeEach
  void writeModel() throws IOException {
    model = folder.resolve("tiny.gguf");
    TinyModels.llama(model);
  }

  /** A program with other speeds in each round, none of them measured. */
  private Function<Load, List<Speed>> program(String name, double... tokensPerSecond) {
    return load -> {
      int round = (int) calls.stream().filter(name::equals).count();
      calls.add(name);
      if (tokensPerSecond[round] == 0) {
        throw new LanewiseException(name + " ended with code 132: ");
      }
      List<Speed> speeds = new ArrayList<>();
      if (load.prompt() > 0) {
        speeds.add(new Speed("prefill", 10 * tokensPerSecond[round]));
      }
      if (load.generated() > 0) {
        speeds.add(new Speed("decode", tokensPerSecond[round]));
      }
      return speeds;
    };
  }

  private LlamaRounds rounds(String only, double... ofLlama) {
    return new LlamaRounds(
        program("a", 100, 400, 200), program("b", ofLlama), model, List.of(2), only);
  }

  @Test
  void theMediansOfInterleavedRoundsAreResults() {
    List<Result> results = rounds("", 50, 20, 25).run(2, progress);
    assertEquals(List.of("a", "b", "a", "b", "a", "b"), calls);
    assertEquals(
        List.of(
            "LlamaBench.prefill implementation=simd model=tiny.gguf threads=2 tokens=512",
            "LlamaBench.prefill implementation=llama.cpp model=tiny.gguf threads=2 tokens=512",
            "LlamaBench.decode implementation=simd model=tiny.gguf threads=2 tokens=64",
            "LlamaBench.decode implementation=llama.cpp model=tiny.gguf threads=2 tokens=64"),
        results.stream().map(Result::key).toList());
    assertEquals(
        List.of(2000.0, 250.0, 200.0, 25.0),
        results.stream().map(result -> (double) Math.round(result.tokensPerSecond())).toList());
    assertEquals(5e6, results.get(2).nanoseconds(), 1e-3); // one token at 200 per second
    assertEquals(5e6, results.get(2).error(), 1e-3); // the slowest round took 10 ms
    assertEquals(CausalBenchmark.forward(model, 512), results.get(0).work());
    assertEquals(CausalBenchmark.forward(model, 1), results.get(3).work());
    assertEquals(List.of(), progress.failures());
    String lines = err.toString(StandardCharsets.UTF_8);
    assertTrue(
        lines.contains("LlamaBench implementation=llama.cpp model=tiny.gguf threads=2 round=1"),
        lines);
  }

  @Test
  void aProgramThatFailsIsAFailureAndTheOtherGoesOn() {
    List<Result> results = rounds("", 50, 0, 25).run(2, progress);
    assertEquals(List.of("a", "b", "a", "b", "a"), calls);
    assertEquals(List.of("simd", "simd"), results.stream().map(Result::implementation).toList());
    assertEquals(1, progress.failures().size());
    String failure = progress.failures().getFirst();
    assertTrue(failure.startsWith("LlamaBench implementation=llama.cpp"), failure);
    assertTrue(failure.endsWith("b ended with code 132: "), failure);
  }

  @Test
  void onlyWhatIsNamedIsMeasured() {
    List<Result> results = rounds("Bench.decode", 50, 20, 25).run(2, progress);
    assertEquals(
        List.of("LlamaBench.decode", "LlamaBench.decode"),
        results.stream().map(Result::benchmark).toList());
  }

  @Test
  void theEnvironmentNamesTheProgramAndTheModel() {
    Map<String, String> named = Map.of("llama.bench", "program", "model", model.toString());
    for (String missing : List.of("", "llama.bench", "model")) {
      try {
        named.forEach(System::setProperty);
        System.setProperty(missing.isEmpty() ? "none" : missing, " ");
        assertEquals(missing.isEmpty(), isWanted("peers"), missing);
        assertEquals(missing.isEmpty(), isWanted("all --only LlamaBench.p"), missing);
        assertFalse(isWanted("kernels"));
        assertFalse(isWanted("peers --only Gemm"));
      } finally {
        named.keySet().forEach(System::clearProperty);
        System.clearProperty("none");
      }
    }
  }

  private static boolean isWanted(String command) {
    return LlamaRounds.of(SuiteOptions.parse(command.split(" "))).isPresent();
  }

  @Test
  void aProgramIsRunThreeTimesForEachNumberOfThreads() {
    LlamaRounds rounds =
        new LlamaRounds(program("a"), program("b"), model, List.of(1, 2), "LlamaBench");
    assertEquals(12, rounds.count());
  }
}
