package dev.lanewise.model.json;

import java.util.Map;
import java.util.function.IntConsumer;

/** Writes values as JSON text; see {@link Json#write}. */
final class JsonWriter {
  private static final int MAX_DEPTH = 1000;
  private static final String HEX = "0123456789abcdef";

  private final StringBuilder text = new StringBuilder();

  String write(Object value) {
    writeValue(value, 0);
    return text.toString();
  }

  private void writeValue(Object value, int depth) {
    if (depth > MAX_DEPTH) {
      throw new IllegalArgumentException("nested deeper than " + MAX_DEPTH);
    }
    switch (value) {
      case null -> text.append("null");
      case CharSequence string -> writeString(string);
      case Boolean flag -> text.append(flag.booleanValue());
      case Float number -> writeFloat(number);
      case Double number -> writeDouble(number);
      case Integer number -> text.append(number.intValue());
      case Long number -> text.append(number.longValue());
      case Short number -> text.append(number.intValue());
      case Byte number -> text.append(number.intValue());
      case Map<?, ?> map -> writeObject(map, depth + 1);
      case Iterable<?> items -> writeArray(items, depth + 1);
      case float[] numbers -> writeNumbers(numbers.length, i -> writeFloat(numbers[i]));
      case double[] numbers -> writeNumbers(numbers.length, i -> writeDouble(numbers[i]));
      case int[] numbers -> writeNumbers(numbers.length, i -> text.append(numbers[i]));
      case long[] numbers -> writeNumbers(numbers.length, i -> text.append(numbers[i]));
      case JsonView view -> writeValue(view.value(), depth);
      default -> throw new IllegalArgumentException("cannot write " + value.getClass());
    }
  }

  private void writeObject(Map<?, ?> map, int depth) {
    char before = '{';
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      if (!(entry.getKey() instanceof CharSequence key)) {
        throw new IllegalArgumentException("cannot write the key " + entry.getKey());
      }
      text.append(before);
      writeString(key);
      text.append(':');
      writeValue(entry.getValue(), depth);
      before = ',';
    }
    text.append(before == '{' ? "{}" : "}");
  }

  private void writeArray(Iterable<?> items, int depth) {
    char before = '[';
    for (Object item : items) {
      text.append(before);
      writeValue(item, depth);
      before = ',';
    }
    text.append(before == '[' ? "[]" : "]");
  }

  private void writeNumbers(int count, IntConsumer write) {
    text.append('[');
    for (int i = 0; i < count; i++) {
      if (i > 0) {
        text.append(',');
      }
      write.accept(i);
    }
    text.append(']');
  }

  /** Java writes the shortest digits that tell a float from its neighbours, in JSON's grammar. */
  private void writeFloat(float number) {
    if (Float.isFinite(number)) {
      text.append(number);
    } else {
      text.append("null");
    }
  }

  private void writeDouble(double number) {
    if (Double.isFinite(number)) {
      text.append(number);
    } else {
      text.append("null");
    }
  }

  private void writeString(CharSequence string) {
    text.append('"');
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      switch (c) {
        case '"', '\\' -> text.append('\\').append(c);
        case '\n' -> text.append("\\n");
        case '\r' -> text.append("\\r");
        case '\t' -> text.append("\\t");
        default -> {
          if (c < ' ') {
            text.append("\\u00").append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 15));
          } else if (!Character.isSurrogate(c)) {
            text.append(c);
          } else if (Character.isHighSurrogate(c)
              && i + 1 < string.length()
              && Character.isLowSurrogate(string.charAt(i + 1))) {
            text.append(c).append(string.charAt(++i));
          } else {
            text.append('\uFFFD');
          }
        }
      }
    }
    text.append('"');
  }
}
