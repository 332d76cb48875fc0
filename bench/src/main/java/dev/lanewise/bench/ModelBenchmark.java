package dev.lanewise.bench;

import dev.lanewise.kernels.DType;
import dev.lanewise.model.arch.Architectures;
import dev.lanewise.model.arch.CausalModel;
import dev.lanewise.model.catalogue.Cache;
import dev.lanewise.model.catalogue.Catalogue;
import dev.lanewise.model.catalogue.Progress;
import dev.lanewise.model.catalogue.Pull;
import dev.lanewise.model.checkpoint.Gguf;
import dev.lanewise.model.checkpoint.TensorInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Param;

/** What the benchmarks of whole models share: the model. */
public abstract class ModelBenchmark extends ContractBenchmark {
  /** Before the name of a type: a small model with random weights of that type. */
  static final String RANDOM = "random:";

  /** The variable of the environment that names a model of the user's; also a property, "model". */
  static final String VARIABLE = "LANEWISE_MODEL";

  private static final String EMBEDDING = "token_embd.weight";
  private static final String LM_HEAD = "output.weight";

  /** A GGUF file, or a random model. */
  @Param(RANDOM + "Q8_0")
  String model;

  /** A model's name in reports, which say nothing of where files lie. */
  static String name(String model) {
    return model.startsWith(RANDOM) ? model : Path.of(model).getFileName().toString();
  }

  /**
   * The GGUF file of the model that the user has named, by its path or as the catalogue does, if
   * there is such a model.
   *
   * @throws dev.lanewise.model.LanewiseException if it is not there, or no sound GGUF file
   */
  static Optional<Path> named() {
    return Optional.ofNullable(System.getProperty("model", System.getenv(VARIABLE)))
        .filter(name -> !name.isBlank())
        .map(
            name -> {
              Path file = resolve(name);
              Gguf.open(file);
              return file;
            });
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

  /** Loads the model. */
  final CausalModel load(RandomGenerator random) {
    return Architectures.load(Gguf.open(file(random)));
  }

  final Work forward(int tokens) {
    return forward(file(new SplittableRandom(1)), tokens);
  }

  /**
   * A forward pass: every matrix is read once and multiplied with every token, but the lmHead with
   * the last alone. Attention and norms are small beside the matrices, and left out.
   */
  static Work forward(Path model, int tokens) {
    Gguf file = Gguf.open(model);
    boolean tied = !file.has(LM_HEAD);
    double flops = 0;
    double bytes = 0;
    for (TensorInfo tensor : file.tensors().values()) {
      boolean lmHead = tensor.name().equals(tied ? EMBEDDING : LM_HEAD);
      if (tensor.shape().size() == 2 && (lmHead || !tensor.name().equals(EMBEDDING))) {
        flops += 2.0 * tensor.elements() * (lmHead ? 1 : tokens);
        bytes += tensor.bytes();
      }
    }
    return new Work(flops, bytes, tokens);
  }

  private Path file(RandomGenerator random) {
    if (!model.startsWith(RANDOM)) {
      return Path.of(model);
    }
    try {
      Path file = Files.createTempFile("lanewise-bench", ".gguf");
      // Not sooner, as not every system lets go of a file while it is mapped.
      file.toFile().deleteOnExit();
      RandomLlama.write(file, DType.valueOf(model.substring(RANDOM.length())), random);
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
