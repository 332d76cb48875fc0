package dev.lanewise.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.bench.report.Machine;
import dev.lanewise.bench.report.Report;
import dev.lanewise.bench.report.ReportJson;
import dev.lanewise.bench.report.Result;
import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Roofline;
import dev.lanewise.model.LanewiseException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command line of the suites, and what they would run. Nothing is measured here. */
class SuiteTest {
  @TempDir private Path folder;

  private record Outcome(int code, String out, String err) {}

  private static Outcome run(String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        Suite.run(
            args,
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    return new Outcome(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @CsvSource({
    "'', say one of kernels",
    "kernel, say one of kernels",
    "kernels more, unexpected argument 'more'",
    "kernels --fast, unknown option --fast",
    "kernels --out, lacks its value",
    "kernels -t 0, must be numbers from 1",
    "compare a.json, compare takes two reports",
    "compare a b --threshold x, must be a number from 0",
    "compare a b --threshold=x, must be a number from 0",
    "kernels --full=yes, unknown option --full with a value",
    "kernels --threshold 0.1, --threshold is for compare",
    "'compare a b --full --only x -t 3', '--full, --only, -t: compare runs nothing'"
  })
  void wrongUsageSaysWhatToDo(String command, String message) {
    Outcome outcome = run(command.isEmpty() ? new String[0] : command.split(" "));
    assertEquals(2, outcome.code());
    assertTrue(outcome.err().contains(message), outcome.err());
  }

  @Test
  void helpNamesEverySuite() {
    Outcome outcome = run("kernels", "--help");
    assertEquals(0, outcome.code());
    for (String suite : List.of("kernels", "models", "peers", "all", "compare")) {
      assertTrue(outcome.out().contains("  " + suite + " "), outcome.out());
    }
  }

  @Test
  void compareExitsWithOneIfAnythingIsSlower() throws IOException {
    String before = write("before.json", 1000);
    String after = write("after.json", 1100);
    Outcome slower = run("compare", before, after);
    assertEquals(1, slower.code(), slower.err());
    assertTrue(slower.out().contains("1 compared, 1 slower"), slower.out());
    assertEquals(0, run("compare", after, before).code());
    assertEquals(0, run("compare", before, after, "--threshold", "0.2").code());
    Outcome missing = run("compare", before, "no-such.json");
    assertEquals(1, missing.code());
    assertTrue(missing.err().contains("no-such.json: no such file"), missing.err());
  }

  @Test
  void whatCannotBeWrittenIsAFailure() throws IOException {
    String report = write("a.json", 1000);
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("no room");
          }
        };
    for (String command : List.of("compare " + report + " " + report, "kernels --help")) {
      ByteArrayOutputStream err = new ByteArrayOutputStream();
      int code =
          Suite.run(
              command.split(" "),
              new PrintStream(full, false, StandardCharsets.UTF_8),
              new PrintStream(err, true, StandardCharsets.UTF_8));
      assertEquals(1, code);
      assertTrue(err.toString(StandardCharsets.UTF_8).contains("standard output: cannot write"));
    }
  }

  @Test
  void compareTellsOfOtherMachines() throws IOException {
    String here = write("here.json", 1000);
    Machine other = new Machine("a Z80", 1, "CP/M", "25", "vm", List.of(), "unknown");
    String there = write("there.json", 1000, other);
    assertEquals("", run("compare", here, here).err());
    Outcome outcome = run("compare", here, there);
    assertEquals(0, outcome.code());
    assertTrue(outcome.err().contains("not made alike: on "), outcome.err());
    assertTrue(outcome.err().contains("; in the VM "), outcome.err());
    assertTrue(outcome.err().contains("a Z80 (1 cores, CP/M)"), outcome.err());
    assertEquals(1, outcome.err().lines().count());
  }

  @Test
  void stackTracesAreThereForWhoWantsThem() {
    assertEquals(1, run("compare", "no-such.json", "none.json").err().lines().count());
    Outcome outcome = run("compare", "no-such.json", "none.json", "--debug");
    assertTrue(outcome.err().contains("\tat "), outcome.err());
  }

  @Test
  void aFileIsNoFolderForReports() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "text");
    Outcome outcome = run("kernels", "--out=" + file);
    assertEquals(1, outcome.code());
    assertEquals(
        "lanewise: --out " + file + ": cannot be made a folder for the reports; name another",
        outcome.err().strip());
  }

  @Test
  void aModelThatIsNotThereEndsTheSuiteBeforeItBegins() throws IOException {
    Path file = Files.writeString(folder.resolve("model.gguf"), "text");
    String nothing = folder.resolve("none.gguf").toString();
    try {
      for (String model : List.of(nothing, file.toString(), "no-such-model")) {
        System.setProperty("model", model);
        Outcome outcome = run("models", "--only", "Decode", "--out", folder.toString());
        assertEquals(1, outcome.code());
        assertTrue(outcome.err().contains(model), outcome.err());
        assertFalse(outcome.err().contains("Exception"), outcome.err());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
      }
    } finally {
      System.clearProperty("model");
    }
  }

  @Test
  void aModelIsRunByTheBenchmarksOfItsKind() throws IOException {
    Path bert = folder.resolve("bert.gguf");
    RandomModel.writeBert(bert, DType.F32, new SplittableRandom(1));
    assertEquals(Set.of(EmbedBenchmark.class), running(bert));
    Path llama = folder.resolve("llama.gguf");
    RandomModel.writeLlama(llama, DType.F32, new SplittableRandom(1));
    assertEquals(Set.of(DecodeBenchmark.class, PrefillBenchmark.class), running(llama));
  }

  /** Benchmarks that would run a model that the user names. */
  private static Set<Class<?>> running(Path model) {
    System.setProperty("model", model.toString());
    try {
      return SuitePlan.of(SuiteOptions.parse("models")).stream()
          .filter(plan -> plan.parameters().get("model").contains(model.toString()))
          .map(plan -> Benchmarks.type(plan.entry()))
          .collect(Collectors.toSet());
    } finally {
      System.clearProperty("model");
    }
  }

  @Test
  void aPeerThatDoesNotRunHereIsNoFailure() {
    String unavailable = "PeerGemm.gemm: " + PeerUnavailableException.class.getName() + ": no";
    Result result = new Result("A.b", Map.of(), 1, 1, Work.of(1, 1));
    assertEquals(0, Suite.code(report(List.of(result), List.of(unavailable))));
    assertEquals(1, Suite.code(report(List.of(), List.of(unavailable))));
    assertEquals(
        1, Suite.code(report(List.of(result), List.of(unavailable, "Decode.decode: no reason"))));
  }

  private static Report report(List<Result> results, List<String> failures) {
    return new Report("all", "short", "now", Machine.here(List.of()), List.of(), results, failures);
  }

  private String write(String name, double nanoseconds) throws IOException {
    return write(name, nanoseconds, Machine.here(List.of()));
  }

  private String write(String name, double nanoseconds, Machine machine) throws IOException {
    Report report =
        new Report(
            "kernels",
            "short",
            "now",
            machine,
            List.of(new Roofline(1, true, 1, 1)),
            List.of(new Result("A.b", Map.of(), nanoseconds, 1, Work.of(1, 1))),
            List.of());
    return Files.writeString(folder.resolve(name), ReportJson.write(report)).toString();
  }

  @Test
  void everyBenchmarkIsInOneSuite() {
    Set<String> all = names("all");
    assertEquals(
        Set.copyOf(Benchmarks.all().stream().map(entry -> entry.getUsername()).toList()), all);
    Set<String> parts = new HashSet<>();
    for (String suite : List.of("kernels", "models", "peers")) {
      for (String name : names(suite)) {
        assertTrue(parts.add(name), name);
      }
    }
    assertEquals(all, parts);
    assertEquals(
        Set.of(
            DecodeBenchmark.class.getName() + ".decode",
            EmbedBenchmark.class.getName() + ".embed",
            PrefillBenchmark.class.getName() + ".prefill"),
        names("models"));
  }

  private static Set<String> names(String suite) {
    Set<String> names = new HashSet<>();
    for (SuitePlan plan : SuitePlan.of(SuiteOptions.parse(suite))) {
      names.add(plan.entry().getUsername());
    }
    return names;
  }

  /** Types and shapes that a plan puts together must fit, and none runs twice. */
  @Test
  void plansCanRun() {
    for (String suite : List.of("kernels", "models", "peers")) {
      Set<String> cases = new HashSet<>();
      for (SuitePlan plan : SuitePlan.of(SuiteOptions.parse(suite))) {
        Class<? extends KernelBenchmark> type = Benchmarks.type(plan.entry());
        Map<String, List<String>> given = new HashMap<>(plan.parameters());
        given.putIfAbsent("model", List.of(TinyModels.bert().toString())); // of the encoder
        for (Map<String, String> parameters : Benchmarks.combinations(type, given)) {
          assertTrue(cases.add(plan.entry().getUsername() + parameters), parameters::toString);
          assertTrue(Benchmarks.create(type, parameters).work().bytes() > 0);
        }
      }
    }
  }

  @Test
  void whatCannotBePulledIsAFailureThatNamesIt() {
    SuitePlan plan = SuitePlan.of(SuiteOptions.parse("peers", "--only", "PeerEncoder")).getFirst();
    Map<String, List<String>> nothing = Map.of("model", List.of("no-such-model"));
    LanewiseException e =
        assertThrows(
            LanewiseException.class,
            () -> new SuitePlan(plan.entry(), nothing, plan.profile()).pull());
    assertTrue(e.getMessage().contains("no-such-model"), e.getMessage());
    assertEquals(SuiteProfile.SHORT_MODELS, plan.profile());
  }

  /** The whole suite of kernels in less than eight minutes. */
  @Test
  void theShortProfileIsShort() {
    double seconds =
        SuitePlan.of(SuiteOptions.parse("kernels")).stream().mapToDouble(SuitePlan::seconds).sum();
    assertTrue(seconds < 480, () -> "they take " + seconds + " s");
  }

  @Test
  void theReasonOfAFailureIsItsException() {
    assertEquals(
        "java.lang.IllegalStateException: no vectors",
        SuiteProgress.reason("# Fork\n<failure>\n\njava.lang.IllegalStateException: no vectors\n"));
  }

  /** Wherever the suite is started: only the report is without the place. */
  @Test
  void theWorkOfAModelIsThatOfItsFile() throws IOException {
    Path file = folder.resolve("tiny.gguf");
    TinyModels.llama(file);
    Map<String, String> parameters =
        Map.of("implementation", "simd", "threads", "1", "context", "8", "model", file.toString());
    Result result = SuiteRun.result(DecodeBenchmark.class.getName() + ".decode", parameters, 1, 0);
    assertEquals("tiny.gguf", result.task().replace("8", "").strip());
    assertEquals(CausalBenchmark.forward(file, 1), result.work());
  }

  @Test
  void whatIsNotInASuiteIsSaidToBeNowhere() {
    String out = folder.toString();
    String nothing = run("kernels", "--only", "LlamaBench", "--out", out).err();
    assertTrue(nothing.strip().endsWith("with 'LlamaBench' in its name"), nothing);
    String needs = run("peers", "--only", "LlamaBench", "--out", out).err();
    assertTrue(needs.contains("LlamaBench needs the variables LLAMA_BENCH and"), needs);
  }

  @ParameterizedTest
  @CsvSource({
    "random:Q4_0, random:Q4_0",
    "model.gguf, model.gguf",
    "/home/someone/models/model.gguf, model.gguf",
    "models/folder/, folder"
  })
  void reportsNameModelsWithoutTheirPlace(String model, String name) {
    assertEquals(name, ModelBenchmark.name(model));
  }
}
