package dev.lanewise.model.tokenizer;

/**
 * The regular expressions of pre-tokenizers, scanned by hand: each method says where the match that
 * starts at a character ends, and returns that character's own index if there is none. Nothing here
 * recurses or looks at more than the match and what follows it, unlike java.util.regex.
 */
final class WordScan {
  /** {@code (?i:'s|'t|'re|'ve|'m|'ll|'d)} is a word by itself. */
  static final int CONTRACTIONS = 1;

  /** Marks count as letters. */
  static final int MARKS = 2;

  /** Line ends belong to the punctuation before them. */
  static final int TAIL = 4;

  /** So do slashes. */
  static final int TAIL_SLASH = 8;

  /** A single line end or slash belongs to the punctuation before it. */
  static final int TAIL_ONE = 16;

  /** Words with single spaces between them are one. */
  static final int JOINED = 32;

  /** Marks are not punctuation either. */
  static final int UNMARKED = 64;

  /** Capitals and small letters are told by their categories. */
  static final int EXACT = 128;

  /** Numbers of any length. */
  static final int ANY = Integer.MAX_VALUE;

  private static final int LETTER = CharacterClass.LETTER;
  private static final int NUMBER = CharacterClass.NUMBER;
  private static final int MARK = CharacterClass.MARK;
  private static final int PUNCTUATION = CharacterClass.PUNCTUATION;
  private static final int SYMBOL = CharacterClass.SYMBOL;
  private static final int SPACE = CharacterClass.SPACE;

  private WordScan() {}

  /** The end of the characters of some classes from an index on. */
  static int run(int[] text, int at, int end, int classes) {
    int to = at;
    while (to < end && (CharacterClass.of(text[to]) & classes) != 0) {
      to++;
    }
    return to;
  }

  /**
   * GPT-2: {@code 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+}.
   * Radford et al., Language Models are Unsupervised Multitask Learners, 2019.
   */
  static int gpt2(int[] text, int at, int end) {
    int to = contraction(text, at, end, false);
    if (to > at) {
      return to;
    }
    int start = text[at] == ' ' && at + 1 < end ? at + 1 : at;
    int kind = CharacterClass.of(text[start]);
    if (kind == SPACE) {
      return space(text, at, end, false);
    }
    int classes = kind == LETTER || kind == NUMBER ? kind : ~(SPACE | LETTER | NUMBER);
    return run(text, start, end, classes);
  }

  /**
   * Llama 3 and its many relatives: {@code contractions|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,digits}|
   * ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+}.
   */
  static int llama(int[] text, int at, int end, int digits, int flags) {
    if ((flags & CONTRACTIONS) != 0) {
      int to = contraction(text, at, end, true);
      if (to > at) {
        return to;
      }
    }
    if (startsWord(text, at, end, letters(flags))) {
      return (flags & JOINED) != 0
          ? joinedWords(text, CharacterClass.of(text[at]) == LETTER ? at : at + 1, end)
          : run(text, at + 1, end, letters(flags));
    }
    return afterWords(text, at, end, digits, flags);
  }

  /**
   * GPT-4o, Tekken: words begin at capitals. {@code [^\r\n\p{L}\p{N}]?U*W+|[^\r\n\p{L}\p{N}]?U+W*}
   * where U is a letter other than a to z and W one other than A to Z, then a contraction if
   * wanted; the rest as {@link #llama}.
   */
  static int cased(int[] text, int at, int end, int digits, int flags) {
    int c = text[at];
    int kind = CharacterClass.of(c);
    int letters = letters(flags) | (flags & EXACT);
    boolean prefix = kind != LETTER && kind != NUMBER && c != '\r' && c != '\n';
    int to = prefix ? lowerEnd(text, at + 1, end, letters) : -1;
    if (to < 0) {
      to = lowerEnd(text, at, end, letters);
    }
    if (to < 0 && prefix) {
      to = upperEnd(text, at + 1, end, letters);
    }
    if (to < 0) {
      to = upperEnd(text, at, end, letters);
    }
    if (to >= 0) {
      return (flags & CONTRACTIONS) != 0 && to < end ? contraction(text, to, end, true) : to;
    }
    return afterWords(text, at, end, digits, flags);
  }

  /** As {@link #cased} where U and W are any letter or mark. */
  static int uncased(int[] text, int at, int end, int digits, int flags) {
    if (startsWord(text, at, end, LETTER | MARK)) {
      int to = run(text, at + 1, end, LETTER | MARK);
      return to < end ? contraction(text, to, end, true) : to;
    }
    return afterWords(text, at, end, digits, flags);
  }

  /**
   * DeepSeek-V3: {@code sign[A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+|
   * ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+}, a sign being ASCII's punctuation or symbols.
   */
  static int deepSeek(int[] text, int at, int end, int flags) {
    int c = text[at];
    int kind = CharacterClass.of(c);
    int next = at + 1 < end ? CharacterClass.of(text[at + 1]) : 0;
    boolean sign = (kind & (PUNCTUATION | SYMBOL)) != 0;
    if (sign && c < 128 && at + 1 < end && isAsciiLetter(text[at + 1])) {
      int to = at + 2;
      while (to < end && isAsciiLetter(text[to])) {
        to++;
      }
      return to;
    }
    if (kind == LETTER || kind == MARK) {
      return run(text, at + 1, end, LETTER | MARK);
    }
    if (!sign && c != '\r' && c != '\n' && (next & (LETTER | MARK)) != 0) {
      return run(text, at + 1, end, LETTER | MARK);
    }
    int start = c == ' ' ? at + 1 : at;
    int to = run(text, start, end, PUNCTUATION | SYMBOL);
    if (to > start) {
      return tail(text, to, end, flags);
    }
    return (flags & TAIL) != 0 || !isLineEnd(c)
        ? space(text, at, end, (flags & TAIL) != 0)
        : at + 1;
  }

  /**
   * Kimi K2: {@code [\p{Han}]+}, words of other letters with a character before and a contraction
   * behind them, numbers of at most three digits; the rest as {@link #llama}.
   */
  static int kimi(int[] text, int at, int end) {
    int to = CharacterRanges.HAN.run(text, at, end);
    if (to > at) {
      return to;
    }
    int c = text[at];
    int kind = CharacterClass.of(c);
    boolean prefix = kind != LETTER && kind != NUMBER && !isLineEnd(c);
    int start = prefix ? at + 1 : at;
    to = start;
    while (to < end
        && CharacterClass.of(text[to]) == LETTER
        && !CharacterRanges.HAN.contains(text[to])) {
      to++;
    }
    if (to > start) {
      return to < end ? contraction(text, to, end, true) : to;
    }
    return afterWords(text, at, end, 3, TAIL);
  }

  /** White space: {@code \s*[\r\n]+} if wanted, then {@code \s+(?!\S)|\s+}. */
  static int space(int[] text, int at, int end, boolean lineEnds) {
    int to = at;
    int line = at;
    while (to < end && CharacterClass.of(text[to]) == SPACE) {
      to++;
      if (text[to - 1] == '\n' || text[to - 1] == '\r') {
        line = to;
      }
    }
    if (lineEnds && line > at) {
      return line;
    }
    return to < end && to > at + 1 ? to - 1 : to;
  }

  /** {@code 's|'t|'re|'ve|'m|'ll|'d}, in either case if wanted. */
  private static int contraction(int[] text, int at, int end, boolean eitherCase) {
    if (text[at] != '\'' || at + 1 >= end) {
      return at;
    }
    int first = eitherCase ? lower(text[at + 1]) : text[at + 1];
    if (first == 's' || first == 't' || first == 'm' || first == 'd') {
      return at + 2;
    }
    if (at + 2 < end) {
      int second = eitherCase ? lower(text[at + 2]) : text[at + 2];
      if (((first == 'r' || first == 'v') && second == 'e') || (first == 'l' && second == 'l')) {
        return at + 3;
      }
    }
    return at;
  }

  /** Whether {@code [^\r\n\p{L}\p{N}]?[letters]+} matches. */
  private static boolean startsWord(int[] text, int at, int end, int letters) {
    int c = text[at];
    int kind = CharacterClass.of(c);
    if (kind == NUMBER || c == '\r' || c == '\n') {
      return false;
    }
    int next = at + 1 < end ? CharacterClass.of(text[at + 1]) : 0;
    return ((kind | next) & letters) != 0;
  }

  private static int letters(int flags) {
    return (flags & MARKS) != 0 ? LETTER | MARK : LETTER;
  }

  private static int afterWords(int[] text, int at, int end, int digits, int flags) {
    int kind = CharacterClass.of(text[at]);
    if (kind == NUMBER) {
      int limit = end - at > digits ? at + digits : end;
      return run(text, at, limit, NUMBER);
    }
    int start = text[at] == ' ' ? at + 1 : at;
    int none = SPACE | LETTER | NUMBER;
    if ((flags & UNMARKED) != 0) {
      none |= MARK;
    }
    int to = run(text, start, end, ~none);
    return to > start ? tail(text, to, end, flags) : space(text, at, end, true);
  }

  private static int tail(int[] text, int at, int end, int flags) {
    if ((flags & TAIL_ONE) != 0) {
      return at < end && (isLineEnd(text[at]) || text[at] == '/') ? at + 1 : at;
    }
    int to = at;
    while ((flags & TAIL) != 0
        && to < end
        && (isLineEnd(text[to]) || (text[to] == '/' && (flags & TAIL_SLASH) != 0))) {
      to++;
    }
    return to;
  }

  /** {@code (?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+} from a letter on. */
  private static int joinedWords(int[] text, int at, int end) {
    int to = at;
    while (true) {
      int letter = to < end && to > at && text[to] == ' ' ? to + 1 : to;
      if (letter >= end || CharacterClass.of(text[letter]) != LETTER) {
        return to;
      }
      to = run(text, letter + 1, end, MARK);
    }
  }

  /** {@code U*W+}, or −1. */
  private static int lowerEnd(int[] text, int at, int end, int letters) {
    int to = at;
    while (to < end && isUpper(text[to], letters)) {
      to++;
    }
    if (to < end && isLower(text[to], letters)) {
      do {
        to++;
      } while (to < end && isLower(text[to], letters));
      return to;
    }
    // U took every W there was: it gives back as much as W needs, one character.
    while (to > at && !isLower(text[to - 1], letters)) {
      to--;
    }
    return to > at ? to : -1;
  }

  /** {@code U+W*} where {@code U*W+} did not match, or −1. */
  private static int upperEnd(int[] text, int at, int end, int letters) {
    int to = at;
    while (to < end && isUpper(text[to], letters)) {
      to++;
    }
    return to > at ? to : -1;
  }

  private static boolean isUpper(int c, int letters) {
    return (CharacterClass.of(c) & letters) != 0
        && !(c >= 'a' && c <= 'z')
        && ((letters & EXACT) == 0 || Character.getType(c) != Character.LOWERCASE_LETTER);
  }

  private static boolean isLower(int c, int letters) {
    return (CharacterClass.of(c) & letters) != 0
        && !(c >= 'A' && c <= 'Z')
        && ((letters & EXACT) == 0
            || (Character.getType(c) != Character.UPPERCASE_LETTER
                && Character.getType(c) != Character.TITLECASE_LETTER));
  }

  private static boolean isAsciiLetter(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  private static boolean isLineEnd(int c) {
    return c == '\r' || c == '\n';
  }

  private static int lower(int c) {
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
  }
}
