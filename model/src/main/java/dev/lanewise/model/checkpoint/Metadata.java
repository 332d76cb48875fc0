package dev.lanewise.model.checkpoint;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.StringTable;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The keys and values of a checkpoint, typed when read. A key that is missing, or whose value is of
 * another type, ends in a {@link LanewiseException} that names file, key, and what was found and
 * expected. Whole numbers may be of any integer type that holds them.
 */
public final class Metadata {
  private static final int DESCRIBED_CHARACTERS = 60;
  private static final int DESCRIBED_ELEMENTS = 6;

  private final String file;
  private final FileMemory memory; // null if values are no views of a file
  private final Map<String, MetadataValue> values;
  private final Set<String> nulls; // keys

  Metadata(String file, Map<String, MetadataValue> values) {
    this(file, null, values);
  }

  /** Metadata whose values are views of memory; null where a key has none. */
  Metadata(String file, FileMemory memory, Map<String, MetadataValue> values) {
    this.file = file;
    this.memory = memory;
    Map<String, MetadataValue> present = new LinkedHashMap<>(values);
    present.values().removeIf(Objects::isNull);
    this.values = Collections.unmodifiableMap(present);
    nulls = new HashSet<>(values.keySet());
    nulls.removeAll(present.keySet());
  }

  /** The values alone, without those whose keys begin so. */
  public Metadata without(String prefix) {
    Map<String, MetadataValue> kept = new LinkedHashMap<>(values);
    kept.keySet().removeIf(key -> key.startsWith(prefix));
    return new Metadata(file, memory, kept);
  }

  /** The file's name, for messages. */
  public String file() {
    return file;
  }

  /** The value under a key as it is stored, or null if the key is missing. */
  MetadataValue encoded(String key) {
    if (memory != null) {
      memory.requireOpen();
    }
    return values.get(key);
  }

  /** All keys that have values, in the order of the file. */
  public Set<String> keys() {
    return values.keySet();
  }

  /** Whether the key is there, with a value of whatever type. */
  public boolean has(String key) {
    return values.containsKey(key);
  }

  /**
   * Whether a JSON file says {@code null}. To all else here that is a key that is missing; but what
   * holds where a file is silent need not hold where it says {@code null}.
   */
  public boolean isNull(String key) {
    return nulls.contains(key);
  }

  /** Whether the key is there, with an array of whatever elements. */
  public boolean isArray(String key) {
    return has(key) && encoded(key).type() == ValueType.ARRAY;
  }

  /** Whether the key is there, with a text. */
  public boolean isText(String key) {
    MetadataValue value = encoded(key);
    return value != null && value.type() == ValueType.STRING;
  }

  /** The text under a key; malformed UTF-8 in it becomes U+FFFD. */
  public String string(String key) {
    return string(key, require(key));
  }

  /** The text under a key, or {@code fallback} if the key is missing. */
  public String string(String key, String fallback) {
    MetadataValue value = encoded(key);
    return value == null ? fallback : string(key, value);
  }

  /** The whole number under a key. */
  public int integer(String key) {
    return integer(key, require(key));
  }

  /** The whole number under a key, or {@code fallback} if the key is missing. */
  public int integer(String key, int fallback) {
    MetadataValue value = encoded(key);
    return value == null ? fallback : integer(key, value);
  }

  /** The number under a key, whole or not. */
  public double number(String key) {
    return number(key, require(key));
  }

  /** The number under a key, whole or not, or {@code fallback} if the key is missing. */
  public double number(String key, double fallback) {
    MetadataValue value = encoded(key);
    return value == null ? fallback : number(key, value);
  }

  /** The truth value under a key, or {@code fallback} if the key is missing. */
  public boolean flag(String key, boolean fallback) {
    MetadataValue value = encoded(key);
    if (value == null) {
      return fallback;
    }
    if (value.type() != ValueType.BOOL) {
      throw wrongType(key, value, "a bool");
    }
    return flag(key, value, 0);
  }

  /** The truth values under a key, as a fresh array. */
  public boolean[] flags(String key) {
    MetadataValue value = array(key, "an array of bools");
    if (value.elementType() != ValueType.BOOL) {
      throw wrongType(key, value, "an array of bools");
    }
    boolean[] flags = new boolean[value.count()];
    for (int i = 0; i < flags.length; i++) {
      flags[i] = flag(key + "[" + i + "]", value, i);
    }
    return flags;
  }

  private boolean flag(String key, MetadataValue value, int index) {
    long bits = value.integer(index);
    if (bits > 1) {
      throw new LanewiseException(
          file + ": metadata key " + key + " is a bool of value " + bits + ", expected 0 or 1");
    }
    return bits == 1;
  }

  /** The texts under a key. */
  public StringTable strings(String key) {
    MetadataValue value = array(key, "an array of strings");
    if (value.elementType() != ValueType.STRING) {
      throw wrongType(key, value, "an array of strings");
    }
    return value.strings();
  }

  /** The numbers under a key, whole or not, as a fresh array. */
  public float[] floats(String key) {
    MetadataValue value = array(key, "an array of numbers");
    if (!value.elementType().isFloat() && !value.elementType().isInteger()) {
      throw wrongType(key, value, "an array of numbers");
    }
    float[] numbers = new float[value.count()];
    if (value.elementType() == ValueType.FLOAT32) {
      value.data().asFloatBuffer().get(0, numbers);
      return numbers;
    }
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (float) value.number(i);
    }
    return numbers;
  }

  /** The whole numbers under a key, as a fresh array; none where the array is empty. */
  public int[] integers(String key) {
    MetadataValue value = array(key, "an array of integers");
    if (value.count() > 0 && !value.elementType().isInteger()) {
      throw wrongType(key, value, "an array of integers");
    }
    int[] numbers = new int[value.count()];
    if (value.elementType() == ValueType.INT32) {
      value.data().asIntBuffer().get(0, numbers);
      return numbers;
    }
    for (int i = 0; i < numbers.length; i++) {
      if (!value.fitsInt(i)) {
        throw outOfRange(key + "[" + i + "]", value, value.integer(i));
      }
      numbers[i] = (int) value.integer(i);
    }
    return numbers;
  }

  /** The whole numbers under a key, as a fresh array; a number that stands alone is one. */
  public int[] oneOrMoreIntegers(String key) {
    MetadataValue value = require(key);
    return value.type() == ValueType.ARRAY ? integers(key) : new int[] {integer(key, value)};
  }

  /**
   * The value under a key, whole, as {@link dev.lanewise.model.json.Json} writes it: a string, a
   * number, a boolean, or a list of these; null in place of an array of arrays.
   */
  public Object value(String key) {
    MetadataValue value = require(key);
    if (value.type() == ValueType.STRING) {
      return string(key, value);
    }
    if (value.type() != ValueType.ARRAY) {
      return plain(value, 0);
    }
    return switch (value.elementType()) {
      case ARRAY -> null;
      case STRING -> {
        StringTable strings = value.strings();
        yield IntStream.range(0, strings.size()).mapToObj(strings::get).toList();
      }
      default -> IntStream.range(0, value.count()).mapToObj(i -> plain(value, i)).toList();
    };
  }

  private static Object plain(MetadataValue value, int i) {
    return switch (value.elementType()) {
      case BOOL -> value.integer(i) != 0;
      case FLOAT32 -> (float) value.number(i);
      case FLOAT64 -> value.number(i);
      case UINT64 -> value.integer(i) >= 0 ? (Object) value.integer(i) : (Object) value.number(i);
      default -> value.integer(i);
    };
  }

  /** Type and value for people, long values shortened. */
  public String describe(String key) {
    MetadataValue value = require(key);
    return switch (value.type()) {
      case STRING -> "string " + shortened(value, 0, value.data().limit());
      case ARRAY ->
          value.count() == 0
              ? value.label()
              : value.label()
                  + ", "
                  + value.count()
                  + (value.count() == 1 ? " element" : " elements")
                  + firstElements(value);
      default -> value.label() + " " + element(value, 0);
    };
  }

  private MetadataValue require(String key) {
    MetadataValue value = encoded(key);
    if (value == null) {
      throw new LanewiseException(
          file + ": metadata key " + key + " is missing; the file is damaged or made otherwise");
    }
    return value;
  }

  private String string(String key, MetadataValue value) {
    if (value.type() != ValueType.STRING) {
      throw wrongType(key, value, "a string");
    }
    return new String(value.bytes(0, value.data().limit()), StandardCharsets.UTF_8);
  }

  private int integer(String key, MetadataValue value) {
    if (!value.type().isInteger()) {
      throw wrongType(key, value, "an integer");
    }
    if (!value.fitsInt(0)) {
      throw outOfRange(key, value, value.integer(0));
    }
    return (int) value.integer(0);
  }

  private double number(String key, MetadataValue value) {
    if (!value.type().isInteger() && !value.type().isFloat()) {
      throw wrongType(key, value, "a number");
    }
    return value.number(0);
  }

  private MetadataValue array(String key, String expected) {
    MetadataValue value = require(key);
    if (value.type() != ValueType.ARRAY) {
      throw wrongType(key, value, expected);
    }
    return value;
  }

  private LanewiseException wrongType(String key, MetadataValue value, String expected) {
    return new LanewiseException(
        file + ": metadata key " + key + " is of type " + value.label() + ", expected " + expected);
  }

  private LanewiseException outOfRange(String key, MetadataValue value, long number) {
    String text =
        value.elementType() == ValueType.UINT64 ? Long.toUnsignedString(number) : "" + number;
    return new LanewiseException(
        "%s: metadata key %s is %s, expected a number between %d and %d"
            .formatted(file, key, text, Integer.MIN_VALUE, Integer.MAX_VALUE));
  }

  /** The characters of a string that lies in a value's data, cut to a length fit for one line. */
  private static String shortened(MetadataValue value, int offset, int length) {
    // Four bytes hold any character, so this much decodes to at least the characters shown.
    int taken = Math.min(length, 4 * DESCRIBED_CHARACTERS);
    String text = new String(value.bytes(offset, taken), StandardCharsets.UTF_8);
    int shown = Math.min(text.length(), DESCRIBED_CHARACTERS);
    boolean cut = taken < length || shown < text.length();
    String oneLine = text.substring(0, shown).replace("\n", "\\n").replace("\r", "\\r");
    return '"' + oneLine + (cut ? "…\"" : "\"");
  }

  private static String firstElements(MetadataValue value) {
    if (value.elementType() == ValueType.ARRAY) {
      return "";
    }
    int shown = Math.min(value.count(), DESCRIBED_ELEMENTS);
    StringBuilder text = new StringBuilder();
    int offset = 0;
    for (int i = 0; i < shown; i++) {
      text.append(i == 0 ? ": " : ", ");
      if (value.elementType() == ValueType.STRING) {
        int length = (int) value.data().getLong(offset);
        text.append(shortened(value, offset + Long.BYTES, length));
        offset += Long.BYTES + length;
      } else {
        text.append(element(value, i));
      }
    }
    return text.append(shown < value.count() ? ", …" : "").toString();
  }

  private static String element(MetadataValue value, int i) {
    return switch (value.elementType()) {
      case BOOL -> value.integer(i) == 0 ? "false" : "true";
      case FLOAT32 -> Float.toString((float) value.number(i));
      case FLOAT64 -> Double.toString(value.number(i));
      case UINT64 -> Long.toUnsignedString(value.integer(i));
      default -> Long.toString(value.integer(i));
    };
  }
}
