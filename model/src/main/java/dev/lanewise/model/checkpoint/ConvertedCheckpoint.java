package dev.lanewise.model.checkpoint;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.model.LanewiseException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * What a GGUF file would hold of another checkpoint's model: tensors by other names, some with
 * their elements in another order, and metadata of its own. What is in another order is made when
 * it is asked for, one tensor at a time.
 */
public final class ConvertedCheckpoint implements Checkpoint {
  private final Checkpoint source;
  private final GgufBuilder keys = new GgufBuilder();
  private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();
  private final Map<String, Content> contents = new LinkedHashMap<>();

  /** Makes a tensor's elements, or finds them. */
  @FunctionalInterface
  private interface Content {
    MemorySegment in(Arena arena);
  }

  /** With no tensors and no metadata so far. */
  public ConvertedCheckpoint(Checkpoint source) {
    this.source = source;
  }

  /** Takes what the file is to say. */
  public GgufBuilder keys() {
    return keys;
  }

  private void put(String name, String type, List<Long> shape, long bytes, Content content) {
    tensors.put(name, new TensorInfo(name, type, shape, 0, bytes));
    contents.put(name, content);
  }

  /** Adds a tensor as it is. */
  public void add(String name, TensorInfo tensor) {
    put(name, tensor.type(), tensor.shape(), tensor.bytes(), _ -> source.data(tensor));
  }

  /** Adds a tensor of one dimension that is nowhere yet. */
  public void add(String name, float[] values) {
    List<Long> shape = List.of((long) values.length);
    long bytes = (long) Float.BYTES * values.length;
    Content content =
        arena -> {
          MemorySegment data = arena.allocate(bytes, Float.BYTES);
          MemorySegment.copy(values, 0, data, ValueLayout.JAVA_FLOAT, 0, values.length);
          return data;
        };
    put(name, DType.F32.name(), shape, bytes, content);
  }

  /**
   * Adds a matrix or a bias whose rows are those of heads, the two halves of each head's rows
   * interleaved: the pairs that rotary positions turn, half a head apart before, become neighbours.
   *
   * @throws LanewiseException if the rows are not those of so many heads
   */
  public void addInterleaved(String name, TensorInfo tensor, int nHeads) {
    long rows = tensor.shape().isEmpty() ? 0 : tensor.shape().getFirst();
    if (rows == 0 || rows % (2L * nHeads) != 0) {
      throw new LanewiseException(
          "%s: tensor %s is %s, whose rows are not those of %d heads"
              .formatted(file(), tensor.name(), tensor.describe(), nHeads));
    }
    Content content =
        arena -> {
          MemorySegment from = source.data(tensor);
          MemorySegment to = arena.allocate(tensor.bytes(), Double.BYTES);
          long row = tensor.bytes() / rows;
          long half = rows / nHeads / 2;
          for (long r = 0; r < rows; r++) {
            long head = r - r % (2 * half);
            long moved = head + 2 * (r % half) + (r - head) / half;
            MemorySegment.copy(from, r * row, to, moved * row, row);
          }
          return to;
        };
    put(name, tensor.type(), tensor.shape(), tensor.bytes(), content);
  }

  /**
   * Adds a matrix transposed, its elements as float32.
   *
   * @throws LanewiseException if the tensor is no matrix
   */
  public void addTransposed(String name, TensorInfo tensor) {
    if (tensor.shape().size() != 2) {
      throw new LanewiseException(
          "%s: tensor %s is %s; it must be a matrix"
              .formatted(file(), tensor.name(), tensor.describe()));
    }
    Content content = arena -> matrix(tensor).transposed(arena).data();
    long bytes = DType.F32.bytes(tensor.elements());
    put(name, DType.F32.name(), tensor.shape().reversed(), bytes, content);
  }

  /** Adds a tensor each of whose elements is larger by 1, as float32. */
  public void addPlusOne(String name, TensorInfo tensor) {
    long bytes = DType.F32.bytes(tensor.elements());
    Content content =
        arena -> {
          float[] values = new float[Math.toIntExact(tensor.elements())];
          matrix(tensor).row(0, values, 0);
          MemorySegment data = arena.allocate(bytes, Float.BYTES);
          for (int i = 0; i < values.length; i++) {
            data.setAtIndex(ValueLayout.JAVA_FLOAT, i, values[i] + 1);
          }
          return data;
        };
    put(name, DType.F32.name(), tensor.shape(), bytes, content);
  }

  private Matrix matrix(TensorInfo tensor) {
    int cols = Math.toIntExact(tensor.shape().getLast());
    int rows = Math.toIntExact(tensor.elements() / cols);
    return new Matrix(source.data(tensor), rows, cols, tensor.dtype().orElseThrow());
  }

  @Override
  public String file() {
    return source.file();
  }

  @Override
  public String nameInFile(String tensor) {
    return source.nameInFile(tensor);
  }

  @Override
  public long fileBytes() {
    return source.fileBytes();
  }

  @Override
  public FileMemory memory() {
    return source.memory();
  }

  @Override
  public Metadata metadata() {
    return keys.metadata(file());
  }

  @Override
  public Map<String, TensorInfo> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  @Override
  public MemorySegment data(TensorInfo tensor) {
    return data(tensor, Arena.ofAuto());
  }

  private MemorySegment data(TensorInfo tensor, Arena arena) {
    try {
      return contents.get(tensor.name()).in(arena).asReadOnly();
    } catch (OutOfMemoryError e) {
      throw new LanewiseException(
          "%s: tensor %s: no memory for a copy of its %d bytes: %s; raise the limit with a flag such"
                  .formatted(file(), tensor.name(), tensor.bytes(), e.getMessage())
              + " as -XX:MaxDirectMemorySize=4g",
          e);
    }
  }

  @Override
  public <T> T read(TensorInfo tensor, Function<MemorySegment, T> work) {
    try (Arena arena = Arena.ofConfined()) {
      return work.apply(data(tensor, arena));
    }
  }
}
