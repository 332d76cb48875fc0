package dev.lanewise.bench.peers;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * Writes ONNX models of one node over float32 tensors of fixed shapes. Its inputs are called x0, x1
 * and so on, its output y.
 *
 * <p>The field numbers are those of <a
 * href="https://github.com/onnx/onnx/blob/main/onnx/onnx.proto">onnx.proto</a>, the bytes those of
 * <a href="https://protobuf.dev/programming-guides/encoding/">protocol buffers</a>.
 */
final class OnnxModel {
  /** ONNX Runtime's own operators. */
  static final String MICROSOFT = "com.microsoft";

  static final String OUTPUT = "y";

  // 9 is the version that came with operator set 20, the first to have Gelu.
  private static final int IR_VERSION = 9;
  private static final int OPERATOR_SET = 20;

  private static final int ELEMENT_FLOAT = 1;
  private static final int ATTRIBUTE_FLOAT = 1;
  private static final int ATTRIBUTE_INT = 2;

  private OnnxModel() {}

  /**
   * An operator.
   *
   * @param domain whose it is, empty for ONNX's own
   * @param attributes of type {@link Integer} or {@link Float}
   */
  record Node(String domain, String type, Map<String, ? extends Number> attributes) {}

  static String input(int i) {
    return "x" + i;
  }

  /** The bytes of a model file. */
  static byte[] of(Node node, List<long[]> inputs, long[] output) {
    Message graph = new Message().message(1, node(node, inputs.size())).string(2, "peer");
    for (int i = 0; i < inputs.size(); i++) {
      graph.message(11, value(input(i), inputs.get(i)));
    }
    graph.message(12, value(OUTPUT, output));
    return new Message()
        .number(1, IR_VERSION)
        .message(7, graph)
        .message(8, new Message().string(1, "").number(2, OPERATOR_SET))
        .message(8, new Message().string(1, MICROSOFT).number(2, 1))
        .bytes();
  }

  /** NodeProto. */
  private static Message node(Node node, int inputs) {
    Message message = new Message();
    for (int i = 0; i < inputs; i++) {
      message.string(1, input(i));
    }
    message.string(2, OUTPUT).string(4, node.type()).string(7, node.domain());
    node.attributes().forEach((name, value) -> message.message(5, attribute(name, value)));
    return message;
  }

  /** AttributeProto. */
  private static Message attribute(String name, Number value) {
    Message message = new Message().string(1, name);
    return value instanceof Integer whole
        ? message.number(3, whole).number(20, ATTRIBUTE_INT)
        : message.number(2, value.floatValue()).number(20, ATTRIBUTE_FLOAT);
  }

  /** ValueInfoProto: a name and a TypeProto.Tensor. */
  private static Message value(String name, long[] shape) {
    Message dimensions = new Message();
    for (long size : shape) {
      dimensions.message(1, new Message().number(1, size));
    }
    Message tensor = new Message().number(1, ELEMENT_FLOAT).message(2, dimensions);
    return new Message().string(1, name).message(2, new Message().message(1, tensor));
  }

  /** A message in the making: each field is a key, number · 8 + wire type, and what it says. */
  private static final class Message {
    private static final int VARINT = 0;
    private static final int LENGTH = 2;
    private static final int FIXED_32 = 5;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Message number(int field, long value) {
      varint(((long) field << 3) | VARINT);
      varint(value);
      return this;
    }

    Message number(int field, float value) {
      varint(((long) field << 3) | FIXED_32);
      int bits = Integer.reverseBytes(Float.floatToRawIntBits(value));
      for (int shift = 24; shift >= 0; shift -= 8) {
        out.write(bits >>> shift);
      }
      return this;
    }

    Message string(int field, String value) {
      return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    Message message(int field, Message value) {
      return bytes(field, value.bytes());
    }

    byte[] bytes() {
      return out.toByteArray();
    }

    private Message bytes(int field, byte[] value) {
      varint(((long) field << 3) | LENGTH);
      varint(value.length);
      out.writeBytes(value);
      return this;
    }

    /** Seven bits a byte, the lowest first; the eighth says that more follow. */
    private void varint(long value) {
      long rest = value;
      while ((rest & ~0x7F) != 0) {
        out.write((int) ((rest & 0x7F) | 0x80));
        rest >>>= 7;
      }
      out.write((int) rest);
    }
  }
}
