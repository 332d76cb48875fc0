package dev.lanewise.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.checkpoint.ChildJvm;
import dev.lanewise.model.checkpoint.TinyLlama;
import dev.lanewise.model.json.JsonView;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs command lines in this process, on models of a few hundred kilobytes. */
class MainTest {
  @TempDir private static Path folder;
  private static String base;

  @BeforeAll
  static void writeModel() {
    base = TinyLlama.write(folder.resolve("base.gguf"), 1).toString();
  }

  @Test
  void theRunForTheArchiveOfClassesNeedsNoModel() {
    Outcome outcome = Outcome.of("class-archive");
    assertEquals(0, outcome.code(), outcome.err());
    assertEquals("", outcome.out());
  }

  @Test
  void withoutACommandTheUsageIsShown() {
    Outcome outcome = Outcome.of();
    assertEquals(2, outcome.code());
    assertEquals("", outcome.out());
    assertTrue(outcome.err().contains("lanewise COMMAND"), outcome.err());
    assertEquals(outcome.err(), Outcome.done("--help").out());
  }

  @Test
  void theVersionIsOneLine() {
    Outcome outcome = Outcome.done("--version");
    assertTrue(outcome.out().startsWith("lanewise "), outcome.out());
    assertEquals(1, outcome.out().lines().count());
  }

  static List<String> commands() {
    return Main.COMMANDS;
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandHasHelp(String command) {
    Outcome outcome = Outcome.done(command, "--help");
    assertTrue(outcome.out().startsWith("Usage: lanewise " + command + " "), outcome.out());
    assertTrue(outcome.out().contains("-h, --help"), outcome.out());
    assertTrue(Outcome.done("--help").out().contains("  " + command + " "));
    assertEquals(outcome.out(), Outcome.done("help", command).out());
    Outcome wrong = Outcome.of(command, "--no-such-option");
    assertEquals(2, wrong.code());
    assertTrue(wrong.err().contains("--no-such-option"), wrong.err());
    assertEquals("", wrong.out());
  }

  @ParameterizedTest
  @CsvSource({
    "-Dlanewise.kernels=fast, 'lanewise.kernels must be reference or simd, got ''fast'''",
    "-Dlanewise.vector.bits=100, 'lanewise.vector.bits must be 128, 256 or 512, got ''100'''"
  })
  void kernelsThatThereAreNotAreAFailureOfOneLine(String option, String message)
      throws IOException, InterruptedException {
    ChildJvm.Result result =
        ChildJvm.run(List.of(option), Main.class, "generate", "-m", base, "-p", "a", "-n", "1");
    assertEquals(1, result.exitCode());
    assertEquals(
        List.of("WARNING: Using incubator modules: jdk.incubator.vector", "lanewise: " + message),
        result.output().lines().toList());
  }

  @Test
  void aMisspeltCommandIsWrongUsage() {
    Outcome outcome = Outcome.of("genrate");
    assertEquals(2, outcome.code());
    assertTrue(outcome.err().contains("did you mean generate?"), outcome.err());
  }

  @Test
  void optionsThatDoNotGoTogetherAreWrongUsage() {
    assertEquals(2, Outcome.of("generate", "-m", base).code());
    assertEquals(2, Outcome.of("generate", "-m", base, "-p", "a", "-f", "b").code());
    assertEquals(2, Outcome.of("logits", "-m", base).code());
    assertEquals(2, Outcome.of("tokenize", "-m", base).code());
    assertEquals(2, Outcome.of("perplexity", "-m", base).code());
    assertEquals(2, Outcome.of("pull").code());
    assertEquals(2, Outcome.of("generate", "-m", base, "-p", "a", "--temp", "NaN").code());
    assertEquals(2, Outcome.of("generate", "-m", base, "-p", "a", "-n", "-1").code());
    assertEquals(2, Outcome.of("generate", "-m", base, "-p", "a", "-t", "0").code());
    assertEquals(2, Outcome.of("generate", "-m", base, "-p", "a", "--raw", "--system", "s").code());
    assertEquals(2, Outcome.of("logits", "-m", base, "--ids", "1,x").code());
    assertEquals(2, Outcome.of("generate", "-m", base, "-p", "a", "--stop", "").code());
    assertEquals(2, Outcome.of("bench", "-m", base, "-p", "0", "-n", "0").code());
    assertEquals(2, Outcome.of("help", "genrate").code());
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
    Outcome outcome = Outcome.of("inspect", "-m", missing);
    assertEquals(1, outcome.code());
    assertEquals("", outcome.out());
    assertEquals(1, outcome.err().lines().count(), outcome.err());
    assertTrue(outcome.err().startsWith("lanewise: "), outcome.err());
    assertTrue(outcome.err().contains("missing.gguf"), outcome.err());
    Outcome debug = Outcome.of("inspect", "-m", missing, "--debug");
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
    assertTrue(
        failure("generate", "-m", "smolm2-135m-instruct", "-p", "a").contains("known names"));
    String unknown = failure("pull", "smolm2-135m-instruct");
    assertTrue(unknown.contains("did you mean smollm2-135m-instruct?"), unknown);
    Path noise = Files.writeString(folder.resolve("noise.gguf"), "no model at all, just text");
    assertTrue(failure("generate", "-m", noise.toString(), "-p", "a").contains("noise.gguf"));
  }

  private static String failure(String... args) {
    Outcome outcome = Outcome.of(args);
    assertEquals(1, outcome.code(), outcome.err());
    assertFalse(outcome.err().contains("internal error"), outcome.err());
    return outcome.err();
  }

  @Test
  void inspectListsMetadataAndTensors() {
    String text = Outcome.done("inspect", "-m", base).out();
    assertTrue(text.contains("general.architecture"), text);
    assertTrue(text.contains("blk.1.ffn_down.weight"), text);
    assertEquals(text, Outcome.done("inspect", base).out());
    JsonView json = Outcome.done("inspect", "-m", base, "--json").object();
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
    assertTrue(Outcome.done("models").out().contains("smollm2-135m-instruct"));
    JsonView first = Outcome.done("models", "--json").object().items().getFirst();
    assertEquals("Apache-2.0", first.string("licence"));
    assertTrue(first.number("bytes") > 1e6);
  }
}
