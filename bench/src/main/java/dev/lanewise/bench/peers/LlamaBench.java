package dev.lanewise.bench.peers;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.cli.Main;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How many tokens per second a model reads and writes: by llama.cpp's {@code llama-bench}, where it
 * is installed, and by Lanewise's {@code bench}, which measures the same two things. Each is a
 * program of its own, and ends with this JVM.
 */
public final class LlamaBench {
  /** The property with which the launcher says what flags it gives to the JVM of Lanewise. */
  private static final String FLAGS = "lanewise.flags";

  /** The test of a prompt that is read at once. */
  public static final String PREFILL = "prefill";

  /** The test of tokens that are written one by one. */
  public static final String DECODE = "decode";

  /** The system property, and the variable of the environment, that name the program. */
  static final String PROPERTY = "llama.bench";

  static final String VARIABLE = "LLAMA_BENCH";

  private LlamaBench() {}

  /**
   * What is measured.
   *
   * @param model a GGUF file
   * @param threads threads of one operation
   * @param prompt tokens that are read at once; 0: not measured
   * @param generated tokens that are written one by one; 0: not measured
   * @param repetitions measured runs of each
   */
  public record Load(Path model, int threads, int prompt, int generated, int repetitions) {}

  /**
   * One line of the outcome.
   *
   * @param test {@link #PREFILL} or {@link #DECODE}
   * @param tokensPerSecond mean of the runs
   */
  public record Speed(String test, double tokensPerSecond) {
    /** Nothing takes no time. */
    public Speed {
      if (!(tokensPerSecond > 0 && tokensPerSecond < Double.POSITIVE_INFINITY)) {
        throw new LanewiseException(
            "%s of %s tokens per second was measured".formatted(test, tokensPerSecond));
      }
    }
  }

  /** The program, if somebody has named it. */
  public static Optional<String> program() {
    return Optional.ofNullable(System.getProperty(PROPERTY, System.getenv(VARIABLE)))
        .filter(name -> !name.isBlank());
  }

  /**
   * The flags of the JVM that runs Lanewise: those that its launcher gives it, and of this JVM what
   * is left of them, as JMH does it.
   */
  public static List<String> jvmFlags() {
    List<String> flags = new ArrayList<>(List.of(System.getProperty(FLAGS, "").split(" ")));
    flags.remove("");
    for (String own : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (!own.startsWith("-D" + FLAGS) && !flags.contains(own)) {
        flags.add(own);
      }
    }
    return flags;
  }

  /**
   * Runs {@code llama-bench}.
   *
   * @throws LanewiseException if it does not start, fails, or answers with something else; says why
   */
  public static List<Speed> run(String program, Load load) {
    return run(List.of(program), load);
  }

  /** As above, with a program that is a command of several words. */
  static List<Speed> run(List<String> program, Load load) {
    List<String> command = new ArrayList<>(program);
    command.addAll(List.of("-o", "json"));
    List<Speed> speeds = new ArrayList<>();
    for (JsonView test : output(program.getFirst(), command, load).items()) {
      speeds.add(new Speed(test.integer("n_prompt") > 0 ? PREFILL : DECODE, test.number("avg_ts")));
    }
    return speeds;
  }

  /**
   * Runs Lanewise's {@code bench}.
   *
   * @throws LanewiseException if it fails; says why
   */
  public static List<Speed> runLanewise(Load load) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvmFlags());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of("bench", "--json"));
    List<Speed> speeds = new ArrayList<>();
    for (JsonView test : output("lanewise", command, load).items()) {
      speeds.add(
          new Speed(
              test.string("test").startsWith("pp") ? PREFILL : DECODE,
              test.number("tokens_per_second")));
    }
    return speeds;
  }

  /** Both programs understand these. */
  private static List<String> arguments(Load load) {
    return List.of(
        "-m",
        load.model().toString(),
        "-t",
        Integer.toString(load.threads()),
        "-p",
        Integer.toString(load.prompt()),
        "-n",
        Integer.toString(load.generated()),
        "-r",
        Integer.toString(load.repetitions()));
  }

  /** What a program prints; the end of what it logs is in the message if it fails. */
  private static JsonView output(String program, List<String> command, Load load) {
    List<String> whole = new ArrayList<>(command);
    whole.addAll(arguments(load));
    try {
      Path log = Files.createTempFile("llama-bench", ".log");
      try {
        Process process =
            new ProcessBuilder(whole).redirectError(Redirect.to(log.toFile())).start();
        // For good, as nothing is to be done for one that has ended.
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
        process.getOutputStream().close();
        byte[] output = process.getInputStream().readAllBytes();
        int code = process.onExit().join().exitValue();
        if (code != 0) {
          throw new LanewiseException(
              "%s ended with code %d: %s".formatted(program, code, last(log)));
        }
        return Json.view(program, output);
      } finally {
        Files.deleteIfExists(log);
      }
    } catch (IOException e) {
      throw new LanewiseException(program + " could not be run: " + e.getMessage(), e);
    }
  }

  /** The line in which programs say why they end. */
  private static String last(Path log) throws IOException {
    String text = new String(Files.readAllBytes(log), StandardCharsets.UTF_8);
    return text.lines().map(String::strip).reduce("", (one, next) -> next.isEmpty() ? one : next);
  }
}
