package dev.lanewise.model.tokenizer;

import static java.util.Map.entry;

import java.util.Map;

/**
 * The regular expressions by which the Hugging Face hub's files cut texts into words, and the rules
 * that do the same by hand, and faster than {@link Regex}, which executes all others.
 */
final class SplitPatterns {
  private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
  private static final String LEAD = "[^\\r\\n\\p{L}\\p{N}]?";
  private static final String WORD = "|" + LEAD + "\\p{L}+|";
  private static final String SPACES = "|\\s+(?!\\S)|\\s+";
  private static final String LINES = "|\\s*[\\r\\n]+";
  private static final String TAIL = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*" + LINES + SPACES;
  private static final String SLASH_TAIL = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*" + LINES + SPACES;
  private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";

  /** Radford et al., Language Models are Unsupervised Multitask Learners, 2019. */
  private static final String GPT2 =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+" + SPACES;

  /** Qwen 2's. */
  static final String QWEN2 = CONTRACTIONS + WORD + "\\p{N}" + TAIL;

  /**
   * Parts that cl100k_base and its relatives spell otherwise, and that match the same. Oniguruma
   * takes the plus after {@code {1,3}} for a repetition, not as possessive.
   */
  private static final Map<String, String> PLAIN =
      Map.of(
          "'(?i:[sdmt]|ll|ve|re)",
          CONTRACTIONS,
          "'(?:[sdmt]|ll|ve|re)",
          "'s|'t|'re|'ve|'m|'ll|'d",
          LEAD + "+",
          LEAD,
          "[^\\s\\p{L}\\p{N}]++",
          "[^\\s\\p{L}\\p{N}]+",
          "\\p{L}++",
          "\\p{L}+",
          "\\p{N}++",
          "\\p{N}+",
          "\\p{N}{1,3}+",
          "\\p{N}+",
          "[\\r\\n]*+",
          "[\\r\\n]*",
          "|\\s++$|\\s+(?!\\S)|\\s",
          SPACES,
          "|\\s*[\\r\\n]" + SPACES,
          LINES + SPACES);

  /** DeepSeek-V3's, up to where Spark 2.5's parts from it. */
  private static final String SIGNED_WORDS =
      "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+"
          + "|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+";

  private static final Map<String, SplitRule> RULES =
      Map.ofEntries(
          entry(GPT2, SplitRule.GPT2),
          entry(CONTRACTIONS + WORD + "\\p{N}{1,3}" + TAIL, SplitRule.LLAMA3),
          entry(CONTRACTIONS + WORD + "\\p{N}{1,2}" + TAIL, SplitRule.NANOCHAT),
          entry(QWEN2, SplitRule.QWEN2),
          entry(
              CONTRACTIONS
                  + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}"
                  + "| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*"
                  + LINES
                  + SPACES,
              SplitRule.QWEN35),
          entry("[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}" + TAIL, SplitRule.UNCONTRACTED),
          entry(
              CONTRACTIONS + WORD + "\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\\r\\n]+" + LINES + SPACES,
              SplitRule.SEED_CODER),
          entry(CONTRACTIONS + WORD + "\\p{N}+" + TAIL, SplitRule.LONG_NUMBERS),
          entry(
              CONTRACTIONS
                  + "|"
                  + LEAD
                  + "(?:\\p{L}\\p{M}*(?: \\p{L}\\p{M}*)*)+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]?"
                  + LINES
                  + SPACES,
              SplitRule.JOINED_WORDS),
          entry(
              CONTRACTIONS
                  + WORD
                  + "\\p{N}+| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
                  + "|\\s++$|\\s*[\\r\\n]|\\s+(?!\\S)|\\s",
              SplitRule.CL100K),
          entry(cased(CONTRACTIONS + "?") + "|\\p{N}{1,3}" + SLASH_TAIL, SplitRule.GPT4O_EXACT),
          entry(cased("") + "|\\p{N}" + SLASH_TAIL, SplitRule.TEKKEN_EXACT),
          entry(SIGNED_WORDS + "[\\r\\n]*" + LINES + SPACES, SplitRule.DEEPSEEK3),
          entry("\\p{N}{1,3}(?=(?:\\p{N}{3})*(?!\\p{N}))", SplitRule.DIGITS_FROM_RIGHT),
          entry("\\d{1,3}(?=(?:\\d{3})*\\b)", SplitRule.DECIMALS_FROM_RIGHT),
          entry("(?=(\\d{3})+(?!\\d))", SplitRule.DECIMALS_BEFORE_THREES),
          entry("[^\\n]+|[\\n]+", SplitRule.LINES),
          entry("\\s+(?!\\S)|\\s+", SplitRule.SPACES),
          entry("<sentinel:[0-9]+>", SplitRule.SENTINEL),
          entry("(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z", SplitRule.IMAGE),
          entry("([\\t\\n]|    |  )", SplitRule.INDENT),
          entry(" ?[^(\\s|[.,!?…。，、।۔،])]+", SplitRule.BLOOM),
          entry("\\p{N}", SplitRule.DIGIT),
          entry("\\p{N}{1,3}", SplitRule.DIGITS_3),
          entry("\\p{N}+", SplitRule.DIGITS));

  private SplitPatterns() {}

  /** Words that begin at capitals, with what may follow them. */
  private static String cased(String suffix) {
    return LEAD + UPPER + "*" + LOWER + "+" + suffix + "|" + LEAD + UPPER + "+" + LOWER + "*"
        + suffix;
  }

  /** The rule that a regular expression describes, or null. */
  static SplitRule rule(String regex) {
    String plain = regex.replace("\r", "\\r").replace("\n", "\\n");
    for (Map.Entry<String, String> part : PLAIN.entrySet()) {
      plain = plain.replace(part.getKey(), part.getValue());
    }
    return RULES.get(plain);
  }
}
