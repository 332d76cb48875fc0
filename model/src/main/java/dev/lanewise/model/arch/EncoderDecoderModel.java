package dev.lanewise.model.arch;

import dev.lanewise.kernels.Kernels;

/**
 * An encoder–decoder: it turns one text into another, and so translates or summarises. Once a
 * source was encoded, its decoder is a language model of the texts that may come of it.
 */
public interface EncoderDecoderModel extends CausalModel {
  /** Number of tokens that a source may be made of. */
  int sourceVocabSize();

  /** The longest source, in tokens. */
  int sourceLength();

  /** How the checkpoint wants texts begun, continued and ended. */
  GenerationConfig generationConfig();

  @Override
  Session newSession(Kernels kernels, int contextLength);

  /** One source, and what is made of it. Belongs to one caller. */
  interface Session extends CausalModel.Session {
    /**
     * Encodes a source and keeps what the decoder asks of it, two rows of keys and values for each
     * token and layer. Tokens held of an earlier source's text are forgotten.
     *
     * @param ids end-of-sequence token included if the model wants one
     * @return [ids.length × dim] what the encoder made of each token; the caller's
     * @throws dev.lanewise.model.LanewiseException if there is no token, or there are too many, or
     *     an id is out of range
     */
    float[] encode(int[] ids);

    /**
     * Several texts in the making at once, all of the source encoded last; none has a token yet.
     * They have caches of their own, {@code count} times what the session holds, and are good until
     * the session encodes another source or this is called again.
     *
     * @throws dev.lanewise.model.LanewiseException if nothing was encoded or the count is below 1
     */
    Hypotheses hypotheses(int count);
  }

  /** Texts of the same length in the making, for beam search. */
  interface Hypotheses {
    /** Tokens that each holds so far. */
    int position();

    /**
     * Appends a token to each and returns the logits that follow.
     *
     * @param ids one for each hypothesis
     * @return [count × vocabSize], overwritten by the next call
     * @throws dev.lanewise.model.LanewiseException if an id is out of range or the context is full
     */
    float[] forward(int[] ids);

    /**
     * Lets each go on from what another one holds.
     *
     * @param parents for each hypothesis, the one whose tokens it takes over
     */
    void reorder(int[] parents);
  }
}
