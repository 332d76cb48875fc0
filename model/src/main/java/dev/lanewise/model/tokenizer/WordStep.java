package dev.lanewise.model.tokenizer;

/** One step of pre-tokenization: cuts words finer, drops parts of them or spells them anew. */
@FunctionalInterface
interface WordStep {
  Words apply(Words words);
}
