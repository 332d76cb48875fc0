package dev.lanewise.model.task;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.Architectures;
import dev.lanewise.model.arch.TextEncoder;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.MappedFile;
import dev.lanewise.model.checkpoint.Metadata;
import dev.lanewise.model.generate.LanguageModel;
import dev.lanewise.model.tokenizer.Tokenizer;
import java.nio.file.Path;

/**
 * An encoder of texts with its tokenizer: what every task about texts begins with.
 *
 * <p>Immutable: any number of tasks, each in its own thread, may share it. Its weights are mapped
 * from the file and given back once the model is unreachable.
 *
 * @param encoder what turns tokens into hidden states and scores
 * @param tokenizer what turns text into tokens
 * @param metadata what the file says besides
 */
public record TextModel(TextEncoder encoder, Tokenizer tokenizer, Metadata metadata) {
  /**
   * Loads a model from what {@link Checkpoint#open} takes, with the tokenizer in the file or beside
   * it.
   *
   * @throws LanewiseException if it cannot be read, is damaged, has no tokenizer, or holds
   *     something else than a text encoder of a known architecture
   */
  public static TextModel load(Path path) {
    Checkpoint checkpoint = Checkpoint.open(path);
    return MappedFile.guarded(
        checkpoint.file(),
        () ->
            new TextModel(
                Architectures.loadTextEncoder(checkpoint),
                LanguageModel.tokenizer(checkpoint),
                checkpoint.metadata()));
  }
}
