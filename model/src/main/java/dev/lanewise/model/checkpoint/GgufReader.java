package dev.lanewise.model.checkpoint;

import dev.lanewise.model.LanewiseException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the front of a GGUF file: header, metadata, tensor descriptions. No number in the file is
 * believed: counts and lengths are held against the bytes that are left, by subtraction.
 */
final class GgufReader {
  private static final int MAGIC = 0x4655_4747; // "GGUF", little-endian
  private static final int MAGIC_SWAPPED = 0x4747_5546;

  static final String ALIGNMENT_KEY = "general.alignment";
  private static final int DEFAULT_ALIGNMENT = 32;
  private static final int MIN_ALIGNMENT = 8; // the specification: a multiple of 8
  private static final int MAX_ALIGNMENT = 1 << 20;

  private static final int MAX_KEYS = 1 << 16;
  private static final int MAX_KEY_BYTES = (1 << 16) - 1; // the specification
  private static final int MIN_KEY_ENTRY_BYTES = 8 + 1 + 4 + 1;
  private static final int MAX_VALUE_BYTES = 128 << 20; // the largest vocabularies take a tenth
  private static final int MAX_ARRAY_DEPTH = 4;
  private static final int MIN_ARRAY_BYTES = 4 + 8;

  private static final int MAX_TENSORS = 1 << 17;
  private static final int MAX_TENSOR_NAME_BYTES = 64; // the specification
  private static final int MIN_TENSOR_ENTRY_BYTES = 8 + 1 + 4 + 4 + 8;
  private static final int MAX_DIMENSIONS = 4;

  private final String file;
  private final FileMemory memory;
  private final MemorySegment source;
  private final Cursor cursor;

  GgufReader(String file, FileMemory memory, MemorySegment source) {
    this.memory = memory;
    this.file = file;
    this.source = source;
    this.cursor = new Cursor(file, source);
  }

  Gguf read() {
    int version = readVersion();
    long tensorCount = readCount("tensors", MIN_TENSOR_ENTRY_BYTES, MAX_TENSORS);
    long keyCount = readCount("metadata keys", MIN_KEY_ENTRY_BYTES, MAX_KEYS);
    Metadata metadata = readMetadata(keyCount);
    int alignment = alignment(metadata);
    Map<String, TensorInfo> tensors = readTensors(tensorCount, alignment);
    place(tensors, alignment);
    checkOverlaps(tensors);
    return new Gguf(file, memory, source, version, metadata, tensors);
  }

  private int readVersion() {
    int magic = cursor.readInt();
    if (magic == MAGIC_SWAPPED) {
      throw bigEndian();
    }
    if (magic != MAGIC) {
      throw new LanewiseException(
          "%s: not a GGUF file: it starts with the bytes %02x %02x %02x %02x, expected 'GGUF'"
              .formatted(file, magic & 0xFF, magic >> 8 & 0xFF, magic >> 16 & 0xFF, magic >>> 24));
    }
    int version = cursor.readInt();
    if (version != 0 && (version & 0xFFFF) == 0) {
      throw bigEndian();
    }
    if (version == 1) {
      throw new LanewiseException(
          file + ": GGUF version 1 is not supported (2 and 3 are); convert the model anew");
    }
    if (version != 2 && version != 3) {
      throw new LanewiseException(
          "%s: GGUF version %s is unknown; supported are 2 and 3"
              .formatted(file, Integer.toUnsignedString(version)));
    }
    return version;
  }

  private LanewiseException bigEndian() {
    return new LanewiseException(
        file + ": a big-endian GGUF file; convert the model anew as little-endian");
  }

  private long readCount(String what, int minBytes, int limit) {
    long start = cursor.position();
    cursor.subject("number of ", what);
    long count = cursor.readLong();
    long possible = cursor.remaining() / minBytes;
    if (count < 0 || count > possible || count > limit) {
      throw cursor.failure(
          "is %s; the rest of the file can hold at most %d and the limit is %d"
              .formatted(Long.toUnsignedString(count), possible, limit),
          start);
    }
    return count;
  }

  private Metadata readMetadata(long count) {
    Map<String, MetadataValue> values = new LinkedHashMap<>();
    for (long i = 0; i < count; i++) {
      cursor.subject("a metadata key", "");
      long start = cursor.position();
      String key = cursor.readName(MAX_KEY_BYTES);
      cursor.subject("metadata key ", key);
      if (values.put(key, readValue()) != null) {
        throw cursor.failure("occurs twice", start);
      }
    }
    return new Metadata(file, memory, values);
  }

  private MetadataValue readValue() {
    ValueType type = readType();
    ValueType elementType = type;
    long count = 1;
    if (type == ValueType.ARRAY) {
      elementType = readType();
      count = cursor.readLong();
    }
    long length = type == ValueType.STRING ? cursor.readLong() : type.bytes();
    long start = cursor.position();
    if (type == ValueType.ARRAY) {
      skipElements(elementType, count, 1);
      length = cursor.position() - start;
    } else {
      cursor.skip(length);
    }
    if (length > MAX_VALUE_BYTES) {
      throw cursor.failure(
          "is a value of " + length + " bytes, the limit is " + MAX_VALUE_BYTES, start);
    }
    ByteBuffer data = source.asSlice(start, length).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    // An element takes a byte or more, so the count of no more bytes than an int fits in an int.
    return new MetadataValue(type, elementType, (int) count, data);
  }

  private ValueType readType() {
    long start = cursor.position();
    int id = cursor.readInt();
    ValueType type = ValueType.of(id);
    if (type == null) {
      throw cursor.failure(
          "is of the unknown value type " + Integer.toUnsignedString(id) + ", expected 0 to 12",
          start);
    }
    return type;
  }

  /** Steps over an array's elements; {@code depth} is 1 for an array that is no element itself. */
  private void skipElements(ValueType type, long count, int depth) {
    int bytes =
        switch (type) {
          case STRING -> Long.BYTES;
          case ARRAY -> MIN_ARRAY_BYTES;
          default -> type.bytes();
        };
    if (count < 0 || count > cursor.remaining() / bytes) {
      throw cursor.failure(
          "is an array of %s elements, of which the rest of the file can hold %d at most"
              .formatted(Long.toUnsignedString(count), cursor.remaining() / bytes),
          cursor.position() - Long.BYTES);
    }
    switch (type) {
      case STRING -> {
        for (long i = 0; i < count; i++) {
          cursor.skip(cursor.readLong());
        }
      }
      case ARRAY -> {
        if (depth == MAX_ARRAY_DEPTH) {
          throw cursor.failure(
              "holds arrays in arrays deeper than " + MAX_ARRAY_DEPTH, cursor.position());
        }
        for (long i = 0; i < count; i++) {
          ValueType elementType = readType();
          skipElements(elementType, cursor.readLong(), depth + 1);
        }
      }
      default -> cursor.skip(count * bytes);
    }
  }

  private int alignment(Metadata metadata) {
    int alignment = metadata.integer(ALIGNMENT_KEY, DEFAULT_ALIGNMENT);
    if (alignment < MIN_ALIGNMENT || alignment > MAX_ALIGNMENT || Integer.bitCount(alignment) > 1) {
      throw new LanewiseException(
          "%s: metadata key %s is %d, expected a power of two from %d to %d"
              .formatted(file, ALIGNMENT_KEY, alignment, MIN_ALIGNMENT, MAX_ALIGNMENT));
    }
    return alignment;
  }

  /** The tensors with offsets as written: from the start of the data. */
  private Map<String, TensorInfo> readTensors(long count, int alignment) {
    Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    for (long i = 0; i < count; i++) {
      cursor.subject("a tensor description", "");
      long start = cursor.position();
      String name = cursor.readName(MAX_TENSOR_NAME_BYTES);
      cursor.subject("tensor ", name);
      if (tensors.put(name, readTensor(name, alignment)) != null) {
        throw cursor.failure("occurs twice", start);
      }
    }
    return tensors;
  }

  private TensorInfo readTensor(String name, int alignment) {
    long start = cursor.position();
    List<Long> shape = readShape();
    long typeStart = cursor.position();
    int id = cursor.readInt();
    GgmlType type = GgmlType.of(id);
    if (type == null) {
      throw cursor.failure(
          "is of the unknown element type " + Integer.toUnsignedString(id), typeStart);
    }
    long rowLength = shape.isEmpty() ? 1 : shape.getLast();
    if (rowLength % type.blockSize() != 0) {
      throw cursor.failure(
          "has rows of %d elements, no multiple of the %s block of %d"
              .formatted(rowLength, type, type.blockSize()),
          start);
    }
    long elements = 1;
    for (long dim : shape) {
      if (dim > Long.MAX_VALUE / elements) {
        throw cursor.failure("has more than 2^63 elements: shape " + shape, start);
      }
      elements *= dim;
    }
    long blocks = elements / type.blockSize();
    if (blocks > Long.MAX_VALUE / type.blockBytes()) {
      throw cursor.failure("takes more than 2^63 bytes: shape " + shape, start);
    }
    long offsetStart = cursor.position();
    long offset = cursor.readLong();
    if (offset < 0 || offset % alignment != 0) {
      throw cursor.failure(
          "lies at offset %s of the data, expected a multiple of the alignment %d"
              .formatted(Long.toUnsignedString(offset), alignment),
          offsetStart);
    }
    return new TensorInfo(name, type.name(), shape, offset, blocks * type.blockBytes());
  }

  /** The dimensions, rows first: the reverse of the order in the file. */
  private List<Long> readShape() {
    long start = cursor.position();
    int rank = cursor.readInt();
    if (rank < 0 || rank > MAX_DIMENSIONS) {
      throw cursor.failure(
          "has %s dimensions, the limit is %d"
              .formatted(Integer.toUnsignedString(rank), MAX_DIMENSIONS),
          start);
    }
    List<Long> shape = new ArrayList<>(rank);
    for (int i = 0; i < rank; i++) {
      long dim = cursor.readLong();
      if (dim <= 0) {
        throw cursor.failure(
            "has a dimension of " + dim + ", expected 1 or more", cursor.position() - Long.BYTES);
      }
      shape.add(dim);
    }
    Collections.reverse(shape);
    return shape;
  }

  /** Turns offsets from the start of the data into offsets from the start of the file. */
  private void place(Map<String, TensorInfo> tensors, int alignment) {
    long end = cursor.position();
    long dataStart = end + (-end & (alignment - 1));
    long dataBytes = source.byteSize() - dataStart;
    for (Map.Entry<String, TensorInfo> entry : tensors.entrySet()) {
      TensorInfo tensor = entry.getValue();
      if (tensor.offset() > dataBytes || tensor.bytes() > dataBytes - tensor.offset()) {
        throw new LanewiseException(
            ("%s: tensor %s takes %d bytes from offset %d of the data, which has %d bytes"
                    + " (file of %d bytes, data from byte %d): the file is cut off; get it again")
                .formatted(
                    file,
                    tensor.name(),
                    tensor.bytes(),
                    tensor.offset(),
                    Math.max(0, dataBytes),
                    source.byteSize(),
                    dataStart));
      }
      entry.setValue(
          new TensorInfo(
              tensor.name(),
              tensor.type(),
              tensor.shape(),
              dataStart + tensor.offset(),
              tensor.bytes()));
    }
  }

  private void checkOverlaps(Map<String, TensorInfo> tensors) {
    TensorInfo[] inOrder = TensorInfo.inOrder(tensors.values());
    for (int i = 1; i < inOrder.length; i++) {
      TensorInfo before = inOrder[i - 1];
      TensorInfo tensor = inOrder[i];
      if (tensor.offset() < before.offset() + before.bytes()) {
        throw new LanewiseException(
            "%s: tensors %s and %s overlap at byte %d; the file is damaged: get it again"
                .formatted(file, before.name(), tensor.name(), tensor.offset()));
      }
    }
  }
}
