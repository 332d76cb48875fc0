package dev.lanewise.model.train;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.Gpt2Weights;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.GgufBuilder;
import dev.lanewise.model.checkpoint.HuggingFace;
import dev.lanewise.model.generate.HubConversion;
import dev.lanewise.model.generate.LanguageModel;
import dev.lanewise.model.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * What a training begins with: a model of fresh weights whose tokens are bytes, or one that has
 * learnt before.
 *
 * @param tokens the text
 * @param weights fills in the values of a parameter
 * @param file what a GGUF file of the model says of it, without its tensors
 */
record Beginning(
    TrainingShape shape, TrainingTokens tokens, Consumer<Parameter> weights, GgufBuilder file) {
  /** GPT-2's. */
  private static final float EPSILON = 1e-5f;

  /** How much wider a block's feed-forward layer is than its hidden states. */
  private static final int WIDENING = 4;

  /**
   * Whatever the options ask for.
   *
   * @param random makes fresh weights
   * @throws LanewiseException if a checkpoint cannot be read or is none that can be trained, or the
   *     model is too large
   */
  static Beginning of(TrainingText text, TrainingOptions options, RandomGenerator random) {
    if (options.from().isEmpty()) {
      return fresh(text, options, random);
    }
    Path path = options.from().get();
    Checkpoint checkpoint = Checkpoint.open(path);
    return checkpoint.memory().guarded(() -> known(checkpoint, text, options));
  }

  private static Beginning fresh(
      TrainingText text, TrainingOptions options, RandomGenerator random) {
    GgufBuilder file = new GgufBuilder();
    int tokens = TrainedFile.describe(file, text.bytesThatOccur());
    TrainingShape shape =
        new TrainingShape(
            options.layers(),
            options.heads(),
            options.dim(),
            WIDENING * options.dim(),
            options.context(),
            tokens,
            EPSILON,
            true,
            0,
            options.context(),
            options.batch());
    TrainedFile.describe(file, shape);
    return new Beginning(shape, text.bytes(), new FreshWeights(random, shape.layers()), file);
  }

  private static Beginning known(
      Checkpoint checkpoint, TrainingText text, TrainingOptions options) {
    Gpt2Weights.requireGpt2(checkpoint);
    Checkpoint source =
        checkpoint instanceof HuggingFace ? HubConversion.of(checkpoint) : checkpoint;
    Gpt2Weights weights = Gpt2Weights.of(source);
    TrainingShape shape =
        new TrainingShape(
            weights.layers(),
            weights.heads(),
            weights.dim(),
            weights.hiddenDim(),
            weights.contextLength(),
            weights.vocabSize(),
            weights.epsilon(),
            weights.tied(),
            options.frozen(),
            Math.min(options.context(), weights.contextLength()),
            options.batch());
    Tokenizer tokenizer = LanguageModel.tokenizer(checkpoint);
    if (tokenizer.vocabSize() > shape.vocabSize()) {
      throw new LanewiseException(
          "%s: the tokenizer has %d tokens, but the model knows %d only; take the model's own"
              .formatted(checkpoint.file(), tokenizer.vocabSize(), shape.vocabSize()));
    }
    GgufBuilder file = new GgufBuilder();
    // Without what is said of tensors as they were, and of the parts of a file.
    file.metadata(source.metadata().without("quantize.").without("split."));
    TrainedFile.describe(file, shape);
    text.requireMemoryForTokens(Runtime.getRuntime().maxMemory());
    int[] ids = tokenizer.encode(text.characters(), true);
    return new Beginning(
        shape,
        new TrainingTokens(
            text.source(), ids.length, (long) Integer.BYTES * ids.length, i -> ids[i]),
        p ->
            checkpoint
                .memory()
                .guarded(
                    () -> {
                      weights.read(p.name(), p.rows(), p.cols(), p.values());
                      requireFinite(p, checkpoint.file());
                      return p;
                    }),
        file);
  }

  private static void requireFinite(Parameter parameter, String file) {
    if (!parameter.isFinite()) {
      throw new LanewiseException(
          ("%s: tensor %s has weights that are NaN or infinite; the checkpoint is"
                  + " damaged, or was written by a training that diverged")
              .formatted(file, parameter.name()));
    }
  }
}
