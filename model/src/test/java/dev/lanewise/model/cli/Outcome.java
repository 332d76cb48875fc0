package dev.lanewise.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What a command line left behind that ran in this process. */
public record Outcome(int code, String out, String err) {
  /** Runs a command line with nothing on standard input. */
  public static Outcome of(String... args) {
    return with("", args);
  }

  /** Runs a command line with a text on standard input. */
  public static Outcome with(String input, String... args) {
    return with(input.getBytes(StandardCharsets.UTF_8), args);
  }

  /** Runs a command line with bytes on standard input. */
  public static Outcome with(byte[] input, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        Main.run(
            args,
            new ByteArrayInputStream(input),
            new PrintStream(out, false, StandardCharsets.UTF_8),
            new PrintStream(err, false, StandardCharsets.UTF_8));
    return new Outcome(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** Runs a command line that must succeed. */
  public static Outcome done(String... args) {
    Outcome outcome = of(args);
    assertEquals(0, outcome.code(), outcome.err());
    return outcome;
  }

  /** Runs a command line that must end with an exit code, a message with a part, and no output. */
  public static void fails(int code, String part, String... args) {
    Outcome outcome = of(args);
    assertEquals(code, outcome.code(), outcome.err());
    assertTrue(outcome.err().contains(part), outcome.err());
    assertEquals("", outcome.out());
  }

  /** The lines of the output. */
  public List<String> lines() {
    return out.lines().toList();
  }

  /** The lines of the output, each a JSON text. */
  public List<JsonView> objects() {
    return lines().stream()
        .map(line -> Json.view("standard output", line.getBytes(StandardCharsets.UTF_8)))
        .toList();
  }

  /** The only line of the output of a command line that must have succeeded, a JSON text. */
  public JsonView object() {
    assertEquals(0, code, err);
    assertEquals(1, lines().size(), out);
    return objects().getFirst();
  }
}
