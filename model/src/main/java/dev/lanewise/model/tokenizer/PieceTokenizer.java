package dev.lanewise.model.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * What all tokenizers over a {@link Vocabulary} share: special tokens are found first, the longest
 * at each place, and what lies between them is left to the tokenizer proper.
 */
abstract sealed class PieceTokenizer implements Tokenizer
    permits BytePairTokenizer, SentencePieceBpeTokenizer, UnigramTokenizer, WordPieceTokenizer {
  private final Vocabulary vocabulary;

  PieceTokenizer(Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
  }

  /** Appends the ids of a stretch of text without special tokens, never empty. */
  abstract void encode(byte[] utf8, int from, int to, IntList ids);

  /** Appends what a token adds to a text; nothing for control tokens. */
  abstract void decode(int id, ByteArrayOutputStream out);

  /** Whether encoding puts a space before a text, so that decoding has to drop it. */
  abstract boolean addsSpace();

  final Vocabulary vocabulary() {
    return vocabulary;
  }

  @Override
  public final int[] encode(String text, boolean parseSpecial) {
    byte[] utf8 = Utf8.encode(text);
    return encode(utf8, new int[] {utf8.length}, parseSpecial);
  }

  @Override
  public final int[] encode(List<Segment> segments) {
    // Runs of special and of other text take turns, the first of them special and perhaps empty.
    int[] runEnds = new int[segments.size() + 1];
    int runs = 1;
    boolean special = true;
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (Segment segment : segments) {
      if (segment.special() != special) {
        special = segment.special();
        runs++;
      }
      all.writeBytes(Utf8.encode(segment.text()));
      runEnds[runs - 1] = all.size();
    }
    return encode(all.toByteArray(), Arrays.copyOf(runEnds, runs), true);
  }

  /**
   * Ids of a text.
   *
   * @param runEnds where the runs of the text end that take turns in allowing special tokens
   * @param special whether the first run does
   */
  private int[] encode(byte[] utf8, int[] runEnds, boolean special) {
    PieceTrie specials = vocabulary.specials();
    IntList ids = new IntList(utf8.length / 4 + 8);
    int run = 0;
    int start = 0;
    int at = 0;
    while (at < utf8.length) {
      int node = specials.root(utf8[at]);
      if (node == 0) {
        at++;
        continue;
      }
      while (run < runEnds.length - 1 && runEnds[run] <= at) {
        run++;
      }
      boolean allowed = (run & 1) == 0 == special;
      int id = -1;
      int end = at;
      for (int i = at + 1; node != 0; i++) {
        int token = specials.token(node);
        if (token >= 0
            && ((allowed && i <= runEnds[run])
                || vocabulary.kind(token) == Vocabulary.USER_DEFINED)) {
          id = token;
          end = i;
        }
        node = i < utf8.length ? specials.child(node, utf8[i]) : 0;
      }
      if (id < 0) {
        at++;
        continue;
      }
      int stop = at;
      while (vocabulary.stripsBefore(id) && stop > start && isSpace(utf8[stop - 1])) {
        stop--;
      }
      if (stop > start) {
        encode(utf8, start, stop, ids);
      }
      ids.add(id);
      at = end;
      while (vocabulary.stripsAfter(id) && at < utf8.length && isSpace(utf8[at])) {
        at++;
      }
      start = at;
    }
    if (start < utf8.length) {
      encode(utf8, start, utf8.length, ids);
    }
    return ids.toArray();
  }

  @Override
  public final String decode(int... ids) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(4 * ids.length);
    for (int id : ids) {
      decode(vocabulary.checked(id), out);
    }
    byte[] utf8 = out.toByteArray();
    int from = addsSpace() && utf8.length > 0 && utf8[0] == ' ' ? 1 : 0;
    return new String(utf8, from, utf8.length - from, StandardCharsets.UTF_8);
  }

  @Override
  public final byte[] bytes(int id) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(16);
    decode(vocabulary.checked(id), out);
    return out.toByteArray();
  }

  @Override
  public final String piece(int id) {
    return vocabulary.pieces().get(vocabulary.checked(id));
  }

  @Override
  public final int vocabSize() {
    return vocabulary.size();
  }

  @Override
  public final boolean isEndOfGeneration(int id) {
    return vocabulary.isEnd(id);
  }

  @Override
  public final int[] withSequenceTokens(int[] ids) {
    int[] before = vocabulary.before();
    int[] after = vocabulary.after();
    int[] all = Arrays.copyOf(before, before.length + ids.length + after.length);
    System.arraycopy(ids, 0, all, before.length, ids.length);
    System.arraycopy(after, 0, all, before.length + ids.length, after.length);
    return all;
  }

  @Override
  public final int id(String piece) {
    return vocabulary.find(piece);
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || (b >= '\t' && b <= '\r');
  }
}
