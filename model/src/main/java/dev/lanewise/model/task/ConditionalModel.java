package dev.lanewise.model.task;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.Architectures;
import dev.lanewise.model.arch.EncoderDecoderModel;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Metadata;
import dev.lanewise.model.generate.LanguageModel;
import dev.lanewise.model.tokenizer.Tokenizer;
import java.nio.file.Path;

/**
 * An encoder–decoder with its tokenizer: what translation, summaries and other tasks that make one
 * text of another begin with.
 *
 * <p>Immutable: any number of tasks, each in its own thread, may share it. The memory of its
 * weights, which are mapped from the file or copied from it, is given back by {@link #close}, or
 * some time after the model has become unreachable.
 *
 * @param model what makes tokens of tokens
 * @param tokenizer what turns text into tokens and back
 * @param metadata what the file says besides
 */
public record ConditionalModel(EncoderDecoderModel model, Tokenizer tokenizer, Metadata metadata)
    implements AutoCloseable {
  /**
   * Loads a model from what {@link Checkpoint#open} takes, with the tokenizer in the file or beside
   * it.
   *
   * @throws LanewiseException if it cannot be read, is damaged, has no tokenizer, or holds
   *     something else than an encoder–decoder of a known architecture
   */
  public static ConditionalModel load(Path path) {
    return Checkpoint.load(path, ConditionalModel::of);
  }

  private static ConditionalModel of(Checkpoint checkpoint) {
    return new ConditionalModel(
        Architectures.loadEncoderDecoder(checkpoint),
        LanguageModel.tokenizer(checkpoint),
        checkpoint.metadata());
  }

  /**
   * Gives back the memory of the weights. Tasks that use the model, in whatever thread, end in an
   * {@link IllegalStateException} from now on.
   */
  @Override
  public void close() {
    model.close();
  }

  /** Whether it is a T5, which tells tasks apart by words before the text. */
  public boolean isT5() {
    return metadata.string("model_type", metadata.string("general.architecture", "")).equals("t5");
  }
}
