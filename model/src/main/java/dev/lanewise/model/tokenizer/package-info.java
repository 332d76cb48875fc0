/**
 * Text to token ids and back: byte-pair, SentencePiece (byte-pair and unigram) and WordPiece
 * tokenizers, and the chat templates that lay out a conversation. Knows vocabularies as tables of
 * pieces and SentencePiece's own file; must not know other formats, models or devices.
 */
package dev.lanewise.model.tokenizer;
