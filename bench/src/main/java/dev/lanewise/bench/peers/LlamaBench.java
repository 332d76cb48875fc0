package dev.lanewise.bench.peers;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.cli.Main;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How many tokens per second a model reads and writes: by llama.cpp's {@code llama-bench}, where it
 * is installed, and by Lanewise's {@code bench}, which measures the same two things.
 */
public final class LlamaBench {
  /** The system property, and the variable of the environment, that name the program. */
  static final String PROPERTY = "llama.bench";

  static final String VARIABLE = "LLAMA_BENCH";

  private LlamaBench() {}

  /**
   * What is measured.
   *
   * @param model a GGUF file
   * @param threads threads of one operation
   * @param prompt tokens that are read at once
   * @param generated tokens that are written one by one
   * @param repetitions measured runs of each
   */
  public record Load(Path model, int threads, int prompt, int generated, int repetitions) {
    /** The load of the published figures. */
    public static Load of(Path model, int threads) {
      return new Load(model, threads, 512, 64, 3);
    }
  }

  /**
   * One line of the outcome.
   *
   * @param test {@code pp512} for a prompt of 512 tokens, {@code tg64} for 64 generated ones
   * @param tokensPerSecond mean of the runs
   * @param deviation their standard deviation
   */
  public record Speed(String test, double tokensPerSecond, double deviation) {}

  /** The program, if somebody has named it. */
  public static Optional<Path> program() {
    return Optional.ofNullable(System.getProperty(PROPERTY, System.getenv(VARIABLE))).map(Path::of);
  }

  /**
   * Runs {@code llama-bench}.
   *
   * @throws LanewiseException if it does not start, fails, or answers with something else; says why
   */
  public static List<Speed> run(Path program, Load load) throws InterruptedException {
    return run(List.of(program.toString()), load);
  }

  /** As above, with a program that is a command of several words. */
  static List<Speed> run(List<String> program, Load load) throws InterruptedException {
    List<String> command = new ArrayList<>(program);
    command.addAll(arguments(load));
    command.addAll(List.of("-o", "json"));
    List<Speed> speeds = new ArrayList<>();
    for (JsonView test : Json.view(program.getFirst(), output(command)).items()) {
      int prompt = test.integer("n_prompt");
      speeds.add(
          new Speed(
              prompt > 0 ? "pp" + prompt : "tg" + test.integer("n_gen"),
              test.number("avg_ts"),
              test.number("stddev_ts")));
    }
    return speeds;
  }

  /** Runs Lanewise's {@code bench} in this JVM. */
  public static List<Speed> runLanewise(Load load) {
    List<String> command = new ArrayList<>(List.of("bench", "--json"));
    command.addAll(arguments(load));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        Main.run(
            command.toArray(new String[0]),
            InputStream.nullInputStream(),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    if (code != 0) {
      throw failure("lanewise", code, err.toString(StandardCharsets.UTF_8));
    }
    return Json.view("lanewise", out.toByteArray()).items().stream()
        .map(
            test ->
                new Speed(
                    test.string("test"), test.number("tokens_per_second"), test.number("stddev")))
        .toList();
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

  /** What a program prints; what it logs appears in the message if it fails. */
  private static byte[] output(List<String> command) throws InterruptedException {
    try {
      Path log = Files.createTempFile("llama-bench", ".log");
      try {
        Process process =
            new ProcessBuilder(command).redirectError(Redirect.to(log.toFile())).start();
        try {
          process.getOutputStream().close();
          byte[] output = process.getInputStream().readAllBytes();
          int code = process.waitFor();
          if (code != 0) {
            throw failure(
                command.getFirst(),
                code,
                new String(Files.readAllBytes(log), StandardCharsets.UTF_8));
          }
          return output;
        } finally {
          process.destroy();
        }
      } finally {
        Files.deleteIfExists(log);
      }
    } catch (IOException e) {
      throw new LanewiseException(command.getFirst() + " could not be run: " + e.getMessage(), e);
    }
  }

  private static LanewiseException failure(String program, int code, String log) {
    return new LanewiseException("%s ended with code %d: %s".formatted(program, code, log.strip()));
  }
}
