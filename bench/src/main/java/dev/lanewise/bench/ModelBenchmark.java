package dev.lanewise.bench;

import dev.lanewise.kernels.DType;
import dev.lanewise.model.catalogue.Cache;
import dev.lanewise.model.catalogue.Catalogue;
import dev.lanewise.model.catalogue.Progress;
import dev.lanewise.model.catalogue.Pull;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.TensorInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.ToIntFunction;
import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Param;

/** What the benchmarks of whole models share: the model. */
public abstract class ModelBenchmark extends ContractBenchmark {
  /** Before the name of a type: a small model with random weights of that type. */
  static final String RANDOM = "random:";

  /** The variable of the environment that names a model of the user's; also a property, "model". */
  static final String VARIABLE = "LANEWISE_MODEL";

  /** A file, or a random model. */
  @Param(RANDOM + "Q8_0")
  String model;

  /** A model's name in reports, which say nothing of where files lie. */
  static String name(String model) {
    return model.startsWith(RANDOM) ? model : Path.of(model).getFileName().toString();
  }

  /**
   * Where the model lies that the user has named, by its path or as the catalogue does, if there is
   * such a model.
   *
   * @throws dev.lanewise.model.LanewiseException if it is not there
   */
  static Optional<Path> named() {
    return Optional.ofNullable(System.getProperty("model", System.getenv(VARIABLE)))
        .filter(name -> !name.isBlank())
        .map(ModelBenchmark::resolve);
  }

  /**
   * A model by its path, or by the catalogue's name of it, pulled if need be.
   *
   * @throws dev.lanewise.model.LanewiseException if it cannot be had
   */
  public static Path resolve(String named) {
    return Catalogue.resolve(
        named, new Pull.Options(false, Cache.fromEnvironment(), Progress.to(System.err)));
  }

  /** Writes a small model with random weights of a type. */
  abstract void writeRandom(Path file, DType dtype, RandomGenerator random) throws IOException;

  /**
   * A forward pass: every matrix that is multiplied is read once. Attention and norms are small
   * beside the matrices, and left out.
   *
   * @param multiplied with how many of the tokens a matrix is multiplied
   */
  public static Work forward(Checkpoint file, int tokens, ToIntFunction<TensorInfo> multiplied) {
    double flops = 0;
    double bytes = 0;
    for (TensorInfo tensor : file.tensors().values()) {
      int times = tensor.shape().size() == 2 ? multiplied.applyAsInt(tensor) : 0;
      if (times > 0) {
        flops += 2.0 * tensor.elements() * times;
        bytes += tensor.bytes();
      }
    }
    return new Work(flops, bytes, tokens);
  }

  /** The model's file, written if it is a random one. */
  final Path file(RandomGenerator random) {
    if (!model.startsWith(RANDOM)) {
      return Path.of(model);
    }
    try {
      Path file = Files.createTempFile("lanewise-bench", ".gguf");
      // Not sooner, as not every system lets go of a file while it is mapped.
      file.toFile().deleteOnExit();
      writeRandom(file, DType.valueOf(model.substring(RANDOM.length())), random);
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
