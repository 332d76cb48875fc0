package dev.lanewise.model.checkpoint;

import dev.lanewise.model.json.JsonView;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * A JSON object as metadata: keys of nested objects are joined with dots, the elements of an array
 * that are not all numbers, truths or texts go by their number ({@code bad_words_ids.0}), a null
 * has its key and no value.
 */
final class JsonMetadata {
  private JsonMetadata() {}

  /** Adds the values of an object, each key led by {@code prefix}. */
  static void add(JsonView object, String prefix, Map<String, MetadataValue> values) {
    for (String key : object.keys()) {
      addEntry(object.at(key), prefix + key, values);
    }
  }

  private static void addEntry(JsonView entry, String name, Map<String, MetadataValue> values) {
    switch (entry.value()) {
      case null -> values.put(name, null);
      case Map<?, ?> _ -> add(entry, name + ".", values);
      case List<?> list -> addArray(entry, array(list), name, values);
      case Object scalar -> values.put(name, scalar(scalar));
    }
  }

  private static void addArray(
      JsonView entry, MetadataValue array, String name, Map<String, MetadataValue> values) {
    if (array != null) {
      values.put(name, array);
      return;
    }
    List<JsonView> items = entry.items();
    for (int i = 0; i < items.size(); i++) {
      addEntry(items.get(i), name + "." + i, values);
    }
  }

  /** Adds one number of an object, if it is there; its key is led by {@code prefix}. */
  static void addNumber(
      JsonView object, String key, String prefix, Map<String, MetadataValue> values) {
    if (object.has(key)) {
      object.number(key); // or says that it is none
      values.put(prefix + key, scalar(object.at(key).value()));
    }
  }

  /** Adds a list of texts of an object, if it is there; its key is led by {@code prefix}. */
  static void addTexts(
      JsonView object, String key, String prefix, Map<String, MetadataValue> values) {
    if (object.has(key)) {
      object.at(key).items().forEach(JsonView::string); // or say that they are none
      addEntry(object.at(key), prefix + key, values);
    }
  }

  private static MetadataValue scalar(Object value) {
    ValueType type = type(value);
    ByteBuffer data =
        type == ValueType.STRING
            ? ByteBuffer.wrap(((String) value).getBytes(StandardCharsets.UTF_8))
            : buffer(type.bytes());
    put(value, data);
    return new MetadataValue(type, type, 1, data.order(ByteOrder.LITTLE_ENDIAN));
  }

  /** Of numbers, truths or texts; null for an array of anything else. */
  private static MetadataValue array(List<?> list) {
    boolean texts = list.stream().allMatch(String.class::isInstance);
    boolean numbers = list.stream().allMatch(Number.class::isInstance);
    boolean truths = list.stream().allMatch(Boolean.class::isInstance);
    if (!texts && !numbers && !truths) {
      return null;
    }
    boolean whole = list.stream().allMatch(Long.class::isInstance);
    ValueType element =
        texts
            ? ValueType.STRING
            : truths ? ValueType.BOOL : whole ? ValueType.INT64 : ValueType.FLOAT64;
    int bytes = 0;
    for (Object item : list) {
      bytes +=
          item instanceof String text
              ? Long.BYTES + text.getBytes(StandardCharsets.UTF_8).length
              : element.bytes();
    }
    ByteBuffer data = buffer(bytes);
    int at = 0;
    for (Object item : list) {
      if (item instanceof String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        data.putLong(at, utf8.length);
        data.put(at + Long.BYTES, utf8);
        at += Long.BYTES + utf8.length;
      } else {
        Object value = element == ValueType.FLOAT64 ? ((Number) item).doubleValue() : item;
        put(value, data.slice(at, element.bytes()).order(ByteOrder.LITTLE_ENDIAN));
        at += element.bytes();
      }
    }
    return new MetadataValue(ValueType.ARRAY, element, list.size(), data);
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static ValueType type(Object value) {
    return switch (value) {
      case String _ -> ValueType.STRING;
      case Boolean _ -> ValueType.BOOL;
      case Long _ -> ValueType.INT64;
      default -> ValueType.FLOAT64;
    };
  }

  /** Writes a number or a truth at the start of the buffer; a text lies there already. */
  private static void put(Object value, ByteBuffer data) {
    switch (value) {
      case String _ -> {}
      case Boolean truth -> data.put(0, (byte) (truth ? 1 : 0));
      case Long whole -> data.putLong(0, whole);
      default -> data.putDouble(0, ((Number) value).doubleValue());
    }
  }
}
