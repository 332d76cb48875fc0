package dev.lanewise.model.tokenizer;

/**
 * A {@link CharacterMap} as the library tokenizers applies it: to a character with its marks if
 * they are short, else to each character; and of the matches the shortest, whose replacement stands
 * for all of what was looked at. SentencePiece itself takes the longest.
 */
record PrecompiledNormaliser(CharacterMap map) implements Normaliser {
  /** Longer clusters are taken apart at once. */
  private static final int MAX_CLUSTER_BYTES = 5;

  @Override
  public AlignedText apply(AlignedText text) {
    AlignedText.Writer out = new AlignedText.Writer(text);
    Source source = new Source(text);
    int[] characters = text.characters();
    for (int at = 0; at < text.length(); ) {
      int end = clusterEnd(characters, at, text.length());
      long match = end > at ? map.shortestMatch(characters, at, end) : -1;
      if (match >= 0) {
        replace(match, end - at, source, out);
        at = end;
        continue;
      }
      for (end = Math.max(end, at + 1); at < end; at++) {
        match = map.shortestMatch(characters, at, at + 1);
        if (match >= 0) {
          replace(match, 1, source, out);
        } else {
          out.put(characters[at], source.take());
        }
      }
    }
    return out.text();
  }

  /** Where a character with its marks ends; the index itself if that is too long. */
  private static int clusterEnd(int[] characters, int at, int length) {
    int end = at + 1;
    int bytes = Utf8.length(characters[at]);
    if (characters[at] == '\r' && end < length && characters[end] == '\n') {
      return end + 1;
    }
    if (isControl(characters[at])) {
      return end;
    }
    while (end < length && extendsCluster(characters[end])) {
      bytes += Utf8.length(characters[end++]);
      if (bytes > MAX_CLUSTER_BYTES) {
        return at;
      }
    }
    return end;
  }

  private static boolean isControl(int c) {
    return c < ' '
        || (c >= 0x7F && c < 0xA0)
        || (c > 0x300 && Character.getType(c) == Character.FORMAT);
  }

  private static boolean extendsCluster(int c) {
    return c >= 0x300
        && (CharacterClass.of(c) == CharacterClass.MARK
            || c == 0x200C
            || c == 0x200D
            || c == 0xFF9E
            || c == 0xFF9F
            || (c >= 0x1F3FB && c <= 0x1F3FF) // shades of emoji
            || c == 0x0E33 // Thai and Lao vowels that are written behind, but belong to a letter
            || c == 0x0EB3);
  }

  /** Where the next character of the output comes from. */
  private static final class Source {
    private final int last;
    private int next;

    Source(AlignedText text) {
      this.last = text.length() - 1;
    }

    int take() {
      return Math.min(last, next++);
    }

    int before() {
      return Math.max(0, Math.min(last, next - 1));
    }

    void skip(int count) {
      next += count;
    }
  }

  private void replace(long match, int replaced, Source source, AlignedText.Writer out) {
    int to = map.end(match);
    int written = 0;
    for (int i = CharacterMap.start(match); i < to; i += map.length(i, to)) {
      out.put(map.character(i, to), written < replaced ? source.take() : source.before());
      written++;
    }
    // What is dropped before anything was written is not noticed, and shifts the ranges after it.
    if (written < replaced && out.length() > 0) {
      source.skip(replaced - written);
    }
  }
}
