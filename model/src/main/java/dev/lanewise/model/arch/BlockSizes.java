package dev.lanewise.model.arch;

import dev.lanewise.kernels.AttentionShape;

/** The sizes that the blocks of encoders and decoders have. */
interface BlockSizes {
  /** Width of the residual stream. */
  int dim();

  /** Width of the feed-forward layer. */
  int hiddenDim();

  /** The same where layers differ: what a row of the widest buffer has to hold. */
  default int widestHiddenDim() {
    return hiddenDim();
  }

  /** Number of blocks. */
  int nLayers();

  /** What all attention layers have in common. */
  AttentionShape attention();
}
