/**
 * Text to token ids and back: byte-pair, SentencePiece (byte-pair and unigram) and WordPiece
 * tokenizers, and the chat templates that lay out a conversation. {@code
 * LanguageModel.loadTokenizer} opens the tokenizer of any model by path; {@link
 * dev.lanewise.model.tokenizer.TokenizerFiles} those of the Hugging Face hub, {@link
 * dev.lanewise.model.tokenizer.PaddedBatch} makes rectangles of sequences. Must not know GGUF,
 * models or devices.
 */
package dev.lanewise.model.tokenizer;
