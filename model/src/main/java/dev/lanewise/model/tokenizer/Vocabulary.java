package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.StringTable;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The pieces of a tokenizer, what kind of token each is, and which tokens stand around a sequence.
 * Immutable.
 *
 * <p>A token's kind is a number, numbered as in GGUF: {@link #NORMAL} to {@link #BYTE}. Tokens that
 * are spelled like a well-known end of a turn count as control tokens whatever the file says.
 */
public final class Vocabulary {
  /** A piece of text. */
  public static final int NORMAL = 1;

  /** Stands for what the vocabulary cannot spell. */
  public static final int UNKNOWN = 2;

  /** Steers the model and is no text. */
  public static final int CONTROL = 3;

  /** Found in a text before everything else. */
  public static final int USER_DEFINED = 4;

  /** A spare. */
  public static final int UNUSED = 5;

  /** One byte, spelled {@code <0x0A>}. */
  public static final int BYTE = 6;

  private static final int STRIP_BEFORE = 0x10;
  private static final int STRIP_AFTER = 0x20;
  private static final int SINGLE_WORD = 0x40;
  private static final int OUTSIDE = 0x80;
  private static final int KIND = 0x0F;

  private final String source;
  private final StringTable pieces;
  private final byte[] attributes;
  private final int unknown;
  private final int begin;
  private final byte[] unknownText;
  private final SequenceTemplate template;
  private final boolean cutsBeginnings;
  private final TokenDecoder decoder;
  private final BitSet skipped;
  private final IntList ends;
  private final BitSet normalised;
  private final PieceTrie specials;
  private final PieceTable table;

  private Vocabulary(Builder builder) {
    this.source = builder.source;
    this.pieces = builder.pieces;
    this.unknown = builder.unknown;
    this.begin = builder.begin;
    this.unknownText = builder.unknownText;
    this.template = builder.template();
    this.cutsBeginnings = builder.cutsBeginnings;
    this.decoder = builder.decoder;
    this.skipped = builder.skipped;
    this.normalised = builder.normalised;
    int count = pieces.size();
    this.table = new PieceTable(pieces);
    this.attributes = builder.attributes.clone();
    this.ends = builder.ends;
    IntList unusual = new IntList(1024);
    for (int id = 0; id < count; id++) {
      enter(id, builder.kinds, unusual);
    }
    new WellKnownTokens(this, ends, unusual, builder.exactKinds).apply();
    this.specials = new PieceTrie(1024);
    for (int i = 0; i < unusual.size(); i++) {
      int id = unusual.get(i);
      if (!isSpecial(id)) {
        continue;
      }
      if (!normalised.get(id)) {
        specials.add(pieces, id);
      }
      if (builder.stripsAfterSpecials && !WellKnownTokens.keepsSpaceAfter(pieces.get(id))) {
        attributes[id] |= STRIP_AFTER;
      }
    }
  }

  /**
   * Takes a piece into the table. A method of its own for the sake of a fresh virtual machine: it
   * compiles a method soon that is called often, but a long loop late.
   */
  private void enter(int id, int[] kinds, IntList unusual) {
    int kind = kinds == null ? NORMAL : kinds[id];
    attributes[id] |= (byte) (kind < NORMAL || kind > BYTE ? 0 : kind);
    if (kind != NORMAL) {
      unusual.add(id);
    }
    table.add(id);
  }

  /** Gives a token another kind. Only while the vocabulary is made. */
  void setKind(int id, int kind) {
    attributes[id] = (byte) ((attributes[id] & ~KIND) | kind);
  }

  private boolean isSpecial(int id) {
    int kind = kind(id);
    return kind == CONTROL || kind == USER_DEFINED || kind == UNKNOWN;
  }

  /**
   * Starts a vocabulary of the given pieces.
   *
   * @param source how messages name where the pieces come from, up to the name of the array, such
   *     as {@code "model.gguf: tokenizer.ggml."}
   */
  public static Builder builder(String source, StringTable pieces) {
    return new Builder(source, pieces);
  }

  /** Number of tokens. */
  public int size() {
    return pieces.size();
  }

  /** The pieces in the order of their ids. */
  public StringTable pieces() {
    return pieces;
  }

  /** The kind of a token, {@link #NORMAL} to {@link #BYTE}, or 0 if the file says another. */
  public int kind(int id) {
    return attributes[checked(id)] & KIND;
  }

  /** The id of the piece with exactly these bytes, or −1; no added token that is none. */
  int find(byte[] bytes, int from, int to) {
    return table.find(bytes, from, to, attributes, OUTSIDE);
  }

  /** Whether a token was added to the vocabulary and is no piece of it. */
  boolean isOutside(int id) {
    return (attributes[id] & OUTSIDE) != 0;
  }

  /** The id of a piece or an added token, or −1. */
  int find(String piece) {
    byte[] bytes = Utf8.encode(piece);
    return table.find(bytes, 0, bytes.length, attributes, 0);
  }

  /** Bytes of the longest piece. */
  int longest() {
    return table.longest();
  }

  /** The token for what cannot be spelled, or −1. */
  int unknown() {
    return unknown;
  }

  /** The token that begins a sequence, or −1. */
  int begin() {
    return begin;
  }

  /** What the unknown token adds to a text, as UTF-8. */
  byte[] unknownText() {
    return unknownText;
  }

  /** What stands around texts. */
  SequenceTemplate template() {
    return template;
  }

  boolean cutsBeginnings() {
    return cutsBeginnings;
  }

  /** What makes a text of pieces, or null if that is the tokenizer's own matter. */
  TokenDecoder decoder() {
    return decoder;
  }

  /** Whether the decoder does not get to see a token. */
  boolean isSkipped(int id) {
    return skipped.get(checked(id));
  }

  /** What messages begin with, up to the name of an array. */
  String source() {
    return source;
  }

  /** Control, user-defined and unknown tokens, but for those that are normalised. */
  PieceTrie specials() {
    return specials;
  }

  /** Special tokens that are looked for in the normalised text, each as it spells them. */
  Map<Integer, String> normalisedSpecials(Normaliser normaliser) {
    Map<Integer, String> spellings = new LinkedHashMap<>();
    for (int id = normalised.nextSetBit(0); id >= 0; id = normalised.nextSetBit(id + 1)) {
      AlignedText text = normaliser.apply(AlignedText.of(pieces.get(id), false));
      spellings.put(id, text.string());
    }
    return spellings;
  }

  /** Whether the token counts only where no word goes on before or after it. */
  boolean isSingleWord(int id) {
    return (attributes[id] & SINGLE_WORD) != 0;
  }

  /** Whether white space before the token is dropped when it is found in a text. */
  boolean stripsBefore(int id) {
    return (attributes[id] & STRIP_BEFORE) != 0;
  }

  /** Whether white space after the token is dropped when it is found in a text. */
  boolean stripsAfter(int id) {
    return (attributes[id] & STRIP_AFTER) != 0;
  }

  /** Whether the token ends a generation. */
  boolean isEnd(int id) {
    return ends.contains(id);
  }

  /**
   * Insists on a score for each token.
   *
   * @throws LanewiseException if there are more or fewer, or one is not a number
   */
  void requireScores(float[] scores) {
    if (scores.length != size()) {
      throw new LanewiseException(
          "%sscores has %d elements, but there are %d tokens"
              .formatted(source, scores.length, size()));
    }
    for (int id = 0; id < scores.length; id++) {
      if (Float.isNaN(scores[id])) {
        throw new LanewiseException(
            "%sscores[%d] is not a number; the file is damaged".formatted(source, id));
      }
    }
  }

  /** The id itself, if the vocabulary has it. */
  int checked(int id) {
    if (id < 0 || id >= attributes.length) {
      throw new LanewiseException(
          "token id " + id + ": ids run from 0 to " + (attributes.length - 1));
    }
    return id;
  }

  /**
   * Collects what a vocabulary consists of. An id that it does not have, or more or fewer kinds
   * than tokens, end in a {@link LanewiseException}.
   */
  public static final class Builder {
    private final String source;
    private final StringTable pieces;
    private int[] kinds;
    private int unknown = -1;
    private int begin = -1;
    private byte[] unknownText = {};
    private int[] before = {};
    private int[] after = {};
    private int separator = -1;
    private final IntList ends = new IntList(8);
    private SequenceTemplate template;
    private boolean cutsBeginnings;
    private TokenDecoder decoder;
    private BitSet skipped = new BitSet();
    private final byte[] attributes; // kinds come later
    private final BitSet normalised = new BitSet();
    private boolean stripsAfterSpecials;
    private boolean exactKinds;

    private Builder(String source, StringTable pieces) {
      this.source = source;
      this.pieces = pieces;
      this.attributes = new byte[pieces.size()];
      if (pieces.size() == 0) {
        throw new LanewiseException(source + "tokens is empty: a vocabulary needs tokens");
      }
    }

    /** The kind of each token, as numbered in GGUF; all are {@link #NORMAL} if never called. */
    public Builder kinds(int[] tokenTypes) {
      if (tokenTypes.length != pieces.size()) {
        throw new LanewiseException(
            "%stoken_type has %d elements, but there are %d tokens"
                .formatted(source, tokenTypes.length, pieces.size()));
      }
      kinds = tokenTypes;
      return this;
    }

    /** The kinds are the whole truth: no normal token is another for its spelling. */
    Builder exactKinds() {
      exactKinds = true;
      return this;
    }

    /** The token for what cannot be spelled. */
    public Builder unknown(int id) {
      unknown = checked(id, "unknown_token_id");
      return this;
    }

    /** What the unknown token adds to a text: nothing, if never called. */
    public Builder unknownText(String text) {
      unknownText = Utf8.encode(text);
      return this;
    }

    /** The token that begins a sequence, where one is asked for. */
    public Builder begin(int id) {
      begin = checked(id, "bos_token_id");
      return this;
    }

    /** A token that ends a generation, besides those known by their spelling. */
    public Builder end(int id) {
      ends.add(checked(id, "eos_token_id"));
      return this;
    }

    /** Tokens that end a generation, as files beside the vocabulary say; others are left aside. */
    Builder endsIfAny(int... ids) {
      for (int id : ids) {
        if (id >= 0 && id < pieces.size()) {
          ends.add(id);
        }
      }
      return this;
    }

    /** The tokens that begin a sequence. */
    public Builder before(int... ids) {
      for (int id : ids) {
        checked(id, "bos_token_id");
      }
      before = ids.clone();
      return this;
    }

    /** The tokens that end a sequence. */
    public Builder after(int... ids) {
      for (int id : ids) {
        checked(id, "eos_token_id");
      }
      after = ids.clone();
      return this;
    }

    /** A token between two texts, besides those that end the first, as RoBERTa has it. */
    public Builder separator(int id) {
      separator = checked(id, "seperator_token_id");
      return this;
    }

    private SequenceTemplate template() {
      if (template != null) {
        return template;
      }
      return separator < 0
          ? SequenceTemplate.around(before, after)
          : SequenceTemplate.around(before, after, separator);
    }

    /** What stands around texts, instead of {@link #before} and {@link #after}. */
    Builder template(SequenceTemplate sequence) {
      if (!sequence.fits(pieces.size())) {
        throw new LanewiseException(
            source + "the tokens around a sequence are not all in the vocabulary");
      }
      template = sequence;
      return this;
    }

    /** Whether texts that are too long lose their beginnings. */
    Builder cutsBeginnings(boolean whether) {
      cutsBeginnings = whether;
      return this;
    }

    /**
     * What makes a text of pieces.
     *
     * @param specials tokens that it does not get to see
     */
    Builder decoder(TokenDecoder steps, BitSet specials) {
      decoder = steps;
      skipped = specials;
      return this;
    }

    /** White space before this token is dropped when it is found in a text. */
    public Builder stripBefore(int id) {
      attributes[checked(id, "mask_token_id")] |= STRIP_BEFORE;
      return this;
    }

    /** White space after this token is dropped when it is found in a text. */
    Builder stripAfter(int id) {
      attributes[checked(id, "added_tokens")] |= STRIP_AFTER;
      return this;
    }

    /** This token is found in a text only where no word goes on before or after it. */
    Builder singleWord(int id) {
      attributes[checked(id, "added_tokens")] |= SINGLE_WORD;
      return this;
    }

    /** Tokens that were added to the vocabulary and that no word is spelled with. */
    Builder outside(BitSet ids) {
      ids.stream().forEach(id -> attributes[id] |= (byte) OUTSIDE);
      return this;
    }

    /** This token is looked for in texts when they are normalised, itself normalised. */
    Builder normalised(int id) {
      normalised.set(checked(id, "added_tokens"));
      return this;
    }

    /**
     * White space after special tokens is dropped when they are found in a text, except after
     * {@code <unk>}, {@code <s>} and {@code <|endoftext|>}: so the Phi-3 models were trained.
     */
    public Builder stripAfterSpecials() {
      stripsAfterSpecials = true;
      return this;
    }

    /** The vocabulary. */
    public Vocabulary build() {
      return new Vocabulary(this);
    }

    private int checked(int id, String key) {
      if (id < 0 || id >= pieces.size()) {
        throw new LanewiseException(
            "%s%s is %d, but the vocabulary has %d tokens: ids run from 0 to %d"
                .formatted(source, key, id, pieces.size(), pieces.size() - 1));
      }
      return id;
    }
  }
}
