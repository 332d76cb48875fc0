package dev.lanewise.model.tokenizer;

/** The simple steps of pre-tokenization. */
final class WordSteps {
  /** White space parts words, and is in none. */
  static final WordStep SPACES =
      new SplitStep(Scan.runs(CharacterClass::isSpace), SplitStep.Behaviour.REMOVED, false);

  /** Runs of word characters are words, and runs of others, but no white space. */
  static final WordStep WORDS =
      words ->
          new SplitStep(Scan.runs(CharacterClass::isWord), SplitStep.Behaviour.ISOLATED, false)
              .apply(SPACES.apply(words));

  /** BERT's words: white space parts them, and punctuation characters are words. */
  static final WordStep BERT =
      words -> punctuation(SplitStep.Behaviour.ISOLATED).apply(SPACES.apply(words));

  /** Spells words in GPT-2's byte characters. */
  static final WordStep BYTES =
      words ->
          Words.rewritten(
              words, (text, from, to, out) -> Normalisers.putBytes(text, from, to, out));

  private static final int PROLONGED_SOUND = 0x30FC;

  private WordSteps() {}

  /** Cuts words into stretches of so many characters, and a rest. */
  static WordStep lengths(int length) {
    return words -> {
      Words finer = new Words(words.text(), words.count() + words.text().length() / length);
      for (int i = 0; i < words.count(); i++) {
        int to = words.to(i);
        for (int from = words.from(i); from < to; from += Math.min(length, to - from)) {
          finer.add(from, from + Math.min(length, to - from));
        }
      }
      return finer;
    };
  }

  /**
   * Cuts words where the script changes; Kana counts as Han. Spaces and what has no script belong
   * to what is before them; at the beginning of a word they are dropped.
   */
  static Words scripts(Words words) {
    Words finer = new Words(words.text(), 2 * words.count());
    int[] text = words.text().characters();
    for (int i = 0; i < words.count(); i++) {
      Character.UnicodeScript last = null;
      int start = words.to(i);
      for (int at = words.from(i); at < words.to(i); at++) {
        Character.UnicodeScript script = script(text[at]);
        if (script != Character.UnicodeScript.UNKNOWN && script != last) {
          finer.add(start, at);
          start = at;
          last = script;
        }
      }
      finer.add(start, words.to(i));
    }
    return finer;
  }

  private static Character.UnicodeScript script(int character) {
    if (character == ' ') {
      return Character.UnicodeScript.UNKNOWN;
    }
    Character.UnicodeScript script = Character.UnicodeScript.of(character);
    boolean kana =
        script == Character.UnicodeScript.HIRAGANA
            || script == Character.UnicodeScript.KATAKANA
            || character == PROLONGED_SOUND;
    return kana ? Character.UnicodeScript.HAN : script;
  }

  /** Cuts at characters of punctuation; ASCII's symbols count. */
  static WordStep punctuation(SplitStep.Behaviour behaviour) {
    return new SplitStep(Scan.characters(CharacterClass::isPunctuation), behaviour, false);
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
