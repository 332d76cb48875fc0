package dev.lanewise.model.nn;

import dev.lanewise.kernels.AttentionMask;
import dev.lanewise.kernels.Kernels;

/** A block of a model that reads whole sequences, several at once and without a cache. */
public interface Block {
  /** ws.x = block(ws.x) for {@code batch} sequences of {@code length} tokens. */
  void forward(Kernels kernels, Workspace ws, AttentionMask mask, int batch, int length);
}
