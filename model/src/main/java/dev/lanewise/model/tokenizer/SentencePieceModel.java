package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.ProtocolBuffer;
import dev.lanewise.model.StringTable;
import dev.lanewise.model.WholeFile;
import dev.lanewise.model.json.JsonView;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;

/**
 * SentencePiece's own file, {@code spiece.model} or {@code tokenizer.model}: a protocol buffer with
 * the pieces, and with how texts are normalised.
 *
 * <p>Source of the field numbers: {@code sentencepiece_model.proto} of the SentencePiece project.
 */
public final class SentencePieceModel {
  private static final int MAX_BYTES = 256 << 20;

  // Fields of ModelProto.
  private static final int PIECES = 1;
  private static final int TRAINER = 2;
  private static final int NORMALIZER = 3;

  // Fields of SentencePiece.
  private static final int PIECE = 1;
  private static final int SCORE = 2;
  private static final int TYPE = 3;

  // Fields of TrainerSpec.
  private static final int MODEL_TYPE = 3;
  private static final int SPACE_ENDS_WORDS = 24;
  private static final int UNKNOWN_SURFACE = 44;

  // Fields of NormalizerSpec.
  private static final int CHARACTER_MAP = 2;
  private static final int ADD_PREFIX = 3;
  private static final int MERGE_SPACES = 4;

  private static final int UNIGRAM = 1;
  private static final int BYTE_PAIR = 2;

  private final String file;
  private final List<String> pieces = new ArrayList<>();
  private float[] scores = new float[1024];
  private int[] kinds = new int[1024];
  private int modelType = UNIGRAM;
  private String unknownSurface = " \u2047 ";
  private CharacterMap map = CharacterMap.identity();
  private boolean prefix = true;
  private boolean prefixOnce; // not after special tokens
  private boolean cutsBeginnings;
  private boolean mergeSpaces = true;

  private SentencePieceModel(String file) {
    this.file = file;
  }

  /**
   * The tokenizer in a file, with the ids of the file and nothing around texts; a family of models
   * may number pieces otherwise, see {@link TokenizerFiles}.
   *
   * @throws LanewiseException if the file cannot be read, is damaged, or holds a model of another
   *     kind than unigram or byte-pair encoding
   */
  public static Tokenizer load(Path path) {
    return read(path).tokenizer(SentencePieceFamily.PLAIN, List.of(), "");
  }

  /**
   * The tokenizer in a file as a family of models uses it.
   *
   * @param config what the files beside it say
   * @throws LanewiseException as of {@link #load(Path)}, or if the file lacks the family's tokens
   */
  static Tokenizer load(Path path, HubTokenConfig config) {
    SentencePieceModel model = read(path);
    SentencePieceFamily family;
    try {
      family = SentencePieceFamily.of(config);
    } catch (LanewiseException e) {
      throw new LanewiseException(path + ": " + e.getMessage(), e);
    }
    model.rearrange(family);
    model.prefixOnce = !config.flag("legacy", true);
    model.cutsBeginnings = config.cutsBeginnings("right");
    model.unknownSurface = ""; // of no interest among tokens that have roles
    return model.tokenizer(
        family,
        config.added(model.ids(), Map.of()),
        config.token("bos_token", "<s>"),
        config.ends());
  }

  /** The file alone, as it is. */
  static SentencePieceModel read(Path path) {
    byte[] bytes = WholeFile.read(path, MAX_BYTES);
    SentencePieceModel model = new SentencePieceModel(path.toString());
    model.read(new ProtocolBuffer(path.toString(), bytes));
    return model;
  }

  private void read(ProtocolBuffer file) {
    while (file.next()) {
      switch (file.field()) {
        case PIECES -> readPiece(file.message());
        case TRAINER -> readTrainer(file.message());
        case NORMALIZER -> readNormalizer(file.message());
        default -> file.skip();
      }
    }
  }

  private void readPiece(ProtocolBuffer piece) {
    int id = pieces.size();
    if (id == scores.length) {
      scores = Arrays.copyOf(scores, 2 * id);
      kinds = Arrays.copyOf(kinds, 2 * id);
    }
    String text = "";
    kinds[id] = Vocabulary.NORMAL;
    while (piece.next()) {
      switch (piece.field()) {
        case PIECE -> text = new String(piece.bytes(), StandardCharsets.UTF_8);
        case SCORE -> scores[id] = piece.float32();
        case TYPE -> kinds[id] = (int) piece.number();
        default -> piece.skip();
      }
    }
    pieces.add(text);
  }

  private void readTrainer(ProtocolBuffer trainer) {
    while (trainer.next()) {
      switch (trainer.field()) {
        case MODEL_TYPE -> modelType = (int) trainer.number();
        case SPACE_ENDS_WORDS -> {
          if (trainer.number() != 0) {
            throw new LanewiseException(
                file
                    + ": treat_whitespace_as_suffix is set: spaces that end words, not begin them,"
                    + " are not supported");
          }
        }
        case UNKNOWN_SURFACE ->
            unknownSurface = new String(trainer.bytes(), StandardCharsets.UTF_8);
        default -> trainer.skip();
      }
    }
  }

  private void readNormalizer(ProtocolBuffer normalizer) {
    while (normalizer.next()) {
      switch (normalizer.field()) {
        case CHARACTER_MAP ->
            map = CharacterMap.of(file + ": precompiled_charsmap", normalizer.bytes());
        case ADD_PREFIX -> prefix = normalizer.number() != 0;
        case MERGE_SPACES -> mergeSpaces = normalizer.number() != 0;
        default -> normalizer.skip();
      }
    }
  }

  /** How many pieces there are. */
  int size() {
    return pieces.size();
  }

  String piece(int id) {
    return pieces.get(id);
  }

  float score(int id) {
    return scores[id];
  }

  /** What kind of token a piece is, numbered as in {@link Vocabulary}. */
  int kind(int id) {
    return kinds[id];
  }

  /** Whether a space goes before every text. */
  boolean addsPrefix() {
    return prefix;
  }

  /**
   * Insists on byte-pair encoding of texts as they are, which is all that GGUF files know.
   *
   * @throws LanewiseException if it is another model, or changes texts
   */
  void requirePlainBytePair() {
    String problem =
        modelType != BYTE_PAIR
            ? "is no byte-pair model (its type is " + modelType + ")"
            : mergeSpaces
                ? "drops spaces (remove_extra_whitespaces)"
                : !map.isIdentity() ? "changes characters (precompiled_charsmap)" : null;
    if (problem != null) {
      throw new LanewiseException(file + ": " + problem + ", which is not converted to GGUF here");
    }
  }

  /** Puts a family's tokens before and behind the pieces. */
  private void rearrange(SentencePieceFamily family) {
    if (family.dropped() > pieces.size()) {
      throw new LanewiseException(
          "%s: has %d pieces, fewer than the %d that its family of models has of its own"
              .formatted(file, pieces.size(), family.dropped()));
    }
    int count = pieces.size();
    List<String> own = List.copyOf(pieces.subList(family.dropped(), count));
    Set<String> known = new HashSet<>(own);
    List<String> tail = family.tail().stream().filter(piece -> !known.contains(piece)).toList();
    int head = family.head().size();
    int size = head + own.size() + tail.size();
    float[] newScores = new float[size];
    int[] newKinds = new int[size];
    Arrays.fill(newKinds, Vocabulary.CONTROL);
    System.arraycopy(scores, family.dropped(), newScores, head, own.size());
    System.arraycopy(kinds, family.dropped(), newKinds, head, own.size());
    pieces.clear();
    pieces.addAll(family.head());
    pieces.addAll(own);
    pieces.addAll(tail);
    int unknown = family.head().indexOf("<unk>");
    if (unknown >= 0) {
      newKinds[unknown] = Vocabulary.UNKNOWN;
    }
    scores = newScores;
    kinds = newKinds;
  }

  /** The id of each piece; of pieces that are spelled alike the first counts. */
  private Map<String, Integer> ids() {
    Map<String, Integer> ids = new LinkedHashMap<>();
    for (int id = 0; id < pieces.size(); id++) {
      ids.putIfAbsent(pieces.get(id), id);
    }
    return ids;
  }

  /**
   * The tokenizer.
   *
   * @param added tokens as a {@code tokenizer.json} lists them
   * @param begin how the token that begins a sequence is spelled; it need not exist
   * @param ends ids that end a generation
   */
  private Tokenizer tokenizer(
      SentencePieceFamily family, List<Map<String, Object>> added, String begin, int... ends) {
    int own = pieces.size();
    BitSet defined = new BitSet(); // by the file; these are text, and no tokens of the folder's
    for (int id = 0; id < own; id++) {
      defined.set(id, kinds[id] == Vocabulary.USER_DEFINED);
    }
    for (Map<String, Object> token : added) {
      JsonView view = new JsonView(file, "added_tokens", token);
      reserve(view, own);
      defined.clear(HubTokenizer.id(view));
    }
    defined.stream().forEach(id -> kinds[id] = Vocabulary.NORMAL);
    Vocabulary vocabulary = vocabulary(family, added, begin, ends);
    UserSymbols symbols = new UserSymbols(vocabulary.pieces(), defined);
    Normaliser normaliser =
        Normaliser.sequence(
            List.of(family.before(), new SentencePieceText(map, prefixed(), mergeSpaces, symbols)));
    float[] all = Arrays.copyOf(scores, pieces.size());
    return switch (modelType) {
      case UNIGRAM ->
          new UnigramTokenizer(
              vocabulary,
              UnigramTokenizer.doubles(vocabulary, all),
              normaliser,
              PreTokenizer.NONE,
              prefix,
              defined);
      case BYTE_PAIR -> new SentencePieceBpeTokenizer(vocabulary, all, prefix, normaliser, symbols);
      default ->
          throw new LanewiseException(
              file + ": model type " + modelType + " is not supported; known are 1 and 2");
    };
  }

  private Vocabulary vocabulary(
      SentencePieceFamily family, List<Map<String, Object>> added, String begin, int... ends) {
    int size = pieces.size();
    StringTable table = StringTable.of(pieces.toArray(String[]::new));
    Vocabulary.Builder builder =
        Vocabulary.builder(file + ": ", table)
            .kinds(Arrays.copyOf(kinds, size))
            .unknownText(unknownSurface)
            .cutsBeginnings(cutsBeginnings)
            .endsIfAny(ends);
    for (int id = 0; id < size; id++) {
      if (kinds[id] == Vocabulary.UNKNOWN) {
        builder.unknown(id);
      }
    }
    for (Map<String, Object> token : added) {
      strip(builder, new JsonView(file, "added_tokens", token));
    }
    Map<String, Integer> ids = ids();
    if (ids.containsKey("</s>")) {
      builder.end(ids.get("</s>"));
    }
    if (ids.containsKey(begin)) {
      builder.begin(ids.get(begin));
    }
    ToIntFunction<String> id =
        token -> {
          if (!ids.containsKey(token)) {
            throw new LanewiseException(
                file + ": lacks the piece " + token + ", which stands around texts");
          }
          return ids.get(token);
        };
    return builder.template(SequenceTemplate.parse(family.single(), family.pair(), id)).build();
  }

  private Metaspace.Prefix prefixed() {
    if (!prefix) {
      return Metaspace.Prefix.NEVER;
    }
    return prefixOnce ? Metaspace.Prefix.FIRST : Metaspace.Prefix.ALWAYS;
  }

  /** Makes room for a token added to so many pieces, and says of what kind it is. */
  private void reserve(JsonView token, int own) {
    int id = HubTokenizer.id(token, own);
    while (pieces.size() <= id) {
      if (pieces.size() >= scores.length) {
        scores = Arrays.copyOf(scores, 2 * pieces.size() + 2);
        kinds = Arrays.copyOf(kinds, 2 * pieces.size() + 2);
      }
      kinds[pieces.size()] = Vocabulary.UNUSED;
      scores[pieces.size()] = Float.NEGATIVE_INFINITY;
      pieces.add("[unused" + pieces.size() + "]");
    }
    pieces.set(id, token.string("content"));
    if (kinds[id] != Vocabulary.UNKNOWN && kinds[id] != Vocabulary.BYTE) {
      kinds[id] = token.flag("special", false) ? Vocabulary.CONTROL : Vocabulary.USER_DEFINED;
    }
  }

  private static void strip(Vocabulary.Builder builder, JsonView token) {
    if (token.flag("lstrip", false)) {
      builder.stripBefore(HubTokenizer.id(token));
    }
    if (token.flag("rstrip", false)) {
      builder.stripAfter(HubTokenizer.id(token));
    }
  }
}
