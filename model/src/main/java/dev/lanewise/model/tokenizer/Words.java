package dev.lanewise.model.tokenizer;

/** A text cut into words: the text, and where each word begins and ends in it. */
final class Words {
  /** Spells a word anew. */
  @FunctionalInterface
  interface Rewriting {
    void write(AlignedText text, int from, int to, AlignedText.Writer out);
  }

  private final AlignedText text;
  private final IntList bounds;

  /** A text with no words yet. */
  Words(AlignedText text, int capacity) {
    this(text, new IntList(2 * capacity));
  }

  private Words(AlignedText text, IntList bounds) {
    this.text = text;
    this.bounds = bounds;
  }

  /** A text that is one word, or none if it is empty. */
  static Words whole(AlignedText text) {
    Words words = new Words(text, 1);
    words.add(0, text.length());
    return words;
  }

  /** The same words, each spelled anew. */
  static Words rewritten(Words words, Rewriting rewriting) {
    AlignedText.Writer out = new AlignedText.Writer(words.text);
    IntList bounds = new IntList(2 * words.count());
    for (int i = 0; i < words.count(); i++) {
      bounds.add(out.length());
      rewriting.write(words.text, words.from(i), words.to(i), out);
      bounds.add(out.length());
    }
    return new Words(out.text(), bounds);
  }

  /** Appends a word, unless it is empty. */
  void add(int from, int to) {
    if (from < to) {
      bounds.add(from);
      bounds.add(to);
    }
  }

  /** Lets the last word end elsewhere. */
  void extend(int to) {
    bounds.set(bounds.size() - 1, to);
  }

  AlignedText text() {
    return text;
  }

  int count() {
    return bounds.size() / 2;
  }

  int from(int word) {
    return bounds.get(2 * word);
  }

  int to(int word) {
    return bounds.get(2 * word + 1);
  }
}
