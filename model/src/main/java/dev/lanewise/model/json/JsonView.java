package dev.lanewise.model.json;

import dev.lanewise.model.LanewiseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A value of a JSON text, read by type. What is missing or of another type ends in a {@link
 * LanewiseException} that names the source, the path, and what was found and expected.
 *
 * @param source where the text came from, for messages
 * @param path the way from the root to the value: {@code model.vocab[3]}; empty for the root
 * @param value the plain value, as {@link Json#parse} gives it
 */
public record JsonView(String source, String path, Object value) {
  /** Whether the value is an object with this key, and what it holds is not null. */
  public boolean has(String key) {
    return value instanceof Map<?, ?> map && map.get(key) != null;
  }

  /** What the object holds under a key, null included. */
  public JsonView at(String key) {
    Map<?, ?> map = object();
    String place = path.isEmpty() ? key : path + "." + key;
    if (!map.containsKey(key)) {
      throw new JsonValueException(source, place, "is missing");
    }
    return new JsonView(source, place, map.get(key));
  }

  /** The keys of the object. */
  public Set<String> keys() {
    @SuppressWarnings("unchecked") // the reader makes no other keys
    Map<String, Object> map = (Map<String, Object>) object();
    return map.keySet();
  }

  /** The elements of the array. */
  public List<JsonView> items() {
    if (!(value instanceof List<?> list)) {
      throw wrongType("an array");
    }
    List<JsonView> items = new ArrayList<>(list.size());
    for (Object item : list) {
      items.add(new JsonView(source, path + "[" + items.size() + "]", item));
    }
    return items;
  }

  /** The value, a string. */
  public String string() {
    if (!(value instanceof String text)) {
      throw wrongType("a string");
    }
    return text;
  }

  /** The value, a whole number that fits in an int. */
  public int integer() {
    if (!(value instanceof Long number) || number != number.intValue()) {
      throw wrongType("a whole number of 32 bits");
    }
    return number.intValue();
  }

  /** The value, a number. */
  public double number() {
    if (!(value instanceof Number number)) {
      throw wrongType("a number");
    }
    return number.doubleValue();
  }

  /** The value, true or false. */
  public boolean flag() {
    if (!(value instanceof Boolean flag)) {
      throw wrongType("true or false");
    }
    return flag;
  }

  /** The string under a key. */
  public String string(String key) {
    return at(key).string();
  }

  /** The string under a key, or {@code fallback} if it is missing or null. */
  public String string(String key, String fallback) {
    return has(key) ? at(key).string() : fallback;
  }

  /** The whole number under a key. */
  public int integer(String key) {
    return at(key).integer();
  }

  /** The whole number under a key, or {@code fallback} if it is missing or null. */
  public int integer(String key, int fallback) {
    return has(key) ? at(key).integer() : fallback;
  }

  /** The number under a key. */
  public double number(String key) {
    return at(key).number();
  }

  /** The number under a key, or {@code fallback} if it is missing or null. */
  public double number(String key, double fallback) {
    return has(key) ? at(key).number() : fallback;
  }

  /** The truth value under a key, or {@code fallback} if it is missing or null. */
  public boolean flag(String key, boolean fallback) {
    return has(key) ? at(key).flag() : fallback;
  }

  /** What is wrong with this value, as an exception that says where it is. */
  public LanewiseException failure(String problem) {
    return new JsonValueException(source, path, problem);
  }

  private Map<?, ?> object() {
    if (!(value instanceof Map<?, ?> map)) {
      throw wrongType("an object");
    }
    return map;
  }

  /** What is wrong with this value if it is of another type than expected. */
  public LanewiseException wrongType(String expected) {
    String found =
        switch (value) {
          case null -> "null";
          case Map<?, ?> _ -> "an object";
          case List<?> _ -> "an array";
          case String _ -> "a string";
          default -> value.toString();
        };
    return failure("is " + found + ", expected " + expected);
  }
}
