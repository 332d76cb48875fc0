package dev.lanewise.model.tokenizer;

import java.util.Arrays;
import java.util.List;

/** Text to token ids and back. Immutable and safe to share between threads. */
public interface Tokenizer {
  /**
   * Token ids of a text, without the tokens that begin and end a sequence.
   *
   * @param text any text; lone surrogates become U+FFFD
   * @param parseSpecial whether special tokens written out in the text become their ids; if not,
   *     they are text like any other
   */
  int[] encode(String text, boolean parseSpecial);

  /**
   * Token ids of a text in segments. The text is encoded as a whole, but a special token counts
   * only where the segments that it is written in allow it.
   *
   * <p>Unless overridden, each segment is encoded by itself.
   */
  default int[] encode(List<Segment> segments) {
    int[] ids = {};
    for (Segment segment : segments) {
      int[] more = encode(segment.text(), segment.special());
      int before = ids.length;
      ids = Arrays.copyOf(ids, before + more.length);
      System.arraycopy(more, 0, ids, before, more.length);
    }
    return ids;
  }

  /** The tokens of a text as {@link #encode} finds them, and where they lie in it. */
  Tokens tokens(String text, boolean parseSpecial);

  /** The tokens of a text in which special tokens are text like any other. */
  default Tokens tokens(String text) {
    return tokens(text, false);
  }

  /**
   * What a model reads of a text: its tokens and the sequence's own around them, as the model file
   * asks: begin-of-sequence, [CLS] … [SEP], end-of-sequence. {@link Truncation} keeps it within a
   * length.
   */
  TokenSequence sequence(Tokens text);

  /** What a model reads of two texts, such as {@code [CLS] first [SEP] second [SEP]}. */
  TokenSequence sequence(Tokens first, Tokens second);

  /** How many tokens a sequence of one text, or of two, has of its own. */
  int ownTokens(int texts);

  /** Whether texts that are too long lose their beginnings, and not their ends. */
  boolean cutsBeginnings();

  /**
   * The text of the ids; special (control) tokens are left out.
   *
   * @throws dev.lanewise.model.LanewiseException if an id is not in the vocabulary
   */
  String decode(int... ids);

  /**
   * The bytes that a token adds to a text, as a fresh array, empty for control tokens. Only whole
   * sequences are sure to be valid UTF-8; see {@link TextStream}.
   *
   * @throws dev.lanewise.model.LanewiseException if the id is not in the vocabulary
   */
  byte[] bytes(int id);

  /**
   * How the vocabulary spells the token, markers included, such as {@code Ġthe} or {@code ▁the}.
   *
   * @throws dev.lanewise.model.LanewiseException if the id is not in the vocabulary
   */
  String piece(int id);

  /** Number of tokens; ids run from 0 to this less 1. */
  int vocabSize();

  /**
   * The id of the token that begins a sequence (begin of sequence), or −1 if the model file names
   * none. Whether a text has it in front is another matter: see {@link #prompt} and {@link
   * ChatTemplate}.
   */
  int beginOfSequence();

  /** Whether the id ends a generation (end of sequence, end of turn …). */
  boolean isEndOfGeneration(int id);

  /** The ids of {@link #sequence(Tokens)}, for callers that need no more than ids. */
  int[] withSequenceTokens(int[] ids);

  /**
   * The ids of a text that is to be continued: behind the tokens that begin a sequence, and without
   * those that would end it.
   */
  int[] prompt(int[] ids);

  /** The id of a token with exactly this spelling (as {@link #piece} gives it), or −1. */
  int id(String piece);
}
