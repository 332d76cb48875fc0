package dev.lanewise.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.checkpoint.ChildJvm;
import dev.lanewise.model.json.JsonView;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code train}, and that what it writes runs. */
class TrainCommandTest {
  @TempDir private Path folder;
  private String text;
  private String target;

  @BeforeEach
  void writeText() throws IOException {
    String words = "the cat sat on the mat. ".repeat(50);
    text = Files.writeString(folder.resolve("words.txt"), words).toString();
    target = folder.resolve("words.gguf").toString();
  }

  private String[] train(String... more) {
    List<String> args = new ArrayList<>(List.of("train", "-f", text, "-o", target));
    args.addAll(List.of("--layers", "1", "--heads", "2", "--dim", "16", "-c", "16", "--seed", "3"));
    args.addAll(List.of(more));
    return args.toArray(String[]::new);
  }

  @Test
  void whatItWritesContinuesTexts() {
    Outcome outcome = Outcome.done(train("--steps", "300", "--rate", "0.01", "--every", "100"));
    assertEquals(target + "\n", outcome.out());
    assertTrue(outcome.err().contains("1200 bytes are 1200 tokens, 12 known; "), outcome.err());
    assertTrue(outcome.err().contains("step 300 of 300: loss "), outcome.err());
    Outcome generated =
        Outcome.done("generate", "--raw", "-m", target, "-p", "the c", "-n", "6", "--temp", "0");
    assertEquals("at sat\n", generated.out());
    JsonView perplexity = Outcome.done("perplexity", "-m", target, "-f", text).object();
    assertTrue(perplexity.number("mean_nll") < 0.3, () -> "" + perplexity.number("mean_nll"));
  }

  @Test
  void whatItWritesIsTrainedFurther() {
    Outcome.done(train("--steps", "60", "--rate", "0.01"));
    String further = folder.resolve("further.gguf").toString();
    JsonView json =
        Outcome.done(
                "train",
                "--from",
                target,
                "-f",
                text,
                "-o",
                further,
                "--rate",
                "0.01",
                "--steps",
                "100",
                "--every",
                "50",
                "--freeze",
                "1",
                "--seed",
                "3",
                "--json")
            .object();
    assertEquals(3760, json.integer("parameters"));
    assertEquals(32, json.integer("trained_parameters"));
    assertEquals(1200, json.integer("tokens"));
    assertTrue(json.integer("memory_bytes") > 4 * 3760);
    List<JsonView> evaluations = json.at("evaluations").items();
    assertEquals(2, evaluations.size());
    double before = json.number("held_out_loss_before");
    double after = evaluations.getLast().number("held_out_loss");
    assertTrue(after < before, after + " of " + before);
    Outcome.done("generate", "--raw", "-m", further, "-p", "the c", "-n", "2", "--temp", "0");
  }

  @Test
  void anObjectTellsAll() {
    JsonView json = Outcome.done(train("--steps", "4", "--every", "2", "--json")).object();
    assertEquals(target, json.string("model"));
    assertEquals(4, json.integer("steps"));
    assertEquals(3, json.integer("seed"));
    assertEquals(3760, json.integer("parameters"));
    List<JsonView> evaluations = json.at("evaluations").items();
    assertEquals(2, evaluations.size());
    assertEquals(4, evaluations.getLast().integer("step"));
    assertTrue(evaluations.getLast().number("held_out_loss") < Math.log(11) + 0.2);
    assertTrue(evaluations.getLast().number("loss") < Math.log(11) + 0.2);
    assertTrue(json.number("tokens_per_second") > 0);
    assertTrue(json.number("seconds") > 0);
  }

  @Test
  void theTextMayBeStandardInput() throws IOException {
    String[] args = train("--steps", "2", "--every", "1", "--json");
    args[2] = "-";
    Outcome outcome = Outcome.with(Files.readAllBytes(Path.of(text)), args);
    assertEquals(1200, outcome.object().integer("tokens"));
    args[4] = folder.resolve("other.gguf").toString();
    Outcome.fails(1, "lanewise: standard input: is empty", args);
  }

  @Test
  void aFileThatIsThereIsRefusedBeforeTheText() throws IOException {
    Files.writeString(Path.of(target), "precious");
    Outcome.fails(1, "is there already", "train", "-f", "/no/such/text", "-o", target);
    assertEquals("precious", Files.readString(Path.of(target)));
  }

  @Test
  void aTrainingIsNotLostWhereItsFileCannotBeWritten() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream err =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8) {
          @Override
          public void println(String line) {
            if (line.startsWith("before the first step")) {
              writeOther();
            }
          }
        };
    PrintStream results = new PrintStream(out, false, StandardCharsets.UTF_8);
    String[] args = train("--steps", "2");
    assertEquals(1, Main.run(args, InputStream.nullInputStream(), results, err));
    assertEquals("another's", Files.readString(Path.of(target)));
    String written = out.toString(StandardCharsets.UTF_8).strip();
    assertTrue(written.startsWith(folder.resolve("lanewise-train-").toString()), written);
    Outcome.done("generate", "--raw", "-m", written, "-p", "the", "-n", "2");
  }

  private void writeOther() {
    try {
      Files.writeString(Path.of(target), "another's");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void lackOfMemoryIsToldWithTheOptionsOfTraining() {
    TrainCommand command = new TrainCommand();
    String told = command.lessMemory();
    assertTrue(told.contains("--batch"), told);
    assertFalse(told.contains("-n)"), told);
  }

  @Test
  void wrongUseIsTold() throws IOException {
    Outcome.fails(2, "option -f is missing", "train", "-o", target);
    Outcome.fails(2, "option -o is missing", "train", "-f", text);
    Outcome.fails(1, "do not divide", train("--heads", "3"));
    Outcome.fails(2, "option --layers sets a size", train("--from", target));
    Outcome.fails(2, "--from is missing", train("--freeze", "1"));
    Outcome.fails(1, "no such file", "train", "--from", target, "-f", text, "-o", target);
    Path empty = Files.createFile(folder.resolve("empty.txt"));
    Outcome.fails(1, "empty.txt: is empty", "train", "-f", empty.toString(), "-o", target);
    assertFalse(Files.exists(Path.of(target)));
  }

  @Test
  void anExitWritesWhatWasLearnt() throws Exception {
    String[] args = train("--steps", "1000000", "--every", "1");
    ChildJvm.Result result = ChildJvm.run(List.of(), ExitAtTheFirstStep.class, args);
    assertEquals(130, result.exitCode());
    assertTrue(result.output().contains("lanewise train: stopped after "), result.output());
    Outcome.done("generate", "--raw", "-m", target, "-p", "the", "-n", "2");
  }

  /** Runs a command line and exits as Ctrl-C does once the first step is told. */
  static final class ExitAtTheFirstStep {
    private ExitAtTheFirstStep() {}

    public static void main(String[] args) {
      PrintStream err =
          new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8) {
            @Override
            public void println(String line) {
              System.out.println(line);
              if (line.startsWith("step 1 ")) {
                new Thread(() -> System.exit(130)).start();
              }
            }
          };
      Main.run(args, InputStream.nullInputStream(), System.out, err);
    }
  }
}
