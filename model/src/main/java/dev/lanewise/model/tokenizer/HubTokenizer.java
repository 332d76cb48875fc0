package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.StringTable;
import dev.lanewise.model.json.JsonView;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * The tokenizer that {@code tokenizer.json} of the Hugging Face hub describes: a model (BPE,
 * WordPiece, Unigram, WordLevel) with the normaliser, the pre-tokenizer and the post-processor
 * around it.
 *
 * <p>The file's sections on truncation and padding are left aside, but for the side where texts are
 * cut: {@link Truncation} says anew for each use how long a sequence may be.
 *
 * <p>Source: the serialised form of the components in the documentation of the library tokenizers.
 */
final class HubTokenizer {
  /** Stands between the two pieces of a merge, and nowhere in UTF-8. */
  private static final byte MERGE_GAP = (byte) 0xFF;

  /** Most ids between the pieces that none of them has. */
  private static final int MAX_GAP = 1 << 16;

  private final JsonView root;
  private final JsonView model;
  private final int[] ends;
  private final String begin; // how that token is spelled, or empty
  private final String end; // that the file does not add; empty for none
  private final boolean cutsBeginnings;
  private final BitSet outside = new BitSet(); // ids of tokens that the model's vocabulary lacks
  private final Normaliser normaliser;
  private final HubPreTokenizer preTokenizer;
  private final HubPostProcessor postProcessor;

  private HubTokenizer(JsonView root, HubTokenConfig config) {
    this.root = root;
    this.model = root.at("model");
    this.ends = config.ends();
    this.begin = config.token("bos_token", "");
    this.end = config.addedEnd();
    this.cutsBeginnings =
        config.cutsBeginnings(
            root.has("truncation") ? root.at("truncation").string("direction", "Right") : "Right");
    this.normaliser = HubNormaliser.of(root);
    this.preTokenizer = new HubPreTokenizer(root);
    this.postProcessor = new HubPostProcessor(root);
  }

  /**
   * The tokenizer of a file that was read already.
   *
   * @param config what the files beside it say; of the ids there that end a generation those that
   *     the file lacks are left aside
   * @throws LanewiseException if it is damaged, or asks for a component that is not known here; the
   *     message names the place in the file
   */
  static Tokenizer of(JsonView root, HubTokenConfig config) {
    return new HubTokenizer(root, config).tokenizer();
  }

  private Tokenizer tokenizer() {
    String type = modelType();
    return switch (type) {
      case "BPE" -> bytePair();
      case "Unigram" -> unigram();
      case "WordPiece" -> wordPiece();
      case "WordLevel" -> wordLevel();
      default ->
          throw model.failure(
              "is of type "
                  + type
                  + ", which is not known here: BPE, Unigram, WordPiece, WordLevel");
    };
  }

  /** Old files name no type. */
  private String modelType() {
    String guess = model.has("merges") ? "BPE" : model.has("unk_id") ? "Unigram" : "WordPiece";
    return model.string("type", guess);
  }

  // --- The models -----------------------------------------------------------------------------

  private Tokenizer bytePair() {
    if (model.has("dropout") && model.number("dropout") != 0) {
      throw model.at("dropout").failure("is not 0: pieces drawn by lot are not supported");
    }
    String[] pieces = pieces(model.at("vocab"));
    int unknown = model.has("unk_token") ? find(pieces, model.string("unk_token")) : -1;
    int flags = model.flag("ignore_merges", false) ? PreTokenizer.WHOLE_WORDS : 0;
    return new BytePairTokenizer(
        vocabulary(pieces, unknown),
        merges(),
        normaliser,
        bytePairWords(flags),
        new BytePairTokenizer.Spelling(
            model.flag("fuse_unk", false),
            model.string("continuing_subword_prefix", ""),
            model.string("end_of_word_suffix", ""),
            MERGE_GAP,
            false,
            true));
  }

  /** The merges, whose pieces may hold spaces: a byte that no text has stands between them. */
  private StringTable merges() {
    List<JsonView> items = model.at("merges").items();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(16 * items.size());
    int[] offsets = new int[items.size() + 1];
    for (int i = 0; i < items.size(); i++) {
      JsonView item = items.get(i);
      if (item.value() instanceof List<?> pair && pair.size() == 2) {
        bytes.writeBytes(Utf8.encode(item.items().get(0).string()));
        bytes.write(MERGE_GAP);
        bytes.writeBytes(Utf8.encode(item.items().get(1).string()));
      } else {
        String merge = item.string();
        int gap = merge.indexOf(' ', 1);
        bytes.writeBytes(Utf8.encode(gap < 0 ? merge : merge.substring(0, gap)));
        if (gap >= 0) {
          bytes.write(MERGE_GAP);
          bytes.writeBytes(Utf8.encode(merge.substring(gap + 1)));
        }
      }
      offsets[i + 1] = bytes.size();
    }
    return new StringTable(bytes.toByteArray(), offsets);
  }

  private Tokenizer unigram() {
    List<JsonView> entries = model.at("vocab").items();
    String[] pieces = sized(entries.size());
    double[] scores = new double[pieces.length];
    Arrays.fill(scores, Double.NEGATIVE_INFINITY);
    for (int id = 0; id < entries.size(); id++) {
      List<JsonView> entry = entries.get(id).items();
      if (entry.size() != 2) {
        throw entries.get(id).failure("is not a piece and its score");
      }
      pieces[id] = entry.get(0).string();
      scores[id] = entry.get(1).number();
    }
    fill(pieces);
    return new UnigramTokenizer(
        vocabulary(pieces, model.integer("unk_id", -1)),
        scores,
        normaliser,
        preTokenizer(),
        false,
        new BitSet());
  }

  private Tokenizer wordPiece() {
    String[] pieces = pieces(model.at("vocab"));
    return new WordPieceTokenizer(
        vocabulary(pieces, find(pieces, model.string("unk_token", "[UNK]"))),
        normaliser,
        preTokenizer(),
        model.integer("max_input_chars_per_word", 100),
        "",
        model.string("continuing_subword_prefix", "##"));
  }

  private Tokenizer wordLevel() {
    String[] pieces = pieces(model.at("vocab"));
    return new WordLevelTokenizer(
        vocabulary(pieces, find(pieces, model.string("unk_token", "<unk>"))),
        normaliser,
        preTokenizer());
  }

  /** The pre-tokenizer of byte-pair encoding, which spells bytes itself if that comes last. */
  private PreTokenizer bytePairWords(int flags) {
    int spelling = preTokenizer.bytesLast() ? 0 : PreTokenizer.RAW;
    return new PreTokenizer(flags | spelling | postProcessor.trimming(), preTokenizer.steps());
  }

  private PreTokenizer preTokenizer() {
    List<WordStep> steps = new ArrayList<>(preTokenizer.steps());
    if (preTokenizer.bytesLast()) {
      steps.add(WordSteps.BYTES);
    }
    return new PreTokenizer(PreTokenizer.RAW | postProcessor.trimming(), steps);
  }

  // --- What they share ------------------------------------------------------------------------

  private static int find(String[] pieces, String piece) {
    return Arrays.asList(pieces).indexOf(piece);
  }

  /** The pieces by id; ids between them that nobody has are spares. */
  private String[] pieces(JsonView vocab) {
    int last = -1;
    for (String piece : vocab.keys()) {
      last = Math.max(last, vocab.integer(piece));
    }
    int count = vocab.keys().size();
    // A few ids that nobody has are spares; many more than pieces are damage.
    String[] pieces = sized(last < 2L * count + MAX_GAP ? Math.max(count, last + 1) : count);
    for (String piece : vocab.keys()) {
      int id = vocab.integer(piece);
      if (id < 0 || id >= pieces.length) {
        throw vocab.at(piece).failure("is " + id + ", expected 0 to " + (pieces.length - 1));
      }
      pieces[id] = piece;
    }
    fill(pieces);
    return pieces;
  }

  /** Room for the pieces of a vocabulary, and for the tokens that were added to it. */
  private String[] sized(int count) {
    int size = count;
    for (JsonView token : added(root)) {
      size = Math.max(size, id(token, count) + 1);
    }
    return new String[size];
  }

  private void fill(String[] pieces) {
    for (int id = 0; id < pieces.length; id++) {
      outside.set(id, pieces[id] == null);
    }
    for (JsonView token : added(root)) {
      pieces[id(token)] = token.string("content");
    }
    for (int id = 0; id < pieces.length; id++) {
      pieces[id] = pieces[id] == null ? "[unused" + id + "]" : pieces[id];
    }
  }

  /** The tokens that a {@code tokenizer.json} adds to its vocabulary. */
  static List<JsonView> added(JsonView root) {
    return root.has("added_tokens") ? root.at("added_tokens").items() : List.of();
  }

  static int id(JsonView token) {
    int id = token.integer("id");
    if (id < 0 || id > 1 << 24) {
      throw token.at("id").failure("is " + id + ", expected a number from 0 to 2^24");
    }
    return id;
  }

  /** The id of a token that was added to so many pieces: it may lie behind them, but not far. */
  static int id(JsonView token, int pieces) {
    int id = id(token);
    if (id >= 2L * pieces + MAX_GAP) {
      throw token.at("id").failure("is " + id + ", far beyond the " + pieces + " pieces");
    }
    return id;
  }

  private Vocabulary vocabulary(String[] pieces, int unknown) {
    int[] kinds = new int[pieces.length];
    Arrays.fill(kinds, Vocabulary.NORMAL);
    if (model.flag("byte_fallback", false)) {
      for (int id = 0; id < pieces.length; id++) {
        if (ByteTokens.value(pieces[id]) >= 0) {
          kinds[id] = Vocabulary.BYTE;
        }
      }
    }
    Vocabulary.Builder builder = Vocabulary.builder(root.source() + ": ", StringTable.of(pieces));
    BitSet skipped = new BitSet();
    for (JsonView token : added(root)) {
      int id = id(token);
      boolean special = token.flag("special", false);
      kinds[id] = special ? Vocabulary.CONTROL : Vocabulary.USER_DEFINED;
      skipped.set(id, special);
      if (token.flag("lstrip", false)) {
        builder.stripBefore(id);
      }
      if (token.flag("rstrip", false)) {
        builder.stripAfter(id);
      }
      if (token.flag("single_word", false)) {
        builder.singleWord(id);
      }
      if (token.flag("normalized", !special)) {
        builder.normalised(id);
      }
      if (id == unknown) {
        kinds[id] = Vocabulary.UNKNOWN;
      }
    }
    if (unknown >= 0) {
      builder.unknown(unknown);
    }
    builder.kinds(kinds).exactKinds().endsIfAny(ends).outside(outside);
    builder.decoder(HubDecoder.of(root), skipped);
    int first = begin.isEmpty() ? -1 : find(pieces, begin);
    if (first >= 0) {
      builder.begin(first);
    }
    SequenceTemplate template = postProcessor.template();
    int last = end.isEmpty() ? -1 : find(pieces, end);
    if (last >= 0) {
      template = template.ending(last);
    }
    return builder.template(template).cutsBeginnings(cutsBeginnings).build();
  }
}
