package dev.lanewise.model.tokenizer;

/** A growing list of tokens, with their ranges and words if wanted. */
final class TokenList {
  private final IntList ids;
  private final IntList starts;
  private final IntList ends;
  private final IntList words;
  private int word = -1;

  TokenList(int capacity, boolean aligned) {
    ids = new IntList(capacity);
    starts = aligned ? new IntList(capacity) : null;
    ends = aligned ? new IntList(capacity) : null;
    words = aligned ? new IntList(capacity) : null;
  }

  /** A word begins: what is appended from here on is part of it. */
  void beginWord() {
    word++;
  }

  /** Appends a token and its range. */
  void add(int id, int from, int to) {
    ids.add(id);
    if (starts != null) {
      starts.add(from);
      ends.add(to);
      words.add(word);
    }
  }

  int size() {
    return ids.size();
  }

  /** Drops the tokens from an index on. */
  void truncate(int size) {
    ids.truncate(size);
    if (starts != null) {
      starts.truncate(size);
      ends.truncate(size);
      words.truncate(size);
    }
  }

  /** Whether ranges are wanted. */
  boolean aligned() {
    return starts != null;
  }

  int start(int i) {
    return starts.get(i);
  }

  int end(int i) {
    return ends.get(i);
  }

  int id(int i) {
    return ids.get(i);
  }

  /** Says anew where a token lies. */
  void set(int i, int start, int end) {
    starts.set(i, start);
    ends.set(i, end);
  }

  /** Lets the last token end elsewhere. */
  void endLastAt(int end) {
    if (ends != null) {
      ends.set(size() - 1, end);
    }
  }

  int[] ids() {
    return ids.toArray();
  }

  Tokens tokens() {
    return new Tokens(ids.toArray(), starts.toArray(), ends.toArray(), words.toArray());
  }
}
