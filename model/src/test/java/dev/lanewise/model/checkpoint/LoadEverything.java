package dev.lanewise.model.checkpoint;

import dev.lanewise.kernels.Matrix;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.StringTable;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/** Reads all that a checkpoint holds: each key by every type, each tensor as matrix and vector. */
public final class LoadEverything implements Consumer<Checkpoint> {
  private static final int MAX_ROW = 1 << 16;

  private final List<Consumer<Checkpoint>> more;

  /**
   * The loading of metadata and tensors, and then more.
   *
   * @param more each is given the checkpoint and throws only {@link LanewiseException}, which does
   *     not keep the next from running
   */
  public LoadEverything(List<Consumer<Checkpoint>> more) {
    this.more = List.copyOf(more);
  }

  @Override
  public void accept(Checkpoint checkpoint) {
    LanewiseException refused = null;
    readMetadata(checkpoint.metadata());
    for (TensorInfo tensor : checkpoint.tensors().values()) {
      readTensor(checkpoint, tensor);
    }
    for (Consumer<Checkpoint> load : more) {
      try {
        load.accept(checkpoint);
      } catch (LanewiseException e) {
        refused = e;
      }
    }
    if (refused != null) {
      throw refused;
    }
  }

  private static void readMetadata(Metadata metadata) {
    List<Function<String, Object>> readers =
        List.of(
            metadata::string,
            metadata::integer,
            metadata::number,
            key -> metadata.flag(key, false),
            lastOf(metadata),
            metadata::floats,
            metadata::integers);
    for (String key : metadata.keys()) {
      if (metadata.describe(key).isEmpty()) {
        throw new AssertionError("no description of " + key);
      }
      int accepted = 0;
      for (Function<String, Object> reader : readers) {
        accepted += accepts(reader, key) ? 1 : 0;
      }
      if (accepted > 2) {
        throw new AssertionError(accepted + " types were accepted for " + key);
      }
    }
  }

  private static Function<String, Object> lastOf(Metadata metadata) {
    return key -> {
      StringTable table = metadata.strings(key);
      return table.size() == 0 ? "" : table.get(table.size() - 1);
    };
  }

  private static boolean accepts(Function<String, Object> reader, String key) {
    try {
      return reader.apply(key) != null;
    } catch (LanewiseException e) {
      return !e.getMessage().contains(key) && fail(e);
    }
  }

  private static boolean fail(LanewiseException e) {
    throw new AssertionError("the message does not name the key: " + e.getMessage(), e);
  }

  private static void readTensor(Checkpoint checkpoint, TensorInfo tensor) {
    if (checkpoint.data(tensor).byteSize() != tensor.bytes()) {
      throw new AssertionError("data of another size: " + tensor);
    }
    if (tensor.elements() == 0) {
      return;
    }
    long cols = tensor.shape().isEmpty() ? 1 : tensor.shape().getLast();
    long rows = tensor.elements() / cols;
    if (tensor.dtype().isEmpty() || tensor.shape().size() > 2 || cols > MAX_ROW) {
      return;
    }
    Weights weights = Weights.of(checkpoint);
    Matrix matrix = weights.matrix(tensor.name(), (int) rows, (int) cols);
    float[] row = new float[(int) cols];
    for (int r = 0; r < rows; r++) {
      matrix.row(r, row, 0);
    }
    if (tensor.shape().size() == 1) {
      weights.vector(tensor.name(), (int) cols);
    }
  }
}
