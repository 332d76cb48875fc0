package dev.lanewise.model.cli;

import dev.lanewise.model.LanewiseException;
import java.io.ByteArrayOutputStream;
import java.io.Console;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
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

  /** What stands in a decoded text for bytes that are none. */
  private static final char REPLACEMENT = '\uFFFD';

  /** Characters to decode at once where nobody wants them. */
  private static final int PART = 8192;

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

  /** What messages call a file. */
  static String name(String file) {
    return file.equals("-") ? "standard input" : file;
  }

  /**
   * The text of a file; {@code -} is standard input. It is UTF-8, or UTF-16 if a byte order mark
   * says so, as that of some editors and shells; a mark at the beginning is no part of the text.
   *
   * @throws LanewiseException if it cannot be read; caused by a {@link CharacterCodingException} if
   *     it is no such text
   */
  String read(String file) {
    byte[] bytes = bytes(file);
    try {
      return text(name(file), bytes);
    } catch (OutOfMemoryError e) {
      throw tooLong(file, e);
    }
  }

  /**
   * The bytes of a file; {@code -} is standard input.
   *
   * @throws LanewiseException if it cannot be read
   */
  byte[] bytes(String file) {
    try {
      return file.equals("-") ? in.readAllBytes() : Files.readAllBytes(path(file));
    } catch (IOException e) {
      throw LanewiseException.cannotRead(name(file), e);
    } catch (OutOfMemoryError e) {
      throw tooLong(file, e);
    }
  }

  private static LanewiseException tooLong(String file, OutOfMemoryError cause) {
    return new LanewiseException(
        name(file)
            + ": this text does not fit in the Java heap; cut it, or take a larger one (-Xmx)",
        cause);
  }

  /**
   * The next line of standard input, without what ends it; null after the last.
   *
   * @throws LanewiseException if it is not UTF-8
   */
  String readLine() throws IOException {
    int next = in.read();
    if (next < 0) {
      return null;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (; next >= 0 && next != '\n'; next = in.read()) {
      bytes.write(next);
    }
    String line = decoded("a line of standard input", bytes.toByteArray(), StandardCharsets.UTF_8);
    return line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
  }

  private static String text(String name, byte[] bytes) {
    if (startsWith(bytes, 0xFE, 0xFF) || startsWith(bytes, 0xFF, 0xFE)) {
      return decoded(name, bytes, StandardCharsets.UTF_16); // which reads the mark itself
    }
    String text = decoded(name, bytes, StandardCharsets.UTF_8);
    return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
  }

  private static String decoded(String name, byte[] bytes, Charset charset) {
    String text = new String(bytes, charset);
    if (text.indexOf(REPLACEMENT) >= 0) { // written there, or in place of what cannot be read
      requireWellFormed(name, bytes, charset);
    }
    return text;
  }

  private static void requireWellFormed(String name, byte[] bytes, Charset charset) {
    CharsetDecoder decoder = charset.newDecoder();
    ByteBuffer rest = ByteBuffer.wrap(bytes);
    CharBuffer part = CharBuffer.allocate(PART);
    CoderResult result;
    do {
      result = decoder.decode(rest, part.clear(), true);
    } while (result.isOverflow());
    try {
      if (result.isError()) {
        result.throwException();
      }
    } catch (CharacterCodingException e) {
      throw new LanewiseException(
          "%s: is not %s at byte %d; convert it".formatted(name, charset, rest.position()), e);
    }
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
