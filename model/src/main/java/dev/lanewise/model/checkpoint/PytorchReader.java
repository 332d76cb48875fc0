package dev.lanewise.model.checkpoint;

import static dev.lanewise.model.checkpoint.LittleEndian.LONG;

import dev.lanewise.model.LanewiseException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads what {@code torch.save} wrote: pickles, and the numbers of storages beside them. */
final class PytorchReader implements Unpickler.Maker {
  private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
  private static final long PROTOCOL = 1001;
  private static final int PICKLE = 0x80; // what pickles of protocol 2 and later begin with
  private static final String PICKLED = "data.pkl";

  /** Most bytes of pickles at the beginning of an older file. */
  private static final int MAX_PICKLE_BYTES = 1 << 28;

  private static final int MAX_DIMS = 8;

  /** Numbers that tensors share: where they begin is known once the pickle has been read. */
  private record Storage(String type, String key, long first, long elements) {}

  private record Tensor(Storage storage, long first, List<Long> shape, List<Long> strides) {}

  private final String file;
  private final FileMemory memory;
  private final MemorySegment source;
  private final Map<String, String> types = new HashMap<>(); // of storages by key

  PytorchReader(String file, FileMemory memory, MemorySegment source) {
    this.file = file;
    this.memory = memory;
    this.source = source;
  }

  PytorchFile read() {
    if (ZipEntries.isZip(source)) {
      return readZip();
    }
    if (source.byteSize() > 0 && (source.get(ValueLayout.JAVA_BYTE, 0) & 0xFF) == PICKLE) {
      return readPickles();
    }
    throw new LanewiseException(
        file + ": is neither a zip file nor a pickle, and so not a file of torch.save");
  }

  private PytorchFile readZip() {
    Map<String, MemorySegment> entries = ZipEntries.of(file, source);
    String folder =
        entries.keySet().stream()
            .filter(name -> name.indexOf('/') + 1 == name.length() - PICKLED.length())
            .filter(name -> name.endsWith(PICKLED))
            .map(name -> name.substring(0, name.indexOf('/') + 1))
            .findFirst()
            .orElseThrow(
                () -> new LanewiseException(file + ": holds no " + PICKLED + " of torch.save"));
    MemorySegment order = entries.get(folder + "byteorder");
    if (order != null && !text(order).equals("little")) {
      throw bigEndian();
    }
    MemorySegment pickle = entries.get(folder + PICKLED);
    if (pickle.byteSize() > MAX_PICKLE_BYTES) {
      throw failure(PICKLED, "has " + pickle.byteSize() + " bytes, more than tensors take to name");
    }
    Object root = new Unpickler(file, pickle.asByteBuffer(), this).next();
    Map<String, MemorySegment> storages = new HashMap<>();
    for (String key : types.keySet()) {
      MemorySegment numbers = entries.get(folder + "data/" + key);
      if (numbers == null) {
        throw failure("storage " + key, "is missing");
      }
      storages.put(key, numbers);
    }
    return checkpoint(root, storages);
  }

  private static String text(MemorySegment entry) {
    long size = Math.min(entry.byteSize(), 16);
    byte[] bytes = entry.asSlice(0, size).toArray(ValueLayout.JAVA_BYTE);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** The older layout: five pickles, then for each storage its length and its numbers. */
  private PytorchFile readPickles() {
    long most = Math.min(source.byteSize(), MAX_PICKLE_BYTES);
    ByteBuffer bytes = source.asSlice(0, most).asByteBuffer();
    Unpickler pickles = new Unpickler(file, bytes, this);
    if (!MAGIC.equals(pickles.next())) {
      throw new LanewiseException(file + ": is a pickle, but not one of torch.save");
    }
    Object protocol = pickles.next();
    if (!Long.valueOf(PROTOCOL).equals(protocol)) {
      throw failure("the protocol", "is " + protocol + ", expected " + PROTOCOL);
    }
    if (pickles.next() instanceof Map<?, ?> system
        && Boolean.FALSE.equals(system.get("little_endian"))) {
      throw bigEndian();
    }
    Object root = pickles.next();
    if (!(pickles.next() instanceof List<?> keys)) {
      throw failure("the list of storages", "is none");
    }
    long at = bytes.position();
    Map<String, MemorySegment> storages = new HashMap<>();
    for (Object key : keys) {
      String type = key instanceof String ? types.get(key) : null;
      if (type == null) {
        throw failure("storage " + key, "belongs to nothing");
      }
      long left = source.byteSize() - at - Long.BYTES;
      long elements = left < 0 ? -1 : source.get(LONG, at);
      int size = size(type);
      if (elements < 0 || elements > left / size) {
        throw failure("storage " + key, "is longer than the file");
      }
      storages.put((String) key, source.asSlice(at + Long.BYTES, elements * size));
      at += Long.BYTES + elements * size;
    }
    return checkpoint(root, storages);
  }

  private PytorchFile checkpoint(Object root, Map<String, MemorySegment> storages) {
    Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    if (root instanceof Map<?, ?> values) {
      values.forEach(
          (name, value) -> {
            if (name instanceof String text && value instanceof Tensor tensor) {
              tensors.put(text, info(text, tensor, storages));
            }
          });
    }
    if (tensors.isEmpty()) {
      throw new LanewiseException(
          file
              + ": holds no tensors by name, as the weights of a model are; save its state_dict, or"
              + " use transformers' save_pretrained");
    }
    return new PytorchFile(file, memory, source, tensors);
  }

  private TensorInfo info(String name, Tensor tensor, Map<String, MemorySegment> storages) {
    Storage storage = tensor.storage();
    int size = size(storage.type());
    MemorySegment numbers = storages.get(storage.key());
    if (numbers == null) {
      throw failure("tensor " + name, "has a storage that is missing: " + storage.key());
    }
    long elements = tensor.shape().contains(0L) ? 0 : 1;
    for (int i = tensor.shape().size() - 1; i >= 0 && elements > 0; i--) {
      long dim = tensor.shape().get(i);
      if (dim > 1 && tensor.strides().get(i) != elements) {
        throw failure(
            "tensor " + name,
            "of shape %s has strides %s, but is read row by row only; save contiguous() ones"
                .formatted(tensor.shape(), tensor.strides()));
      }
      if (elements > numbers.byteSize() / dim) {
        throw failure(
            "tensor " + name, "of shape " + tensor.shape() + " is larger than its storage");
      }
      elements *= dim;
    }
    long first = Math.addExact(storage.first(), tensor.first());
    if (first > numbers.byteSize() / size - elements) {
      throw failure(
          "tensor " + name, "goes beyond its storage of %d bytes".formatted(numbers.byteSize()));
    }
    long offset = numbers.address() - source.address() + first * size;
    return new TensorInfo(name, type(storage.type()), tensor.shape(), offset, elements * size);
  }

  // --- What the pickle asks for -----------------------------------------------------------------

  @Override
  public Object call(Unpickler.Global function, List<?> arguments) {
    return switch (function.name()) {
      case "collections.OrderedDict" -> dict(arguments);
      case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2" -> tensor(arguments);
      case "torch._utils._rebuild_parameter", "torch.Size" -> argument(arguments, 0);
      default -> Unpickler.UNKNOWN;
    };
  }

  private static Object argument(List<?> arguments, int i) {
    return i < arguments.size() ? arguments.get(i) : Unpickler.UNKNOWN;
  }

  /** A dict, empty or of pairs. */
  private static Map<Object, Object> dict(List<?> arguments) {
    Map<Object, Object> dict = new LinkedHashMap<>(0);
    if (!arguments.isEmpty() && arguments.getFirst() instanceof List<?> pairs) {
      for (Object pair : pairs) {
        if (pair instanceof List<?> two
            && two.size() == 2
            && two.getFirst() instanceof String key) {
          dict.put(key, two.get(1));
        }
      }
    }
    return dict;
  }

  private Object tensor(List<?> arguments) {
    if (!(argument(arguments, 0) instanceof Storage storage)) {
      return Unpickler.UNKNOWN;
    }
    List<Long> shape = numbers(argument(arguments, 2));
    List<Long> strides = numbers(argument(arguments, 3));
    if (shape.size() != strides.size() || shape.size() > MAX_DIMS) {
      throw failure("a tensor", "has the shape %s and the strides %s".formatted(shape, strides));
    }
    return new Tensor(storage, number(argument(arguments, 1)), shape, strides);
  }

  private List<Long> numbers(Object value) {
    if (!(value instanceof List<?> list)) {
      throw failure("a tensor", "has no shape or strides");
    }
    List<Long> numbers = new ArrayList<>();
    list.forEach(item -> numbers.add(number(item)));
    return numbers;
  }

  private long number(Object value) {
    if (value instanceof Long number && number >= 0 && number < 1L << 48) {
      return number;
    }
    throw failure("a tensor", "has " + value + " where a size or an offset should be");
  }

  /** A storage: its type, key, device and length, in older files also the part that is meant. */
  @Override
  public Object outside(List<?> id) {
    if (id.size() < 5
        || !(id.get(1) instanceof Unpickler.Global type)
        || !(id.get(2) instanceof String key)) {
      return Unpickler.UNKNOWN;
    }
    String known = types.putIfAbsent(key, type.name());
    if (known != null && !known.equals(type.name())) {
      throw failure("storage " + key, "is of the types " + known + " and " + type.name());
    }
    boolean part = id.size() > 5 && id.get(5) instanceof List<?> view && view.size() == 3;
    long first = part ? number(((List<?>) id.get(5)).get(1)) : 0;
    return new Storage(type.name(), key, first, number(id.get(4)));
  }

  /** An element type by the name that safetensors gives it. */
  private String type(String storage) {
    return switch (storage) {
      case "torch.DoubleStorage" -> "F64";
      case "torch.FloatStorage" -> "F32";
      case "torch.HalfStorage" -> "F16";
      case "torch.BFloat16Storage" -> "BF16";
      case "torch.LongStorage" -> "I64";
      case "torch.IntStorage" -> "I32";
      case "torch.ShortStorage" -> "I16";
      case "torch.CharStorage" -> "I8";
      case "torch.ByteStorage" -> "U8";
      case "torch.BoolStorage" -> "BOOL";
      default ->
          throw failure("a tensor", "has numbers of the type " + storage + ", not known here");
    };
  }

  private int size(String storage) {
    return SafetensorsReader.elementBits(type(storage)) / Byte.SIZE;
  }

  private LanewiseException bigEndian() {
    return failure("the file", "has the highest byte of its numbers first; save it elsewhere");
  }

  private LanewiseException failure(String what, String problem) {
    return new LanewiseException("%s: %s %s".formatted(file, what, problem));
  }
}
