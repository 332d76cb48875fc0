package dev.lanewise.model.tokenizer;

/** Finds tokens that are found before everything else, the longest at each place. */
final class SpecialTokens {
  /** What lies between special tokens. */
  @FunctionalInterface
  interface Rest {
    /** Takes a stretch of the text. */
    void accept(int from, int to);
  }

  private final Vocabulary vocabulary;
  private final PieceTrie trie;

  SpecialTokens(Vocabulary vocabulary, PieceTrie trie) {
    this.vocabulary = vocabulary;
    this.trie = trie;
  }

  /**
   * Cuts a text at its special tokens: these go to the list, with their ranges in the original;
   * what lies between them goes on, in order.
   */
  void cut(AlignedText text, SpecialRuns runs, TokenList out, Rest rest) {
    int[] characters = text.characters();
    int length = text.length();
    int start = 0;
    int at = 0;
    while (at < length) {
      int node = trie.child(0, characters[at]);
      int id = -1;
      int end = at;
      for (int i = at + 1; node != 0; i++) {
        int token = trie.token(node);
        if (token >= 0 && counts(token, text, at, i, runs)) {
          id = token;
          end = i;
        }
        node = i < length ? trie.child(node, characters[i]) : 0;
      }
      if (id < 0 || (vocabulary.isSingleWord(id) && !isSingleWord(characters, at, end, length))) {
        at = id < 0 ? at + 1 : end;
        continue;
      }
      int stop = at;
      while (vocabulary.stripsBefore(id)
          && stop > start
          && CharacterClass.isSpace(characters[stop - 1])) {
        stop--;
      }
      if (stop > start) {
        rest.accept(start, stop);
      }
      while (vocabulary.stripsAfter(id)
          && end < length
          && CharacterClass.isSpace(characters[end])) {
        end++;
      }
      out.beginWord();
      if (text.aligned()) {
        out.add(id, text.starts()[stop], text.ends()[end - 1]);
      } else {
        out.add(id, 0, 0);
      }
      at = end;
      start = end;
    }
    if (start < length) {
      rest.accept(start, length);
    }
  }

  private boolean counts(int token, AlignedText text, int from, int to, SpecialRuns runs) {
    return vocabulary.kind(token) == Vocabulary.USER_DEFINED || runs.allows(text, from, to);
  }

  private static boolean isSingleWord(int[] characters, int from, int to, int length) {
    return (from == 0 || !CharacterClass.isWord(characters[from - 1]))
        && (to == length || !CharacterClass.isWord(characters[to]));
  }
}
