package dev.lanewise.model.tokenizer;

/** The simple steps of pre-tokenization. */
final class WordSteps {
  /** White space parts words, and is in none. */
  static final WordStep SPACES =
      new SplitStep(
          Scan.runs(c -> CharacterClass.of(c) == CharacterClass.SPACE),
          SplitStep.Behaviour.REMOVED,
          false);

  /** Runs of word characters are words, and runs of others, but no white space. */
  static final WordStep WORDS =
      words ->
          new SplitStep(Scan.runs(CharacterClass::isWord), SplitStep.Behaviour.ISOLATED, false)
              .apply(SPACES.apply(words));

  /** BERT's words: white space parts them, and punctuation characters are words. */
  static final WordStep BERT =
      words -> punctuation(SplitStep.Behaviour.ISOLATED).apply(SPACES.apply(words));

  private WordSteps() {}

  /** Cuts at characters of punctuation; ASCII's symbols count. */
  static WordStep punctuation(SplitStep.Behaviour behaviour) {
    return new SplitStep(
        Scan.characters(
            c -> {
              int kind = CharacterClass.of(c);
              return kind == CharacterClass.PUNCTUATION
                  || (kind == CharacterClass.SYMBOL && c < 128);
            }),
        behaviour,
        false);
  }

  /** Cuts at digits, each of them or where they begin and end. */
  static WordStep digits(boolean each) {
    return new SplitStep(
        Scan.characters(c -> CharacterClass.of(c) == CharacterClass.NUMBER),
        each ? SplitStep.Behaviour.ISOLATED : SplitStep.Behaviour.CONTIGUOUS,
        false);
  }

  /** Puts a space before each stretch of text that does not begin with one. */
  static WordStep prefixSpace() {
    return words ->
        Words.rewritten(
            words,
            (text, from, to, out) -> {
              if (text.characters()[from] != ' ') {
                out.put(' ', from);
              }
              out.copy(from, to);
            });
  }
}
