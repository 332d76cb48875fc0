package dev.lanewise.model.checkpoint;

import dev.lanewise.model.ProtocolBuffer;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads one tensor of an ONNX file, whose elements may lie in it in several ways: as they are in
 * memory, as numbers of variable length, or in another file of the same folder.
 */
final class OnnxTensorReader {
  // Of TensorProto.
  private static final int DIMS = 1;
  private static final int DATA_TYPE = 2;
  private static final int FLOAT_DATA = 4;
  private static final int INT32_DATA = 5;
  private static final int INT64_DATA = 7;
  private static final int NAME = 8;
  private static final int RAW_DATA = 9;
  private static final int DOUBLE_DATA = 10;
  private static final int UINT64_DATA = 11;
  private static final int EXTERNAL_DATA = 13;
  private static final int DATA_LOCATION = 14;

  // Of StringStringEntryProto.
  private static final int KEY = 1;
  private static final int VALUE = 2;

  private static final int MAX_DIMS = 8;
  private static final int EXTERNAL = 1;

  private final OnnxReader reader;
  private final ProtocolBuffer tensor;
  private final List<Long> shape = new ArrayList<>();
  private final Map<String, String> elsewhere = new HashMap<>();
  private String name = "";
  private OnnxType type;
  private ProtocolBuffer data;
  private int dataField;
  private boolean external;

  /** A reader of the tensor in a message. */
  OnnxTensorReader(OnnxReader reader, ProtocolBuffer tensor) {
    this.reader = reader;
    this.tensor = tensor;
  }

  OnnxTensor read() {
    while (tensor.next()) {
      switch (tensor.field()) {
        case DIMS -> tensor.numbers(this::addDim);
        case DATA_TYPE -> type = OnnxType.of(tensor.number(), tensor);
        case NAME -> name = reader.text(tensor);
        case FLOAT_DATA, INT32_DATA, INT64_DATA, RAW_DATA, DOUBLE_DATA, UINT64_DATA -> readData();
        case EXTERNAL_DATA -> readEntry(tensor.message());
        case DATA_LOCATION -> external = tensor.number() == EXTERNAL;
        default -> tensor.skip();
      }
    }
    if (type == null) {
      throw tensor.damaged("tensor " + name + " has no element type");
    }
    if (shape.stream().anyMatch(dim -> dim < 0)) {
      throw tensor.damaged("tensor " + name + " has a negative dimension: " + shape);
    }
    OnnxTensor read = external ? fromOtherFile() : fromThisFile();
    check(read);
    return read;
  }

  private void addDim(long dim) {
    if (shape.size() == MAX_DIMS) {
      throw tensor.damaged("a tensor has more than " + MAX_DIMS + " dimensions");
    }
    shape.add(dim);
  }

  private void readData() {
    if (data != null) {
      throw tensor.damaged("tensor " + name + " has its elements twice, or one by one");
    }
    dataField = tensor.field();
    data = tensor.message();
  }

  private void readEntry(ProtocolBuffer entry) {
    String key = "";
    String value = "";
    while (entry.next()) {
      switch (entry.field()) {
        case KEY -> key = reader.text(entry);
        case VALUE -> value = reader.text(entry);
        default -> entry.skip();
      }
    }
    elsewhere.put(key, value);
  }

  private OnnxTensor fromThisFile() {
    long offset = data == null ? tensor.position() : data.position();
    long bytes = data == null ? 0 : data.remaining();
    boolean packed = dataField == INT32_DATA || dataField == INT64_DATA || dataField == UINT64_DATA;
    if (!suits()) {
      throw tensor.damaged(
          "tensor %s of type %s has its elements in field %d".formatted(name, type, dataField));
    }
    return new OnnxTensor(
        name, type, List.copyOf(shape), reader.file(), reader.source(), offset, bytes, packed);
  }

  /** Whether the field is the one for elements of the type. */
  private boolean suits() {
    return switch (dataField) {
      case FLOAT_DATA -> isOneOf(OnnxType.F32, OnnxType.C64);
      case DOUBLE_DATA -> isOneOf(OnnxType.F64, OnnxType.C128);
      case INT32_DATA ->
          type.bits() >= 8 && type.bits() <= 32 && !isOneOf(OnnxType.F32, OnnxType.U32);
      case INT64_DATA -> type == OnnxType.I64;
      case UINT64_DATA -> isOneOf(OnnxType.U32, OnnxType.U64);
      default -> true;
    };
  }

  private boolean isOneOf(OnnxType... types) {
    return List.of(types).contains(type);
  }

  private OnnxTensor fromOtherFile() {
    String location = elsewhere.getOrDefault("location", "");
    if (!location.matches("[ -~&&[^/\\\\:*?\"<>|]]+") || location.startsWith(".")) {
      throw tensor.damaged(
          "tensor %s lies in '%s', which is not the name of a file in the same folder"
              .formatted(name, location));
    }
    Path path = Path.of(reader.file()).resolveSibling(location);
    MemorySegment memory = reader.otherFile(path);
    long offset = number("offset", 0);
    long bytes = number("length", memory.byteSize() - offset);
    if (offset > memory.byteSize() || bytes > memory.byteSize() - offset) {
      throw tensor.damaged(
          "tensor %s takes %d bytes from byte %d of %s, which has %d"
              .formatted(name, bytes, offset, path, memory.byteSize()));
    }
    return new OnnxTensor(
        name, type, List.copyOf(shape), path.toString(), memory, offset, bytes, false);
  }

  private long number(String key, long fallback) {
    String value = elsewhere.getOrDefault(key, Long.toString(fallback));
    // Eighteen digits fit a long.
    if (!value.matches("[0-9]{1,18}")) {
      throw tensor.damaged("tensor %s has '%s' as its %s".formatted(name, value, key));
    }
    return Long.parseLong(value);
  }

  private void check(OnnxTensor read) {
    long found = read.bytes();
    if (read.packed()) {
      long[] count = {0};
      data.packedNumbers(_ -> count[0]++);
      found = count[0];
    }
    if (type != OnnxType.STRING && !hasSize(read.packed() ? 0 : type.bits(), found)) {
      throw tensor.damaged(
          "tensor %s has %d %s, which do not make %s of type %s"
              .formatted(name, found, read.packed() ? "numbers" : "bytes", shape, type));
    }
  }

  /** Whether the shape makes so many bytes, or, for elements of no width, so many elements. */
  private boolean hasSize(int bits, long found) {
    if (shape.contains(0L)) {
      return found == 0;
    }
    // A byte holds two elements at most.
    long most = bits == 0 ? found : 2 * found;
    long elements = 1;
    for (long dim : shape) {
      if (dim > most / elements) {
        return false;
      }
      elements *= dim;
    }
    return bits == 0
        ? elements == found
        : elements <= Long.MAX_VALUE / bits && Math.ceilDiv(elements * bits, 8) == found;
  }
}
