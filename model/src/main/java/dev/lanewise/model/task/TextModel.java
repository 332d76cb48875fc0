package dev.lanewise.model.task;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.Architectures;
import dev.lanewise.model.arch.TextEncoder;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.FileMemory;
import dev.lanewise.model.checkpoint.Metadata;
import dev.lanewise.model.generate.LanguageModel;
import dev.lanewise.model.tokenizer.TokenSequence;
import dev.lanewise.model.tokenizer.Tokenizer;
import dev.lanewise.model.tokenizer.Tokens;
import dev.lanewise.model.tokenizer.Truncation;
import java.nio.file.Path;
import java.util.function.BiFunction;

/**
 * An encoder of texts with its tokenizer: what every task about texts begins with.
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
  /**
   * Loads a model from what {@link Checkpoint#open} takes, with the tokenizer in the file or beside
   * it.
   *
   * @throws LanewiseException if it cannot be read, is damaged, has no tokenizer, or holds
   *     something else than a text encoder of a known architecture
   */
  public static TextModel load(Path path) {
    return FileMemory.owned(path.toString(), memory -> of(Checkpoint.open(path, memory)));
  }

  private static TextModel of(Checkpoint checkpoint) {
    return new TextModel(
        Architectures.loadTextEncoder(checkpoint),
        LanguageModel.tokenizer(checkpoint),
        checkpoint.metadata());
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
}
