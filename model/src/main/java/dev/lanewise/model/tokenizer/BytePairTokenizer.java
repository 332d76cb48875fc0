package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.StringTable;
import java.io.ByteArrayOutputStream;
import java.util.List;

/**
 * Byte-pair encoding as GPT-2 and most models after it use it: the text is cut into words, a word
 * is a row of bytes, and of all neighbouring pairs the one whose merge has the lowest rank becomes
 * one token, until none is left. Sennrich et al., Neural Machine Translation of Rare Words with
 * Subword Units, 2016; Radford et al., Language Models are Unsupervised Multitask Learners, 2019.
 *
 * <p>A word of n bytes takes O(n log n). Decoding what was encoded gives the text back.
 */
public final class BytePairTokenizer extends PieceTokenizer {
  private final PreTokenizer preTokenizer;
  private final MergeTable merges;
  private final int[] byteIds; // of the characters that spell bytes; null if those are not spelled
  private final int[] byteTokens; // null if the vocabulary has none
  private final Spelling spelling;
  private final byte[] prefix;
  private final byte[] suffix;

  /**
   * A tokenizer.
   *
   * @param merges pairs of pieces with a space between them, the lowest rank first
   * @throws LanewiseException if a merge names or makes a piece that the vocabulary lacks, or a
   *     byte token is spelled wrong
   */
  public BytePairTokenizer(Vocabulary vocabulary, StringTable merges, PreTokenizer preTokenizer) {
    this(
        vocabulary,
        merges,
        preTokenizer.byteLevel() ? Normaliser.NONE : Spaces.marker(false),
        preTokenizer,
        Spelling.PLAIN);
  }

  /**
   * A tokenizer whose words are parted by white space, which is lost, and spelled in UTF-8: what
   * GGUF calls {@code whitespace}. What cannot be spelled is left out.
   *
   * @param lowercase whether capitals become small
   * @throws LanewiseException as of the constructor
   */
  public static BytePairTokenizer ofSpacedWords(
      Vocabulary vocabulary, StringTable merges, boolean lowercase) {
    return new BytePairTokenizer(
        vocabulary,
        merges,
        lowercase ? Normalisers::lowercase : Normaliser.NONE,
        new PreTokenizer(PreTokenizer.RAW, List.of(WordSteps.SPACES)),
        new Spelling(false, "", "", (byte) ' ', false, true));
  }

  /**
   * How words are spelled, where that is not as in GPT-2.
   *
   * @param fuseUnknown whether neighbouring unknown characters are one unknown token
   * @param prefix what begins the spelling of a word's pieces but the first; empty for nothing
   * @param suffix what ends the spelling of a word's last piece; empty for nothing
   * @param gap what parts the two pieces of a merge
   * @param addsSpace whether a space comes before a text
   * @param drops whether what cannot be spelled is left out, if there is no unknown token
   */
  record Spelling(
      boolean fuseUnknown,
      String prefix,
      String suffix,
      byte gap,
      boolean addsSpace,
      boolean drops) {
    static final Spelling PLAIN = new Spelling(false, "", "", (byte) ' ', false, false);
  }

  /** A tokenizer with any normalisation and any words. */
  BytePairTokenizer(
      Vocabulary vocabulary,
      StringTable merges,
      Normaliser normaliser,
      PreTokenizer preTokenizer,
      Spelling spelling) {
    super(vocabulary, normaliser, preTokenizer, spelling.addsSpace());
    this.preTokenizer = preTokenizer;
    this.spelling = spelling;
    this.prefix = Utf8.encode(spelling.prefix());
    this.suffix = Utf8.encode(spelling.suffix());
    this.byteIds = preTokenizer.byteLevel() ? byteIds(vocabulary) : null;
    this.byteTokens = ByteTokens.idsIfAny(vocabulary);
    this.merges = new MergeTable(vocabulary, merges, spelling.gap(), spelling.prefix());
  }

  private static int[] byteIds(Vocabulary vocabulary) {
    int[] ids = new int[256];
    byte[] spelling = new byte[2];
    for (int i = 0; i < ids.length; i++) {
      int length = Utf8.put(ByteCharacters.character(i), spelling, 0);
      ids[i] = vocabulary.find(spelling, 0, length);
    }
    return ids;
  }

  @Override
  void encodeWord(byte[] word, int length, TokenList out) {
    int whole = wholeWord(word, length);
    if (whole >= 0) {
      out.add(whole, 0, length);
      return;
    }
    MergeQueue queue = new MergeQueue(length);
    if (prefix.length + suffix.length > 0) {
      addMarked(word, length, queue);
    } else if (preTokenizer.byteLevel()) {
      for (int i = 0; i < length; i++) {
        add(byteIds[word[i] & 0xFF], queue);
      }
    } else {
      for (int i = 0; i < length; ) {
        int end = i + Utf8.length(word[i]);
        add(vocabulary().find(word, i, end), queue);
        i = end;
      }
    }
    for (int left = queue.first(); left >= 0; left = queue.next(left)) {
      offer(queue, left);
    }
    for (int left = queue.merge(); left >= 0; left = queue.merge()) {
      offer(queue, queue.previous(left));
      offer(queue, left);
    }
    if (preTokenizer.byteLevel()) {
      addBytes(word, queue, out);
    } else {
      addCharacters(word, queue, out);
    }
  }

  /** Adds a character, or the lack of one where it is left out: pieces merge across it. */
  private void add(int id, MergeQueue queue) {
    if (id < 0 && vocabulary().unknown() < 0 && spelling.drops() && byteTokens == null) {
      queue.skip();
    } else {
      queue.add(id);
    }
  }

  /** Adds a word's bytes or characters with what is spelled before and behind them. */
  private void addMarked(byte[] word, int length, MergeQueue queue) {
    byte[] spelled = new byte[prefix.length + 4 + suffix.length];
    for (int i = 0; i < length; ) {
      int to = 0;
      if (i > 0) {
        System.arraycopy(prefix, 0, spelled, 0, prefix.length);
        to = prefix.length;
      }
      int size = 1;
      if (preTokenizer.byteLevel()) {
        to = Utf8.put(ByteCharacters.character(word[i] & 0xFF), spelled, to);
      } else {
        size = Utf8.length(word[i]);
        System.arraycopy(word, i, spelled, to, size);
        to += size;
      }
      i += size;
      if (i == length) {
        System.arraycopy(suffix, 0, spelled, to, suffix.length);
        to += suffix.length;
      }
      add(vocabulary().find(spelled, 0, to), queue);
    }
  }

  private void offer(MergeQueue queue, int left) {
    if (left < 0) {
      return;
    }
    int right = queue.next(left);
    int leftId = queue.id(left);
    int rank = MergeQueue.NONE;
    if (right >= 0 && leftId >= 0 && queue.id(right) >= 0) {
      rank = merges.rank(leftId, queue.id(right));
    }
    queue.offer(left, rank, rank == MergeQueue.NONE ? -1 : merges.result(rank));
  }

  /** Appends the symbols of a word of bytes; symbol i starts at byte i. */
  private void addBytes(byte[] word, MergeQueue queue, TokenList out) {
    boolean wasUnknown = false;
    for (int symbol = queue.first(); symbol >= 0; symbol = queue.next(symbol)) {
      int end = queue.end(symbol);
      int id = queue.id(symbol);
      boolean unknown = id < 0 && !addCharacterOfByte(word[symbol], symbol, end, out);
      if (id >= 0) {
        out.add(id, symbol, end);
      } else if (unknown) {
        addUnknown(word[symbol], symbol, end, wasUnknown, out);
      }
      wasUnknown = unknown;
    }
  }

  /** Appends the character that spells a byte as the tokens of its own bytes, if there are any. */
  private boolean addCharacterOfByte(byte value, int start, int end, TokenList out) {
    byte[] spelled = new byte[2];
    int length = Utf8.put(ByteCharacters.character(value & 0xFF), spelled, 0);
    boolean spells = ByteTokens.spell(byteTokens, spelled, 0, length);
    for (int i = 0; spells && i < length; i++) {
      out.add(byteTokens[spelled[i] & 0xFF], start, end);
    }
    return spells;
  }

  /**
   * Appends what is no piece.
   *
   * @param first its first byte
   * @param joins whether the like is before it
   */
  private void addUnknown(byte first, int start, int end, boolean joins, TokenList out) {
    int unknown = vocabulary().unknown();
    if (joins && spelling.fuseUnknown() && unknown >= 0) {
      out.endLastAt(end);
    } else if (unknown >= 0 || !spelling.drops()) {
      out.add(ByteTokens.unknown(vocabulary(), first), start, end);
    }
  }

  /** Appends the symbols of a word of characters; those that are no piece as bytes. */
  private void addCharacters(byte[] word, MergeQueue queue, TokenList out) {
    int end = 0;
    int place = 0; // of the character that starts there
    boolean wasUnknown = false;
    for (int symbol = queue.first(); symbol >= 0; symbol = queue.next(symbol)) {
      int start = end;
      for (; place < symbol; place++) {
        start += Utf8.length(word[start]);
      }
      end = start;
      for (; place < queue.end(symbol); place++) {
        end += Utf8.length(word[end]);
      }
      int id = queue.id(symbol);
      boolean unknown = id < 0 && !ByteTokens.spell(byteTokens, word, start, end);
      if (id >= 0) {
        out.add(id, start, end);
      } else if (!unknown) {
        ByteTokens.add(vocabulary(), byteTokens, word, start, end, out);
      } else {
        addUnknown(word[start], start, end, wasUnknown, out);
      }
      wasUnknown = unknown;
    }
  }

  private int wholeWord(byte[] word, int length) {
    if (preTokenizer.takesWholeWords() && length <= vocabulary().longest()) {
      if (!preTokenizer.byteLevel()) {
        return vocabulary().find(word, 0, length);
      }
      byte[] spelling = new byte[2 * length];
      int end = 0;
      for (int i = 0; i < length; i++) {
        end = Utf8.put(ByteCharacters.character(word[i] & 0xFF), spelling, end);
      }
      return vocabulary().find(spelling, 0, end);
    }
    if (preTokenizer.takesWholeLines() && word[0] == '\n') {
      return vocabulary().find(word, 0, length);
    }
    return -1;
  }

  @Override
  void decodePiece(int id, ByteArrayOutputStream out) {
    if (preTokenizer.byteLevel()) {
      decodeCharacters(vocabulary().pieces().get(id), out);
    } else {
      super.decodePiece(id, out);
    }
  }

  private static void decodeCharacters(String piece, ByteArrayOutputStream out) {
    for (int i = 0; i < piece.length(); ) {
      int character = piece.codePointAt(i);
      i += Character.charCount(character);
      int value = ByteCharacters.value(character);
      if (value >= 0) {
        out.write(value);
      } else {
        out.writeBytes(Utf8.encode(Character.toString(character)));
      }
    }
  }
}
