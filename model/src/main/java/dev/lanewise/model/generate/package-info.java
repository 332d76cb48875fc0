/**
 * From a prompt to a text: the facade {@link dev.lanewise.model.generate.LanguageModel}, the
 * sampler, the only generation loop, and beam search. Knows nothing of the command line, of
 * servers, or of where model files come from.
 */
package dev.lanewise.model.generate;
