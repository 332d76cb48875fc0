package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import java.util.List;

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

  private static final String KNOWN =
      "default, gpt-2, phi-2, jina-v1-en, jina-v2-code, jina-v2-de, jina-v2-es, jina-es, jina-de,"
          + " roberta-bpe, modern-bert, gigachat, a.x-4.0, mellum, exaone4, mpt, olmo, jais,"
          + " trillion, granite-docling, llama3, llama-v3, llama-bpe, falcon3, falcon-h1, pixtral,"
          + " midm-2.0, lfm2, jina-v5-nano, dbrx, smaug-bpe, chatglm-bpe, glm4, glm5, qwen2,"
          + " deepseek-r1-qwen, kormo, f2llmv2, megrez, stablelm2, hunyuan, solar-open, grok-2,"
          + " qwen35, starcoder, refact, command-r, smollm, codeshell, exaone, minerva-7b, mellum2,"
          + " falcon, deepseek-llm, deepseek-coder, deepseek-v3, hunyuan-dense, joyai-llm, hy_v4,"
          + " bloom, gpt3-finnish, poro-chat, viking, tekken, gpt-4o, llama4, kanana2, talkie,"
          + " minimax-m2, granite-embed-multi-97m, granite-embed-multi-311m, tiny_aya, cohere2moe,"
          + " bailingmoe, bailingmoe2, llada-moe, seed-coder, ufakzeka, laguna, minicpm5, afmoe,"
          + " exaone-moe, gemma4, sarvam-moe, jais-2, kimi-k2, spark2_5, youtu, superbpe,"
          + " chameleon";

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
    return switch (name) {
      case "default" -> // the oldest conversions, whose words are much like Falcon's
          new PreTokenizer(
              0, SplitRule.PUNCTUATION, SplitRule.GPT2, SplitRule.DIGITS, SplitRule.ASCII_DIGITS_3);
      case "gpt-2",
          "phi-2",
          "jina-v1-en",
          "jina-v2-code",
          "jina-v2-de",
          "jina-v2-es",
          "jina-es",
          "jina-de",
          "roberta-bpe",
          "modern-bert",
          "gigachat",
          "a.x-4.0",
          "mellum",
          "exaone4",
          "mpt",
          "olmo",
          "jais",
          "trillion",
          "granite-docling" ->
          new PreTokenizer(0, SplitRule.GPT2);
      case "llama3",
          "llama-v3",
          "llama-bpe",
          "falcon3",
          "falcon-h1",
          "pixtral",
          "midm-2.0",
          "lfm2",
          "jina-v5-nano" ->
          new PreTokenizer(WHOLE_WORDS | BEGINS, SplitRule.LLAMA3);
      case "dbrx", "smaug-bpe", "chatglm-bpe" -> new PreTokenizer(0, SplitRule.LLAMA3);
      case "glm4", "glm5" -> new PreTokenizer(WHOLE_WORDS, SplitRule.LLAMA3);
      case "qwen2",
          "deepseek-r1-qwen",
          "kormo",
          "f2llmv2",
          "megrez",
          "stablelm2",
          "hunyuan",
          "solar-open",
          "grok-2",
          "bailingmoe",
          "bailingmoe2",
          "llada-moe" ->
          new PreTokenizer(0, SplitRule.QWEN2);
      case "qwen35" -> new PreTokenizer(0, SplitRule.QWEN35);
      case "starcoder",
          "refact",
          "command-r",
          "smollm",
          "codeshell",
          "exaone",
          "minerva-7b",
          "mellum2" ->
          new PreTokenizer(0, SplitRule.DIGIT, SplitRule.GPT2);
      case "falcon" ->
          new PreTokenizer(
              0, SplitRule.PUNCTUATION_BACKTICK, SplitRule.GPT2, SplitRule.ASCII_DIGITS_3);
      case "deepseek-llm" ->
          new PreTokenizer(
              0,
              SplitRule.LINE_END,
              SplitRule.SPACE_CASED_LETTERS,
              SplitRule.SPACE_SIGNS,
              SplitRule.TRAILING_SPACE,
              SplitRule.CJK,
              SplitRule.DIGITS);
      case "deepseek-coder" ->
          new PreTokenizer(
              0,
              SplitRule.LINE_END,
              SplitRule.SPACE_LETTERS,
              SplitRule.SPACE_PUNCTUATION,
              SplitRule.CJK,
              SplitRule.DIGIT);
      case "deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4" ->
          new PreTokenizer(0, SplitRule.DIGITS_3, SplitRule.HAN_KANA, SplitRule.DEEPSEEK3);
      case "bloom", "gpt3-finnish", "poro-chat" -> new PreTokenizer(0, SplitRule.BLOOM);
      case "viking" -> new PreTokenizer(0, SplitRule.BLOOM, SplitRule.DIGIT);
      case "tekken" -> new PreTokenizer(WHOLE_WORDS | BEGINS, SplitRule.TEKKEN);
      case "gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2" ->
          new PreTokenizer(0, SplitRule.GPT4O);
      case "granite-embed-multi-97m" -> new PreTokenizer(WHOLE_WORDS, SplitRule.GPT4O_MARKS);
      case "tiny_aya", "cohere2moe" ->
          new PreTokenizer(0, SplitRule.DIGITS_FROM_RIGHT, SplitRule.GPT4O_UNCASED);
      case "seed-coder" -> new PreTokenizer(0, SplitRule.SEED_CODER);
      case "ufakzeka" -> new PreTokenizer(0, SplitRule.UNCONTRACTED);
      case "jais-2" -> new PreTokenizer(0, SplitRule.LLAMA3, SplitRule.HALVED_SPACES);
      case "kimi-k2" -> new PreTokenizer(0, SplitRule.KIMI);
      case "spark2_5" ->
          new PreTokenizer(
              0, SplitRule.DIGITS_3, SplitRule.HAN_KANA, SplitRule.SPARK, SplitRule.DIGIT);
      case "youtu" -> new PreTokenizer(WHOLE_WORDS, SplitRule.EAST_ASIAN_RUNS, SplitRule.YOUTU);
      case "superbpe" -> new PreTokenizer(0, SplitRule.DIGITS, SplitRule.ASCII_DIGITS_FROM_RIGHT);
      case "chameleon" ->
          new PreTokenizer(
              BEGINS,
              SplitRule.SENTINEL,
              SplitRule.IMAGE,
              SplitRule.INDENT,
              SplitRule.DIGIT,
              SplitRule.PUNCTUATION_MARK,
              SplitRule.GPT2);
      case "laguna" -> new PreTokenizer(0, SplitRule.LINES, SplitRule.QWEN2);
      case "minicpm5" -> new PreTokenizer(WHOLE_WORDS, SplitRule.DIGITS_3, SplitRule.LONG_NUMBERS);
      case "afmoe" ->
          new PreTokenizer(
              0, SplitRule.DIGITS_FROM_RIGHT, SplitRule.UNSPACED_SCRIPTS, SplitRule.DEEPSEEK3);
      case "exaone-moe" -> new PreTokenizer(0, SplitRule.JOINED_WORDS);
      case "gemma4", "granite-embed-multi-311m" ->
          new PreTokenizer(RAW | BEGINS | WHOLE_LINES, SplitRule.LINES);
      case "sarvam-moe" -> new PreTokenizer(RAW, SplitRule.LINES);
      default ->
          throw new LanewiseException(
              "unknown pre-tokenizer \""
                  + name
                  + "\"; known are "
                  + KNOWN
                  + "; use a model that names one of these");
    };
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
