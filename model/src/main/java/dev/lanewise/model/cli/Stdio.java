package dev.lanewise.model.cli;

import dev.lanewise.model.LanewiseException;
import java.io.Console;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * The three streams of a command; text in them is UTF-8.
 *
 * @param in what is read
 * @param out results
 * @param err progress, statistics and errors
 * @param ofProcess whether they are the process's own
 */
record Stdio(InputStream in, PrintStream out, PrintStream err, boolean ofProcess) {
  private static final String BYTE_ORDER_MARK = "\uFEFF";

  /** Whether a person types and reads. */
  @SuppressWarnings("SystemConsoleNull") // from JDK 25 on it may be null again
  boolean interactive() {
    if (!ofProcess) {
      return false;
    }
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  /**
   * Prints a piece of the result and sees to it that it arrives.
   *
   * @throws LanewiseException if it cannot be written
   */
  void emit(String text) {
    out.print(text);
    if (out.checkError()) {
      throw LanewiseException.cannotWriteResults();
    }
  }

  /** Prints a line on standard error. */
  void note(String line) {
    err.println(line);
    err.flush();
  }

  /**
   * The text of a file; {@code -} is standard input. It is UTF-8, or UTF-16 if a byte order mark
   * says so, as that of some editors and shells. Malformed characters become U+FFFD; a byte order
   * mark at the beginning is no part of the text.
   *
   * @throws LanewiseException if it cannot be read
   */
  String read(String file) {
    return read(path(file));
  }

  /**
   * The text of a file, likewise.
   *
   * @throws LanewiseException if it cannot be read
   */
  String read(Path file) {
    try {
      return text(file.toString().equals("-") ? in.readAllBytes() : Files.readAllBytes(file));
    } catch (IOException e) {
      throw LanewiseException.cannotRead(file, e);
    } catch (OutOfMemoryError e) {
      throw new LanewiseException(
          file + ": this text does not fit in the Java heap; cut it, or take a larger one (-Xmx)",
          e);
    }
  }

  private static String text(byte[] bytes) {
    if (startsWith(bytes, 0xFE, 0xFF) || startsWith(bytes, 0xFF, 0xFE)) {
      return new String(bytes, StandardCharsets.UTF_16); // which reads the mark itself
    }
    String text = new String(bytes, StandardCharsets.UTF_8);
    return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
  }

  private static boolean startsWith(byte[] bytes, int first, int second) {
    return bytes.length >= 2 && bytes[0] == (byte) first && bytes[1] == (byte) second;
  }

  /**
   * A path as the platform understands it.
   *
   * @throws LanewiseException if it is none
   */
  static Path path(String file) {
    try {
      return Path.of(file);
    } catch (InvalidPathException e) {
      throw new LanewiseException("'" + file + "' is not a valid path: " + e.getReason(), e);
    }
  }
}
