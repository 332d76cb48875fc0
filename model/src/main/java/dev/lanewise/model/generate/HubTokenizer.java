package dev.lanewise.model.generate;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.StringTable;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import dev.lanewise.model.tokenizer.BytePairTokenizer;
import dev.lanewise.model.tokenizer.CharacterMap;
import dev.lanewise.model.tokenizer.PreTokenizer;
import dev.lanewise.model.tokenizer.SentencePieceBpeTokenizer;
import dev.lanewise.model.tokenizer.Tokenizer;
import dev.lanewise.model.tokenizer.UnigramTokenizer;
import dev.lanewise.model.tokenizer.Vocabulary;
import dev.lanewise.model.tokenizer.WordPieceTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The tokenizer that {@code tokenizer.json} of the Hugging Face hub describes: a model (BPE,
 * WordPiece, Unigram) with the normaliser, the pre-tokenizer and the post-processor around it.
 *
 * <p>Source: the serialised form of the components in the documentation of the library tokenizers.
 */
public final class HubTokenizer {
  /** What stands for the rule that ByteLevel applies by itself. */
  private static final String BYTE_LEVEL_PATTERN =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

  private final String file;
  private final JsonView root;
  private final JsonView model;
  private final int[] ends;

  private HubTokenizer(Path path, int[] ends) {
    file = path.toString();
    try {
      root = Json.view(file, Files.readAllBytes(path));
    } catch (IOException e) {
      throw new LanewiseException(path + ": cannot be read: " + e.getMessage(), e);
    }
    model = root.at("model");
    this.ends = ends;
  }

  /**
   * Reads a file.
   *
   * @param ends ids that end a generation, besides those known by their spelling
   * @throws LanewiseException if it cannot be read, is damaged, or asks for a component that is not
   *     known here; the message names the place in the file
   */
  public static Tokenizer load(Path path, int... ends) {
    HubTokenizer tokenizer = new HubTokenizer(path, ends);
    String type = tokenizer.modelType();
    return switch (type) {
      case "BPE" -> tokenizer.isByteLevel() ? tokenizer.bytePair() : tokenizer.sentencePiece();
      case "Unigram" -> tokenizer.unigram();
      case "WordPiece" -> tokenizer.wordPiece();
      default ->
          throw tokenizer.model.failure(
              "is of type " + type + ", which is not known here: BPE, Unigram, WordPiece");
    };
  }

  /** Old files name no type. */
  private String modelType() {
    String guess = model.has("merges") ? "BPE" : model.has("unk_id") ? "Unigram" : "WordPiece";
    return model.string("type", guess);
  }

  // --- The models -----------------------------------------------------------------------------

  private Tokenizer bytePair() {
    List<String> patterns = new ArrayList<>();
    for (JsonView step : steps("pre_tokenizer", "pretokenizers")) {
      addPatterns(step, patterns);
    }
    PreTokenizer preTokenizer;
    try {
      preTokenizer = PreTokenizer.ofPatterns(patterns, model.flag("ignore_merges", false));
    } catch (LanewiseException e) {
      throw root.at("pre_tokenizer").failure("cannot be used: " + e.getMessage());
    }
    Vocabulary vocabulary = vocabulary(pieces(model.at("vocab")), -1);
    return new BytePairTokenizer(vocabulary, merges(), preTokenizer);
  }

  private void addPatterns(JsonView step, List<String> patterns) {
    switch (step.string("type")) {
      case "ByteLevel" -> {
        if (step.flag("add_prefix_space", false)) {
          throw step.failure("asks for add_prefix_space, which is not supported");
        }
        if (step.flag("use_regex", true)) {
          patterns.add(BYTE_LEVEL_PATTERN);
        }
      }
      case "Digits" -> patterns.add(step.flag("individual_digits", false) ? "\\p{N}" : "\\p{N}+");
      case "Split" -> {
        JsonView pattern = step.at("pattern");
        if (!pattern.has("Regex") || step.flag("invert", false)) {
          throw step.failure("is a split that is not known here");
        }
        patterns.add(pattern.string("Regex"));
      }
      default -> throw unknown(step);
    }
  }

  private StringTable merges() {
    List<JsonView> items = model.at("merges").items();
    String[] merges = new String[items.size()];
    for (int i = 0; i < merges.length; i++) {
      JsonView item = items.get(i);
      merges[i] =
          item.value() instanceof List<?> pair && pair.size() == 2
              ? pair.get(0) + " " + pair.get(1)
              : item.string();
    }
    return StringTable.of(merges);
  }

  /** SentencePiece's BPE: the pair that comes first among the merges has the highest score. */
  private Tokenizer sentencePiece() {
    String[] pieces = pieces(model.at("vocab"));
    Map<String, Integer> ids = new HashMap<>();
    for (int id = 0; id < pieces.length; id++) {
      ids.putIfAbsent(pieces[id], id);
    }
    float[] scores = new float[pieces.length];
    Arrays.fill(scores, Float.NEGATIVE_INFINITY);
    StringTable merges = merges();
    for (int i = 0; i < merges.size(); i++) {
      String merge = merges.get(i);
      Integer id = ids.get(merge.replaceFirst(" ", ""));
      if (id == null) {
        throw model.failure("has the merge '" + merge + "', which makes no piece");
      }
      scores[id] = Math.max(scores[id], -i);
    }
    boolean prefix = false;
    for (JsonView step : steps("normalizer", "normalizers")) {
      switch (step.string("type")) {
        case "Prepend" -> prefix = true;
        case "Replace" -> {} // of spaces by their mark
        default -> throw unknown(step);
      }
    }
    for (JsonView step : steps("pre_tokenizer", "pretokenizers")) {
      switch (step.string("type")) {
        case "Metaspace" -> prefix |= prependsSpace(step);
        case "Split" -> {} // at spaces, of which no merge has one inside
        default -> throw unknown(step);
      }
    }
    String unknown = model.string("unk_token", "<unk>");
    Vocabulary vocabulary = vocabulary(pieces, ids.getOrDefault(unknown, -1));
    return new SentencePieceBpeTokenizer(vocabulary, scores, prefix);
  }

  private static LanewiseException unknown(JsonView step) {
    return step.failure("is of type " + step.string("type") + ", which is not known here");
  }

  private static boolean prependsSpace(JsonView step) {
    return step.string("type").equals("Metaspace")
        && step.flag("add_prefix_space", true)
        && !step.string("prepend_scheme", "always").equals("never");
  }

  private Tokenizer unigram() {
    List<JsonView> entries = model.at("vocab").items();
    String[] pieces = new String[entries.size()];
    float[] scores = new float[pieces.length];
    for (int id = 0; id < pieces.length; id++) {
      List<JsonView> entry = entries.get(id).items();
      if (entry.size() != 2) {
        throw entries.get(id).failure("is not a piece and its score");
      }
      pieces[id] = entry.get(0).string();
      scores[id] = (float) entry.get(1).number();
    }
    CharacterMap map = CharacterMap.identity();
    boolean mergeSpaces = false;
    for (JsonView step : steps("normalizer", "normalizers")) {
      switch (step.string("type")) {
        case "Precompiled" -> map = characterMap(step);
        case "Replace" -> mergeSpaces |= step.at("pattern").string("Regex", "").equals(" {2,}");
        case "Nmt", "NFKC", "Strip" -> mergeSpaces |= step.string("type").equals("Strip");
        default -> throw unknown(step);
      }
    }
    boolean prefix = false;
    for (JsonView step : steps("pre_tokenizer", "pretokenizers")) {
      mergeSpaces |= step.string("type").equals("WhitespaceSplit");
      prefix |= prependsSpace(step);
    }
    Vocabulary vocabulary = vocabulary(pieces, model.integer("unk_id", -1));
    float[] all = Arrays.copyOf(scores, vocabulary.size());
    return new UnigramTokenizer(vocabulary, all, map, prefix, mergeSpaces);
  }

  private CharacterMap characterMap(JsonView step) {
    String text = step.string("precompiled_charsmap");
    try {
      return CharacterMap.of(file + ": precompiled_charsmap", Base64.getDecoder().decode(text));
    } catch (IllegalArgumentException e) {
      throw step.at("precompiled_charsmap").failure("is not Base64: " + e.getMessage());
    }
  }

  private Tokenizer wordPiece() {
    boolean lowercase = false;
    boolean stripAccents = false;
    for (JsonView step : steps("normalizer", "normalizers")) {
      switch (step.string("type")) {
        case "BertNormalizer" -> {
          lowercase = step.flag("lowercase", true);
          stripAccents = step.flag("strip_accents", lowercase);
        }
        case "Lowercase" -> lowercase = true;
        case "StripAccents" -> stripAccents = true;
        case "NFD", "NFKD" -> {}
        default -> throw unknown(step);
      }
    }
    String[] pieces = pieces(model.at("vocab"));
    int unknown = Arrays.asList(pieces).indexOf(model.string("unk_token", "[UNK]"));
    Vocabulary vocabulary =
        vocabulary(WordPieceTokenizer.marked(StringTable.of(pieces)), pieces, unknown);
    int longest = model.integer("max_input_chars_per_word", 100);
    return new WordPieceTokenizer(vocabulary, lowercase, stripAccents, longest);
  }

  // --- What they share ------------------------------------------------------------------------

  private boolean isByteLevel() {
    for (JsonView step : steps("pre_tokenizer", "pretokenizers")) {
      if (step.string("type").equals("ByteLevel")) {
        return true;
      }
    }
    return false;
  }

  /** The component's parts: those of a sequence, or itself; none where it is null. */
  private List<JsonView> steps(String component, String parts) {
    if (!root.has(component)) {
      return List.of();
    }
    JsonView view = root.at(component);
    return view.string("type").equals("Sequence") ? view.at(parts).items() : List.of(view);
  }

  /** The pieces by id; ids between them that nobody has are spares. */
  private String[] pieces(JsonView vocab) {
    int size = vocab.keys().size();
    for (JsonView token : added()) {
      size = Math.max(size, Math.addExact(id(token), 1));
    }
    String[] pieces = new String[size];
    for (String piece : vocab.keys()) {
      int id = vocab.integer(piece);
      if (id < 0 || id >= size) {
        throw vocab.at(piece).failure("is " + id + ", expected 0 to " + (size - 1));
      }
      pieces[id] = piece;
    }
    return pieces;
  }

  private List<JsonView> added() {
    return root.has("added_tokens") ? root.at("added_tokens").items() : List.of();
  }

  private static int id(JsonView token) {
    int id = token.integer("id");
    if (id < 0 || id > 1 << 24) {
      throw token.at("id").failure("is " + id + ", expected a number from 0 to 2^24");
    }
    return id;
  }

  private Vocabulary vocabulary(String[] pieces, int unknown) {
    String[] all = pieces;
    for (JsonView token : added()) {
      if (id(token) >= all.length) { // of Unigram, whose pieces are a list
        all = Arrays.copyOf(all, id(token) + 1);
      }
    }
    for (JsonView token : added()) {
      all[id(token)] = token.string("content");
    }
    for (int id = 0; id < all.length; id++) {
      all[id] = all[id] == null ? "[unused" + id + "]" : all[id];
    }
    return vocabulary(StringTable.of(all), all, unknown);
  }

  /**
   * The vocabulary.
   *
   * @param table the pieces as the tokenizer spells them
   * @param pieces as the file does
   */
  private Vocabulary vocabulary(StringTable table, String[] pieces, int unknown) {
    int[] kinds = new int[pieces.length];
    Arrays.fill(kinds, Vocabulary.NORMAL);
    if (model.flag("byte_fallback", false)) {
      for (int id = 0; id < pieces.length; id++) {
        if (pieces[id].matches("<0x[0-9A-F]{2}>")) {
          kinds[id] = Vocabulary.BYTE;
        }
      }
    }
    Vocabulary.Builder builder = Vocabulary.builder(file + ": ", table);
    for (JsonView token : added()) {
      int id = id(token);
      boolean special = token.flag("special", false);
      kinds[id] = special ? Vocabulary.CONTROL : Vocabulary.USER_DEFINED;
      if (token.flag("lstrip", false)) {
        builder.stripBefore(id);
      }
    }
    if (unknown >= 0) {
      kinds[unknown] = Vocabulary.UNKNOWN;
      builder.unknown(unknown);
    }
    builder.kinds(kinds);
    for (int end : ends) {
      builder.end(end);
    }
    postProcessor(builder, Arrays.asList(pieces));
    return builder.build();
  }

  /** The tokens around a single sequence. */
  private void postProcessor(Vocabulary.Builder builder, List<String> pieces) {
    for (JsonView step : steps("post_processor", "processors")) {
      switch (step.string("type")) {
        case "TemplateProcessing" -> template(step, builder);
        case "BertProcessing", "RobertaProcessing" -> {
          builder.before(pieces.indexOf(step.at("cls").items().get(0).string()));
          builder.after(pieces.indexOf(step.at("sep").items().get(0).string()));
        }
        case "ByteLevel" -> {} // about offsets alone
        default -> throw unknown(step);
      }
    }
  }

  private static void template(JsonView step, Vocabulary.Builder builder) {
    List<Integer> before = new ArrayList<>();
    List<Integer> after = new ArrayList<>();
    List<Integer> side = before;
    for (JsonView part : step.at("single").items()) {
      if (part.has("Sequence")) {
        side = after;
      } else {
        String name = part.at("SpecialToken").string("id");
        for (JsonView id : step.at("special_tokens").at(name).at("ids").items()) {
          side.add(id.integer());
        }
      }
    }
    builder.before(before.stream().mapToInt(Integer::intValue).toArray());
    builder.after(after.stream().mapToInt(Integer::intValue).toArray());
  }
}
