package dev.lanewise.model.arch;

import dev.lanewise.model.checkpoint.FileMemory;
import dev.lanewise.model.nn.Block;
import dev.lanewise.model.nn.Head;
import dev.lanewise.model.nn.Norm;
import dev.lanewise.model.nn.Projections;
import dev.lanewise.model.nn.RelativePositions;
import dev.lanewise.model.nn.RotaryEmbedding;
import dev.lanewise.model.nn.Workspace;
import java.util.List;

/**
 * What stands on the embedding of an encoder, of whatever was embedded.
 *
 * @param memory of the weights
 * @param ropes whose angles the embedding prepares; none where positions come otherwise
 * @param norm after the last block; null for none
 * @param positions added to the scores; null for none
 * @param heads what scores the states
 * @param dense layers that a pooled vector passes through
 */
record EncoderStack(
    FileMemory memory,
    BlockSizes sizes,
    RotaryEmbedding[] ropes,
    Block[] blocks,
    Norm norm,
    RelativePositions positions,
    Heads heads,
    List<Projections> dense) {
  /**
   * A pooler and a head.
   *
   * @param pooler f(dense(x)) of the token that a head of sequences reads; null for none
   * @param kind what the head scores
   * @param head null for none
   * @param labels the names of its classes, or nothing
   * @param pooling of the states that a head of sequences reads; null if it reads one token's
   */
  record Heads(Projections pooler, HeadKind kind, Head head, List<String> labels, Pooling pooling) {
    static final Heads NONE = new Heads(null, HeadKind.NONE, null, List.of(), null);

    /**
     * A head without a pooler.
     *
     * @param head null for none
     */
    static Heads of(HeadKind kind, Head head, Hyperparameters h) {
      return head == null
          ? NONE
          : new Heads(
              null, kind, head, kind.ofClasses() ? Labels.of(h, head.outputs()) : List.of(), null);
    }

    /**
     * The same with a pooler.
     *
     * @param pooler null for none
     */
    Heads with(Projections pooler) {
      return new Heads(pooler, kind, head, labels, pooling);
    }

    /** The same whose head of sequences reads the pooled states. */
    Heads with(Pooling pooling) {
      return new Heads(pooler, kind, head, labels, pooling);
    }
  }

  /** A stack on an embedding that knows of positions. */
  EncoderStack(
      FileMemory memory,
      BlockSizes sizes,
      Block[] blocks,
      Norm norm,
      Heads heads,
      List<Projections> dense) {
    this(memory, sizes, new RotaryEmbedding[0], blocks, norm, null, heads, dense);
  }

  /** The same whose positions turn queries and keys. */
  EncoderStack with(RotaryEmbedding[] ropes) {
    return new EncoderStack(memory, sizes, ropes, blocks, norm, positions, heads, dense);
  }

  /** The same whose positions are added to the scores. */
  EncoderStack with(RelativePositions positions) {
    return new EncoderStack(memory, sizes, ropes, blocks, norm, positions, heads, dense);
  }

  /** The name of the file, for messages. */
  String file() {
    return memory.file();
  }

  /** Buffers for so many tokens at a time. */
  Workspace workspace(int rows) {
    return new Workspace(rows, sizes.dim(), sizes.widestHiddenDim(), sizes.attention(), ropes);
  }

  /** What puts sequences into the residual stream. */
  @FunctionalInterface
  interface Embedding {
    /**
     * ws.x = the embedding of sequences, [count × length × dim].
     *
     * @param first the first of them
     */
    void embed(Workspace ws, int first, int count, int length);
  }
}
