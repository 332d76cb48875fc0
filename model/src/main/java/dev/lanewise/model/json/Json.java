package dev.lanewise.model.json;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.WholeFile;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Reads and writes JSON (RFC 8259) as plain values: {@code Map<String, Object>} in the order of the
 * text, {@code List<Object>}, {@link String}, {@link Long}, {@link Double}, {@link Boolean} and
 * null. {@link JsonView} reads such a tree by type.
 *
 * <p>Where the standard leaves a choice, the reader is strict: an object that names a key twice,
 * malformed UTF-8 and half a surrogate pair are errors. A number without fraction and exponent is a
 * Long if it fits and a Double if not (configurations hold numbers such as 10^30); one beyond the
 * range of a double is an error.
 */
public final class Json {
  private Json() {}

  /**
   * What the reader accepts.
   *
   * @param bytes longest text
   * @param depth deepest nesting of objects and arrays, at most 1000
   * @param values most values in all, keys not counted
   */
  public record Limits(int bytes, int depth, int values) {
    /** Enough for the largest tokenizer files. */
    public static final Limits FILE = new Limits(256 << 20, 100, 1 << 24);

    /** Enough for the largest configurations, which list the tokens that were added. */
    public static final Limits CONFIG = new Limits(16 << 20, 100, 1 << 20);

    /** Refuses depths that could exhaust the stack. */
    public Limits {
      if (depth > 1000) {
        throw new IllegalArgumentException("depth " + depth + " is beyond 1000");
      }
    }
  }

  /**
   * Reads a UTF-8 text that came from a file.
   *
   * @param source where it came from, for messages
   * @throws LanewiseException if it is no JSON or beyond {@link Limits#FILE}; says at which byte
   */
  public static Object parse(String source, byte[] utf8) {
    return parse(source, utf8, Limits.FILE);
  }

  /**
   * Reads a UTF-8 text.
   *
   * @param source where it came from, for messages
   * @throws LanewiseException if it is no JSON or beyond the limits; says at which byte
   */
  public static Object parse(String source, byte[] utf8, Limits limits) {
    return new JsonReader(source, utf8, limits).read();
  }

  /**
   * Reads a text; offsets in messages count its UTF-8 bytes.
   *
   * @param source where it came from, for messages
   * @throws LanewiseException if it is no JSON or beyond {@link Limits#FILE}; says at which byte
   */
  public static Object parse(String source, String text) {
    try {
      ByteBuffer utf8 = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      byte[] bytes = new byte[utf8.remaining()];
      utf8.get(bytes);
      return parse(source, bytes);
    } catch (CharacterCodingException e) {
      throw new LanewiseException(source + ": the text holds half a surrogate pair", e);
    }
  }

  /**
   * Reads a file, to be looked at by type.
   *
   * @throws LanewiseException if it cannot be read, is no JSON or beyond {@link Limits#FILE}
   */
  public static JsonView read(Path path) {
    return read(path, Limits.FILE);
  }

  /**
   * Reads a configuration, to be looked at by type.
   *
   * @throws LanewiseException if it cannot be read, is no JSON or beyond {@link Limits#CONFIG}
   */
  public static JsonView readConfig(Path path) {
    return read(path, Limits.CONFIG);
  }

  private static JsonView read(Path path, Limits limits) {
    String source = path.toString();
    return new JsonView(source, "", parse(source, WholeFile.read(path, limits.bytes()), limits));
  }

  /** Reads a UTF-8 text as {@link #parse(String, byte[])} does, to be looked at by type. */
  public static JsonView view(String source, byte[] utf8) {
    return new JsonView(source, "", parse(source, utf8));
  }

  /**
   * Writes a value without white space.
   *
   * <p>Floating-point numbers are written as the shortest digits that read back as the same number
   * (of their own width); NaN and the infinities, which JSON lacks, as null; half a surrogate pair
   * as U+FFFD.
   *
   * @param value a tree of Map, Iterable, float[], double[], int[], long[], CharSequence, Number,
   *     Boolean, JsonView and null
   * @throws IllegalArgumentException if it holds anything else or is nested deeper than 1000
   */
  public static String write(Object value) {
    return new JsonWriter().write(value);
  }
}
