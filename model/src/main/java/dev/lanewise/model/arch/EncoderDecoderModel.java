package dev.lanewise.model.arch;

import dev.lanewise.kernels.Kernels;

/**
 * An encoder–decoder: it turns one text into another, and so translates or summarises. Its encoder
 * reads a source; its decoder is a language model of the texts that may come of it.
 */
public interface EncoderDecoderModel extends AutoCloseable {
  /** Number of tokens that a source may be made of. */
  int sourceVocabSize();

  /** The longest source, in tokens. */
  int sourceLength();

  /** Number of tokens that the decoder scores. */
  int vocabSize();

  /** The longest text that the decoder was made for, in tokens. */
  int contextLength();

  /** Width of the hidden states. */
  int dim();

  /** What a session holds for each token, of sources and of texts: its keys and values. */
  long bytesPerToken();

  /** How the checkpoint wants texts begun, continued and ended. */
  GenerationConfig generationConfig();

  /**
   * A fresh session.
   *
   * @param kernels what computes; used by this session alone
   * @param contextLength most tokens of a text
   * @throws dev.lanewise.model.LanewiseException if the length is not between 1 and the model's
   */
  Session newSession(Kernels kernels, int contextLength);

  /**
   * Gives back the memory of the weights, at once. Sessions end in an {@link IllegalStateException}
   * from now on.
   */
  @Override
  void close();

  /**
   * Texts in the making side by side, each of a source: every product with the weights serves all
   * of them. Belongs to one caller; not safe for use by several threads.
   */
  interface Session {
    /** Most tokens that a text can hold. */
    int contextLength();

    /**
     * Encodes a source, for texts that {@link #begin} adds.
     *
     * @param ids end-of-sequence token included if the model wants one
     * @return [ids.length × dim] what the encoder made of each token; the caller's
     * @throws dev.lanewise.model.LanewiseException if there is no token, or there are too many, or
     *     an id is out of range
     */
    float[] encode(int[] ids);

    /**
     * Adds texts that have no token yet, behind those that there are.
     *
     * @param count how many, all of the source encoded last
     * @throws dev.lanewise.model.LanewiseException if nothing was encoded, the count is below 1, or
     *     there are too many texts
     */
    void begin(int count);

    /**
     * Appends a token to each text and returns the logits that follow.
     *
     * @param ids one for each text, in their order; what is behind them does not count
     * @return [texts × vocabSize] or longer, overwritten by the next call
     * @throws dev.lanewise.model.LanewiseException if there is no text, an id is out of range or
     *     the context is full
     */
    float[] forward(int[] ids);

    /**
     * Puts others in the place of the texts, each of which goes on from what one of them holds.
     * Those from which nobody goes on are given up.
     *
     * @param parents for each new text, the present one whose source and tokens it takes over; what
     *     is behind {@code count} does not count
     * @param count of the new texts, not more than there are now
     */
    void reorder(int[] parents, int count);
  }
}
