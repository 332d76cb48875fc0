package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.WholeFile;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Vocabularies of the Hugging Face hub from before {@code tokenizer.json}: {@code vocab.txt} of
 * WordPiece, and {@code vocab.json} with {@code merges.txt} of byte-level byte-pair encoding. What
 * such files leave out, the model's family says. They are read as the {@code tokenizer.json} that
 * says the same.
 */
final class HubVocabularyFiles {
  private static final int MAX_BYTES = 64 << 20;

  private static final Set<String> BERT =
      Set.of(
          "",
          "bert",
          "distilbert",
          "electra",
          "mobilebert",
          "convbert",
          "layoutlm",
          "squeezebert",
          "lxmert",
          "splinter",
          "retribert",
          "megatronbert",
          "dprcontextencoder",
          "dprquestionencoder",
          "dprreader");

  private static final Set<String> GPT2 =
      Set.of("", "gpt2", "codegen", "gptneo", "gptj", "gptbigcode", "opt", "phi");
  private static final Map<String, String> BERT_TOKENS =
      Map.of(
          "unk_token", "[UNK]",
          "sep_token", "[SEP]",
          "pad_token", "[PAD]",
          "cls_token", "[CLS]",
          "mask_token", "[MASK]");
  private static final Map<String, String> ROBERTA_TOKENS =
      Map.of(
          "bos_token", "<s>",
          "eos_token", "</s>",
          "unk_token", "<unk>",
          "sep_token", "</s>",
          "pad_token", "<pad>",
          "cls_token", "<s>",
          "mask_token", "<mask>");
  private static final Map<String, String> MPNET_TOKENS =
      Map.of(
          "bos_token", "<s>",
          "eos_token", "</s>",
          "unk_token", "[UNK]",
          "sep_token", "</s>",
          "pad_token", "<pad>",
          "cls_token", "<s>",
          "mask_token", "<mask>");
  private static final Map<String, String> GPT2_TOKENS =
      Map.of(
          "bos_token", "<|endoftext|>",
          "eos_token", "<|endoftext|>",
          "unk_token", "<|endoftext|>");
  private static final Map<String, String> CLIP_TOKENS =
      Map.of(
          "bos_token", "<|startoftext|>",
          "eos_token", "<|endoftext|>",
          "unk_token", "<|endoftext|>",
          "cls_token", "<|startoftext|>",
          "sep_token", "<|endoftext|>",
          "pad_token", "<|endoftext|>");

  /** CLIP's words, from Radford et al., Learning Transferable Visual Models, 2021. */
  private static final String CLIP_WORDS =
      "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

  private final Path file;
  private final HubTokenConfig config;
  private final Map<String, Object> vocab = new LinkedHashMap<>();
  private final Map<String, Integer> ids = new LinkedHashMap<>();
  private Map<String, String> roles = Map.of();

  private HubVocabularyFiles(Path file, HubTokenConfig config) {
    this.file = file;
    this.config = config;
  }

  /**
   * A WordPiece vocabulary.
   *
   * @param file with a piece in each line
   * @throws LanewiseException if it cannot be read or is damaged, or the family is unknown
   */
  static Tokenizer wordPiece(Path file, HubTokenConfig config) {
    HubVocabularyFiles files = new HubVocabularyFiles(file, config);
    boolean mpnet = config.family().equals("mpnet");
    if (!mpnet && !BERT.contains(config.family())) {
      throw files.unknown("bert and its like, mpnet");
    }
    files.readLines();
    files.roles = mpnet ? MPNET_TOKENS : BERT_TOKENS;
    boolean lowercase = config.flag("do_lower_case", true);
    Map<String, Object> normaliser =
        component(
            "BertNormalizer",
            "lowercase",
            lowercase,
            "strip_accents",
            config.flag("strip_accents", lowercase),
            "handle_chinese_chars",
            config.flag("tokenize_chinese_chars", true));
    Map<String, Object> model =
        component("WordPiece", "vocab", files.vocab, "unk_token", files.token("unk_token"));
    return files.tokenizer(
        normaliser,
        component("BertPreTokenizer"),
        mpnet
            ? files.around("RobertaProcessing", "trim_offsets", false)
            : files.around("BertProcessing"),
        model,
        component("WordPiece"));
  }

  /**
   * A byte-level vocabulary.
   *
   * @param file {@code vocab.json}: ids by piece
   * @param merges with a pair of pieces in each line
   * @throws LanewiseException if a file cannot be read or is damaged, or the family is unknown
   */
  static Tokenizer bytePair(Path file, Path merges, HubTokenConfig config) {
    HubVocabularyFiles files = new HubVocabularyFiles(file, config);
    files.readIds();
    String family = config.family();
    boolean prefix = config.flag("add_prefix_space", false);
    Map<String, Object> words =
        component("ByteLevel", "add_prefix_space", prefix, "use_regex", true);
    Map<String, Object> model =
        component("BPE", "vocab", files.vocab, "merges", merges(merges), "fuse_unk", false);
    Map<String, Object> decoder = component("ByteLevel");
    if (config.isRoberta()) {
      files.roles = ROBERTA_TOKENS;
      Map<String, Object> around =
          files.around(
              "RobertaProcessing",
              "trim_offsets",
              config.flag("trim_offsets", true),
              "add_prefix_space",
              prefix);
      return files.tokenizer(null, words, around, model, decoder);
    }
    if (family.equals("deberta")) {
      files.roles = BERT_TOKENS;
      return files.tokenizer(null, words, files.around("BertProcessing"), model, decoder);
    }
    if (family.equals("clip")) {
      return files.clip(model);
    }
    files.roles = GPT2_TOKENS;
    if (family.matches("qwen(2|3(?!5)).*")) { // Qwen 3.5 cuts words otherwise
      Map<String, Object> bytes = component("ByteLevel", "use_regex", false);
      Map<String, Object> pair =
          component("Sequence", "pretokenizers", List.of(split(SplitPatterns.QWEN2), bytes));
      return files.tokenizer(component("NFC"), pair, null, model, decoder);
    }
    if (!GPT2.contains(family)) {
      throw files.unknown("gpt2, roberta and bart and their like, deberta, qwen2 and qwen3, clip");
    }
    return files.tokenizer(null, words, files.begin(), model, decoder);
  }

  private Tokenizer clip(Map<String, Object> model) {
    roles = CLIP_TOKENS;
    Map<String, Object> split = split(CLIP_WORDS);
    split.put("behavior", "Removed");
    split.put("invert", true);
    Map<String, Object> spaces =
        component("Replace", "pattern", Map.of("Regex", "\\s+"), "content", " ");
    Map<String, Object> normaliser =
        component(
            "Sequence", "normalizers", List.of(component("NFC"), spaces, component("Lowercase")));
    Map<String, Object> bytes = component("ByteLevel", "add_prefix_space", false);
    model.put("end_of_word_suffix", "</w>");
    model.put("unk_token", token("unk_token"));
    return tokenizer(
        normaliser,
        component("Sequence", "pretokenizers", List.of(split, bytes)),
        around("RobertaProcessing", "trim_offsets", false, "add_prefix_space", false),
        model,
        component("ByteLevel"));
  }

  private static Map<String, Object> split(String regex) {
    return component("Split", "pattern", Map.of("Regex", regex), "behavior", "Isolated");
  }

  /** GPT-2's begin-of-sequence token, which few of its kind have. */
  private Map<String, Object> begin() {
    if (!config.flag("add_bos_token", false)) {
      return null;
    }
    String begin = token("bos_token");
    Map<String, Object> token = Map.of("SpecialToken", Map.of("id", begin, "type_id", 0L));
    Map<String, Object> first = Map.of("Sequence", Map.of("id", "A", "type_id", 0L));
    Map<String, Object> second = Map.of("Sequence", Map.of("id", "B", "type_id", 0L));
    return component(
        "TemplateProcessing",
        "single",
        List.of(token, first),
        "pair",
        List.of(token, first, token, second),
        "special_tokens",
        Map.of(begin, Map.of("id", begin, "ids", List.of((long) id("bos_token")))));
  }

  private Map<String, Object> around(String type, Object... parameters) {
    Map<String, Object> component = component(type, parameters);
    component.put("cls", List.of(token("cls_token"), (long) id("cls_token")));
    component.put("sep", List.of(token("sep_token"), (long) id("sep_token")));
    return component;
  }

  private String token(String role) {
    return config.token(role, roles.get(role));
  }

  private int id(String role) {
    Integer id = ids.get(token(role));
    if (id == null) {
      throw new LanewiseException(
          "%s: lacks %s, which is the %s; name another in tokenizer_config.json"
              .formatted(file, token(role), role));
    }
    return id;
  }

  private static Map<String, Object> component(String type, Object... parameters) {
    Map<String, Object> component = new LinkedHashMap<>();
    component.put("type", type);
    for (int i = 0; i < parameters.length; i += 2) {
      component.put((String) parameters[i], parameters[i + 1]);
    }
    return component;
  }

  private Tokenizer tokenizer(
      Map<String, Object> normaliser,
      Map<String, Object> preTokenizer,
      Map<String, Object> postProcessor,
      Map<String, Object> model,
      Map<String, Object> decoder) {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("added_tokens", config.added(ids, roles));
    root.put("normalizer", normaliser);
    root.put("pre_tokenizer", preTokenizer);
    root.put("post_processor", postProcessor);
    root.put("decoder", decoder);
    root.put("model", model);
    return HubTokenizer.of(new JsonView(file.toString(), "", root), config);
  }

  private LanewiseException unknown(String known) {
    return new LanewiseException(
        "%s: a tokenizer of the class \"%s\" is not known here; known are %s; put the model's"
                .formatted(file, config.family(), known)
            + " tokenizer.json beside it");
  }

  // --- The files ------------------------------------------------------------------------------

  /** A piece in each line, whose number is its id; of pieces that come twice the last counts. */
  private void readLines() {
    List<String> lines = lines(file);
    for (int id = 0; id < lines.size(); id++) {
      Integer before = ids.put(lines.get(id), id);
      if (before != null) {
        vocab.put("[unused by " + before + "]", before.longValue());
      }
      vocab.put(lines.get(id), (long) id);
    }
  }

  private void readIds() {
    JsonView root = Json.read(file);
    for (String piece : root.keys()) {
      int id = root.integer(piece);
      ids.put(piece, id);
      vocab.put(piece, (long) id);
    }
  }

  private static List<Object> merges(Path file) {
    List<Object> merges = new ArrayList<>();
    for (String line : lines(file)) {
      boolean version = merges.isEmpty() && line.startsWith("#version");
      if (!version && !line.isBlank()) {
        merges.add(line);
      }
    }
    return merges;
  }

  /** The lines of a UTF-8 file. */
  private static List<String> lines(Path file) {
    String text = Utf8.decodeStrictly(WholeFile.read(file, MAX_BYTES));
    if (text == null) {
      throw new LanewiseException(file + ": is not UTF-8; the file is damaged");
    }
    List<String> lines = new ArrayList<>(List.of(text.split("\r\n|\n|\r", -1)));
    if (lines.getLast().isEmpty()) {
      lines.removeLast(); // behind the last end of a line
    }
    return lines;
  }
}
