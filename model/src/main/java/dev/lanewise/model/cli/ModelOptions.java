package dev.lanewise.model.cli;

import dev.lanewise.model.arch.Architectures;
import dev.lanewise.model.arch.CausalModel;
import dev.lanewise.model.catalogue.Cache;
import dev.lanewise.model.catalogue.Catalogue;
import dev.lanewise.model.catalogue.Progress;
import dev.lanewise.model.catalogue.Pull;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.TensorInfo;
import dev.lanewise.model.generate.GenerationOptions;
import dev.lanewise.model.generate.LanguageModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** The options that say which model runs, and with what. */
final class ModelOptions {
  private static final int DEFAULT_CONTEXT = 4096;

  /** The catalogue's name of the model for embeddings where none is named. */
  private static final String EMBEDDER = "all-minilm-l6-v2";

  /**
   * Bytes of weights that are read, over and over for the tokens of a prompt, in about the second
   * that it takes until products of many rows are compiled.
   */
  private static final double COMPILING_BYTES = 8e9;

  private final Fallback fallback;
  private final Option.Text model;
  private final Option.Flag offline = new Option.Flag("never use the network", "--offline");
  private final Option.Whole threads = Option.Whole.threads("threads");
  private final Option.Whole context =
      new Option.Whole(
          "C",
          0,
          1,
          Integer.MAX_VALUE - 8,
          "most tokens of prompt and text together (default: the smaller of 4096 and the model's)",
          "-c",
          "--context");

  private double loadSeconds;
  private double bytesPerToken;

  /** What happens where no model is named. */
  private enum Fallback {
    /** The catalogue's first is taken, a language model. */
    FIRST("default: the first of them"),

    /** One for embeddings is taken. */
    EMBEDDER("default: " + ModelOptions.EMBEDDER),

    /** There is none that would do. */
    NONE("required");

    private final String help;

    Fallback(String help) {
      this.help = help;
    }
  }

  /** A language model, the catalogue's first unless another is named. */
  ModelOptions() {
    this(Fallback.FIRST);
  }

  private ModelOptions(Fallback fallback) {
    this.fallback = fallback;
    model =
        new Option.Text(
            "MODEL",
            "a GGUF, safetensors, PyTorch or ONNX file, a folder, or a name that lanewise models"
                + " lists ("
                + fallback.help
                + ")",
            "-m",
            "--model");
  }

  /** A model for embeddings, the catalogue's unless another is named. */
  static ModelOptions embedder() {
    return new ModelOptions(Fallback.EMBEDDER);
  }

  /** A model that has to be named. */
  static ModelOptions required() {
    return new ModelOptions(Fallback.NONE);
  }

  /** Adds the options that choose a model. */
  ModelOptions addChoice(Arguments arguments) {
    arguments.add(model);
    arguments.add(offline);
    return this;
  }

  /** Adds the options that choose a model and how it runs. */
  ModelOptions addAll(Arguments arguments) {
    arguments.add(model);
    arguments.add(threads);
    arguments.add(context);
    arguments.add(offline);
    return this;
  }

  /** Whether a context was asked for. */
  boolean contextGiven() {
    return context.given();
  }

  /** Whether a model was named. */
  boolean given() {
    return model.given();
  }

  /**
   * The model's file, pulled first if need be.
   *
   * @throws UsageException if none was named, and none can be taken for granted
   */
  Path path(Stdio io) {
    return path(name(), io);
  }

  /** The model's name or path, as it was given or is taken for granted. */
  String name() {
    if (given()) {
      return model.value();
    }
    return switch (fallback) {
      case FIRST -> Catalogue.defaultEntry().name();
      case EMBEDDER -> EMBEDDER;
      case NONE -> throw new UsageException("option -m is missing: which model?");
    };
  }

  /** What to call the model so that it is found from anywhere: its name, or its absolute path. */
  String reference() {
    Path path = Stdio.path(name());
    return Files.exists(path) ? path.toAbsolutePath().normalize().toString() : name();
  }

  /** The file of a model that was named without an option. */
  Path path(String name, Stdio io) {
    // A path needs no cache, and most runs need not even load the classes of one.
    Path path = Stdio.path(name);
    if (!name.isBlank() && Files.exists(path)) {
      return path;
    }
    return Catalogue.resolve(
        name, new Pull.Options(offline.given(), Cache.fromEnvironment(), Progress.to(io.err())));
  }

  /** Loads the model with its tokenizer. */
  LanguageModel load(Stdio io) {
    return load(LanguageModel::of, io);
  }

  /** Loads the model alone, which has ids to work on. */
  CausalModel loadWithoutTokenizer(Stdio io) {
    return load(
        checkpoint -> checkpoint.memory().guarded(() -> Architectures.load(checkpoint)), io);
  }

  /** Loads what a loader makes of the opened file. */
  <T> T load(Function<Checkpoint, T> loader, Stdio io) {
    Path path = path(io);
    long start = System.nanoTime();
    Checkpoint checkpoint = Checkpoint.open(path);
    WarmUp warmUp = WarmUp.start(checkpoint);
    T loaded = loader.apply(checkpoint);
    ToDoubleFunction<TensorInfo> shares = Architectures.shares(checkpoint);
    bytesPerToken = 0;
    for (TensorInfo tensor : checkpoint.tensors().values()) {
      bytesPerToken += tensor.bytes() * shares.applyAsDouble(tensor);
    }
    warmUp.await();
    loadSeconds = (System.nanoTime() - start) * 1e-9;
    return loaded;
  }

  /**
   * Tokens of a prompt to compute together. One, where a short prompt is over sooner by the code
   * that {@link WarmUp} had compiled than by code that is not. With a model of 98 MB the answer to
   * a prompt of 14 tokens came after 1.1 s instead of 2.2, to one of 82 after 1.7 instead of 2.7.
   */
  int promptSlice(int tokens) {
    boolean one = tokens * bytesPerToken < COMPILING_BYTES;
    return one ? 1 : GenerationOptions.PROMPT_SLICE;
  }

  /** Time that loading took, the kernels' warm-up included, without a pull. */
  double loadSeconds() {
    return loadSeconds;
  }

  /**
   * Refuses a number of tokens that the context, if one was asked for, does not hold.
   *
   * @param option what asks for so many
   */
  void requireContext(int tokens, String option) {
    if (context.given() && tokens > context.intValue()) {
      throw new UsageException(
          option + " " + tokens + " is more than the context of " + context.intValue() + " (-c)");
    }
  }

  /** Threads to work with. */
  int threads() {
    return threads.intValue();
  }

  /** Tokens the context shall hold. */
  int contextLength(LanguageModel loaded) {
    return contextLength(loaded.model());
  }

  /** Tokens the context shall hold. */
  int contextLength(CausalModel model) {
    return contextLength(model.contextLength());
  }

  /**
   * Tokens the context shall hold.
   *
   * @param most that the model was made for
   */
  int contextLength(int most) {
    return context.given() ? context.intValue() : Math.min(DEFAULT_CONTEXT, most);
  }
}
