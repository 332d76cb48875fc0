package dev.lanewise.model.checkpoint;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes small GGUF files for tests, sound ones by default and broken ones on request. Keys and
 * tensors keep the order in which they were put; putting one again replaces it.
 */
public final class GgufWriter {
  private record Value(int type, byte[] payload) {}

  private record Tensor(byte[] name, int type, long[] shape, byte[] data, Long offset) {}

  private final Map<String, Value> values = new LinkedHashMap<>();
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private final ByteArrayOutputStream extraEntries = new ByteArrayOutputStream();
  private int extraEntryCount;
  private int version = 3;
  private int alignment = 32;

  /** Writes this version number. */
  public GgufWriter version(int version) {
    this.version = version;
    return this;
  }

  /** Aligns tensors to this many bytes and says so in the metadata. */
  public GgufWriter alignment(int alignment) {
    this.alignment = alignment;
    return uint32("general.alignment", alignment);
  }

  public GgufWriter uint32(String key, int value) {
    return raw(key, ValueType.UINT32.ordinal(), ints(value));
  }

  public GgufWriter uint64(String key, long value) {
    return raw(key, ValueType.UINT64.ordinal(), longs(value));
  }

  public GgufWriter int32(String key, int value) {
    return raw(key, ValueType.INT32.ordinal(), ints(value));
  }

  public GgufWriter float32(String key, float value) {
    return raw(key, ValueType.FLOAT32.ordinal(), ints(Float.floatToRawIntBits(value)));
  }

  public GgufWriter float64(String key, double value) {
    return raw(key, ValueType.FLOAT64.ordinal(), longs(Double.doubleToRawLongBits(value)));
  }

  public GgufWriter bool(String key, boolean value) {
    return raw(key, ValueType.BOOL.ordinal(), new byte[] {(byte) (value ? 1 : 0)});
  }

  public GgufWriter string(String key, String value) {
    return raw(key, ValueType.STRING.ordinal(), text(utf8(value)));
  }

  public GgufWriter strings(String key, String... elements) {
    byte[][] parts = new byte[elements.length][];
    for (int i = 0; i < elements.length; i++) {
      parts[i] = text(utf8(elements[i]));
    }
    return array(key, ValueType.STRING.ordinal(), elements.length, join(parts));
  }

  public GgufWriter int32s(String key, int... elements) {
    return array(key, ValueType.INT32.ordinal(), elements.length, ints(elements));
  }

  public GgufWriter float32s(String key, float... elements) {
    int[] bits = new int[elements.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(elements[i]);
    }
    return array(key, ValueType.FLOAT32.ordinal(), elements.length, ints(bits));
  }

  /** An array of any type and claimed count. */
  public GgufWriter array(String key, int elementType, long count, byte[] payload) {
    return raw(key, ValueType.ARRAY.ordinal(), join(ints(elementType), longs(count), payload));
  }

  /** A value of any type number with any payload. */
  public GgufWriter raw(String key, int type, byte[] payload) {
    values.put(key, new Value(type, payload));
    return this;
  }

  /** A uint8 under a key of any bytes, which may repeat a key; written after all others. */
  public GgufWriter rawKey(byte[] key) {
    extraEntries.writeBytes(join(text(key), ints(ValueType.UINT8.ordinal()), new byte[] {7}));
    extraEntryCount++;
    return this;
  }

  /** Leaves a key out. */
  public GgufWriter remove(String key) {
    values.remove(key);
    return this;
  }

  /** Leaves all tensors out. */
  public GgufWriter removeTensors() {
    tensors.clear();
    return this;
  }

  /** A float32 tensor; the shape is given rows first. */
  public GgufWriter tensor(String name, float[] data, long... shape) {
    int[] bits = new int[data.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(data[i]);
    }
    return tensor(name, GgmlType.F32.id(), ints(bits), shape);
  }

  /** A tensor of any type number; the shape is given rows first and is not held to the data. */
  public GgufWriter tensor(String name, int type, byte[] data, long... shape) {
    return tensorAt(name, type, data, null, shape);
  }

  /** The same with an offset that is written as it is; null for the right one. */
  public GgufWriter tensorAt(String name, int type, byte[] data, Long offset, long... shape) {
    tensors.put(name, new Tensor(utf8(name), type, shape.clone(), data, offset));
    return this;
  }

  /** A tensor of one element that repeats the name of another. */
  public GgufWriter tensorTwice(String name) {
    byte[] data = new byte[4];
    tensors.put(name + " again", new Tensor(utf8(name), 0, new long[] {1}, data, null));
    return this;
  }

  /** Leaves a tensor out. */
  public GgufWriter removeTensor(String name) {
    tensors.remove(name);
    return this;
  }

  /** The names of the tensors. */
  public List<String> tensorNames() {
    return new ArrayList<>(tensors.keySet());
  }

  /** The whole file. */
  public byte[] toBytes() {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    head.writeBytes(utf8("GGUF"));
    head.writeBytes(ints(version));
    head.writeBytes(longs(tensors.size(), values.size() + extraEntryCount));
    for (Map.Entry<String, Value> entry : values.entrySet()) {
      head.writeBytes(text(utf8(entry.getKey())));
      head.writeBytes(ints(entry.getValue().type()));
      head.writeBytes(entry.getValue().payload());
    }
    head.writeBytes(extraEntries.toByteArray());
    for (Tensor tensor : tensors.values()) {
      head.writeBytes(text(tensor.name()));
      head.writeBytes(ints(tensor.shape().length));
      for (int i = tensor.shape().length - 1; i >= 0; i--) {
        head.writeBytes(longs(tensor.shape()[i]));
      }
      head.writeBytes(ints(tensor.type()));
      head.writeBytes(longs(tensor.offset() == null ? data.size() : tensor.offset()));
      data.writeBytes(tensor.data());
      pad(data);
    }
    if (!tensors.isEmpty()) {
      pad(head);
    }
    head.writeBytes(data.toByteArray());
    return head.toByteArray();
  }

  /** Writes the file. */
  public Path write(Path path) {
    try {
      return Files.write(path, toBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void pad(ByteArrayOutputStream out) {
    // Files with a broken alignment are padded as if it were the default.
    int step = alignment > 0 && alignment <= 4096 ? alignment : 32;
    while (out.size() % step != 0) {
      out.write(0);
    }
  }

  /** A string as GGUF writes it: a 64-bit length and its bytes. */
  static byte[] text(byte[] characters) {
    return join(longs(characters.length), characters);
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static byte[] ints(int... numbers) {
    ByteBuffer buffer = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asIntBuffer().put(numbers);
    return buffer.array();
  }

  static byte[] longs(long... numbers) {
    ByteBuffer buffer = ByteBuffer.allocate(8 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asLongBuffer().put(numbers);
    return buffer.array();
  }

  static byte[] join(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
