package dev.lanewise.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.lanewise.model.LanewiseException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How texts are read from files and standard input. */
class StdioTest {
  private static final byte[] LATIN = "caf\u00E9\n".getBytes(StandardCharsets.ISO_8859_1);

  @TempDir private Path folder;

  private static Stdio on(byte[] input) {
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    return new Stdio(new ByteArrayInputStream(input), nowhere, nowhere, false);
  }

  private static Stdio on(String input, Charset charset) {
    return on(input.getBytes(charset));
  }

  private static void refuses(String message, Executable work) {
    assertEquals(message, assertThrows(LanewiseException.class, work).getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "caf\u00E9 \uD83D\uDE00\n", "a \uFFFD that is written there"})
  void aByteOrderMarkIsNoText(String text) {
    assertEquals(text, on(text, StandardCharsets.UTF_8).read("-"));
    assertEquals(text, on("\uFEFF" + text, StandardCharsets.UTF_8).read("-"));
    assertEquals(text, on("\uFEFF" + text, StandardCharsets.UTF_16LE).read("-"));
    assertEquals(text, on("\uFEFF" + text, StandardCharsets.UTF_16BE).read("-"));
  }

  @Test
  void whatIsNoUtf8IsRefusedWithItsPlace() throws IOException {
    Path file = Files.write(folder.resolve("latin.txt"), LATIN);
    refuses(file + ": is not UTF-8 at byte 3; convert it", () -> on(LATIN).read(file.toString()));
    refuses("standard input: is not UTF-8 at byte 3; convert it", () -> on(LATIN).read("-"));
    String behind = "\uFFFD".repeat(10_000) + "\u00E9";
    byte[] cut = behind.getBytes(StandardCharsets.UTF_8);
    cut[cut.length - 1] = 'x';
    refuses("standard input: is not UTF-8 at byte 30000; convert it", () -> on(cut).read("-"));
    byte[] odd = {(byte) 0xFF, (byte) 0xFE, 'a', 0, 'b'};
    refuses("standard input: is not UTF-16 at byte 4; convert it", () -> on(odd).read("-"));
  }

  @Test
  void linesAreReadOneByOne() throws IOException {
    Stdio io = on("caf\u00E9\r\n\n\uFFFD", StandardCharsets.UTF_8);
    assertEquals("caf\u00E9", io.readLine());
    assertEquals("", io.readLine());
    assertEquals("\uFFFD", io.readLine());
    assertNull(io.readLine());
    refuses("a line of standard input: is not UTF-8 at byte 3; convert it", on(LATIN)::readLine);
  }
}
