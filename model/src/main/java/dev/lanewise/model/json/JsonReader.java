package dev.lanewise.model.json;

import dev.lanewise.model.LanewiseException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Recursive descent over UTF-8 bytes, with bounded depth. Grammar: RFC 8259. */
final class JsonReader {
  private final String source;
  private final byte[] bytes;
  private final Json.Limits limits;
  private int next;
  private int values;

  JsonReader(String source, byte[] bytes, Json.Limits limits) {
    this.source = source;
    this.bytes = bytes;
    this.limits = limits;
  }

  Object read() {
    if (bytes.length > limits.bytes()) {
      throw new LanewiseException(
          "%s: JSON of %d bytes, the limit is %d".formatted(source, bytes.length, limits.bytes()));
    }
    skipByteOrderMark();
    Object value = readValue(0);
    skipSpace();
    if (next < bytes.length) {
      throw failure("more text after the value", next);
    }
    return value;
  }

  /** Section 8.1 allows readers to ignore it. */
  private void skipByteOrderMark() {
    if (bytes.length >= 3
        && bytes[0] == (byte) 0xEF
        && bytes[1] == (byte) 0xBB
        && bytes[2] == (byte) 0xBF) {
      next = 3;
    }
  }

  private Object readValue(int depth) {
    skipSpace();
    if (++values > limits.values()) {
      throw failure("more than " + limits.values() + " values", next);
    }
    int c = next < bytes.length ? bytes[next] : -1;
    return switch (c) {
      case '{' -> readObject(depth + 1);
      case '[' -> readArray(depth + 1);
      case '"' -> readString();
      case 't' -> readWord("true", true);
      case 'f' -> readWord("false", false);
      case 'n' -> readWord("null", null);
      default -> {
        if (c != '-' && !isDigit(c)) {
          throw unexpected("a value");
        }
        yield readNumber();
      }
    };
  }

  private Map<String, Object> readObject(int depth) {
    enter(depth);
    Map<String, Object> object = new LinkedHashMap<>();
    skipSpace();
    if (skipIf('}')) {
      return Collections.unmodifiableMap(object);
    }
    do {
      skipSpace();
      int start = next;
      if (start >= bytes.length || bytes[start] != '"') {
        throw unexpected("a key in quotes");
      }
      String key = readString();
      if (object.containsKey(key)) {
        throw failure("the key \"" + shortened(key) + "\" occurs twice", start);
      }
      skipSpace();
      if (!skipIf(':')) {
        throw unexpected("':'");
      }
      object.put(key, readValue(depth));
      skipSpace();
    } while (skipIf(','));
    if (!skipIf('}')) {
      throw unexpected("',' or '}'");
    }
    return Collections.unmodifiableMap(object);
  }

  private List<Object> readArray(int depth) {
    enter(depth);
    List<Object> array = new ArrayList<>();
    skipSpace();
    if (skipIf(']')) {
      return Collections.unmodifiableList(array);
    }
    do {
      array.add(readValue(depth));
      skipSpace();
    } while (skipIf(','));
    if (!skipIf(']')) {
      throw unexpected("',' or ']'");
    }
    return Collections.unmodifiableList(array);
  }

  private void enter(int depth) {
    if (depth > limits.depth()) {
      throw failure("nested deeper than " + limits.depth(), next);
    }
    next++;
  }

  private Object readWord(String word, Object value) {
    for (int i = 0; i < word.length(); i++) {
      if (next + i >= bytes.length || bytes[next + i] != word.charAt(i)) {
        throw unexpected("a value");
      }
    }
    next += word.length();
    return value;
  }

  /** Section 6. */
  private Number readNumber() {
    int start = next;
    boolean negative = skipIf('-');
    int digits = next;
    skipDigits("a digit");
    if (bytes[digits] == '0' && next > digits + 1) {
      throw failure("a number that begins with 0", start);
    }
    boolean whole = true;
    if (skipIf('.')) {
      whole = false;
      skipDigits("a digit after the point");
    }
    if (skipIf('e') || skipIf('E')) {
      whole = false;
      if (!skipIf('+')) {
        skipIf('-');
      }
      skipDigits("a digit of the exponent");
    }
    // 18 digits fit in a long; whether 19 do is left to Long.parseLong below.
    if (whole && next - digits <= 18) {
      long value = 0;
      for (int i = digits; i < next; i++) {
        value = 10 * value + (bytes[i] - '0');
      }
      if (value != 0 || !negative) {
        return negative ? -value : value;
      }
    }
    String text = new String(bytes, start, next - start, StandardCharsets.ISO_8859_1);
    if (whole && next - digits == 19 && fitsLong(text)) {
      return Long.parseLong(text);
    }
    double value = Double.parseDouble(text);
    if (Double.isInfinite(value)) {
      throw failure("the number " + shortened(text) + " is out of the range of a double", start);
    }
    return value;
  }

  /** Whether 19 digits, perhaps with a minus, are within 64 bits. */
  private static boolean fitsLong(String text) {
    String digits = text.startsWith("-") ? text.substring(1) : text;
    String limit = text.startsWith("-") ? "9223372036854775808" : "9223372036854775807";
    return digits.compareTo(limit) <= 0;
  }

  private void skipDigits(String expected) {
    int start = next;
    while (next < bytes.length && isDigit(bytes[next])) {
      next++;
    }
    if (next == start) {
      throw unexpected(expected);
    }
  }

  /** Section 7. */
  private String readString() {
    int start = ++next;
    boolean ascii = true;
    while (next < bytes.length && bytes[next] != '"' && bytes[next] != '\\') {
      if (bytes[next] < 0) {
        ascii = false;
      } else if (bytes[next] < ' ') {
        throw failure("a control character in a string, which must be escaped", next);
      }
      next++;
    }
    String text =
        ascii
            ? new String(bytes, start, next - start, StandardCharsets.ISO_8859_1)
            : utf8(start, next);
    if (skipIf('"')) {
      return text;
    }
    StringBuilder parts = new StringBuilder(text);
    while (!skipIf('"')) {
      if (next >= bytes.length) {
        throw failure("a string without an end", start - 1);
      }
      if (bytes[next] == '\\') {
        readEscape(parts);
      } else {
        readRun(parts);
      }
    }
    return parts.toString();
  }

  /** Characters up to the next escape or the end of the string. */
  private void readRun(StringBuilder parts) {
    int start = next;
    while (next < bytes.length && bytes[next] != '"' && bytes[next] != '\\') {
      if (bytes[next] >= 0 && bytes[next] < ' ') {
        throw failure("a control character in a string, which must be escaped", next);
      }
      next++;
    }
    parts.append(utf8(start, next));
  }

  private void readEscape(StringBuilder parts) {
    int start = next++;
    int c = next < bytes.length ? bytes[next++] : -1;
    switch (c) {
      case '"', '\\', '/' -> parts.append((char) c);
      case 'b' -> parts.append('\b');
      case 'f' -> parts.append('\f');
      case 'n' -> parts.append('\n');
      case 'r' -> parts.append('\r');
      case 't' -> parts.append('\t');
      case 'u' -> {
        char unit = readUnit();
        parts.append(unit);
        if (Character.isHighSurrogate(unit)) {
          char low = skipIf('\\') && skipIf('u') ? readUnit() : 0;
          if (!Character.isLowSurrogate(low)) {
            throw failure("half a surrogate pair", start);
          }
          parts.append(low);
        } else if (Character.isLowSurrogate(unit)) {
          throw failure("half a surrogate pair", start);
        }
      }
      default -> throw failure("an unknown escape in a string", start);
    }
  }

  /** The four hexadecimal digits of an escaped UTF-16 unit. */
  private char readUnit() {
    int unit = 0;
    for (int i = 0; i < 4; i++) {
      int digit = next < bytes.length ? hexDigit(bytes[next]) : -1;
      if (digit < 0) {
        throw unexpected("a hexadecimal digit");
      }
      unit = 16 * unit + digit;
      next++;
    }
    return (char) unit;
  }

  private static int hexDigit(byte c) {
    if (isDigit(c)) {
      return c - '0';
    }
    int letter = c | 0x20;
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
  }

  private String utf8(int from, int to) {
    String text = new String(bytes, from, to - from, StandardCharsets.UTF_8);
    // Malformed bytes decode to U+FFFD; only then is it worth encoding the text again to see.
    if (text.indexOf('\uFFFD') >= 0) {
      byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
      int mismatch = Arrays.mismatch(encoded, 0, encoded.length, bytes, from, to);
      if (mismatch >= 0) {
        throw failure("malformed UTF-8", from + mismatch);
      }
    }
    return text;
  }

  private void skipSpace() {
    while (next < bytes.length) {
      switch (bytes[next]) {
        case ' ', '\n', '\r', '\t' -> next++;
        default -> {
          return;
        }
      }
    }
  }

  private boolean skipIf(char c) {
    if (next < bytes.length && bytes[next] == c) {
      next++;
      return true;
    }
    return false;
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  private static String shortened(String text) {
    return text.length() <= 40 ? text : text.substring(0, 40) + "…";
  }

  private LanewiseException unexpected(String expected) {
    if (next >= bytes.length) {
      return failure("the text ends where " + expected + " should be", next);
    }
    int c = bytes[next] & 0xFF;
    String found = c > ' ' && c < 0x7F ? "'" + (char) c + "'" : "byte 0x" + Integer.toHexString(c);
    return failure("found " + found + ", expected " + expected, next);
  }

  private LanewiseException failure(String problem, int offset) {
    return new LanewiseException(
        source + ": not valid JSON: " + problem + " (at byte " + offset + ")");
  }
}
