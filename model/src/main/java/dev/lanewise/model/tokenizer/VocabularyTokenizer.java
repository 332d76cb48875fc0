package dev.lanewise.model.tokenizer;

import java.util.Objects;

/** What tokenizers answer from a {@link Vocabulary} alone. */
abstract sealed class VocabularyTokenizer implements Tokenizer
    permits MarianTokenizer, PieceTokenizer {
  private final Vocabulary vocabulary;

  VocabularyTokenizer(Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
  }

  final Vocabulary vocabulary() {
    return vocabulary;
  }

  @Override
  public final String piece(int id) {
    return vocabulary.pieces().get(vocabulary.checked(id));
  }

  @Override
  public final int vocabSize() {
    return vocabulary.size();
  }

  @Override
  public final int beginOfSequence() {
    return vocabulary.begin();
  }

  @Override
  public final boolean isEndOfGeneration(int id) {
    return vocabulary.isEnd(id);
  }

  @Override
  public final TokenSequence sequence(Tokens text) {
    return vocabulary.template().sequence(text, null);
  }

  @Override
  public final TokenSequence sequence(Tokens first, Tokens second) {
    return vocabulary.template().sequence(first, Objects.requireNonNull(second, "second"));
  }

  @Override
  public final int ownTokens(int texts) {
    return vocabulary.template().ownTokens(texts);
  }

  @Override
  public final boolean cutsBeginnings() {
    return vocabulary.cutsBeginnings();
  }

  @Override
  public final int[] withSequenceTokens(int[] ids) {
    return vocabulary.template().around(ids);
  }

  @Override
  public final int[] prompt(int[] ids) {
    return vocabulary.template().prompt(ids);
  }

  @Override
  public final int id(String piece) {
    return vocabulary.find(piece);
  }
}
