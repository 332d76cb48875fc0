package dev.lanewise.model.task;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.kernels.WritableFormat;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.SingleCaller;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.GgmlType;
import dev.lanewise.model.checkpoint.GgufBuilder;
import dev.lanewise.model.checkpoint.TensorInfo;
import dev.lanewise.model.generate.HubConversion;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Makes a smaller GGUF file of another: the same model, with matrices rounded to types of fewer
 * bits. It needs memory of its own for some rows at a time, whatever the model's size.
 *
 * <p>A language model in a folder of the Hugging Face hub becomes such a file as well; what is no
 * matrix is then float32, and at most one tensor whose elements stand in another order is copied
 * whole.
 *
 * {@snippet :
 * try (ModelQuantiser quantiser = ModelQuantiser.open(path, Quantisation.Q8_0)) {
 *   quantiser.write(Path.of("model-Q8_0.gguf"), BatchProgress.NONE);
 * }
 * }
 *
 * <p>Owns threads and serves one caller at a time.
 */
public final class ModelQuantiser implements AutoCloseable {
  /** Elements that are rounded at a time. */
  private static final int BAND = 1 << 20;

  /** Bytes that are copied at a time. */
  private static final int CHUNK = 1 << 20;

  /** From here on, rounding once more loses little. */
  private static final double FEWEST_BITS = 8;

  private static final String ARCHITECTURE = "general.architecture"; // in every GGUF file
  private static final int QUANTISATION_VERSION = 2;

  private final Checkpoint model;
  private final boolean converted;
  private final Quantisation quantisation;
  private final Parallel team;
  private final float[][] values;
  private final SingleCaller caller = new SingleCaller("this quantiser");

  private ModelQuantiser(Checkpoint model, Quantisation quantisation, int threads) {
    this.model = asGguf(model);
    converted = !isGguf(model);
    this.quantisation = quantisation;
    team = Parallel.of(threads);
    values = new float[threads][0];
  }

  /**
   * The model by GGUF's names: itself, or what a folder of the hub becomes.
   *
   * @throws LanewiseException if it cannot be converted
   */
  static Checkpoint asGguf(Checkpoint model) {
    return isGguf(model) ? model : HubConversion.of(model);
  }

  static boolean isGguf(Checkpoint model) {
    return model.metadata().has(ARCHITECTURE);
  }

  /**
   * Opens a model, to be quantised by all processors.
   *
   * @param source a GGUF file, any of several that hold a model, or a folder of the hub
   * @throws LanewiseException if it cannot be read, is not sound, or cannot be converted
   */
  public static ModelQuantiser open(Path source, Quantisation quantisation) {
    return open(source, quantisation, Runtime.getRuntime().availableProcessors());
  }

  /**
   * Opens a model.
   *
   * @param source a GGUF file, any of several that hold a model, or a folder of the hub
   * @param threads that round at once
   * @throws LanewiseException if it cannot be read, is not sound, or cannot be converted
   * @throws IllegalArgumentException if there are not 1 to 1024 threads
   */
  public static ModelQuantiser open(Path source, Quantisation quantisation, int threads) {
    return Checkpoint.load(source, model -> new ModelQuantiser(model, quantisation, threads));
  }

  /** How many tensors the model has, of which the progress tells. */
  public int tensors() {
    return model.tensors().size();
  }

  /**
   * Writes the smaller file, or none if something fails.
   *
   * @param target a file that is not there yet
   * @param progress counts tensors
   * @throws LanewiseException if a matrix of a GGUF file has fewer than eight bits already, or
   *     fewer than it would have then, a number is NaN, infinite or too large for its new type, the
   *     target is there or cannot be written, or the model cannot be read any more
   * @throws CancellationException if the progress says so
   * @throws IllegalStateException if this is closed
   */
  public void write(Path target, BatchProgress progress) {
    caller.enter();
    try {
      model
          .memory()
          .guarded(
              () -> {
                builder(progress).writeNew(target);
                return null;
              });
    } finally {
      caller.leave();
    }
  }

  /** How long the file would be that is written of a model, by GGUF's names. */
  static long fileBytes(Checkpoint model, boolean converted, Quantisation quantisation) {
    return builder(model, converted, quantisation, (tensor, type) -> out -> {}).size();
  }

  /** What the file says, with contents for tensors as they are to be; same types are copied. */
  private static GgufBuilder builder(
      Checkpoint model,
      boolean converted,
      Quantisation quantisation,
      BiFunction<TensorInfo, DType, GgufBuilder.Content> contents) {
    GgufBuilder builder =
        new GgufBuilder()
            .metadata(model.metadata())
            .uint32("general.file_type", quantisation.fileType())
            .uint32("general.quantization_version", QUANTISATION_VERSION);
    Function<TensorInfo, DType> types = types(model, converted, quantisation);
    for (TensorInfo tensor : model.tensors().values()) {
      DType type = types.apply(tensor);
      builder.tensor(
          tensor.name(),
          GgmlType.valueOf(type == null ? tensor.type() : type.name()),
          tensor.shape(),
          contents.apply(tensor, type));
    }
    return builder;
  }

  /** The type that each tensor gets, or null for those that are copied. */
  static Function<TensorInfo, DType> types(
      Checkpoint model, boolean converted, Quantisation quantisation) {
    Function<TensorInfo, DType> types = quantisation.types(model);
    return tensor -> {
      DType wanted = types.apply(tensor);
      DType type = wanted == null && converted ? DType.F32 : wanted;
      return type == null || tensor.type().equals(type.name()) ? null : type;
    };
  }

  private GgufBuilder builder(BatchProgress progress) {
    int total = model.tensors().size();
    int[] done = {0};
    return builder(
        model,
        converted,
        quantisation,
        (tensor, type) -> {
          if (type != null) {
            requireFewerBits(tensor, type);
          }
          return out -> {
            if (Quantisation.isReadable(tensor)) {
              write(model.data(tensor), tensor, type, out, progress);
            } else {
              copy(model.data(tensor), out, progress);
            }
            progress.update(++done[0], total);
          };
        });
  }

  private void requireFewerBits(TensorInfo tensor, DType target) {
    DType type = tensor.dtype().orElseThrow();
    if (Quantisation.bits(type) < FEWEST_BITS) {
      throw new LanewiseException(
          "%s: tensor %s is of type %s, which has lost too much already to become %s; take a file"
                  .formatted(model.file(), tensor.name(), type, target)
              + " of the model with F32, F16, BF16 or Q8_0");
    }
    if (!converted && Quantisation.bits(type) < Quantisation.bits(target)) {
      throw new LanewiseException(
          "%s: tensor %s is of type %s and would only get larger as %s; take a type of fewer bits"
              .formatted(model.file(), tensor.name(), type, target));
    }
  }

  private static void requireGoingOn(BatchProgress progress) {
    if (progress.cancelled()) {
      throw new CancellationException();
    }
  }

  private static void copy(MemorySegment data, OutputStream out, BatchProgress progress)
      throws IOException {
    for (long at = 0; at < data.byteSize(); at += CHUNK) {
      requireGoingOn(progress);
      long n = Math.min(CHUNK, data.byteSize() - at);
      out.write(data.asSlice(at, n).toArray(ValueLayout.JAVA_BYTE));
    }
  }

  /**
   * Some rows at a time, each of them by one thread.
   *
   * @param target the type that the tensor gets; null if it keeps its own
   */
  private void write(
      MemorySegment data, TensorInfo tensor, DType target, OutputStream out, BatchProgress progress)
      throws IOException {
    DType from = tensor.dtype().orElseThrow();
    DType to = target == null ? from : target;
    int cols = Math.toIntExact(tensor.shape().getLast());
    long rows = tensor.elements() / cols;
    int most = Math.clamp(BAND / cols, 1, Parallel.MAX_COUNT);
    try (Arena arena = Arena.ofShared()) {
      MemorySegment band = arena.allocate(most * to.bytes(cols));
      for (long first = 0; first < rows; first += most) {
        requireGoingOn(progress);
        long start = first;
        int n = (int) Math.min(most, rows - first);
        MemorySegment source = data.asSlice(first * from.bytes(cols), n * from.bytes(cols));
        Matrix before = new Matrix(source, n, cols, from);
        MemorySegment encoded = band.asSlice(0, n * to.bytes(cols));
        Matrix after = new Matrix(encoded, n, cols, to);
        team.run(
            n,
            (row, worker) -> {
              float[] own = values(worker, cols);
              before.row(row, own, 0);
              requireFinite(own, cols, tensor, start + row, from);
              if (target != null) {
                WritableFormat format = (WritableFormat) target.format();
                format.quantise(own, 0, encoded, row * target.bytes(cols), cols);
                after.row(row, own, 0);
                requireFinite(own, cols, tensor, start + row, target);
              }
            });
        out.write((target == null ? source : encoded).toArray(ValueLayout.JAVA_BYTE));
      }
    }
  }

  /** Insists on numbers: those of the model, and what the new type makes of them. */
  private void requireFinite(float[] values, int cols, TensorInfo tensor, long row, DType type) {
    for (int i = 0; i < cols; i++) {
      if (!Float.isFinite(values[i])) {
        boolean given = tensor.type().equals(type.name());
        throw new LanewiseException(
            "%s: tensor %s has %s in row %d%s"
                .formatted(
                    model.file(),
                    tensor.name(),
                    given ? values[i] + ", which is no finite number," : "numbers",
                    row,
                    given
                        ? "; the model is damaged"
                        : " that are too large for " + type + "; take BF16 or F32"));
      }
    }
  }

  private float[] values(int worker, int cols) {
    if (values[worker].length < cols) {
      values[worker] = new float[cols];
    }
    return values[worker];
  }

  /** Ends the threads and lets go of the model's file. */
  @Override
  public void close() {
    caller.close();
    team.close();
    model.memory().close();
  }
}
