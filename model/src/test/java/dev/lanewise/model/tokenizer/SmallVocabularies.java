package dev.lanewise.model.tokenizer;

import dev.lanewise.model.StringTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Vocabularies small enough to be written down. */
final class SmallVocabularies {
  /** What messages name the pieces by. */
  static final String SOURCE = "test: tokenizer.ggml.";

  private static final String[] MERGES = {
    "Ġ t", "h e", "Ġt he", "i n", "Ġ a", "l l", "e r", "o n", "Ġ Ġ", "ĠĠ ĠĠ", "a a", "aa aa", "H e",
    "He ll", "Hell o", "Ġ w", "o r", "Ġw or", "l d", "Ġwor ld", "Ċ Ċ", "1 2", "12 3", "Ã ©",
    "Ã© Ã©", "' s", "< |",
  };

  private SmallVocabularies() {}

  /** The merges of {@link #bytePair}. */
  static StringTable merges() {
    return StringTable.of(MERGES);
  }

  /** All bytes, then the pieces that the merges make, then special tokens. */
  static List<String> bytePairPieces() {
    List<String> pieces = new ArrayList<>();
    for (int i = 0; i < 256; i++) {
      pieces.add(String.valueOf(ByteCharacters.character(i)));
    }
    for (String merge : MERGES) {
      pieces.add(merge.replace(" ", ""));
    }
    pieces.addAll(List.of("<|im_start|>", "<|im_end|>", "<|im_end|>!", "<user>", "<unk>"));
    return pieces;
  }

  /** A byte-pair tokenizer with the splits of a name. */
  static BytePairTokenizer bytePair(String pre) {
    List<String> pieces = bytePairPieces();
    int[] kinds = new int[pieces.size()];
    Arrays.fill(kinds, Vocabulary.NORMAL);
    kinds[pieces.indexOf("<|im_start|>")] = Vocabulary.CONTROL;
    kinds[pieces.indexOf("<|im_end|>")] = Vocabulary.CONTROL;
    kinds[pieces.indexOf("<|im_end|>!")] = Vocabulary.CONTROL;
    kinds[pieces.indexOf("<user>")] = Vocabulary.USER_DEFINED;
    kinds[pieces.indexOf("<unk>")] = Vocabulary.UNKNOWN;
    Vocabulary vocabulary =
        Vocabulary.builder(SOURCE, StringTable.of(pieces.toArray(new String[0])))
            .kinds(kinds)
            .before(pieces.indexOf("<|im_start|>"))
            .build();
    return new BytePairTokenizer(vocabulary, merges(), PreTokenizer.of(pre));
  }

  /** A SentencePiece vocabulary: unknown, begin, end, all bytes, then pieces of falling score. */
  static SentencePieceBpeTokenizer sentencePiece(boolean spacePrefix, String... extra) {
    List<String> pieces = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
    for (int i = 0; i < 256; i++) {
      pieces.add("<0x%02X>".formatted(i));
    }
    int first = pieces.size();
    pieces.addAll(
        List.of("▁t", "he", "▁the", "in", "ll", "▁▁", "▁▁▁▁", "aa", "aaaa", "He", "Hell", "Hello"));
    pieces.addAll(Arrays.asList(extra));
    int letters = pieces.size();
    pieces.addAll(List.of("▁", "e", "t", "a", "o", "i", "n", "h", "l", "H", "é", "<", "s", ">"));
    int[] kinds = new int[pieces.size()];
    float[] scores = new float[pieces.size()];
    for (int i = 0; i < kinds.length; i++) {
      kinds[i] = i < first ? Vocabulary.BYTE : Vocabulary.NORMAL;
      scores[i] = i < letters ? first - i : -1000;
    }
    kinds[0] = Vocabulary.UNKNOWN;
    kinds[1] = Vocabulary.CONTROL;
    kinds[2] = Vocabulary.CONTROL;
    Vocabulary vocabulary =
        Vocabulary.builder(SOURCE, StringTable.of(pieces.toArray(new String[0])))
            .kinds(kinds)
            .unknown(0)
            .before(1)
            .end(2)
            .build();
    return new SentencePieceBpeTokenizer(vocabulary, scores, spacePrefix);
  }

  /** BERT's tokenizer of single letters. */
  static WordPieceTokenizer wordPiece() {
    String[] pieces = {"[UNK]", "[CLS]", "[SEP]", "▁a", "▁b", "▁c"};
    int[] kinds = {
      Vocabulary.UNKNOWN, Vocabulary.CONTROL, Vocabulary.CONTROL,
      Vocabulary.NORMAL, Vocabulary.NORMAL, Vocabulary.NORMAL
    };
    Vocabulary vocabulary =
        Vocabulary.builder(SOURCE, StringTable.of(pieces))
            .kinds(kinds)
            .unknown(0)
            .before(1)
            .after(2)
            .build();
    return new WordPieceTokenizer(vocabulary, true, true, 100);
  }

  /** The spellings of ids, with a bar between them. */
  static String pieces(Tokenizer tokenizer, int... ids) {
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(text.isEmpty() ? "" : "|").append(tokenizer.piece(id));
    }
    return text.toString();
  }
}
