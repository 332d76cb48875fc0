package dev.lanewise.model.arch;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.model.checkpoint.FileMemory;

/**
 * A causal language model: immutable weights that any number of sessions share.
 *
 * <p>What a caller remembers between tokens (key/value cache, buffers) lives in a {@link Session}.
 */
public interface CausalModel extends AutoCloseable {
  /** Number of tokens that the model scores. */
  int vocabSize();

  /** The longest sequence the model was made for, in tokens. */
  int contextLength();

  /** Width of the hidden states. */
  int dim();

  /**
   * A fresh session.
   *
   * @param kernels what computes; used by this session alone
   * @param contextLength most tokens the session can hold; memory grows with it
   * @throws dev.lanewise.model.LanewiseException if the length is not between 1 and the model's
   */
  Session newSession(Kernels kernels, int contextLength);

  /**
   * One sequence in the making. Belongs to one caller; not safe for use by several threads. What
   * computes ends in an {@link IllegalStateException} if the model is closed.
   */
  interface Session {
    /** Tokens held so far. */
    int position();

    /** Most tokens this session can hold. */
    int contextLength();

    /**
     * Appends tokens and returns the logits that follow the last of them.
     *
     * @param ids token ids; those in {@code [from, to)} are appended
     * @return [vocabSize], owned by the session and overwritten by its next call
     * @throws dev.lanewise.model.LanewiseException if there is no token, an id is out of range or
     *     the context is full
     * @throws IndexOutOfBoundsException if there are no such ids
     */
    float[] forward(int[] ids, int from, int to);

    /**
     * Appends tokens and hands over the logits that follow each of them, in order.
     *
     * @param sink called once per appended token
     * @throws dev.lanewise.model.LanewiseException if an id is out of range or the context is full
     */
    void forwardAll(int[] ids, int from, int to, LogitsSink sink);

    /**
     * The residual stream after a number of blocks, for tokens that are not kept: what the model
     * thinks of each.
     *
     * @param ids token ids; those in {@code [from, to)} follow the tokens held
     * @param layers blocks to pass: 0 gives the embedding, all of them what the last norm receives
     * @return [to − from × dim]
     * @throws dev.lanewise.model.LanewiseException if an id is out of range, the context has no
     *     room, or there are not as many blocks
     */
    float[] hiddenStates(int[] ids, int from, int to, int layers);

    /**
     * Forgets the tokens from {@code position} on.
     *
     * @throws dev.lanewise.model.LanewiseException if fewer are held
     */
    void rewind(int position);
  }

  /**
   * Gives back the memory of the weights, see {@link FileMemory#close}: sessions, and other models
   * of the same checkpoint, compute no more. A model that has none does nothing.
   */
  @Override
  default void close() {}

  /** Receives logits row by row. */
  @FunctionalInterface
  interface LogitsSink {
    /**
     * The logits that follow the token at an index.
     *
     * @param index index of the token in the ids given
     * @param logits [vocabSize]; valid during the call only
     */
    void accept(int index, float[] logits);
  }
}
