package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The tokenizer of a language model in a folder of the Hugging Face hub as GGUF files hold it,
 * under {@code tokenizer.ggml}: byte-pair encoding in GPT-2's byte characters, or SentencePiece's.
 * Others are refused, and so is a way of splitting words that none of GGUF's names stands for.
 *
 * <p>Source: llama.cpp's converter ({@code conversion/base.py}, {@code gguf-py/gguf/vocab.py}).
 */
public final class GgufVocabulary {
  private static final String FILE = "tokenizer.json";
  private static final String SENTENCE_PIECE = "tokenizer.model";

  /** What models of this family are called; they put no space before texts. */
  private static final String GEMMA = "gemma";

  /** Architectures that are converted as Llama is. */
  private static final String LLAMAS = "llama|smollm3|granite";

  /** By their number of tokens Granite's first models and SmolLM are known. */
  private static final int GRANITE_SIZE = 49_152;

  private final String model;
  private final String pre;
  private final GgufPieces pieces;
  private final List<String> merges;
  private final GgufSpecials specials;

  private GgufVocabulary(
      String model, String pre, GgufPieces pieces, List<String> merges, GgufSpecials specials) {
    this.model = model;
    this.pre = pre;
    this.pieces = pieces;
    this.merges = merges;
    this.specials = specials;
  }

  /**
   * Reads the tokenizer of a folder.
   *
   * @param architecture the model's, by GGUF's name
   * @param size how many tokens the model has embeddings of
   * @throws LanewiseException if there is none, or none that is converted here
   */
  public static GgufVocabulary of(Path folder, String architecture, int size) {
    Path file = folder.resolve(FILE);
    Path sentencePiece = folder.resolve(SENTENCE_PIECE);
    HubTokenConfig config = new HubTokenConfig(folder);
    JsonView root = Files.exists(file) ? Json.read(file) : null;
    if (root != null && new HubPreTokenizer(root).bytesLast()) {
      return bytePair(root, config, architecture, size);
    }
    if (Files.exists(sentencePiece)) {
      return sentencePiece(sentencePiece, root, config, architecture, size);
    }
    if (root != null) {
      return likeSentencePiece(root, config, size);
    }
    throw new LanewiseException(
        "%s: has neither %s nor %s, of which a GGUF file's tokenizer is made"
            .formatted(folder, FILE, SENTENCE_PIECE));
  }

  // --- GPT-2's --------------------------------------------------------------------------------

  private static GgufVocabulary bytePair(
      JsonView root, HubTokenConfig config, String architecture, int size) {
    JsonView model = root.at("model");
    requirePlain(model, false);
    if (root.has("normalizer") && !isComposing(root.at("normalizer"))) {
      throw root.at("normalizer").failure("changes texts, which is not converted to GGUF here");
    }
    boolean wholeWords = model.flag("ignore_merges", false);
    String preferred =
        switch (architecture) {
          case "llama" -> "smollm";
          case "granite" -> "refact";
          default -> "";
        };
    String pre = PreTokenizer.name(new HubPreTokenizer(root).steps(), wholeWords, preferred);
    if (pre == null) {
      throw root.at("pre_tokenizer")
          .failure(
              "splits words as none of the names that are known here for tokenizer.ggml.pre does"
                  + (wholeWords ? " with ignore_merges" : "")
                  + "; it is not converted to GGUF");
    }
    GgufPieces pieces = new GgufPieces(root.source(), size);
    JsonView vocab = model.at("vocab");
    for (String piece : vocab.keys()) {
      pieces.put(vocab.integer(piece), piece, Vocabulary.NORMAL);
    }
    for (JsonView token : HubTokenizer.added(root)) {
      pieces.putAdded(HubTokenizer.id(token), token, true);
    }
    GgufSpecials specials = new GgufSpecials(root, config, size);
    prefixSpace(config, architecture, specials);
    if (size == GRANITE_SIZE && architecture.matches(LLAMAS)) {
      specials.flag("bos", false); // whatever their files say
    }
    if (PreTokenizer.of(pre).addsBegin()) {
      specials.flagIfUnknown("bos", false); // for the name alone would mean the opposite
    }
    return new GgufVocabulary("gpt2", pre, pieces, merges(model), specials);
  }

  /** What the configuration says of a space before texts, which counts for Llama and its like. */
  private static void prefixSpace(
      HubTokenConfig config, String architecture, GgufSpecials specials) {
    if (architecture.matches(LLAMAS)) {
      config.prefixSpace().ifPresent(prefix -> specials.flag("space_prefix", prefix));
    }
  }

  /** Whether a normaliser only composes characters, which GGUF's tokenizers leave to the user. */
  private static boolean isComposing(JsonView normalizer) {
    return normalizer.string("type").equals("Sequence")
        ? normalizer.at("normalizers").items().stream().allMatch(GgufVocabulary::isComposing)
        : normalizer.string("type").equals("NFC");
  }

  private static void requirePlain(JsonView model, boolean byteFallback) {
    if (!model.string("type", "BPE").equals("BPE")) {
      throw model.failure(
          "is of type " + model.string("type") + ", which is not converted to GGUF here");
    }
    for (String affix : List.of("continuing_subword_prefix", "end_of_word_suffix")) {
      if (!model.string(affix, "").isEmpty()) {
        throw model.at(affix).failure("is not empty, which GGUF files cannot say");
      }
    }
    if (model.number("dropout", 0) != 0) {
      throw model.at("dropout").failure("is not 0: pieces drawn by lot are not supported");
    }
    if (model.flag("byte_fallback", false) != byteFallback) {
      throw model.failure(
          "has byte_fallback " + !byteFallback + ", which does not go with its pre_tokenizer");
    }
  }

  /** The merges, a space between the two pieces of each; a space in a piece is a byte character. */
  private static List<String> merges(JsonView model) {
    List<String> merges = new ArrayList<>();
    for (JsonView merge : model.at("merges").items()) {
      if (merge.value() instanceof String text) {
        merges.add(text);
      } else {
        List<JsonView> pair = merge.items();
        if (pair.size() != 2) {
          throw merge.failure("is not a pair of pieces");
        }
        merges.add(spelled(pair.get(0)) + " " + spelled(pair.get(1)));
      }
    }
    return merges;
  }

  private static String spelled(JsonView piece) {
    return piece.string().replace(' ', 'Ġ');
  }

  // --- SentencePiece's ------------------------------------------------------------------------

  private static GgufVocabulary sentencePiece(
      Path file, JsonView root, HubTokenConfig config, String architecture, int size) {
    SentencePieceModel model = SentencePieceModel.read(file);
    model.requirePlainBytePair();
    GgufPieces pieces = new GgufPieces(file.toString(), size).scored();
    for (int id = 0; id < Math.min(size, model.size()); id++) {
      pieces.put(id, model.piece(id), model.kind(id), model.score(id));
    }
    JsonView ids = config.addedIds();
    for (String piece : ids.keys()) {
      pieces.putIfRoom(ids.integer(piece), piece, Vocabulary.USER_DEFINED);
    }
    boolean isPhi = architecture.equals("phi3");
    JsonView decoder = config.addedTokens();
    for (String id : decoder.keys()) {
      if (!id.matches("[0-9]{1,8}")) {
        throw decoder.at(id).failure("is under a key that is no token id");
      }
      pieces.putAdded(Integer.parseInt(id), decoder.at(id), !isPhi);
    }
    List<JsonView> added = root == null ? List.of() : HubTokenizer.added(root);
    for (JsonView token : added) {
      int id = HubTokenizer.id(token);
      if (isPhi || !pieces.has(id)) {
        pieces.putAdded(id, token, !isPhi);
      }
    }
    requireSame(root, pieces);
    GgufSpecials specials = new GgufSpecials(root, config, size);
    if (root != null) {
      specials.flagIfUnknown(
          "bos", false); // for the kind of tokenizer alone would mean the opposite
    }
    if (architecture.startsWith(GEMMA) || !model.addsPrefix()) {
      specials.flag("space_prefix", false);
    }
    prefixSpace(config, architecture, specials);
    specials.endOfTurn(architecture);
    return new GgufVocabulary("llama", "default", pieces, null, specials);
  }

  /** Refuses a tokenizer.json that numbers pieces otherwise than SentencePiece's file beside it. */
  private static void requireSame(JsonView root, GgufPieces pieces) {
    if (root == null || !root.at("model").string("type", "BPE").equals("BPE")) {
      return;
    }
    JsonView vocab = root.at("model").at("vocab");
    for (String piece : vocab.keys()) {
      int id = vocab.integer(piece);
      if (id < pieces.size() && !pieces.isLike(id, piece)) {
        throw vocab
            .at(piece)
            .failure("is " + id + ", which is another piece in " + SENTENCE_PIECE + " beside it");
      }
    }
  }

  /** Byte-pair encoding that {@code tokenizer.json} took over from SentencePiece's file. */
  private static GgufVocabulary likeSentencePiece(JsonView root, HubTokenConfig config, int size) {
    JsonView model = root.at("model");
    requirePlain(model, true);
    GgufPieces pieces = new GgufPieces(root.source(), size).scored();
    MergeScores scores = new MergeScores(model, HubTokenizer.added(root));
    JsonView vocab = model.at("vocab");
    for (String piece : vocab.keys()) {
      int id = vocab.integer(piece);
      boolean isByte = ByteTokens.value(piece) >= 0;
      pieces.put(
          id, piece, isByte ? Vocabulary.BYTE : Vocabulary.NORMAL, isByte ? 0 : scores.of(piece));
    }
    for (JsonView token : HubTokenizer.added(root)) {
      pieces.putAdded(HubTokenizer.id(token), token, true);
    }
    GgufSpecials specials = new GgufSpecials(root, config, size);
    specials.flagIfUnknown("bos", false);
    if (!MergeScores.addsPrefix(root)) {
      specials.flag("space_prefix", false);
    }
    return new GgufVocabulary("llama", "default", pieces, null, specials);
  }

  // --- What it holds --------------------------------------------------------------------------

  /** What GGUF calls the kind of tokenizer. */
  public String model() {
    return model;
  }

  /** The name of the way in which texts are split into words. */
  public String pre() {
    return pre;
  }

  /** The tokens by id, as many as the model has. */
  public List<String> tokens() {
    return pieces.pieces();
  }

  /** What kind of token each is, numbered as in {@link Vocabulary}. */
  public int[] kinds() {
    return pieces.kinds();
  }

  /** The scores of SentencePiece's tokens; null for GPT-2's. */
  public float[] scores() {
    return pieces.scores();
  }

  /** The merges of GPT-2's; null for SentencePiece's. */
  public List<String> merges() {
    return merges;
  }

  /** The ids of tokens with roles: {@code bos}, {@code eos} and so on. */
  public Map<String, Integer> ids() {
    return specials.ids();
  }

  /** The tokens that end a generation. */
  public int[] ends() {
    return specials.ends();
  }

  /** Added tokens that are found otherwise than as they are spelled, as GGUF files cannot say. */
  public List<String> foundOtherwise() {
    return specials.foundOtherwise();
  }

  /** Whether {@code bos} is put before every text, and what else is. */
  public Map<String, Boolean> flags() {
    return specials.flags();
  }
}
