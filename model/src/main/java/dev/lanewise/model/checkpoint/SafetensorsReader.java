package dev.lanewise.model.checkpoint;

import static dev.lanewise.model.checkpoint.LittleEndian.LONG;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the header of a safetensors file and holds it to the format's rules: every byte after the
 * header belongs to exactly one tensor, whose type and shape give just its size.
 */
final class SafetensorsReader {
  private static final String METADATA_KEY = "__metadata__";
  private static final int MAX_HEADER_BYTES = 100_000_000; // the format's own limit
  private static final int MAX_HEADER_DEPTH = 4; // root, tensor, list; one to spare
  private static final int MAX_HEADER_VALUES = 1 << 22;

  private final String file;
  private final FileMemory memory;
  private final MemorySegment source;

  SafetensorsReader(String file, FileMemory memory, MemorySegment source) {
    this.memory = memory;
    this.file = file;
    this.source = source;
  }

  Safetensors read() {
    byte[] text = readHeader();
    Json.Limits limits = new Json.Limits(MAX_HEADER_BYTES, MAX_HEADER_DEPTH, MAX_HEADER_VALUES);
    String place = file + ": header from byte 8";
    JsonView header = new JsonView(place, "", Json.parse(place, text, limits));
    long dataStart = Long.BYTES + (long) text.length;
    Map<String, MetadataValue> values = new LinkedHashMap<>();
    Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    for (String key : header.keys()) {
      if (key.equals(METADATA_KEY)) {
        readMetadata(header.at(key), values);
      } else {
        tensors.put(key, readTensor(key, header.at(key), dataStart));
      }
    }
    checkCoverage(tensors, dataStart);
    return new Safetensors(file, memory, source, new Metadata(file, values), tensors);
  }

  private byte[] readHeader() {
    long size = source.byteSize();
    if (size < Long.BYTES) {
      throw new LanewiseException(
          file + ": a file of " + size + " bytes is too short for a safetensors file");
    }
    long length = source.get(LONG, 0);
    if (length < 2 || length > MAX_HEADER_BYTES || length > size - Long.BYTES) {
      throw new LanewiseException(
          ("%s: not a sound safetensors file: the header length at byte 0 is %s, but the file has"
                  + " %d bytes after it and the limit is %d")
              .formatted(file, Long.toUnsignedString(length), size - Long.BYTES, MAX_HEADER_BYTES));
    }
    byte[] text = source.asSlice(Long.BYTES, length).toArray(ValueLayout.JAVA_BYTE);
    if (text[0] != '{') {
      throw new LanewiseException(
          "%s: not a safetensors file: byte 8 is 0x%02x, expected '{'".formatted(file, text[0]));
    }
    return text;
  }

  private static void readMetadata(JsonView metadata, Map<String, MetadataValue> values) {
    for (String key : metadata.keys()) {
      byte[] text = metadata.string(key).getBytes(StandardCharsets.UTF_8);
      ByteBuffer data = ByteBuffer.wrap(text);
      values.put(key, new MetadataValue(ValueType.STRING, ValueType.STRING, 1, data));
    }
  }

  private TensorInfo readTensor(String name, JsonView entry, long dataStart) {
    if (name.isEmpty()) {
      throw entry.failure("holds a tensor without a name");
    }
    String dtype = entry.string("dtype");
    int elementBits = elementBits(dtype);
    if (elementBits == 0) {
      throw entry.at("dtype").failure("is the unknown element type " + dtype);
    }
    List<Long> shape = sizes(entry.at("shape"));
    List<Long> offsets = sizes(entry.at("data_offsets"));
    if (offsets.size() != 2) {
      throw entry.at("data_offsets").failure("has " + offsets.size() + " numbers, expected 2");
    }
    long begin = offsets.get(0);
    long end = offsets.get(1);
    long dataBytes = source.byteSize() - dataStart;
    if (begin > end || end > dataBytes) {
      throw entry
          .at("data_offsets")
          .failure("is [%d, %d] in %d bytes of data".formatted(begin, end, dataBytes));
    }
    if (!hasBits(shape, elementBits, end - begin)) {
      throw entry.failure(
          "has %d bytes of data, which do not make %s of type %s"
              .formatted(end - begin, shape, dtype));
    }
    return new TensorInfo(name, dtype, shape, dataStart + begin, end - begin);
  }

  private static List<Long> sizes(JsonView array) {
    List<Long> sizes = new ArrayList<>();
    for (JsonView item : array.items()) {
      if (!(item.value() instanceof Long size) || size < 0) {
        throw item.failure("is " + item.value() + ", expected a whole number of 0 or more");
      }
      sizes.add(size);
    }
    return sizes;
  }

  /** Whether the product of the shape, in elements of so many bits, makes just so many bytes. */
  private static boolean hasBits(List<Long> shape, int elementBits, long bytes) {
    if (shape.contains(0L)) {
      return bytes == 0;
    }
    long elements = 1;
    for (long dim : shape) {
      // Each byte holds two elements at most, so a larger product cannot be right.
      if (dim > 2 * bytes / elements) {
        return false;
      }
      elements *= dim;
    }
    return elements <= Long.MAX_VALUE / elementBits && elements * elementBits == 8 * bytes;
  }

  /** Bits of one element of a type by its name, 0 if the name is unknown. */
  static int elementBits(String dtype) {
    return switch (dtype) {
      case "F64", "I64", "U64", "C64" -> 64;
      case "F32", "I32", "U32" -> 32;
      case "F16", "BF16", "I16", "U16" -> 16;
      case "BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2", "F8_E8M0" -> 8;
      case "F6_E2M3", "F6_E3M2" -> 6;
      case "F4" -> 4;
      default -> 0;
    };
  }

  private void checkCoverage(Map<String, TensorInfo> tensors, long dataStart) {
    TensorInfo[] inOrder = TensorInfo.inOrder(tensors.values());
    long end = dataStart;
    for (TensorInfo tensor : inOrder) {
      if (tensor.offset() != end) {
        throw new LanewiseException(
            "%s: tensor %s starts at byte %d, but the tensor before it ends at byte %d: %s"
                .formatted(
                    file,
                    tensor.name(),
                    tensor.offset(),
                    end,
                    tensor.offset() < end ? "they overlap" : "there is a gap"));
      }
      end += tensor.bytes();
    }
    if (end != source.byteSize()) {
      throw new LanewiseException(
          "%s: %d bytes follow the last tensor, which ends at byte %d"
              .formatted(file, source.byteSize() - end, end));
    }
  }
}
