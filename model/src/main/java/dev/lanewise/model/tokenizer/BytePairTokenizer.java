package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.StringTable;
import java.io.ByteArrayOutputStream;

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
  private final int[] byteIds;

  /**
   * A tokenizer.
   *
   * @param merges pairs of pieces with a space between them, the lowest rank first
   * @throws LanewiseException if a merge names or makes a piece that the vocabulary lacks, or a
   *     byte token is spelled wrong
   */
  public BytePairTokenizer(Vocabulary vocabulary, StringTable merges, PreTokenizer preTokenizer) {
    super(vocabulary);
    this.preTokenizer = preTokenizer;
    this.byteIds = preTokenizer.byteLevel() ? byteIds(vocabulary) : ByteTokens.ids(vocabulary);
    this.merges = new MergeTable(vocabulary, merges);
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
  void encode(byte[] utf8, int from, int to, IntList ids) {
    if (preTokenizer.byteLevel()) {
      encodeWords(utf8, from, to, ids);
    } else {
      byte[] marked = Spaces.mark(utf8, from, to);
      encodeWords(marked, 0, marked.length, ids);
    }
  }

  private void encodeWords(byte[] utf8, int from, int to, IntList ids) {
    int[] text = new int[to - from];
    int length = 0;
    for (int at = from; at < to; at += Utf8.length(utf8[at])) {
      text[length++] = Utf8.codePoint(utf8, at);
    }
    IntList ends = preTokenizer.split(text, length);
    MergeQueue queue = new MergeQueue();
    int start = from;
    int character = 0;
    for (int i = 0; i < ends.size(); i++) {
      int end = start;
      while (character < ends.get(i)) {
        end += Utf8.length(text[character++]);
      }
      encodeWord(utf8, start, end, queue, ids);
      start = end;
    }
  }

  private void encodeWord(byte[] utf8, int from, int to, MergeQueue queue, IntList ids) {
    int whole = wholeWord(utf8, from, to);
    if (whole >= 0) {
      ids.add(whole);
      return;
    }
    queue.clear();
    if (preTokenizer.byteLevel()) {
      for (int i = from; i < to; i++) {
        queue.add(byteIds[utf8[i] & 0xFF]);
      }
    } else {
      for (int i = from; i < to; ) {
        int end = i + Utf8.length(utf8[i]);
        queue.add(vocabulary().find(utf8, i, end));
        i = end;
      }
    }
    for (int i = 0; i + 1 < queue.size(); i++) {
      offer(queue, i);
    }
    for (int left = queue.merge(); left >= 0; left = queue.merge()) {
      offer(queue, queue.previous(left));
      offer(queue, left);
    }
    if (preTokenizer.byteLevel()) {
      addBytes(utf8, from, queue, ids);
    } else {
      addCharacters(utf8, from, to, queue, ids);
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
  private void addBytes(byte[] utf8, int from, MergeQueue queue, IntList ids) {
    for (int symbol = 0; symbol >= 0; symbol = queue.next(symbol)) {
      int id = queue.id(symbol);
      ids.add(id >= 0 ? id : ByteTokens.unknown(vocabulary(), utf8[from + symbol]));
    }
  }

  /** Appends the symbols of a word of characters; those that are no piece as bytes. */
  private void addCharacters(byte[] utf8, int from, int to, MergeQueue queue, IntList ids) {
    int symbol = 0;
    int start = from;
    for (int i = 0; start < to; i++) {
      int end = start + Utf8.length(utf8[start]);
      if (i == symbol) {
        int id = queue.id(symbol);
        if (id >= 0) {
          ids.add(id);
        } else {
          ByteTokens.add(vocabulary(), byteIds, utf8, start, end, ids);
        }
        symbol = queue.next(symbol);
      }
      start = end;
    }
  }

  private int wholeWord(byte[] utf8, int from, int to) {
    if (preTokenizer.takesWholeWords() && to - from <= vocabulary().longest()) {
      byte[] spelling = new byte[2 * (to - from)];
      int length = 0;
      for (int i = from; i < to; i++) {
        length = Utf8.put(ByteCharacters.character(utf8[i] & 0xFF), spelling, length);
      }
      return vocabulary().find(spelling, 0, length);
    }
    if (preTokenizer.takesWholeLines() && utf8[from] == '\n') {
      return vocabulary().find(utf8, from, to);
    }
    return -1;
  }

  @Override
  void decode(int id, ByteArrayOutputStream out) {
    StringTable pieces = vocabulary().pieces();
    byte[] bytes = pieces.bytes();
    int from = pieces.offsets()[id];
    int to = pieces.offsets()[id + 1];
    switch (vocabulary().kind(id)) {
      case Vocabulary.USER_DEFINED -> out.write(bytes, from, to - from);
      case Vocabulary.BYTE -> out.write(ByteTokens.value(vocabulary(), id));
      case Vocabulary.NORMAL -> {
        if (preTokenizer.byteLevel()) {
          decodeCharacters(pieces.get(id), out);
        } else {
          Spaces.unmark(bytes, from, to, out);
        }
      }
      default -> {
        // Control tokens and spares are no text.
      }
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

  @Override
  boolean addsSpace() {
    return false;
  }
}
