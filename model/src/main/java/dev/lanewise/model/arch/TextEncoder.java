package dev.lanewise.model.arch;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.nn.Embedding;
import dev.lanewise.model.nn.Projections;
import dev.lanewise.model.nn.RotaryEmbedding;
import dev.lanewise.model.nn.Workspace;
import java.util.Arrays;

/**
 * An encoder of texts: the embedding of tokens, and the blocks and the head on top of it. A decoder
 * can be one, if nothing is asked of it but what it thinks of texts that are there.
 */
public final class TextEncoder extends EncoderModel {
  /** In {@link Parts#padding}: every token counts as a position. */
  static final int NO_PADDING = -1;

  /**
   * How tokens are embedded: norm(scale · token + position + type).
   *
   * @param embedding of tokens and positions, and the norm of the sum
   * @param types [types × dim], or null for none
   * @param projection to the width of the blocks; null where the embedding is as wide
   * @param padding the token that takes its own number as position, while the others count on from
   *     behind it; {@link #NO_PADDING} where positions start at 0
   * @param maxLength the longest sequence, in tokens
   * @param read which token the pooler and a head of sequences read
   * @param shifted what a decoder among the blocks reads; null for none
   */
  record Parts(
      Embedding embedding,
      Matrix types,
      Projections projection,
      int padding,
      int maxLength,
      TokenRead read,
      Shifted shifted) {
    /** Without a projection and a decoder. */
    Parts(Embedding embedding, Matrix types, int padding, int maxLength, TokenRead read) {
      this(embedding, types, null, padding, maxLength, read, null);
    }
  }

  /**
   * A sequence as a decoder reads it, which is to tell each token from those before it: each stands
   * one further on, and the last is left out.
   *
   * @param embedding of the decoder
   * @param first the token that stands before the others; {@link #LAST} for the one left out
   */
  record Shifted(Embedding embedding, int first) {
    static final int LAST = -1;
  }

  /** Chooses a token of a sequence. */
  @FunctionalInterface
  interface TokenRead {
    /** BERT's: a token that was added for the purpose. */
    TokenRead FIRST = (_, _, _) -> 0;

    /**
     * The number of the token in its sequence; -1 if there is none such.
     *
     * @param ids the sequence's are those in {@code [from, from + tokens)}
     */
    int of(int[] ids, int from, int tokens);
  }

  private final Parts parts;

  TextEncoder(Parts parts, EncoderStack stack) {
    super(stack);
    this.parts = parts;
  }

  /** Number of tokens that the model knows. */
  public int vocabSize() {
    return parts.embedding().vocabSize();
  }

  /** The longest sequence, in tokens. */
  public int maxLength() {
    return parts.maxLength();
  }

  /** Number of types that tokens may have: 2 where pairs of texts are told apart. */
  public int types() {
    return parts.types() == null ? 1 : parts.types().rows();
  }

  /**
   * A fresh session.
   *
   * @param kernels what computes; used by this session alone
   */
  public Session newSession(Kernels kernels) {
    return new Session(kernels);
  }

  /** The buffers of one caller; not safe for use by several threads. */
  public final class Session {
    private final Kernels kernels;
    private final Encoding encoding;
    private final EncoderStack.Embedding embedding = this::embed;
    private TokenBatch batch;
    private int[] ids = {};
    private int[] positions = {};
    private int[] types = {};

    private Session(Kernels kernels) {
      this.kernels = kernels;
      encoding = new Encoding(stack(), kernels);
    }

    /**
     * Encodes sequences of tokens.
     *
     * @return valid until the next call
     * @throws LanewiseException if a sequence is too long, or an id or a type is out of range
     */
    public Encoding encode(TokenBatch batch) {
      hold(batch);
      int[] read = new int[batch.sequences()];
      for (int i = 0; i < read.length; i++) {
        read[i] = parts.read().of(batch.ids(), i * batch.length(), batch.lengths()[i]);
      }
      encoding.run(embedding, batch.lengths(), batch.length(), read);
      return encoding;
    }

    /**
     * The residual stream after a number of blocks: what the model thinks of each token.
     *
     * @param layers blocks to pass: 0 gives the embedding, all of them what the last norm receives
     * @return [sequences × length × dim], 0 where there is padding
     * @throws LanewiseException as {@link #encode} does, or if there are not as many blocks
     */
    public float[] hiddenStates(TokenBatch batch, int layers) {
      hold(batch);
      return encoding.states(embedding, batch.lengths(), batch.length(), layers);
    }

    private void hold(TokenBatch batch) {
      for (int i = 0; i < batch.sequences(); i++) {
        int tokens = batch.lengths()[i];
        if (tokens > maxLength()) {
          throw new LanewiseException(
              "sequence %d has %d tokens, but %s reads at most %d; shorten the text"
                  .formatted(i, tokens, stack().file(), maxLength()));
        }
        for (int t = 0; t < tokens; t++) {
          int at = i * batch.length() + t;
          check("id", batch.ids()[at], vocabSize(), i, t);
          check("type", batch.types() == null ? 0 : batch.types()[at], types(), i, t);
        }
      }
      this.batch = batch;
    }

    private void check(String what, int number, int limit, int sequence, int token) {
      if (number < 0 || number >= limit) {
        throw new LanewiseException(
            "token %s %d, token %d of sequence %d, is out of range: %s knows 0 to %d"
                .formatted(what, number, token, sequence, stack().file(), limit - 1));
      }
    }

    private void embed(Workspace ws, int first, int count, int length) {
      int rows = count * length;
      if (ids.length < rows) {
        ids = new int[ws.rows];
        positions = new int[ws.rows];
        types = new int[ws.rows];
      }
      for (int i = 0; i < count; i++) {
        look(first + i, i * length, length);
        for (RotaryEmbedding rope : stack().ropes()) {
          rope.prepare(0, i * length, length, batch.lengths()[first + i], ws);
        }
      }
      Projections projection = parts.projection();
      embed(parts.embedding(), parts.types(), ws, projection == null ? ws.x : ws.normed, rows);
      if (projection != null) {
        projection.forward(kernels, ws.normed, new float[][] {ws.x}, rows);
      }
      if (parts.shifted() != null) {
        for (int i = 0; i < count; i++) {
          shift(i * length, batch.lengths()[first + i]);
        }
        embed(parts.shifted().embedding(), null, ws, ws.second(), rows);
      }
    }

    private void embed(Embedding embedding, Matrix types, Workspace ws, float[] x, int rows) {
      kernels.gather(embedding.tokens(), ids, x, rows);
      if (embedding.scale() != 1) {
        for (int i = 0; i < rows * embedding.tokens().cols(); i++) {
          x[i] *= embedding.scale();
        }
      }
      add(embedding.positions(), positions, ws, x, rows);
      add(types, this.types, ws, x, rows);
      if (embedding.norm() != null) {
        embedding.norm().forward(kernels, x, x, rows);
      }
    }

    private void add(Matrix table, int[] numbers, Workspace ws, float[] x, int rows) {
      if (table != null) {
        kernels.gather(table, numbers, ws.out, rows);
        kernels.add(ws.out, x, rows * table.cols());
      }
    }

    private void shift(int from, int tokens) {
      int first = parts.shifted().first();
      int last = ids[from + tokens - 1];
      System.arraycopy(ids, from, ids, from + 1, tokens - 1);
      ids[from] = first == Shifted.LAST ? last : first;
    }

    /** Ids, positions and types of a sequence from {@code to} on; all 0 for padding. */
    private void look(int sequence, int to, int length) {
      int tokens = batch.lengths()[sequence];
      int from = sequence * batch.length();
      int counted = 0;
      for (int t = 0; t < tokens; t++) {
        int id = batch.ids()[from + t];
        counted += id == parts.padding() ? 0 : 1;
        ids[to + t] = id;
        positions[to + t] = id == parts.padding() ? id : parts.padding() + counted;
        types[to + t] = batch.types() == null ? 0 : batch.types()[from + t];
      }
      Arrays.fill(ids, to + tokens, to + length, 0);
      Arrays.fill(positions, to + tokens, to + length, 0);
      Arrays.fill(types, to + tokens, to + length, 0);
    }
  }
}
