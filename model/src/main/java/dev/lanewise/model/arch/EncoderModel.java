package dev.lanewise.model.arch;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.FileMemory;
import java.util.List;

/**
 * An encoder with what stands on top of it: immutable weights that any number of sessions share. A
 * session, with the buffers of its caller, makes an {@link Encoding} of what it is given.
 */
public abstract sealed class EncoderModel implements AutoCloseable
    permits TextEncoder, ImageEncoder {
  private final EncoderStack stack;

  EncoderModel(EncoderStack stack) {
    this.stack = stack;
  }

  final EncoderStack stack() {
    return stack;
  }

  /** Width of the hidden states. */
  public final int dim() {
    return stack.sizes().dim();
  }

  /** Width of {@link Encoding#embeddings}: that of the hidden states, unless layers follow. */
  public final int embeddingDim() {
    return stack.dense().isEmpty() ? dim() : stack.dense().getLast().outputs();
  }

  /** Number of blocks. */
  public final int nLayers() {
    return stack.sizes().nLayers();
  }

  /** What the model was made to tell. */
  public final HeadKind head() {
    return stack.heads().kind();
  }

  /** Scores in a row of logits; 0 without a head. */
  public final int outputs() {
    return stack.heads().head() == null ? 0 : stack.heads().head().outputs();
  }

  /** The names of the classes that the head scores, or nothing if it scores something else. */
  public final List<String> labels() {
    return stack.heads().labels();
  }

  /** Width of {@link Encoding#poolerOutput}; 0 without a pooler. */
  public final int poolerWidth() {
    return stack.heads().pooler() == null ? 0 : stack.heads().pooler().outputs();
  }

  /**
   * Insists on what the model was made to tell.
   *
   * @throws LanewiseException if that is something else
   */
  public final void require(HeadKind wanted) {
    if (head() != wanted) {
      throw new LanewiseException(
          "%s has %s, but %s is needed; take a model that was made for it"
              .formatted(stack.file(), head().description(), wanted.description()));
    }
  }

  /**
   * Gives back the memory of the weights, see {@link FileMemory#close}: sessions, and other models
   * of the same checkpoint, compute no more.
   */
  @Override
  public final void close() {
    stack.memory().close();
  }
}
