package dev.lanewise.model.checkpoint;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes small ONNX files for tests, sound ones by default and broken ones on request. */
public final class OnnxWriter {
  // Numbers of fields in onnx.proto.
  static final int FLOAT_DATA = 4;
  static final int INT32_DATA = 5;
  static final int INT64_DATA = 7;
  static final int RAW_DATA = 9;

  private static final int VARINT = 0;
  private static final int LENGTH_DELIMITED = 2;
  private static final int FIXED_32 = 5;

  private final Message graph = new Message();

  /** A message of a protocol buffer. */
  public static final class Message {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** A whole number. */
    public Message number(int field, long value) {
      varint((long) field << 3 | VARINT);
      return varint(value);
    }

    /** A number of 32 bits. */
    public Message float32(int field, float value) {
      varint((long) field << 3 | FIXED_32);
      out.writeBytes(GgufWriter.ints(Float.floatToRawIntBits(value)));
      return this;
    }

    /** Bytes, which may be those of a message. */
    public Message bytes(int field, byte[] bytes) {
      head(field, bytes.length);
      out.writeBytes(bytes);
      return this;
    }

    /** What stands before so many bytes. */
    Message head(int field, long length) {
      varint((long) field << 3 | LENGTH_DELIMITED);
      return varint(length);
    }

    public Message text(int field, String text) {
      return bytes(field, text.getBytes(StandardCharsets.UTF_8));
    }

    public Message message(int field, Message message) {
      return bytes(field, message.toBytes());
    }

    Message varint(long value) {
      long rest = value;
      while ((rest & ~0x7FL) != 0) {
        out.write((int) (rest & 0x7F) | 0x80);
        rest >>>= 7;
      }
      out.write((int) rest);
      return this;
    }

    byte[] toBytes() {
      return out.toByteArray();
    }
  }

  /** A tensor of float32. */
  public OnnxWriter tensor(String name, float[] values, int... shape) {
    return tensor(name, OnnxType.F32, RAW_DATA, floats(values), shape);
  }

  /** A tensor of bytes. */
  public OnnxWriter tensor(String name, boolean signed, byte[] values, int... shape) {
    return tensor(name, signed ? OnnxType.I8 : OnnxType.U8, RAW_DATA, values, shape);
  }

  OnnxWriter tensor(String name, OnnxType type, int field, byte[] data, int... shape) {
    return initializer(tensorMessage(name, type, field, data, shape));
  }

  OnnxWriter initializer(Message tensor) {
    graph.message(5, tensor);
    return this;
  }

  static Message tensorMessage(String name, OnnxType type, int field, byte[] data, int... shape) {
    Message tensor = new Message();
    for (int dim : shape) {
      tensor.number(1, dim);
    }
    return tensor.number(2, type.ordinal() + 1).text(8, name).bytes(field, data);
  }

  /** A node that makes {@code output} of inputs. */
  public OnnxWriter node(String op, String name, String output, String... inputs) {
    return node(new Message(), op, name, output, inputs);
  }

  /** The same with a whole number as an attribute. */
  public OnnxWriter node(
      String attribute, long value, String op, String name, String output, String... inputs) {
    Message number = new Message().text(1, attribute).number(3, value);
    return node(new Message().message(5, number), op, name, output, inputs);
  }

  OnnxWriter node(Message node, String op, String name, String output, String... inputs) {
    for (String input : inputs) {
      node.text(1, input);
    }
    graph.message(1, node.text(2, output).text(3, name).text(4, op));
    return this;
  }

  /** A node that makes a number of itself. */
  public OnnxWriter constant(String output, float value) {
    return constant(output, tensorMessage("", OnnxType.F32, RAW_DATA, floats(value)));
  }

  /** A node that makes whole numbers of itself. */
  public OnnxWriter constant(String output, long... values) {
    byte[] data = GgufWriter.longs(values);
    return constant(output, tensorMessage("", OnnxType.I64, RAW_DATA, data, values.length));
  }

  OnnxWriter constant(String output, Message tensor) {
    Message value = new Message().text(1, "value").message(5, tensor);
    return node(new Message().message(5, value), "Constant", "", output);
  }

  /** A tensor that the graph gives. */
  OnnxWriter output(String name) {
    graph.message(12, new Message().text(1, name));
    return this;
  }

  /** The file. */
  public byte[] toBytes() {
    Message opset = new Message().text(1, "").number(2, 17);
    return new Message().number(1, 8).text(2, "test").message(7, graph).message(8, opset).toBytes();
  }

  /** Writes the file. */
  public Path write(Path path) {
    try {
      return Files.write(path, toBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static byte[] floats(float... values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    return GgufWriter.ints(bits);
  }

  /** Numbers of variable length, one after the other. */
  static byte[] packed(long... values) {
    Message numbers = new Message();
    for (long value : values) {
      numbers.varint(value);
    }
    return numbers.toBytes();
  }
}
