package dev.lanewise.model.train;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.Gpt2Weights;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.GgufBuilder;
import dev.lanewise.model.checkpoint.HuggingFace;
import dev.lanewise.model.generate.LanguageModel;
import dev.lanewise.model.tokenizer.BytePairParts;
import dev.lanewise.model.tokenizer.BytePairTokenizer;
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
    BytePairParts tokenizer = BytePairParts.ofBytes(text.bytesThatOccur());
    TrainingShape shape =
        new TrainingShape(
            options.layers(),
            options.heads(),
            options.dim(),
            WIDENING * options.dim(),
            options.context(),
            tokenizer.tokens().size(),
            EPSILON,
            true,
            0,
            options.context(),
            options.batch());
    GgufBuilder file = new GgufBuilder();
    TrainedFile.describe(file, shape);
    TrainedFile.describe(file, tokenizer);
    return new Beginning(shape, text.bytes(), new FreshWeights(random, shape.layers()), file);
  }

  private static Beginning known(
      Checkpoint checkpoint, TrainingText text, TrainingOptions options) {
    Gpt2Weights weights = Gpt2Weights.of(checkpoint);
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
    if (checkpoint instanceof HuggingFace) {
      TrainedFile.describe(file, parts(checkpoint, tokenizer).filledUpTo(shape.vocabSize()));
    } else {
      file.metadata(checkpoint.metadata().without("quantize.")); // no longer of these weights
    }
    TrainedFile.describe(file, shape);
    int[] ids = tokenizer.encode(text.characters(), true);
    return new Beginning(
        shape,
        new TrainingTokens(text.source(), ids.length, i -> ids[i]),
        p ->
            checkpoint
                .memory()
                .guarded(
                    () -> {
                      weights.read(p.name(), p.rows(), p.cols(), p.values());
                      return p;
                    }),
        file);
  }

  private static BytePairParts parts(Checkpoint checkpoint, Tokenizer tokenizer) {
    if (tokenizer instanceof BytePairTokenizer pairs) {
      return pairs.parts();
    }
    throw new LanewiseException(
        "%s: the tokenizer is no byte-pair encoding, as a GPT-2 has it; take a GGUF file that llama.cpp's converter made of the model"
            .formatted(checkpoint.file()));
  }
}
