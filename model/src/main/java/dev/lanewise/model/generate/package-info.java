/**
 * From a prompt to a text: the facade {@link dev.lanewise.model.generate.LanguageModel}, the
 * sampler, beam search, and the loops of language models (one text) and of encoder–decoders (many
 * side by side). Knows nothing of the command line, or of where model files come from.
 */
package dev.lanewise.model.generate;
