package dev.lanewise.model.checkpoint;

import dev.lanewise.kernels.Matrix;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.WholeFile;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Collects metadata and tensors, and writes them as a GGUF file of version 3. What is given first
 * stands first; a key or a name that is given again replaces the one before.
 */
public final class GgufBuilder {
  private static final int VERSION = 3;

  /** Tensors begin at multiples of so many bytes unless a file says otherwise. */
  private static final int ALIGNMENT = 32;

  private final Map<String, MetadataValue> values = new LinkedHashMap<>();
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  /** Writes a tensor's encoded elements, when it is their turn. */
  @FunctionalInterface
  public interface Content {
    /**
     * Writes all of them.
     *
     * @throws IOException if that fails
     */
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * A tensor to be written.
   *
   * @param shape rows first
   */
  private record Tensor(GgmlType type, List<Long> shape, Content content) {
    long bytes() {
      long elements = shape.stream().reduce(1L, Math::multiplyExact);
      return Math.multiplyExact(elements / type.blockSize(), type.blockBytes());
    }
  }

  /** A file with nothing in it so far. */
  public GgufBuilder() {}

  /** A text. */
  public GgufBuilder string(String key, String value) {
    return put(key, ValueType.STRING, ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)));
  }

  /** A number that is not negative. */
  public GgufBuilder uint32(String key, int value) {
    return put(key, ValueType.UINT32, buffer(Integer.BYTES).putInt(0, value));
  }

  /** A whole number. */
  public GgufBuilder int32(String key, int value) {
    return put(key, ValueType.INT32, buffer(Integer.BYTES).putInt(0, value));
  }

  /** A floating-point number. */
  public GgufBuilder float32(String key, float value) {
    return put(key, ValueType.FLOAT32, buffer(Float.BYTES).putFloat(0, value));
  }

  /** A truth. */
  public GgufBuilder flag(String key, boolean value) {
    return put(key, ValueType.BOOL, buffer(1).put(0, (byte) (value ? 1 : 0)));
  }

  /** A list of texts. */
  public GgufBuilder strings(String key, List<String> elements) {
    Encoded array = new Encoded();
    elements.forEach(array::text);
    ByteBuffer data = ByteBuffer.wrap(array.toByteArray());
    return putArray(key, ValueType.STRING, elements.size(), data);
  }

  /** A list of whole numbers. */
  public GgufBuilder int32s(String key, int[] elements) {
    ByteBuffer data = buffer(Integer.BYTES * elements.length);
    data.asIntBuffer().put(elements);
    return putArray(key, ValueType.INT32, elements.length, data);
  }

  /** A list of floating-point numbers. */
  public GgufBuilder float32s(String key, float[] elements) {
    ByteBuffer data = buffer(Float.BYTES * elements.length);
    data.asFloatBuffer().put(elements);
    return putArray(key, ValueType.FLOAT32, elements.length, data);
  }

  /** A list of truths. */
  public GgufBuilder flags(String key, boolean[] elements) {
    ByteBuffer data = buffer(elements.length);
    for (int i = 0; i < elements.length; i++) {
      data.put(i, (byte) (elements[i] ? 1 : 0));
    }
    return putArray(key, ValueType.BOOL, elements.length, data);
  }

  /** All that another GGUF file says about its model, but for what its tensors' offsets are. */
  public GgufBuilder metadata(Metadata metadata) {
    for (String key : metadata.keys()) {
      if (!key.equals(GgufReader.ALIGNMENT_KEY)) {
        values.put(key, metadata.encoded(key));
      }
    }
    return this;
  }

  /**
   * What the file says about its model, as if it had been read.
   *
   * @param file a name for messages
   */
  Metadata metadata(String file) {
    return new Metadata(file, values);
  }

  private GgufBuilder put(String key, ValueType type, ByteBuffer data) {
    values.put(key, new MetadataValue(type, type, 1, data.order(ByteOrder.LITTLE_ENDIAN)));
    return this;
  }

  private GgufBuilder putArray(String key, ValueType type, int count, ByteBuffer data) {
    data.order(ByteOrder.LITTLE_ENDIAN);
    values.put(key, new MetadataValue(ValueType.ARRAY, type, count, data));
    return this;
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
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
    long cols = values.cols();
    List<Long> shape = values.rows() == 1 ? List.of(cols) : List.of((long) values.rows(), cols);
    return tensor(name, GgmlType.valueOf(values.dtype().name()), shape, out -> rows(values, out));
  }

  private static void rows(Matrix values, OutputStream out) throws IOException {
    for (int r = 0; r < values.rows(); r++) {
      out.write(values.rows(r, 1).data().toArray(ValueLayout.JAVA_BYTE));
    }
  }

  /**
   * A tensor whose elements are made while the file is written.
   *
   * @param shape its dimensions, rows first
   * @param content writes as many bytes as elements of the type take
   */
  public GgufBuilder tensor(String name, GgmlType type, List<Long> shape, Content content) {
    tensors.put(name, new Tensor(type, List.copyOf(shape), content));
    return this;
  }

  /**
   * Writes the file, which may be there already.
   *
   * @throws IOException if that fails; what was written by then is left
   */
  public void write(Path file) throws IOException {
    byte[] header = header();
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
      out.write(header);
      out.write(new byte[padding(header.length)]);
      for (Tensor tensor : tensors.values()) {
        tensor.content().writeTo(out);
        out.write(new byte[padding(tensor.bytes())]);
      }
    }
  }

  /** How many bytes the file has. */
  public long size() {
    long size = header().length;
    for (Tensor tensor : tensors.values()) {
      size += padding(size) + tensor.bytes();
    }
    return size + padding(size);
  }

  /**
   * Insists on a file that {@link #writeNew} can make, and on room for it on its disk.
   *
   * @throws LanewiseException as {@link #requireNew} does, or if there is too little room
   */
  public void requireWritable(Path file) {
    requireNew(file);
    long size = size();
    try {
      long free = Files.getFileStore(file.toAbsolutePath().getParent()).getUsableSpace();
      if (free >= 0 && free < size) { // a negative one is more than the number can say
        throw new LanewiseException(
            "%s: would have %d bytes, but its disk has %d free; make room, or write it to another"
                .formatted(file, size, free));
      }
    } catch (IOException e) {
      throw LanewiseException.cannotWrite(file, e);
    }
  }

  /**
   * Writes the file, whole or not at all: to one beside it, which takes the name once all is there.
   *
   * @throws LanewiseException as {@link #requireWritable} does, or if the file cannot be written
   */
  public void writeNew(Path file) {
    requireWritable(file);
    Path part = WholeFile.part(file);
    try {
      write(part);
      Files.move(part, file); // not over one that has come to be there meanwhile
    } catch (IOException e) {
      throw LanewiseException.cannotWrite(file, e);
    } finally {
      delete(part);
    }
  }

  /** If it is there: once written whole it has another name. */
  private static void delete(Path part) {
    try {
      Files.deleteIfExists(part);
    } catch (IOException e) {
      throw LanewiseException.cannotWrite(part, e);
    }
  }

  /**
   * Insists on a file that {@link #writeNew} can make, for those who want to know before the work.
   *
   * @throws LanewiseException if it is there already, or nothing of such a name can be made there
   */
  public static void requireNew(Path file) {
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) { // a link to nothing is in the way, too
      throw new LanewiseException(
          file + ": is there already; remove it first, or give another file to write");
    }
    Path part = WholeFile.part(file);
    try {
      Files.createFile(part);
    } catch (IOException e) {
      throw LanewiseException.cannotWrite(file, e);
    }
    delete(part);
  }

  /** Magic, version, counts; metadata; names, shapes, types and offsets of the tensors. */
  private byte[] header() {
    Encoded header = new Encoded();
    header.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    header.number(VERSION).longNumber(tensors.size()).longNumber(values.size());
    values.forEach((key, value) -> header.text(key).value(value));
    long offset = 0;
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      Tensor tensor = entry.getValue();
      header.text(entry.getKey()).number(tensor.shape().size());
      tensor.shape().reversed().forEach(header::longNumber);
      header.number(tensor.type().id()).longNumber(offset);
      offset += tensor.bytes() + padding(tensor.bytes());
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

    /** A value behind its type. */
    void value(MetadataValue value) {
      number(value.type().ordinal());
      int length = value.data().limit();
      switch (value.type()) {
        case ARRAY -> number(value.elementType().ordinal()).longNumber(value.count());
        case STRING -> longNumber(length);
        default -> {}
      }
      writeBytes(value.bytes(0, length));
    }
  }
}
