package dev.lanewise.model.tokenizer;

import java.util.Map;

/**
 * One step of pre-tokenization: cuts a stretch of text at the matches of a pattern. What lies
 * between matches is a piece too.
 */
enum SplitRule implements WordStep, Scan {
  /** GPT-2's words. */
  GPT2,
  /** Llama 3's words: numbers of at most three digits. */
  LLAMA3,
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
  /** DeepSeek-V3's words. */
  DEEPSEEK3,
  /** {@code \p{N}}. */
  DIGIT,
  /** {@code \p{N}{1,3}}. */
  DIGITS_3,
  /** {@code \p{N}+}. */
  DIGITS,
  /** Three digits at a time, counted from the right. */
  DIGITS_FROM_RIGHT,
  /** {@code [0-9][0-9][0-9]}. */
  ASCII_DIGITS_3,
  /** {@code [\p{P}$+<=>^~|]+}. */
  PUNCTUATION,
  /** {@code [\p{P}$+<=>^~|`]+}. */
  PUNCTUATION_BACKTICK,
  /** {@code [\r\n]}. */
  LINE_END,
  /** {@code [^\n]+|\n+}. */
  LINES,
  /** {@code \s+$}. */
  TRAILING_SPACE,
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
  /** Scripts written without spaces. */
  UNSPACED_SCRIPTS,
  /** {@code ?[^(\s|.,!?…。，、।۔،)]+}. */
  BLOOM;

  /** The rule that a regular expression of the Hugging Face hub's files describes, or null. */
  static SplitRule ofPattern(String regex) {
    String contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    String tail = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    String slashTail = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    String word = "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|";
    String upper = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
    String lower = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
    String lead = "[^\\r\\n\\p{L}\\p{N}]?";
    String marked =
        "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*"
            + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    Map<String, SplitRule> rules =
        Map.ofEntries(
            Map.entry(
                "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+|"
                    + " ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
                GPT2),
            Map.entry(contractions + word + "\\p{N}{1,3}" + tail, LLAMA3),
            Map.entry(contractions + word + "\\p{N}" + tail, QWEN2),
            Map.entry(contractions + marked, QWEN35),
            Map.entry(
                lead
                    + upper
                    + "*"
                    + lower
                    + "+"
                    + contractions
                    + "?|"
                    + lead
                    + upper
                    + "+"
                    + lower
                    + "*"
                    + contractions
                    + "?|\\p{N}{1,3}"
                    + slashTail,
                GPT4O),
            Map.entry(
                lead
                    + upper
                    + "*"
                    + lower
                    + "+|"
                    + lead
                    + upper
                    + "+"
                    + lower
                    + "*|\\p{N}"
                    + slashTail,
                TEKKEN),
            Map.entry(
                "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+"
                    + "|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*"
                    + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
                DEEPSEEK3),
            Map.entry("\\p{N}{1,3}(?=(?:\\p{N}{3})*(?!\\p{N}))", DIGITS_FROM_RIGHT),
            Map.entry("[^\\n]+|[\\n]+", LINES),
            Map.entry("\\p{N}", DIGIT),
            Map.entry("\\p{N}{1,3}", DIGITS_3),
            Map.entry("\\p{N}+", DIGITS));
    return rules.get(regex.replace("\r", "\\r").replace("\n", "\\n"));
  }

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
    if (this == DIGITS_FROM_RIGHT) {
      splitDigitsFromRight(text, from, to, words);
      return;
    }
    if (this == TRAILING_SPACE) {
      int start = to;
      while (start > from && CharacterClass.of(text[start - 1]) == CharacterClass.SPACE) {
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

  @Override
  public int match(int[] text, int at, int end) {
    int contracted = WordScan.CONTRACTIONS | WordScan.TAIL;
    int sliced = WordScan.TAIL | WordScan.TAIL_SLASH;
    int c = text[at];
    return switch (this) {
      case GPT2 -> WordScan.gpt2(text, at, end);
      case LLAMA3 -> WordScan.llama(text, at, end, 3, contracted);
      case QWEN2 -> WordScan.llama(text, at, end, 1, contracted);
      case QWEN35 ->
          WordScan.llama(text, at, end, 1, contracted | WordScan.MARKS | WordScan.UNMARKED);
      case UNCONTRACTED -> WordScan.llama(text, at, end, 1, WordScan.TAIL);
      case SEED_CODER -> WordScan.llama(text, at, end, 1, WordScan.CONTRACTIONS);
      case LONG_NUMBERS -> WordScan.llama(text, at, end, WordScan.ANY, contracted);
      case JOINED_WORDS ->
          WordScan.llama(
              text, at, end, 1, WordScan.CONTRACTIONS | WordScan.TAIL_ONE | WordScan.JOINED);
      case TEKKEN -> WordScan.cased(text, at, end, 1, sliced);
      case GPT4O -> WordScan.cased(text, at, end, 3, sliced | WordScan.CONTRACTIONS);
      case GPT4O_MARKS ->
          WordScan.cased(text, at, end, 3, sliced | WordScan.CONTRACTIONS | WordScan.MARKS);
      case GPT4O_UNCASED -> WordScan.uncased(text, at, end, 3, sliced);
      case DEEPSEEK3 -> WordScan.deepSeek(text, at, end);
      case DIGIT -> WordScan.run(text, at, at + 1, CharacterClass.NUMBER);
      case DIGITS_3 -> WordScan.run(text, at, Math.min(at + 3, end), CharacterClass.NUMBER);
      case DIGITS -> WordScan.run(text, at, end, CharacterClass.NUMBER);
      case ASCII_DIGITS_3 ->
          at + 2 < end && isDigit(c) && isDigit(text[at + 1]) && isDigit(text[at + 2])
              ? at + 3
              : at;
      case LINE_END -> c == '\r' || c == '\n' ? at + 1 : at;
      case SPACE_LETTERS -> spaced(text, at, end, CharacterClass.LETTER);
      case SPACE_PUNCTUATION -> spaced(text, at, end, CharacterClass.PUNCTUATION);
      case LINES -> {
        int to = at + 1;
        while (to < end && (text[to] == '\n') == (c == '\n')) {
          to++;
        }
        yield to;
      }
      case SPACE_CASED_LETTERS, SPACE_SIGNS -> {
        boolean space = CharacterClass.of(c) == CharacterClass.SPACE;
        int start = space ? at + 1 : at;
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
      case DIGITS_FROM_RIGHT, TRAILING_SPACE ->
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
    int start = CharacterClass.of(text[at]) == CharacterClass.SPACE ? at + 1 : at;
    int to = WordScan.run(text, start, end, kind);
    return to > start ? to : at;
  }

  private static void splitDigitsFromRight(int[] text, int from, int to, Words words) {
    int start = from;
    int at = from;
    while (at < to) {
      int end = WordScan.run(text, at, to, CharacterClass.NUMBER);
      if (end == at) {
        at++;
        continue;
      }
      words.add(start, at);
      start = at;
      at += (end - at) % 3;
      words.add(start, at);
      for (; at < end; at += 3) {
        words.add(at, at + 3);
      }
      start = at;
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
