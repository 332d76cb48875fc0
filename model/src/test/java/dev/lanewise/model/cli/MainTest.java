package dev.lanewise.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.checkpoint.TinyLlama;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs command lines in this process, on models of a few hundred kilobytes. */
class MainTest {
  private static final String TEMPLATE =
      "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content']"
          + " + '<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}"
          + "{{ '<|im_start|>assistant\\n' }}{% endif %}";

  @TempDir private static Path folder;
  private static String base;
  private static String instruct;

  /** What a command line left behind. */
  private record Outcome(int code, String out, String err) {
    JsonView json() {
      return Json.view("standard output", out.getBytes(StandardCharsets.UTF_8));
    }
  }

  @BeforeAll
  static void writeModels() {
    base = TinyLlama.write(folder.resolve("base.gguf"), 1).toString();
    instruct =
        TinyLlama.writer(TinyLlama.Shape.NORMAL, TinyLlama.Vocabulary.GPT2, 2)
            .string("tokenizer.chat_template", TEMPLATE)
            .write(folder.resolve("instruct.gguf"))
            .toString();
  }

  private static Outcome run(String... args) {
    return runWith("", args);
  }

  private static Outcome runWith(String input, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        Main.run(
            args,
            new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
            new PrintStream(out, false, StandardCharsets.UTF_8),
            new PrintStream(err, false, StandardCharsets.UTF_8));
    return new Outcome(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  private static Outcome done(String... args) {
    Outcome outcome = run(args);
    assertEquals(0, outcome.code(), outcome.err());
    return outcome;
  }

  @Test
  void trainingForTheLauncherNeedsNoModel() {
    Outcome outcome = run("aot-training");
    assertEquals(0, outcome.code(), outcome.err());
    assertEquals("", outcome.out());
  }

  @Test
  void withoutACommandTheUsageIsShown() {
    Outcome outcome = run();
    assertEquals(2, outcome.code());
    assertEquals("", outcome.out());
    assertTrue(outcome.err().contains("lanewise COMMAND"), outcome.err());
    assertEquals(outcome.err(), done("--help").out());
  }

  @Test
  void theVersionIsOneLine() {
    Outcome outcome = done("--version");
    assertTrue(outcome.out().startsWith("lanewise "), outcome.out());
    assertEquals(1, outcome.out().lines().count());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "generate",
        "chat",
        "tokenize",
        "logits",
        "perplexity",
        "embed",
        "search",
        "rerank",
        "classify",
        "tag",
        "answer",
        "fill",
        "bench",
        "inspect",
        "models",
        "pull",
        "doctor"
      })
  void everyCommandHasHelp(String command) {
    Outcome outcome = done(command, "--help");
    assertTrue(outcome.out().startsWith("Usage: lanewise " + command + " "), outcome.out());
    assertTrue(outcome.out().contains("-h, --help"), outcome.out());
    assertTrue(done("--help").out().contains("  " + command + " "));
    assertEquals(outcome.out(), done("help", command).out());
    Outcome wrong = run(command, "--no-such-option");
    assertEquals(2, wrong.code());
    assertTrue(wrong.err().contains("--no-such-option"), wrong.err());
    assertEquals("", wrong.out());
  }

  @Test
  void aMisspeltCommandIsWrongUsage() {
    Outcome outcome = run("genrate");
    assertEquals(2, outcome.code());
    assertTrue(outcome.err().contains("did you mean generate?"), outcome.err());
  }

  @Test
  void optionsThatDoNotGoTogetherAreWrongUsage() {
    assertEquals(2, run("generate", "-m", base).code());
    assertEquals(2, run("generate", "-m", base, "-p", "a", "-f", "b").code());
    assertEquals(2, run("logits", "-m", base).code());
    assertEquals(2, run("tokenize", "-m", base).code());
    assertEquals(2, run("perplexity", "-m", base).code());
    assertEquals(2, run("pull").code());
    assertEquals(2, run("pull", "smolm2-135m-instruct").code());
    assertEquals(2, run("generate", "-m", base, "-p", "a", "--temp", "NaN").code());
    assertEquals(2, run("generate", "-m", base, "-p", "a", "-n", "-1").code());
    assertEquals(2, run("generate", "-m", base, "-p", "a", "-t", "0").code());
    assertEquals(2, run("generate", "-m", base, "-p", "a", "--raw", "--system", "s").code());
    assertEquals(2, run("logits", "-m", base, "--ids", "1,x").code());
    assertEquals(2, run("generate", "-m", base, "-p", "a", "--stop", "").code());
    assertEquals(2, run("bench", "-m", base, "-p", "0", "-n", "0").code());
    assertEquals(2, run("help", "genrate").code());
  }

  @Test
  void whatCannotBeWrittenIsAFailure() {
    for (String[] args : List.of(new String[] {"--help"}, new String[] {"inspect", "-m", base})) {
      ByteArrayOutputStream err = new ByteArrayOutputStream();
      OutputStream full =
          new OutputStream() {
            @Override
            public void write(int b) throws IOException {
              throw new IOException("no room");
            }
          };
      int code =
          Main.run(
              args,
              InputStream.nullInputStream(),
              new PrintStream(full, false, StandardCharsets.UTF_8),
              new PrintStream(err, false, StandardCharsets.UTF_8));
      assertEquals(1, code);
      String message = err.toString(StandardCharsets.UTF_8);
      assertTrue(message.startsWith("lanewise: standard output: cannot write"), message);
      assertEquals(1, message.lines().count(), message);
    }
  }

  @Test
  void aFailureIsOneLineUnlessDebugIsOn() {
    String missing = folder.resolve("missing.gguf").toString();
    Outcome outcome = run("inspect", "-m", missing);
    assertEquals(1, outcome.code());
    assertEquals("", outcome.out());
    assertEquals(1, outcome.err().lines().count(), outcome.err());
    assertTrue(outcome.err().startsWith("lanewise: "), outcome.err());
    assertTrue(outcome.err().contains("missing.gguf"), outcome.err());
    Outcome debug = run("inspect", "-m", missing, "--debug");
    assertEquals(1, debug.code());
    assertTrue(debug.err().contains("\tat dev.lanewise"), debug.err());
  }

  @Test
  void badWorkFailsWithTheReason() throws Exception {
    assertTrue(failure("generate", "-m", folder.toString(), "-p", "a").contains("folder"));
    assertTrue(failure("logits", "-m", base, "--ids", "1,99999").contains("99999"));
    assertTrue(failure("logits", "-m", base, "--ids", "").contains("no token"));
    assertTrue(failure("generate", "-m", base, "-p", "a", "-c", "5000").contains("5000"));
    String tooLong = failure("generate", "-m", base, "-c", "4", "-p", "a b c d e f");
    assertTrue(tooLong.contains("n_ctx") && tooLong.contains("n_prompt"), tooLong);
    assertTrue(failure("generate", "-m", base, "-f", "/no/such/file").contains("/no/such/file"));
    assertTrue(failure("chat", "-m", base).contains("chat template"));
    Path noise = Files.writeString(folder.resolve("noise.gguf"), "no model at all, just text");
    assertTrue(failure("generate", "-m", noise.toString(), "-p", "a").contains("noise.gguf"));
  }

  private static String failure(String... args) {
    Outcome outcome = run(args);
    assertEquals(1, outcome.code(), outcome.err());
    assertFalse(outcome.err().contains("internal error"), outcome.err());
    return outcome.err();
  }

  @Test
  void generatePrintsTextAndStatistics() {
    String[] args = {"generate", "-m", base, "-p", "hello", "--raw", "--temp", "0", "-n", "5"};
    Outcome outcome = done(args);
    for (String part : List.of("length", "seed", "load", "prefill", "decode", "tokens/s", "peak")) {
      assertTrue(outcome.err().contains(part), outcome.err());
    }
    List<String> withJson = new ArrayList<>(List.of(args));
    withJson.add("--json");
    JsonView json = done(withJson.toArray(new String[0])).json();
    assertEquals(
        List.of(
            "text",
            "ids",
            "finish_reason",
            "prompt_tokens",
            "generated_tokens",
            "load_seconds",
            "prefill_seconds",
            "decode_seconds",
            "prefill_tokens_per_second",
            "decode_tokens_per_second",
            "peak_memory_bytes",
            "seed"),
        List.copyOf(json.keys()));
    assertEquals(json.string("text") + "\n", outcome.out());
    assertEquals("length", json.string("finish_reason"));
    assertEquals(5, json.integer("generated_tokens"));
    assertEquals(5, json.at("ids").items().size());
    assertTrue(json.number("prefill_tokens_per_second") > 0);
    assertTrue(json.number("peak_memory_bytes") > 1e6);
  }

  @Test
  void theSameSeedGivesTheSameTokens() {
    String[] args = {
      "generate", "-m", base, "-p", "the", "-n", "20", "--seed", "7", "--json", "--ignore-eos"
    };
    JsonView first = done(args).json();
    assertEquals(7, first.integer("seed"));
    assertEquals(first.at("ids").value(), done(args).json().at("ids").value());
    args[8] = "8";
    assertNotEquals(first.at("ids").value(), done(args).json().at("ids").value());
  }

  @Test
  void anyNumberOfThreadsGivesTheSameTokens() {
    List<Object> ids = new ArrayList<>();
    for (String threads : List.of("1", "2", "3")) {
      ids.add(
          done(
                  "generate",
                  "-m",
                  base,
                  "-p",
                  "and",
                  "-n",
                  "12",
                  "--temp",
                  "0",
                  "--json",
                  "-t",
                  threads,
                  "--ignore-eos")
              .json()
              .at("ids")
              .value());
    }
    assertEquals(ids.get(0), ids.get(1));
    assertEquals(ids.get(0), ids.get(2));
  }

  @Test
  void generateEndsWithTheContext() {
    JsonView json =
        done("generate", "-m", base, "-p", "a", "--raw", "-c", "16", "--json", "--ignore-eos")
            .json();
    assertEquals("context", json.string("finish_reason"));
    assertEquals(17, json.integer("prompt_tokens") + json.integer("generated_tokens"));
  }

  @Test
  void withoutATemplateTheTextIsContinuedAndThatIsSaid() {
    Outcome plain = done("generate", "-m", base, "-p", "a", "-n", "3", "--temp", "0");
    Outcome raw = done("generate", "-m", base, "-p", "a", "-n", "3", "--temp", "0", "--raw");
    assertTrue(plain.err().contains("no chat template"), plain.err());
    assertFalse(raw.err().contains("no chat template"), raw.err());
    assertEquals(raw.out(), plain.out());
  }

  @Test
  void aSystemMessageIsPutBeforeThePrompt() {
    String[] args = {"generate", "-m", instruct, "-p", "hello", "-n", "1", "--json"};
    int without = done(args).json().integer("prompt_tokens");
    String[] more = {
      "generate", "-m", instruct, "-p", "hello", "-n", "1", "--json", "--system", "be kind"
    };
    assertTrue(done(more).json().integer("prompt_tokens") > without);
    assertEquals(2, run("generate", "-m", base, "-p", "a", "--system", "s").code());
  }

  @Test
  void aTemplateIsUsedUnlessRaw() {
    String[] args = {"generate", "-m", instruct, "-p", "hello", "-n", "1", "--json"};
    int withTemplate = done(args).json().integer("prompt_tokens");
    List<String> raw = new ArrayList<>(List.of(args));
    raw.add("--raw");
    int without = done(raw.toArray(new String[0])).json().integer("prompt_tokens");
    assertTrue(withTemplate > without + 10, withTemplate + " and " + without);
    assertEquals(1, without, "'hello' is a token of its own here, and this model has no BOS");
  }

  @Test
  void thePromptMayComeFromAFileOrStandardInput() throws Exception {
    Path file = Files.writeString(folder.resolve("prompt.txt"), "the world");
    String[] args = {"generate", "-m", base, "-p", "the world", "-n", "4", "--temp", "0", "--raw"};
    String expected = done(args).out();
    args[3] = "-f";
    args[4] = file.toString();
    assertEquals(expected, done(args).out());
    args[4] = "-";
    assertEquals(expected, runWith("the world", args).out());
  }

  @Test
  void chatRepliesToEveryLine() {
    Outcome outcome =
        runWith(
            "hello\n\n/clear\nthe world\n/exit\nnot read",
            "chat",
            "-m",
            instruct,
            "-n",
            "3",
            "--temp",
            "0",
            "--ignore-eos");
    assertEquals(0, outcome.code(), outcome.err());
    assertEquals(2, outcome.err().lines().filter(l -> l.startsWith("[prefill")).count());
    assertTrue(outcome.err().contains("; length]"), outcome.err());
    assertEquals(0, runWith("", "chat", "-m", instruct).code(), "the end of the input is an exit");
  }

  @Test
  void chatForgetsItsOldestTurnsBeforeTheContextIsFull() {
    Outcome outcome =
        runWith(
            "hello\nthe world\nand the world\n",
            "chat",
            "-m",
            instruct,
            "-n",
            "4",
            "-c",
            "127",
            "--ignore-eos",
            "--system",
            "hello");
    assertEquals(0, outcome.code(), outcome.err());
    assertTrue(outcome.err().contains("oldest turns are forgotten"), outcome.err());
  }

  @Test
  void chatLeavesRoomForAReply() {
    boolean forgotten = false;
    for (int context = 100; context < 128; context++) {
      Outcome outcome =
          runWith(
              "hello\nthe world\nand the world\n",
              "chat",
              "-m",
              instruct,
              "-n",
              "8",
              "-c",
              Integer.toString(context),
              "--ignore-eos");
      assertEquals(0, outcome.code(), outcome.err());
      assertEquals(
          3, outcome.err().lines().filter(l -> l.endsWith("; length]")).count(), outcome.err());
      forgotten |= outcome.err().contains("oldest turns are forgotten");
    }
    assertTrue(forgotten);
  }

  @Test
  void tokenizePrintsALineForEachText() {
    Outcome outcome = done("tokenize", "-m", base, "hello world", "and", "");
    List<String> lines = outcome.out().lines().toList();
    assertEquals(3, lines.size(), outcome.out());
    assertEquals("", lines.get(2));
    String ids = lines.getFirst();
    assertTrue(ids.matches("[0-9]+( [0-9]+)*"), ids);
    assertEquals("hello world", done("tokenize", "-m", base, "--decode", ids).out().strip());
    assertEquals(
        "hello world",
        done("tokenize", "-m", base, "--decode", ids.replace(" ", ",")).out().strip());
    assertEquals(
        "1 " + ids + "\n", done("tokenize", "-m", base, "--sequence", "hello world").out());
  }

  @Test
  void tokenizeShowsPiecesAndOffsets() {
    Outcome outcome = done("tokenize", "-m", instruct, "hello é", "--pieces", "--offsets");
    List<String[]> rows = outcome.out().lines().map(line -> line.split("\t")).toList();
    assertEquals("hello", rows.getFirst()[1]);
    int end = 0;
    for (String[] row : rows) {
      assertEquals(4, row.length);
      boolean same = row[3].equals(Integer.toString(end));
      assertTrue(
          same || row[2].equals(Integer.toString(end)), "tokens touch, or share a character");
      end = Integer.parseInt(row[3]);
    }
    assertEquals(7, end, "characters of the text");
    JsonView json =
        done("tokenize", "-m", instruct, "hello é", "--pieces", "--offsets", "--json").json();
    assertEquals(rows.size(), json.at("ids").items().size());
    assertEquals(rows.size(), json.at("offsets").items().size());
    assertEquals("hello", json.at("pieces").items().getFirst().string());
  }

  @Test
  void offsetsLeaveOutTheSpaceThatSentencePieceAdds() {
    Outcome outcome = done("tokenize", "-m", base, "hello world", "--offsets");
    List<String[]> rows = outcome.out().lines().map(line -> line.split("\t")).toList();
    assertEquals("0", rows.getFirst()[1]);
    assertEquals("11", rows.getLast()[2]);
  }

  @Test
  void tokenizeParsesSpecialTokensOnlyIfTold() {
    String plain = done("tokenize", "-m", instruct, "<|endoftext|>").out();
    String special = done("tokenize", "-m", instruct, "<|endoftext|>", "--special").out();
    assertTrue(plain.strip().contains(" "), plain);
    assertFalse(special.strip().contains(" "), special);
  }

  @Test
  void logitsAgreeWithEachOther() {
    JsonView top = done("logits", "-m", base, "--ids", "1,300,301", "--top", "4").json();
    assertEquals(List.of("ids", "top", "logsumexp"), List.copyOf(top.keys()));
    assertEquals(List.of(1L, 300L, 301L), top.at("ids").value());
    JsonView all = done("logits", "-m", base, "--ids", "1,300,301", "--all").json();
    List<JsonView> rows = all.at("logits").items();
    assertEquals(3, rows.size());
    double sum = 0;
    List<Double> last = new ArrayList<>();
    for (JsonView logit : rows.getLast().items()) {
      last.add(logit.number());
      sum += Math.exp(logit.number());
    }
    assertEquals(Math.log(sum), top.number("logsumexp"), 1e-4);
    double before = Double.POSITIVE_INFINITY;
    assertEquals(4, top.at("top").items().size());
    for (JsonView pair : top.at("top").items()) {
      double logit = pair.items().get(1).number();
      assertTrue(logit <= before);
      assertEquals(last.get(pair.items().getFirst().integer()), logit, 1e-4);
      before = logit;
    }
    last.sort(null);
    assertEquals(last.get(last.size() - 4), before, 1e-4);
  }

  @Test
  void logitsOfATextBeginWithItsSequenceTokens() {
    JsonView json = done("logits", "-m", base, "-p", "hello").json();
    assertEquals(1, json.at("ids").items().getFirst().integer());
    assertEquals(10, json.at("top").items().size());
  }

  @Test
  void perplexityFollowsFromTheLogits() throws Exception {
    Path file = Files.writeString(folder.resolve("text.txt"), "hello the world and the hello");
    String ids = done("tokenize", "-m", base, "-f", file.toString(), "--sequence").out().strip();
    List<Integer> tokens = new ArrayList<>();
    for (String id : ids.split(" ")) {
      tokens.add(Integer.parseInt(id));
    }
    double sum = 0;
    int predicted = 0;
    int window = 3;
    for (int from = 0; from < tokens.size(); from += window) {
      List<Integer> part = tokens.subList(from, Math.min(tokens.size(), from + window));
      String list = part.toString().replaceAll("[\\[\\] ]", "");
      List<JsonView> rows =
          done("logits", "-m", base, "--all", "--ids", list).json().at("logits").items();
      for (int i = 0; i + 1 < part.size(); i++) {
        double exponentials = 0;
        for (JsonView logit : rows.get(i).items()) {
          exponentials += Math.exp(logit.number());
        }
        sum += Math.log(exponentials) - rows.get(i).items().get(part.get(i + 1)).number();
        predicted++;
      }
    }
    JsonView json = done("perplexity", "-m", base, "-f", file.toString(), "--window", "3").json();
    assertEquals(List.of("tokens", "mean_nll", "perplexity"), List.copyOf(json.keys()));
    assertEquals(predicted, json.integer("tokens"));
    assertEquals(sum / predicted, json.number("mean_nll"), 1e-4);
    assertEquals(Math.exp(sum / predicted), json.number("perplexity"), 1e-2);
  }

  @Test
  void benchMeasuresBothTests() {
    String[] args = {
      "bench", "-m", base, "-p", "8", "-n", "4", "-r", "3", "-t", "1", "--warm-up", "0", "--json"
    };
    List<JsonView> results = done(args).json().items();
    assertEquals(2, results.size());
    assertEquals("pp8", results.get(0).string("test"));
    assertEquals("tg4", results.get(1).string("test"));
    for (JsonView result : results) {
      assertTrue(result.number("tokens_per_second") > 0);
      assertTrue(result.number("stddev") >= 0);
    }
    args[args.length - 1] = "-r=1";
    assertEquals(2, run(args).code(), "one-letter options take no equals sign");
  }

  @Test
  void benchAveragesItsRuns() {
    BenchCommand.Result result = BenchCommand.Result.of("tg1", new double[] {1, 2, 3, 6});
    assertEquals(3, result.mean());
    assertEquals(Math.sqrt(14 / 3.0), result.deviation(), 1e-12);
    assertEquals(0, BenchCommand.Result.of("tg1", new double[] {5}).deviation());
  }

  @Test
  void inspectListsMetadataAndTensors() {
    String text = done("inspect", "-m", base).out();
    assertTrue(text.contains("general.architecture"), text);
    assertTrue(text.contains("blk.1.ffn_down.weight"), text);
    assertEquals(text, done("inspect", base).out());
    JsonView json = done("inspect", "-m", base, "--json").json();
    assertEquals(3, json.integer("gguf_version"));
    JsonView metadata = json.at("metadata");
    assertEquals("llama", metadata.string("general.architecture"));
    assertTrue(metadata.integer("llama.block_count") > 0);
    assertEquals(
        metadata.at("tokenizer.ggml.tokens").items().size(),
        metadata.at("tokenizer.ggml.token_type").items().size());
    JsonView first = json.at("tensors").items().getFirst();
    assertEquals("token_embd.weight", first.string("name"));
    assertEquals("F32", first.string("type"));
    assertEquals(64, first.at("shape").items().get(1).integer());
  }

  @Test
  void modelsAreListed() {
    assertTrue(done("models").out().contains("smollm2-135m-instruct"));
    JsonView first = done("models", "--json").json().items().getFirst();
    assertEquals("Apache-2.0", first.string("licence"));
    assertTrue(first.number("bytes") > 1e6);
  }

  @Test
  void theDoctorMeasuresAndAdvises() {
    JsonView json = done("doctor", "-t", "1", "--json").json();
    assertTrue(json.number("gflops") > 0);
    assertTrue(json.number("gbytes_per_second") > 0);
    assertTrue(
        json.string("kernels").startsWith("reference")
            || json.string("kernels").startsWith("simd"));
    assertEquals(
        json.string("kernels").startsWith("reference"),
        json.at("advice").value().toString().contains("--add-modules jdk.incubator.vector"));
  }

  @Test
  void theDoctorKnowsCompilers() {
    assertEquals(
        "C2",
        DoctorCommand.compiler("OpenJDK 64-Bit Server VM", "25+36-LTS", "mixed mode, sharing"));
    assertEquals(
        "none", DoctorCommand.compiler("OpenJDK 64-Bit Server VM", "25", "interpreted mode"));
    assertEquals(
        "C1",
        DoctorCommand.compiler(
            "OpenJDK 64-Bit Server VM", "25", "mixed mode, emulated-client, sharing"));
    assertEquals(
        "Graal",
        DoctorCommand.compiler("OpenJDK 64-Bit Server VM", "25+37-jvmci-b01", "mixed mode"));
    assertEquals(List.of(), DoctorCommand.advice("simd 512-bit", "C2"));
    assertEquals(2, DoctorCommand.advice("reference", "none").size());
  }
}
