package dev.lanewise.model.tokenizer;

/**
 * One step of pre-tokenization: cuts a stretch of text at the matches of a pattern. What lies
 * between matches is a word too.
 *
 * <p>One switch serves all rules: a lambda for each would cost start-up time, also for rules that
 * are not used.
 */
enum SplitRule implements WordStep {
  /** GPT-2's words. */
  GPT2,
  /** Llama 3's words: numbers of at most three digits. */
  LLAMA3,
  /** nanochat's words: numbers of at most two digits. */
  NANOCHAT,
  /** Qwen 2's words: single digits. */
  QWEN2,
  /** Qwen 3.5's words: marks count as letters. */
  QWEN35,
  /** Qwen 2's words without contractions. */
  UNCONTRACTED,
  /** Seed Coder's words: punctuation takes no line end. */
  SEED_CODER,
  /** MiniCPM 5's words: numbers of any length. */
  LONG_NUMBERS,
  /** cl100k's words by its newer pattern: numbers of any length, the last white space whole. */
  CL100K,
  /** EXAONE MoE's words: spaces between single words do not part them. */
  JOINED_WORDS,
  /** Tekken's words, which begin at capitals: single digits. */
  TEKKEN,
  /** GPT-4o's words, which begin at capitals. */
  GPT4O,
  /** GPT-4o's words, where marks count as letters. */
  GPT4O_MARKS,
  /** GPT-4o's words, without regard to capitals. */
  GPT4O_UNCASED,
  /** GPT-4o's words, by the categories of letters: most of tokenizer.json's files. */
  GPT4O_EXACT,
  /** Tekken's words, by the categories of letters. */
  TEKKEN_EXACT,
  /** Youtu's words: GPT-4o's without regard to capitals, and single digits. */
  YOUTU,
  /** Kimi K2's words: Han characters stay among themselves. */
  KIMI,
  /** DeepSeek-V3's words. */
  DEEPSEEK3,
  /** Spark 2.5's words: line ends are words. */
  SPARK,
  /** {@code \p{N}}. */
  DIGIT,
  /** {@code \p{N}{1,3}}. */
  DIGITS_3,
  /** {@code \p{N}+}. */
  DIGITS,
  /** Three digits at a time, counted from the right. */
  DIGITS_FROM_RIGHT,
  /**
   * {@code \d{1,3}(?=(?:\d{3})*\b)}: the same for decimal digits, if no character of a word
   * follows.
   */
  DECIMALS_FROM_RIGHT,
  /** {@code (?=(\d{3})+(?!\d))} cuts before each three digits, counted from the right. */
  DECIMALS_BEFORE_THREES,
  /** The same for ASCII's digits alone. */
  DIGITS_BEFORE_THREES,
  /** {@code [0-9][0-9][0-9]}. */
  ASCII_DIGITS_3,
  /** {@code [\p{P}$+<=>^~|]+}. */
  PUNCTUATION,
  /** One character of punctuation, or an ASCII symbol. */
  PUNCTUATION_MARK,
  /** Chameleon's {@code <sentinel:[0-9]+>}. */
  SENTINEL,
  /** Chameleon's {@code IMGIMG[A-I]{1,4}Z}. */
  IMAGE,
  /** Chameleon's {@code [\t\n]| | }. */
  INDENT,
  /** {@code [\p{P}$+<=>^~|`]+}. */
  PUNCTUATION_BACKTICK,
  /** {@code [\r\n]}. */
  LINE_END,
  /** {@code [^\n]+|\n+}. */
  LINES,
  /** Cuts words of white space that end in no line end: 512, or the half of it, and so on. */
  HALVED_SPACES,
  /** {@code \s+$}. */
  TRAILING_SPACE,
  /** {@code \s+(?!\S)|\s+}: the last space before a word is a word of its own. */
  SPACES,
  /** {@code \s?\p{L}+}. */
  SPACE_LETTERS,
  /** {@code \s?\p{P}+}. */
  SPACE_PUNCTUATION,
  /** White space and letters that have case. */
  SPACE_CASED_LETTERS,
  /** White space and ASCII, fullwidth and general punctuation. */
  SPACE_SIGNS,
  /** {@code [一-龥ࠀ-一가-퟿]+}. */
  CJK,
  /** {@code [一-龥぀-ゟ゠-ヿ]+}. */
  HAN_KANA,
  /** Youtu's Hangul, East Asian punctuation, Bopomofo, and Han with Kana, each by itself. */
  EAST_ASIAN_RUNS,
  /** Scripts written without spaces. */
  UNSPACED_SCRIPTS,
  /** {@code ?[^(\s|.,!?…。，、।۔،)]+}. */
  BLOOM;

  @Override
  public Words apply(Words words) {
    int[] characters = words.text().characters();
    int count = words.count();
    Words finer = new Words(words.text(), Math.max(count + count / 4, words.text().length() / 4));
    for (int i = 0; i < count; i++) {
      split(characters, words.from(i), words.to(i), finer);
    }
    return finer;
  }

  /** Cuts {@code text[from, to)} into words. */
  private void split(int[] text, int from, int to, Words words) {
    if (isFromRight()) {
      splitDigitsFromRight(text, from, to, words);
      return;
    }
    if (this == TRAILING_SPACE) {
      int start = to;
      while (start > from && CharacterClass.isSpace(text[start - 1])) {
        start--;
      }
      words.add(from, start);
      words.add(start, to);
      return;
    }
    int at = from;
    while (at < to) {
      int start = at;
      int end = match(text, at, to);
      while (end == at && ++at < to) {
        end = match(text, at, to);
      }
      words.add(start, at);
      words.add(at, end);
      at = Math.max(at, end);
    }
  }

  /** Whether matches can be told piece by piece, so that {@link #match} knows them. */
  boolean matchesPieces() {
    return !isFromRight() && this != TRAILING_SPACE;
  }

  private boolean isFromRight() {
    return this == DIGITS_FROM_RIGHT
        || this == DECIMALS_FROM_RIGHT
        || this == DECIMALS_BEFORE_THREES
        || this == DIGITS_BEFORE_THREES;
  }

  /** Where the match that starts at an index ends; the index itself if there is none. */
  int match(int[] text, int at, int end) {
    int contracted = WordScan.CONTRACTIONS | WordScan.TAIL;
    int sliced = WordScan.TAIL | WordScan.TAIL_SLASH;
    int c = text[at];
    return switch (this) {
      case GPT2 -> WordScan.gpt2(text, at, end);
      case LLAMA3 -> WordScan.llama(text, at, end, 3, contracted);
      case NANOCHAT -> WordScan.llama(text, at, end, 2, contracted);
      case QWEN2 -> WordScan.llama(text, at, end, 1, contracted);
      case QWEN35 ->
          WordScan.llama(text, at, end, 1, contracted | WordScan.MARKS | WordScan.UNMARKED);
      case UNCONTRACTED -> WordScan.llama(text, at, end, 1, WordScan.TAIL);
      case SEED_CODER -> WordScan.llama(text, at, end, 1, WordScan.CONTRACTIONS);
      case LONG_NUMBERS -> WordScan.llama(text, at, end, WordScan.ANY, contracted);
      case CL100K ->
          WordScan.run(text, at, end, CharacterClass.SPACE) == end
              ? end
              : WordScan.llama(text, at, end, WordScan.ANY, contracted);
      case JOINED_WORDS ->
          WordScan.llama(
              text, at, end, 1, WordScan.CONTRACTIONS | WordScan.TAIL_ONE | WordScan.JOINED);
      case TEKKEN -> WordScan.cased(text, at, end, 1, sliced);
      case GPT4O -> WordScan.cased(text, at, end, 3, sliced | WordScan.CONTRACTIONS);
      case GPT4O_MARKS ->
          WordScan.cased(text, at, end, 3, sliced | WordScan.CONTRACTIONS | WordScan.MARKS);
      case GPT4O_UNCASED -> WordScan.uncased(text, at, end, 3, sliced);
      case GPT4O_EXACT ->
          WordScan.cased(
              text, at, end, 3, sliced | WordScan.CONTRACTIONS | WordScan.MARKS | WordScan.EXACT);
      case TEKKEN_EXACT ->
          WordScan.cased(text, at, end, 1, sliced | WordScan.MARKS | WordScan.EXACT);
      case YOUTU -> WordScan.uncased(text, at, end, 1, sliced);
      case HALVED_SPACES -> {
        int last = text[end - 1];
        boolean cut = CharacterClass.isSpace(last) && last != '\r' && last != '\n';
        yield cut ? at + Math.min(512, Integer.highestOneBit(end - at)) : end;
      }
      case KIMI -> WordScan.kimi(text, at, end);
      case DEEPSEEK3 -> WordScan.deepSeek(text, at, end, WordScan.TAIL);
      case SPARK -> WordScan.deepSeek(text, at, end, 0);
      case DIGIT -> WordScan.run(text, at, at + 1, CharacterClass.NUMBER);
      case DIGITS_3 -> WordScan.run(text, at, Math.min(at + 3, end), CharacterClass.NUMBER);
      case DIGITS -> WordScan.run(text, at, end, CharacterClass.NUMBER);
      case ASCII_DIGITS_3 ->
          at + 2 < end && isDigit(c) && isDigit(text[at + 1]) && isDigit(text[at + 2])
              ? at + 3
              : at;
      case PUNCTUATION_MARK -> at + (CharacterClass.isPunctuation(c) ? 1 : 0);
      case SENTINEL -> bracketed(text, at, end, "<sentinel:", '0', '9', Integer.MAX_VALUE, '>');
      case IMAGE -> bracketed(text, at, end, "IMGIMG", 'A', 'I', 4, 'Z');
      case INDENT -> {
        int to = at;
        while (to < end && to - at < 4 && text[to] == ' ') {
          to++;
        }
        yield c == '\t' || c == '\n' ? at + 1 : at + ((to - at) & ~1);
      }
      case LINE_END -> c == '\r' || c == '\n' ? at + 1 : at;
      case SPACE_LETTERS -> spaced(text, at, end, CharacterClass.LETTER);
      case SPACE_PUNCTUATION -> spaced(text, at, end, CharacterClass.PUNCTUATION);
      case SPACES -> CharacterClass.isSpace(c) ? WordScan.space(text, at, end, false) : at;
      case LINES -> {
        int to = at + 1;
        while (to < end && (text[to] == '\n') == (c == '\n')) {
          to++;
        }
        yield to;
      }
      case SPACE_CASED_LETTERS, SPACE_SIGNS -> {
        int start = CharacterClass.isSpace(c) ? at + 1 : at;
        int to = members(text, start, end);
        yield to > start ? to : at;
      }
      case BLOOM -> {
        int start = c == ' ' ? at + 1 : at;
        int to = members(text, start, end);
        yield to > start ? to : at;
      }
      case PUNCTUATION, PUNCTUATION_BACKTICK, CJK, HAN_KANA, UNSPACED_SCRIPTS ->
          members(text, at, end);
      case EAST_ASIAN_RUNS -> {
        int to = at;
        for (CharacterRanges kind : CharacterRanges.EAST_ASIAN) {
          to = to == at ? kind.run(text, at, end) : to;
        }
        yield to;
      }
      case DIGITS_FROM_RIGHT,
          DECIMALS_FROM_RIGHT,
          DECIMALS_BEFORE_THREES,
          DIGITS_BEFORE_THREES,
          TRAILING_SPACE ->
          throw new IllegalStateException(this + " is not matched piece by piece");
    };
  }

  /** The end of the characters that are in this rule's set. */
  private int members(int[] text, int at, int end) {
    int to = at;
    while (to < end && isMember(text[to])) {
      to++;
    }
    return to;
  }

  private boolean isMember(int c) {
    int kind = CharacterClass.of(c);
    return switch (this) {
      case PUNCTUATION -> kind == CharacterClass.PUNCTUATION || isSign(c);
      case PUNCTUATION_BACKTICK -> kind == CharacterClass.PUNCTUATION || isSign(c) || c == '`';
      case BLOOM -> kind != CharacterClass.SPACE && "(|.,!?…。，、।۔،)".indexOf(c) < 0;
      // White space is in none of the sets below, not even where their ranges span it.
      default -> kind != CharacterClass.SPACE && isListed(c);
    };
  }

  private boolean isListed(int c) {
    return switch (this) {
      case SPACE_CASED_LETTERS -> CharacterRanges.CASED_LETTERS.contains(c);
      case SPACE_SIGNS -> CharacterRanges.SIGNS.contains(c);
      case CJK -> CharacterRanges.CJK.contains(c);
      case HAN_KANA -> CharacterRanges.HAN_KANA.contains(c);
      default -> CharacterRanges.UNSPACED_SCRIPTS.contains(c);
    };
  }

  private static int spaced(int[] text, int at, int end, int kind) {
    int start = CharacterClass.isSpace(text[at]) ? at + 1 : at;
    int to = WordScan.run(text, start, end, kind);
    return to > start ? to : at;
  }

  /** A string, then 1 to {@code most} characters of a range, then a character. */
  private static int bracketed(
      int[] text, int at, int end, String open, char low, char high, int most, char close) {
    int to = at;
    for (int i = 0; i < open.length(); i++, to++) {
      if (to >= end || text[to] != open.charAt(i)) {
        return at;
      }
    }
    int first = to;
    while (to < end && to - first < most && text[to] >= low && text[to] <= high) {
      to++;
    }
    return to > first && to < end && text[to] == close ? to + 1 : at;
  }

  private boolean isCounted(int c) {
    return switch (this) {
      case DIGITS_FROM_RIGHT -> CharacterClass.of(c) == CharacterClass.NUMBER;
      case DECIMALS_FROM_RIGHT, DECIMALS_BEFORE_THREES -> RegexSets.isDigit(c);
      default -> isDigit(c);
    };
  }

  private void splitDigitsFromRight(int[] text, int from, int to, Words words) {
    boolean whole = this != DECIMALS_BEFORE_THREES && this != DIGITS_BEFORE_THREES;
    int start = from;
    int at = from;
    while (at < to) {
      int end = at;
      while (end < to && isCounted(text[end])) {
        end++;
      }
      boolean joined = this == DECIMALS_FROM_RIGHT && end < to && CharacterClass.isWord(text[end]);
      if (end == at || joined) {
        at = Math.max(end, at + 1);
        continue;
      }
      if (whole) {
        words.add(start, at);
        start = at;
      }
      for (at += (end - at) % 3; at < end; at += 3) {
        words.add(start, at);
        start = at;
      }
      if (whole) {
        words.add(start, end);
        start = end;
      }
    }
    words.add(start, to);
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isSign(int c) {
    return c == '$' || c == '+' || (c >= '<' && c <= '>') || c == '^' || c == '~' || c == '|';
  }
}
