package dev.lanewise.model.arch;

import dev.lanewise.model.StringTable;
import dev.lanewise.model.checkpoint.Metadata;

/**
 * Which blocks attend to a sliding window, where others attend to everything: the hub's files list
 * the type of each, GGUF's hold a list of truths, and either may give the period alone.
 */
final class SlidingLayers {
  /** The hub's key for what each block attends to. */
  static final String TYPES = "layer_types";

  private static final String PATTERN = "attention.sliding_window_pattern";

  private SlidingLayers() {}

  /**
   * Whether a block has the window.
   *
   * @param nLayers number of blocks
   * @param period of the blocks that attend to everything, where the file does not say it
   * @param first whether those stand at the start of each period, not at its end
   */
  static boolean contain(Hyperparameters h, int layer, int nLayers, int period, boolean first) {
    Metadata m = h.metadata();
    if (h.ofHub() && m.has(TYPES)) {
      return isListed(h, layer, nLayers);
    }
    if (m.isArray(h.key(PATTERN))) {
      boolean[] windowed = m.flags(h.key(PATTERN));
      if (windowed.length != nLayers) {
        throw h.wrong(PATTERN, "a list of " + windowed.length, "one of " + nLayers);
      }
      return windowed[layer];
    }
    int stated = h.size(PATTERN, period, Hyperparameters.MAX_LAYERS);
    return (first ? layer : layer + 1) % stated != 0;
  }

  /** Whether the hub's file lists a block as one with a window. */
  static boolean isListed(Hyperparameters h, int layer, int nLayers) {
    StringTable types = h.metadata().strings(TYPES);
    if (types.size() != nLayers) {
      throw h.wrong(
          TYPES, "a list of " + types.size(), "one of " + nLayers + ", a type for each block");
    }
    return types.get(layer).equals("sliding_attention");
  }
}
