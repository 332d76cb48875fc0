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
 * @param pooler f(dense(x)) of the token that a head of sequences reads; null for none
 * @param headKind what the head scores
 * @param head null for none
 * @param labels the names of its classes, or nothing
 * @param dense layers that a pooled vector passes through
 */
record EncoderStack(
    FileMemory memory,
    BlockSizes sizes,
    RotaryEmbedding[] ropes,
    Block[] blocks,
    Norm norm,
    RelativePositions positions,
    Projections pooler,
    HeadKind headKind,
    Head head,
    List<String> labels,
    List<Projections> dense) {
  /** The name of the file, for messages. */
  String file() {
    return memory.file();
  }

  /** Buffers for so many tokens at a time. */
  Workspace workspace(int rows) {
    return new Workspace(rows, sizes.dim(), sizes.hiddenDim(), sizes.attention(), ropes);
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
