package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.StringTable;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Marian's vocabularies: a SentencePiece file cuts texts of the source language, and a table that
 * it shares with the target language numbers the pieces. A text may begin with the target language,
 * such as {@code >>fra<<}. Pieces of both languages spell themselves, so that decoding needs the
 * table alone. Junczys-Dowmunt et al., Marian, 2018.
 */
final class MarianTokenizer extends VocabularyTokenizer {
  private static final String UNKNOWN = "<unk>";

  private final Tokenizer source;

  /** The table's id of each of the source's. */
  private final int[] ids;

  private MarianTokenizer(Tokenizer source, Vocabulary vocabulary) {
    super(vocabulary);
    this.source = source;
    this.ids = new int[source.vocabSize()];
    for (int id = 0; id < ids.length; id++) {
      int shared = vocabulary.find(source.piece(id));
      ids[id] = shared < 0 ? vocabulary.unknown() : shared;
    }
  }

  /**
   * Reads the files.
   *
   * @param spm SentencePiece's, of the source language
   * @param table {@code vocab.json}
   * @throws LanewiseException if one cannot be read or is damaged, or the table lacks a token
   */
  static Tokenizer load(Path spm, Path table, HubTokenConfig config) {
    if (config.flag("separate_vocabs", false)) {
      throw new LanewiseException(
          spm.getParent() + ": vocabularies that source and target do not share are not supported");
    }
    JsonView vocab = Json.read(table);
    String[] pieces = new String[vocab.keys().size()];
    for (String piece : vocab.keys()) {
      int id = vocab.integer(piece);
      if (id < 0 || id >= pieces.length || pieces[id] != null) {
        throw vocab
            .at(piece)
            .failure("is %d, expected each of 0 to %d once".formatted(id, pieces.length - 1));
      }
      pieces[id] = piece;
    }
    String end = config.token("eos_token", "</s>");
    String padding = config.token("pad_token", "<pad>");
    int[] kinds = new int[pieces.length];
    for (int id = 0; id < kinds.length; id++) {
      String piece = pieces[id];
      boolean control = piece.equals(end) || piece.equals(padding) || isLanguage(piece);
      kinds[id] = control ? Vocabulary.CONTROL : Vocabulary.NORMAL;
    }
    int unknown = required(vocab, config.token("unk_token", UNKNOWN));
    int last = required(vocab, end);
    kinds[unknown] = Vocabulary.UNKNOWN;
    Vocabulary.Builder builder =
        Vocabulary.builder(table + ": ", StringTable.of(pieces))
            .kinds(kinds)
            .unknown(unknown)
            .end(last)
            .endsIfAny(config.ends())
            .cutsBeginnings(config.cutsBeginnings("right"))
            .template(SequenceTemplate.parse("A </s>", "A B </s>", _ -> last));
    return new MarianTokenizer(SentencePieceModel.load(spm), builder.build());
  }

  private static int required(JsonView vocab, String piece) {
    if (!vocab.has(piece)) {
      throw vocab.failure("lacks the piece " + piece);
    }
    return vocab.integer(piece);
  }

  private static boolean isLanguage(String piece) {
    return piece.length() > 4 && piece.startsWith(">>") && piece.endsWith("<<");
  }

  /** Where the language at the beginning of a text ends; 0 if there is none. */
  private static int languageEnd(String text) {
    if (!text.startsWith(">>")) {
      return 0;
    }
    int end = text.indexOf("<<");
    return end < 0 ? 0 : end + 2;
  }

  @Override
  public int[] encode(String text, boolean parseSpecial) {
    return tokens(text, parseSpecial).ids();
  }

  @Override
  public Tokens tokens(String text, boolean parseSpecial) {
    int skipped = languageEnd(text);
    Tokens found = source.tokens(text.substring(skipped), parseSpecial);
    int more = skipped > 0 ? 1 : 0;
    int size = found.size() + more;
    int[] all = new int[size];
    int[] starts = new int[size];
    int[] ends = new int[size];
    int[] words = new int[size]; // the language is the first
    if (more > 0) {
      int language = vocabulary().find(text.substring(0, skipped));
      all[0] = language < 0 ? vocabulary().unknown() : language;
      ends[0] = skipped;
    }
    for (int i = more; i < size; i++) {
      starts[i] = found.starts()[i - more] + skipped;
      ends[i] = found.ends()[i - more] + skipped;
      all[i] = shared(found.ids()[i - more], text, starts[i], ends[i]);
      words[i] = found.words()[i - more] + more;
    }
    return new Tokens(all, starts, ends, words);
  }

  /** The table's id of a piece; what the source does not know the table may have as it stands. */
  private int shared(int id, String text, int start, int end) {
    int shared = ids[id];
    if (shared == vocabulary().unknown()) {
      int surface = vocabulary().find(text.substring(start, end));
      return surface < 0 ? shared : surface;
    }
    return shared;
  }

  @Override
  public String decode(int... tokens) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(4 * tokens.length);
    for (int id : tokens) {
      out.writeBytes(bytes(id));
    }
    String text = out.toString(StandardCharsets.UTF_8);
    return text.startsWith(" ") ? text.substring(1) : text;
  }

  @Override
  public byte[] bytes(int id) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(16);
    if (vocabulary().kind(id) == Vocabulary.NORMAL) {
      Spaces.unmark(vocabulary().pieces(), id, out);
    }
    return out.toByteArray();
  }
}
