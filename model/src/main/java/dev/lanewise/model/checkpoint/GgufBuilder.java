package dev.lanewise.model.checkpoint;

import dev.lanewise.kernels.Matrix;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Collects metadata and tensors, and writes them as a GGUF file of version 3. What is written first
 * stands first; a key or a name that is given again replaces the one before.
 */
public final class GgufBuilder {
  private static final int VERSION = 3;

  /** Tensors begin at multiples of so many bytes unless a file says otherwise. */
  private static final int ALIGNMENT = 32;

  private final Map<String, byte[]> values = new LinkedHashMap<>();
  private final Map<String, Matrix> tensors = new LinkedHashMap<>();

  /** A file with nothing in it so far. */
  public GgufBuilder() {}

  /** A text. */
  public GgufBuilder string(String key, String value) {
    return put(key, new Encoded().number(ValueType.STRING.ordinal()).text(value));
  }

  /** A number that is not negative. */
  public GgufBuilder uint32(String key, int value) {
    return put(key, new Encoded().number(ValueType.UINT32.ordinal()).number(value));
  }

  /** A floating-point number. */
  public GgufBuilder float32(String key, float value) {
    int bits = Float.floatToIntBits(value);
    return put(key, new Encoded().number(ValueType.FLOAT32.ordinal()).number(bits));
  }

  /** A list of texts. */
  public GgufBuilder strings(String key, List<String> elements) {
    Encoded array = new Encoded().number(ValueType.ARRAY.ordinal());
    array.number(ValueType.STRING.ordinal()).longNumber(elements.size());
    elements.forEach(array::text);
    return put(key, array);
  }

  private GgufBuilder put(String key, Encoded value) {
    values.put(key, value.toByteArray());
    return this;
  }

  /**
   * A tensor of two dimensions, or of one if the matrix has one row.
   *
   * @param values row-major
   * @throws IllegalArgumentException if the rows are interleaved, which no file has
   */
  public GgufBuilder tensor(String name, Matrix values) {
    if (values.layout() != Matrix.Layout.ROW_MAJOR) {
      throw new IllegalArgumentException(name + ": a file holds rows one after the other");
    }
    tensors.put(name, values);
    return this;
  }

  /** Writes the file. */
  public void write(Path file) throws IOException {
    byte[] header = header();
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
      out.write(header);
      out.write(new byte[padding(header.length)]);
      for (Matrix tensor : tensors.values()) {
        for (int r = 0; r < tensor.rows(); r++) {
          out.write(tensor.rows(r, 1).data().toArray(ValueLayout.JAVA_BYTE));
        }
        out.write(new byte[padding(tensor.data().byteSize())]);
      }
    }
  }

  /** Magic, version, counts; metadata; names, shapes, types and offsets of the tensors. */
  private byte[] header() {
    Encoded header = new Encoded();
    header.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    header.number(VERSION).longNumber(tensors.size()).longNumber(values.size());
    values.forEach((key, value) -> header.text(key).writeBytes(value));
    long offset = 0;
    for (Map.Entry<String, Matrix> entry : tensors.entrySet()) {
      Matrix tensor = entry.getValue();
      header.text(entry.getKey());
      if (tensor.rows() == 1) {
        header.number(1).longNumber(tensor.cols());
      } else {
        header.number(2).longNumber(tensor.cols()).longNumber(tensor.rows());
      }
      header.number(GgmlType.valueOf(tensor.dtype().name()).id()).longNumber(offset);
      offset += tensor.data().byteSize() + padding(tensor.data().byteSize());
    }
    return header.toByteArray();
  }

  private static int padding(long size) {
    return (int) (-size & (ALIGNMENT - 1));
  }

  /** Bytes as the format has them: little-endian, and texts after their lengths. */
  private static final class Encoded extends ByteArrayOutputStream {
    Encoded number(int value) {
      writeBytes(buffer(Integer.BYTES).putInt(value).array());
      return this;
    }

    Encoded longNumber(long value) {
      writeBytes(buffer(Long.BYTES).putLong(value).array());
      return this;
    }

    Encoded text(String text) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      longNumber(bytes.length).writeBytes(bytes);
      return this;
    }

    private static ByteBuffer buffer(int bytes) {
      return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
  }
}
