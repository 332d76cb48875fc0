package dev.lanewise.model.task;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.StringTable;
import dev.lanewise.model.arch.Architectures;
import dev.lanewise.model.arch.EmbeddingConfig;
import dev.lanewise.model.arch.TextEncoder;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Metadata;
import dev.lanewise.model.generate.LanguageModel;
import dev.lanewise.model.tokenizer.TokenSequence;
import dev.lanewise.model.tokenizer.Tokenizer;
import dev.lanewise.model.tokenizer.Tokens;
import dev.lanewise.model.tokenizer.Truncation;
import java.nio.file.Path;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/**
 * An encoder of texts with its tokenizer: what every task about texts begins with.
 *
 * <p>To every task, special tokens that are written out in a text, such as {@code [SEP]}, are text
 * like any other, so that a text cannot pass for what the model's makers put around it; so they are
 * in words that callers put before texts, see {@link Embedder#prompt}. {@link MaskFiller} takes
 * masks, and no other.
 *
 * <p>Immutable: any number of tasks, each in its own thread, may share it. The memory of its
 * weights, which are mapped from the file or copied from it, is given back by {@link #close}, or
 * some time after the model has become unreachable.
 *
 * @param encoder what turns tokens into hidden states and scores
 * @param tokenizer what turns text into tokens
 * @param metadata what the file says besides
 */
public record TextModel(TextEncoder encoder, Tokenizer tokenizer, Metadata metadata)
    implements AutoCloseable {
  private static final String INPUTS = "tokenizer_config.model_input_names";
  private static final String TYPES = "token_type_ids";

  /**
   * Loads a model from what {@link Checkpoint#open} takes, with the tokenizer in the file or beside
   * it.
   *
   * @throws LanewiseException if it cannot be read, is damaged, has no tokenizer, or holds
   *     something else than a text encoder of a known architecture
   */
  public static TextModel load(Path path) {
    return Checkpoint.load(path, TextModel::of);
  }

  /**
   * The encoder in a checkpoint that is open already. To close it closes the checkpoint's memory.
   *
   * @throws LanewiseException if it has no tokenizer, or holds something else than a text encoder
   *     of a known architecture
   */
  public static TextModel of(Checkpoint checkpoint) {
    return checkpoint
        .memory()
        .guarded(
            () ->
                new TextModel(
                    Architectures.loadTextEncoder(checkpoint),
                    LanguageModel.tokenizer(checkpoint),
                    checkpoint.metadata()));
  }

  /**
   * Gives back the memory of the weights. Tasks that use the model, in whatever thread, end in an
   * {@link IllegalStateException} from now on.
   */
  @Override
  public void close() {
    encoder.close();
  }

  /**
   * A task with a model of its own, which the task closes, and all processors. If there is no such
   * task, the model is closed here.
   */
  static <T> T loadFor(Path path, BiFunction<TextModel, Integer, T> task) {
    TextModel model = load(path);
    try {
      return task.apply(model, Runtime.getRuntime().availableProcessors());
    } catch (RuntimeException | Error e) {
      model.close();
      throw e;
    }
  }

  /** Most tokens of a sequence: what the encoder takes, or less if the tokenizer says so. */
  int maxLength() {
    return Math.min(encoder.maxLength(), EmbeddingConfig.longest(metadata));
  }

  /**
   * Whether tokens have types, which tell the texts of a pair apart: not if the encoder knows but
   * one, or the tokenizer's configuration names what a model is given and leaves them out.
   */
  boolean takesTypes() {
    if (encoder.types() < 2 || !metadata.isArray(INPUTS)) {
      return encoder.types() > 1;
    }
    StringTable inputs = metadata.strings(INPUTS);
    return IntStream.range(0, inputs.size()).anyMatch(i -> inputs.get(i).equals(TYPES));
  }

  /**
   * What the model reads of a text, cut off if it is too long.
   *
   * @param number of the text, for the progress, which is told of a cut
   * @param maxLength most tokens, the sequence's own included
   */
  TokenSequence sequence(int number, String text, int maxLength, BatchProgress progress) {
    Tokens tokens = tokenizer.tokens(text);
    TokenSequence sequence = new Truncation(maxLength).sequence(tokenizer, tokens);
    int wanted = tokens.size() + tokenizer.ownTokens(1);
    if (sequence.size() < wanted) {
      progress.truncated(number, wanted, sequence.size());
    }
    return sequence;
  }

  /**
   * What the model reads of two texts, cut off if they are too long together.
   *
   * @param number of the pair, for the progress, which is told of a cut
   * @param cut which of both is cut off
   * @throws LanewiseException if what is cut off is too short to make room
   */
  TokenSequence sequence(
      int number, Tokens first, Tokens second, Truncation.Strategy cut, BatchProgress progress) {
    TokenSequence pair = new Truncation(maxLength(), cut).sequence(tokenizer, first, second);
    int wanted = first.size() + second.size() + tokenizer.ownTokens(2);
    if (pair.size() < wanted) {
      progress.truncated(number, wanted, pair.size());
    }
    return pair;
  }
}
