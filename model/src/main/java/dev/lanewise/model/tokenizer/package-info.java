/**
 * Text to token ids and back: byte-pair, SentencePiece (byte-pair and unigram) and WordPiece
 * tokenizers, and the chat templates that lay out a conversation. {@code
 * LanguageModel.loadTokenizer} opens the tokenizer of any model by path; {@link
 * dev.lanewise.model.tokenizer.TokenizerFiles} those of the Hugging Face hub, {@link
 * dev.lanewise.model.tokenizer.PaddedBatch} makes rectangles of sequences. Must not know GGUF,
 * models or devices.
 *
 * <p>A text goes through a {@code Normaliser}, special tokens are cut out of it ({@code
 * SpecialTokens}), a {@code PreTokenizer} cuts the rest into words by its {@code WordStep}s, and
 * the tokenizer spells each word with pieces of its {@code Vocabulary}; a {@code SequenceTemplate}
 * says what stands around them, a {@code TokenDecoder} makes a text of them again. By the
 * beginnings of their names:
 *
 * <ul>
 *   <li>{@code Chat…}: conversations;
 *   <li>{@code Hub…}: what {@code tokenizer.json} and the files beside it say;
 *   <li>{@code Gguf…}: what GGUF files would say instead;
 *   <li>{@code Piece…}, {@code Merge…}: tables of pieces, and how they merge;
 *   <li>{@code Split…}: where patterns cut, by hand ({@code SplitRule}, with {@code WordScan}) or
 *       by {@code Regex…}, regular expressions as the hub's libraries understand them.
 * </ul>
 */
package dev.lanewise.model.tokenizer;
