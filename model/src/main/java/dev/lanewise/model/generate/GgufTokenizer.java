package dev.lanewise.model.generate;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.StringTable;
import dev.lanewise.model.checkpoint.Metadata;
import dev.lanewise.model.tokenizer.BytePairTokenizer;
import dev.lanewise.model.tokenizer.CharacterMap;
import dev.lanewise.model.tokenizer.PreTokenizer;
import dev.lanewise.model.tokenizer.SentencePieceBpeTokenizer;
import dev.lanewise.model.tokenizer.Tokenizer;
import dev.lanewise.model.tokenizer.UnigramTokenizer;
import dev.lanewise.model.tokenizer.Vocabulary;
import dev.lanewise.model.tokenizer.WordPieceTokenizer;
import java.util.Locale;
import java.util.Set;

/**
 * The tokenizer that a GGUF file describes under {@code tokenizer.ggml.*}. Where a file is silent
 * the defaults are those of llama.cpp.
 */
public final class GgufTokenizer {
  private static final String PREFIX = "tokenizer.ggml.";
  private static final String MODELS = "gpt2, gemma4, whitespace, llama, bert, t5";

  /** BERT's own numbers of [UNK], [CLS] and [SEP], for files that do not name them. */
  private static final int BERT_UNKNOWN = 100;

  private static final int BERT_BEGIN = 101;
  private static final int BERT_SEPARATOR = 102;

  /** Llama's own numbers of {@code <unk>}, {@code <s>} and {@code </s>}. */
  private static final int LLAMA_UNKNOWN = 0;

  private static final int LLAMA_BEGIN = 1;
  private static final int LLAMA_END = 2;

  /** T5's own numbers of {@code </s>} and {@code <unk>}. */
  private static final int T5_END = 1;

  private static final int T5_UNKNOWN = 2;

  /** Rules of models like RoBERTa, which have two tokens between two texts. */
  private static final Set<String> LIKE_ROBERTA =
      Set.of("jina-v1-en", "jina-v2-code", "roberta-bpe");

  private final Metadata metadata;
  private final int size;
  private final Vocabulary.Builder vocabulary;

  private GgufTokenizer(Metadata metadata) {
    this.metadata = metadata;
    var pieces = metadata.strings(PREFIX + "tokens");
    this.size = pieces.size();
    this.vocabulary = Vocabulary.builder(metadata.file() + ": " + PREFIX, pieces);
  }

  /**
   * Reads a tokenizer.
   *
   * @throws LanewiseException if a key is missing or of the wrong type, the arrays disagree, an id
   *     is out of range, or the kind of tokenizer is unknown; the message names file and key
   */
  public static Tokenizer of(Metadata metadata) {
    String model = metadata.string(PREFIX + "model");
    return switch (model) {
      case "gpt2", "gemma4", "whitespace" -> new GgufTokenizer(metadata).bytePair(model);
      case "llama" -> new GgufTokenizer(metadata).sentencePiece();
      case "bert" -> new GgufTokenizer(metadata).wordPiece();
      case "t5" -> new GgufTokenizer(metadata).unigram();
      default ->
          throw new LanewiseException(
              "%s: %smodel is \"%s\", which is not supported; known are %s"
                  .formatted(metadata.file(), PREFIX, model, MODELS));
    };
  }

  private Tokenizer bytePair(String model) {
    if (model.equals("whitespace")) {
      return spacedWords();
    }
    String name = model.equals("gemma4") ? model : preTokenizer();
    PreTokenizer preTokenizer;
    try {
      preTokenizer = PreTokenizer.of(name);
    } catch (LanewiseException e) {
      throw new LanewiseException(metadata.file() + ": " + PREFIX + "pre: " + e.getMessage(), e);
    }
    int begin = id("bos_token_id", -1);
    int end = id("eos_token_id", -1);
    // Files of Gemma 4 that say otherwise are wrong, and known.
    boolean begins =
        flag("add_bos_token", preTokenizer.addsBegin() && begin >= 0)
            || (name.equals("gemma4") && begin >= 0);
    separator(end, LIKE_ROBERTA.contains(name));
    Vocabulary pieces = build(begins, begin, flag("add_eos_token", false), end, -1);
    return new BytePairTokenizer(pieces, merges(), preTokenizer);
  }

  /** The name of the rule that splits words; files that are too old to name it mean the oldest. */
  private String preTokenizer() {
    if (metadata.has(PREFIX + "pre")) {
      return metadata.string(PREFIX + "pre");
    }
    System.getLogger(GgufTokenizer.class.getName())
        .log(
            System.Logger.Level.WARNING,
            "{0}: {1}pre is missing, so words are split by the oldest rule, which may not be the"
                + " model''s; convert the model again to have it named",
            metadata.file(),
            PREFIX);
    return "default";
  }

  private Tokenizer spacedWords() {
    int begin = id("bos_token_id", -1);
    int end = id("eos_token_id", -1);
    separator(end, false);
    Vocabulary pieces =
        build(flag("add_bos_token", false), begin, flag("add_eos_token", false), end, -1);
    return BytePairTokenizer.ofSpacedWords(pieces, merges(), flag("normalizer.lowercase", false));
  }

  private StringTable merges() {
    return metadata.strings(PREFIX + "merges");
  }

  private Tokenizer sentencePiece() {
    int begin = id("bos_token_id", LLAMA_BEGIN);
    int end = id("eos_token_id", LLAMA_END);
    if (end >= 0) {
      vocabulary.end(end);
    }
    separator(end, false);
    Vocabulary pieces =
        build(flag("add_bos_token", true), begin, flag("add_eos_token", false), end, LLAMA_UNKNOWN);
    return new SentencePieceBpeTokenizer(pieces, scores(), flag("add_space_prefix", true));
  }

  private Tokenizer wordPiece() {
    int begin = id("bos_token_id", id("cls_token_id", BERT_BEGIN));
    int separator = id("seperator_token_id", BERT_SEPARATOR);
    if (begin < 0 || separator < 0) {
      throw new LanewiseException(
          "%s: %scls_token_id or %sseperator_token_id is missing, and the vocabulary is too small"
                  .formatted(metadata.file(), PREFIX, PREFIX)
              + " for BERT's own");
    }
    Vocabulary pieces = build(true, begin, true, separator, BERT_UNKNOWN);
    boolean lowercase = flag("normalizer.lowercase", true);
    return new WordPieceTokenizer(
        pieces, lowercase, flag("normalizer.strip_accents", lowercase), Integer.MAX_VALUE);
  }

  private Tokenizer unigram() {
    int begin = id("bos_token_id", -1);
    int end = id("eos_token_id", T5_END);
    // BERT's architecture with such a vocabulary is XLM-RoBERTa; older files do not say more.
    separator(end, metadata.string("general.architecture", "").equals("bert"));
    Vocabulary pieces =
        build(flag("add_bos_token", false), begin, flag("add_eos_token", true), end, T5_UNKNOWN);
    String key = PREFIX + "precompiled_charsmap";
    CharacterMap map = CharacterMap.identity();
    if (metadata.has(key)) {
      int[] numbers = metadata.integers(key);
      byte[] blob = new byte[numbers.length];
      for (int i = 0; i < blob.length; i++) {
        blob[i] = (byte) numbers[i];
      }
      map = CharacterMap.of(metadata.file() + ": " + key, blob);
    }
    return new UnigramTokenizer(
        pieces,
        scores(),
        map,
        flag("add_space_prefix", false),
        flag("remove_extra_whitespaces", false));
  }

  /** Has a token more stand between two texts, if the file asks for it or its kind has one. */
  private void separator(int end, boolean otherwise) {
    if (!flag("add_sep_token", otherwise)) {
      return;
    }
    int separator = id("seperator_token_id", end);
    if (separator >= 0 || metadata.has(PREFIX + "add_sep_token")) {
      vocabulary.separator(required(separator, "seperator_token_id", "add_sep_token"));
    }
  }

  /** The vocabulary, with what all kinds of tokenizers read alike. */
  private Vocabulary build(boolean begins, int begin, boolean ends, int end, int defaultUnknown) {
    if (metadata.has(PREFIX + "token_type")) {
      vocabulary.kinds(metadata.integers(PREFIX + "token_type"));
    }
    int unknown = id("unknown_token_id", defaultUnknown);
    if (unknown >= 0) {
      vocabulary.unknown(unknown);
    }
    if (begin >= 0) {
      vocabulary.begin(begin);
    }
    if (begins) {
      vocabulary.before(required(begin, "bos_token_id", "add_bos_token"));
    }
    if (ends) {
      vocabulary.after(required(end, "eos_token_id", "add_eos_token"));
    }
    end("eos_token_id");
    end("eot_token_id");
    end("eom_token_id");
    end("fim_pad_token_id");
    end("fim_rep_token_id");
    end("fim_sep_token_id");
    strip();
    return vocabulary.build();
  }

  private void end(String key) {
    int id = id(key, -1);
    if (id >= 0) {
      vocabulary.end(id);
    }
  }

  /** White space around special tokens, which files do not tell: known by the models' names. */
  private void strip() {
    String pre = metadata.string(PREFIX + "pre", "");
    String architecture = metadata.string("general.architecture", "");
    String name = metadata.string("general.name", "").toLowerCase(Locale.ROOT);
    boolean jina = pre.startsWith("jina-v2-");
    if (jina
        || architecture.equals("nomic-bert-moe")
        || architecture.equals("jina-bert-v3")
        || architecture.equals("modern-bert")
        || name.contains("modern-bert")) {
      int mask = id("mask_token_id", -1);
      if (mask >= 0) {
        vocabulary.stripBefore(mask);
      }
    } else if (name.contains("phi-3") || name.contains("phi3")) {
      vocabulary.stripAfterSpecials();
    }
  }

  private float[] scores() {
    return metadata.floats(PREFIX + "scores");
  }

  private boolean flag(String key, boolean fallback) {
    return metadata.flag(PREFIX + key, fallback);
  }

  /** The token under a key; a default that the vocabulary does not reach is none at all. */
  private int id(String key, int fallback) {
    if (!metadata.has(PREFIX + key)) {
      return fallback < size ? fallback : -1;
    }
    int id = metadata.integer(PREFIX + key);
    if (id < 0 || id >= size) {
      throw new LanewiseException(
          "%s: %s%s is %d, but the vocabulary has %d tokens: ids run from 0 to %d"
              .formatted(metadata.file(), PREFIX, key, id, size, size - 1));
    }
    return id;
  }

  private int required(int id, String key, String reason) {
    if (id < 0) {
      throw new LanewiseException(
          "%s: %s%s is missing, but %s%s asks for it"
              .formatted(metadata.file(), PREFIX, key, PREFIX, reason));
    }
    return id;
  }
}
