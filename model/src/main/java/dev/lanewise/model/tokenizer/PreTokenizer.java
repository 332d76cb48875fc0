package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How a byte-pair vocabulary wants texts cut into words before pairs are merged, known by the name
 * that GGUF gives it in {@code tokenizer.ggml.pre}. Names and patterns are those of llama.cpp
 * (llama-vocab.cpp), which takes the patterns from the models' own tokenizer files.
 */
public final class PreTokenizer {
  /** Merges are not consulted for words that are pieces as they stand. */
  static final int WHOLE_WORDS = 1;

  /** A begin-of-sequence token comes first unless the file says otherwise. */
  private static final int BEGINS = 2;

  /** Pieces are spelled in UTF-8, spaces as U+2581, instead of GPT-2's byte characters. */
  static final int RAW = 4;

  /** Runs of line ends that are pieces are not merged from shorter ones. */
  private static final int WHOLE_LINES = 8;

  /** White space is in no token's range. */
  static final int TRIM = 16;

  /** But a space before the first token is. */
  static final int TRIM_ALL_BUT_FIRST = 32;

  /** A text is one word. */
  static final PreTokenizer NONE = new PreTokenizer(RAW, List.of());

  /** BERT's words: cut at white space and punctuation. */
  static final PreTokenizer BERT = new PreTokenizer(RAW, List.of(WordSteps.BERT));

  /** The pre-tokenizers that have names, made when the first is asked for. */
  private static final class Named {
    private static final Map<String, PreTokenizer> ALL = new LinkedHashMap<>();

    static {
      // The oldest conversions, whose words are much like Falcon's.
      add(
          "default",
          0,
          SplitRule.PUNCTUATION,
          SplitRule.GPT2,
          SplitRule.DIGITS,
          SplitRule.ASCII_DIGITS_3);
      add(
          "gpt-2 phi-2 jina-v1-en jina-v2-code jina-v2-de jina-v2-es jina-es jina-de "
              + "roberta-bpe modern-bert gigachat a.x-4.0 mellum exaone4 mpt olmo jais "
              + "trillion granite-docling",
          0,
          SplitRule.GPT2);
      add(
          "llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano",
          WHOLE_WORDS | BEGINS,
          SplitRule.LLAMA3);
      add("dbrx smaug-bpe chatglm-bpe", 0, SplitRule.LLAMA3);
      add("glm4 glm5", WHOLE_WORDS, SplitRule.LLAMA3);
      add(
          "qwen2 deepseek-r1-qwen kormo f2llmv2 megrez stablelm2 hunyuan solar-open "
              + "grok-2 bailingmoe bailingmoe2 llada-moe",
          0,
          SplitRule.QWEN2);
      add("qwen35", 0, SplitRule.QWEN35);
      add(
          "starcoder refact command-r smollm codeshell exaone minerva-7b mellum2",
          0,
          SplitRule.DIGIT,
          SplitRule.GPT2);
      add("falcon", 0, SplitRule.PUNCTUATION_BACKTICK, SplitRule.GPT2, SplitRule.ASCII_DIGITS_3);
      add(
          "deepseek-llm",
          0,
          SplitRule.LINE_END,
          SplitRule.SPACE_CASED_LETTERS,
          SplitRule.SPACE_SIGNS,
          SplitRule.TRAILING_SPACE,
          SplitRule.CJK,
          SplitRule.DIGITS);
      add(
          "deepseek-coder",
          0,
          SplitRule.LINE_END,
          SplitRule.SPACE_LETTERS,
          SplitRule.SPACE_PUNCTUATION,
          SplitRule.CJK,
          SplitRule.DIGIT);
      add(
          "deepseek-v3 hunyuan-dense joyai-llm hy_v4",
          0,
          SplitRule.DIGITS_3,
          SplitRule.HAN_KANA,
          SplitRule.DEEPSEEK3);
      add("bloom gpt3-finnish poro-chat", 0, SplitRule.BLOOM);
      add("viking", 0, SplitRule.BLOOM, SplitRule.DIGIT);
      add("tekken", WHOLE_WORDS | BEGINS, SplitRule.TEKKEN);
      add("gpt-4o llama4 kanana2 talkie minimax-m2", 0, SplitRule.GPT4O);
      add("granite-embed-multi-97m", WHOLE_WORDS, SplitRule.GPT4O_MARKS);
      add("tiny_aya cohere2moe", 0, SplitRule.DIGITS_FROM_RIGHT, SplitRule.GPT4O_UNCASED);
      add("seed-coder", 0, SplitRule.SEED_CODER);
      add("ufakzeka", 0, SplitRule.UNCONTRACTED);
      add("jais-2", 0, SplitRule.LLAMA3, SplitRule.HALVED_SPACES);
      add("kimi-k2", 0, SplitRule.KIMI);
      add("spark2_5", 0, SplitRule.DIGITS_3, SplitRule.HAN_KANA, SplitRule.SPARK, SplitRule.DIGIT);
      add("youtu", WHOLE_WORDS, SplitRule.EAST_ASIAN_RUNS, SplitRule.YOUTU);
      add("superbpe", 0, SplitRule.DIGITS, SplitRule.DIGITS_BEFORE_THREES);
      add(
          "chameleon",
          BEGINS,
          SplitRule.SENTINEL,
          SplitRule.IMAGE,
          SplitRule.INDENT,
          SplitRule.DIGIT,
          SplitRule.PUNCTUATION_MARK,
          SplitRule.GPT2);
      add("laguna", 0, SplitRule.LINES, SplitRule.QWEN2);
      add("minicpm5", WHOLE_WORDS, SplitRule.DIGITS_3, SplitRule.LONG_NUMBERS);
      add("afmoe", 0, SplitRule.DIGITS_FROM_RIGHT, SplitRule.UNSPACED_SCRIPTS, SplitRule.DEEPSEEK3);
      add("exaone-moe", 0, SplitRule.JOINED_WORDS);
      add("gemma4 granite-embed-multi-311m", RAW | BEGINS | WHOLE_LINES, SplitRule.LINES);
      add("sarvam-moe", RAW, SplitRule.LINES);
    }

    private Named() {}

    /** Names with spaces between them for a pre-tokenizer of these flags and steps. */
    private static void add(String names, int flags, WordStep... steps) {
      PreTokenizer preTokenizer = new PreTokenizer(flags, steps);
      for (String name : names.split(" ", -1)) {
        ALL.put(name, preTokenizer);
      }
    }
  }

  private final WordStep[] steps;
  private final int flags;

  private PreTokenizer(int flags, WordStep... steps) {
    this.flags = flags;
    this.steps = steps;
  }

  /**
   * Any steps.
   *
   * @param flags WHOLE_WORDS, RAW and the like
   */
  PreTokenizer(int flags, List<WordStep> steps) {
    this(flags, steps.toArray(WordStep[]::new));
  }

  /**
   * The pre-tokenizer of a name.
   *
   * @throws LanewiseException if the name is unknown; the message lists those that are known
   */
  public static PreTokenizer of(String name) {
    PreTokenizer known = Named.ALL.get(name);
    if (known == null) {
      throw new LanewiseException(
          "unknown pre-tokenizer \""
              + name
              + "\"; known are "
              + String.join(", ", Named.ALL.keySet())
              + "; use a model that names one of these");
    }
    return known;
  }

  /**
   * The name of the pre-tokenizer that does the same as steps of a {@code tokenizer.json} in
   * GPT-2's byte characters. Several have more than one name.
   *
   * @param steps before bytes are spelled
   * @param wholeWords whether words that are pieces are not merged
   * @param preferred a name to take if it is one of them
   * @return null if there is none
   */
  static String name(List<WordStep> steps, boolean wholeWords, String preferred) {
    List<WordStep> known = steps.stream().map(PreTokenizer::asInGguf).toList();
    String found = null;
    for (Map.Entry<String, PreTokenizer> named : Named.ALL.entrySet()) {
      PreTokenizer each = named.getValue();
      boolean same =
          each.byteLevel()
              && each.takesWholeWords() == wholeWords
              && known.equals(List.of(each.steps));
      if (same && (found == null || named.getKey().equals(preferred))) {
        found = named.getKey();
      }
    }
    return found;
  }

  /** Two expressions stand in llama.cpp as rules that match nearly the same, under their names. */
  private static WordStep asInGguf(WordStep step) {
    return step == SplitRule.GPT4O_EXACT
        ? SplitRule.GPT4O
        : step == SplitRule.TEKKEN_EXACT ? SplitRule.TEKKEN : step;
  }

  /** Whether a begin-of-sequence token comes first in files that do not say. */
  public boolean addsBegin() {
    return (flags & BEGINS) != 0;
  }

  /** Whether pieces are spelled in GPT-2's byte characters. */
  boolean byteLevel() {
    return (flags & RAW) == 0;
  }

  /** Whether a word that is a piece is that piece, whatever the merges say. */
  boolean takesWholeWords() {
    return (flags & WHOLE_WORDS) != 0;
  }

  /** Whether a run of line ends that is a piece is that piece. */
  boolean takesWholeLines() {
    return (flags & WHOLE_LINES) != 0;
  }

  /** Cuts a text into words. */
  Words split(AlignedText text) {
    Words words = Words.whole(text);
    for (WordStep step : steps) {
      words = step.apply(words);
    }
    return words;
  }

  /** How ranges of tokens become what the file asks for. */
  OffsetTrim trim() {
    return new OffsetTrim((flags & TRIM) != 0, (flags & TRIM_ALL_BUT_FIRST) != 0);
  }
}
