package dev.lanewise.model.arch;

/**
 * What a language model remembers of a text.
 *
 * @param contextLength most tokens that the model was made for; 0 if it is no language model
 * @param bytesPerToken of keys and values in all blocks
 */
public record ContextCost(int contextLength, long bytesPerToken) {
  /** A model that remembers nothing from one text to the next. */
  static final ContextCost NONE = new ContextCost(0, 0);
}
