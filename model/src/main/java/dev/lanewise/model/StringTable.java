package dev.lanewise.model;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * An immutable list of UTF-8 strings in one byte array: a vocabulary of a hundred thousand pieces
 * without a hundred thousand objects. String i is {@code bytes[offsets[i] .. offsets[i + 1])}.
 *
 * @param bytes all strings, one after the other
 * @param offsets where each starts, and the end of the last: {@code size() + 1} entries
 */
public record StringTable(byte[] bytes, int[] offsets) {
  /** A table of the given strings. */
  public static StringTable of(String... strings) {
    byte[][] encoded = new byte[strings.length][];
    int[] offsets = new int[strings.length + 1];
    for (int i = 0; i < strings.length; i++) {
      encoded[i] = strings[i].getBytes(StandardCharsets.UTF_8);
      offsets[i + 1] = Math.addExact(offsets[i], encoded[i].length);
    }
    byte[] bytes = new byte[offsets[strings.length]];
    for (int i = 0; i < strings.length; i++) {
      System.arraycopy(encoded[i], 0, bytes, offsets[i], encoded[i].length);
    }
    return new StringTable(bytes, offsets);
  }

  /** How many strings there are. */
  public int size() {
    return offsets.length - 1;
  }

  /** String i; malformed UTF-8 becomes U+FFFD. */
  public String get(int i) {
    return new String(bytes, offsets[i], offsets[i + 1] - offsets[i], StandardCharsets.UTF_8);
  }

  /** Writes the bytes of string i. */
  public void write(int i, ByteArrayOutputStream out) {
    out.write(bytes, offsets[i], offsets[i + 1] - offsets[i]);
  }
}
