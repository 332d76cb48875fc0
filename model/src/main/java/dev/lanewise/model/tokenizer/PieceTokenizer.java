package dev.lanewise.model.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What all tokenizers over a {@link Vocabulary} share: special tokens are found first, what lies
 * between them is normalised and cut into words, and a word is left to the tokenizer proper.
 */
abstract sealed class PieceTokenizer extends VocabularyTokenizer
    permits BytePairTokenizer,
        SentencePieceBpeTokenizer,
        UnigramTokenizer,
        WordLevelTokenizer,
        WordPieceTokenizer {
  private final Normaliser normaliser;
  private final PreTokenizer preTokenizer;
  private final SpecialTokens specials;
  private final Map<Integer, String> normalisedSpellings; // of special tokens
  private final SpecialTokens normalisedSpecials; // null if there are none
  private final boolean addsSpace;
  private final boolean unmarksAdded;

  /**
   * A tokenizer.
   *
   * @param addsSpace whether encoding puts a space before a text, which decoding then drops
   */
  PieceTokenizer(
      Vocabulary vocabulary, Normaliser normaliser, PreTokenizer preTokenizer, boolean addsSpace) {
    super(vocabulary);
    this.addsSpace = addsSpace;
    this.normaliser = normaliser;
    this.preTokenizer = preTokenizer;
    this.specials = new SpecialTokens(vocabulary, vocabulary.specials());
    this.normalisedSpellings = vocabulary.normalisedSpecials(normaliser);
    PieceTrie trie = new PieceTrie(64);
    normalisedSpellings.forEach((id, spelling) -> trie.add(spelling, id));
    this.normalisedSpecials =
        normalisedSpellings.isEmpty() ? null : new SpecialTokens(vocabulary, trie);
    TokenDecoder decoder = vocabulary.decoder();
    this.unmarksAdded =
        decoder != null && String.join("", decoder.apply(List.of("a", "▁"))).equals("a ");
  }

  /**
   * Appends the tokens of a word.
   *
   * @param word in UTF-8
   * @param length of the word in bytes, at least 1
   * @param out takes tokens with their ranges in the word's bytes
   */
  abstract void encodeWord(byte[] word, int length, TokenList out);

  /** Appends what a token adds to a text; nothing for control tokens and spares. */
  void decode(int id, ByteArrayOutputStream out) {
    switch (vocabulary().kind(id)) {
      case Vocabulary.NORMAL -> decodePiece(id, out);
      case Vocabulary.USER_DEFINED -> decodeAdded(id, out);
      case Vocabulary.BYTE -> out.write(ByteTokens.value(vocabulary().pieces().get(id)));
      case Vocabulary.UNKNOWN -> out.writeBytes(vocabulary().unknownText());
      default -> {}
    }
  }

  /** Appends a piece of text: marks become spaces. */
  void decodePiece(int id, ByteArrayOutputStream out) {
    Spaces.unmark(vocabulary().pieces(), id, out);
  }

  /** Appends a token that was added: as it stands, but for marks that the decoder makes spaces. */
  private void decodeAdded(int id, ByteArrayOutputStream out) {
    if (unmarksAdded) {
      Spaces.unmark(vocabulary().pieces(), id, out);
    } else {
      vocabulary().pieces().write(id, out);
    }
  }

  @Override
  public final int[] encode(String text, boolean parseSpecial) {
    return encode(AlignedText.of(text, false), SpecialRuns.of(parseSpecial)).ids();
  }

  @Override
  public final int[] encode(List<Segment> segments) {
    StringBuilder all = new StringBuilder();
    for (Segment segment : segments) {
      all.append(segment.text());
    }
    return encode(AlignedText.of(all.toString(), true), SpecialRuns.of(segments)).ids();
  }

  @Override
  public final Tokens tokens(String text, boolean parseSpecial) {
    TokenList tokens = encode(AlignedText.of(text, true), SpecialRuns.of(parseSpecial));
    preTokenizer.trim().apply(text, vocabulary(), tokens);
    return tokens.tokens();
  }

  private TokenList encode(AlignedText text, SpecialRuns runs) {
    TokenList out = new TokenList(text.length() / 4 + 8, text.aligned());
    byte[][] buffer = {new byte[256]};
    specials.cut(
        text,
        runs,
        out,
        (from, to) -> {
          AlignedText stretch = normaliser.apply(text.range(from, to));
          if (normalisedSpecials == null) {
            encodeWords(stretch, buffer, out);
          } else {
            normalisedSpecials.cut(
                stretch,
                runs,
                out,
                (start, end) -> encodeWords(stretch.range(start, end), buffer, out));
          }
        });
    return out;
  }

  private void encodeWords(AlignedText stretch, byte[][] buffer, TokenList out) {
    Words words = preTokenizer.split(stretch);
    AlignedText text = words.text();
    int[] characters = text.characters();
    byte[] word = buffer[0];
    int count = words.count();
    for (int i = 0; i < count; i++) {
      int from = words.from(i);
      int to = words.to(i);
      if (to - from > word.length / 4) {
        word = new byte[Math.multiplyExact(to - from, 4)];
        buffer[0] = word.length <= 1 << 16 ? word : buffer[0];
      }
      int length = 0;
      for (int at = from; at < to; at++) {
        length = Utf8.put(characters[at], word, length);
      }
      int before = out.size();
      out.beginWord();
      encodeWord(word, length, out);
      if (out.aligned()) {
        align(text, from, before, out);
      }
    }
  }

  /** Turns ranges of a word's bytes into ranges of the original's characters. */
  private static void align(AlignedText text, int from, int before, TokenList out) {
    int[] characters = text.characters();
    int first = from;
    int firstEnd = Utf8.length(characters[first]); // in bytes of the word
    for (int i = before; i < out.size(); i++) {
      while (firstEnd <= out.start(i)) {
        firstEnd += Utf8.length(characters[++first]);
      }
      int last = first;
      int lastEnd = firstEnd;
      while (lastEnd < out.end(i)) {
        lastEnd += Utf8.length(characters[++last]);
      }
      out.set(i, text.starts()[first], text.ends()[last]);
    }
  }

  @Override
  public final String decode(int... ids) {
    if (vocabulary().decoder() != null) {
      List<String> pieces = new ArrayList<>(ids.length);
      for (int id : ids) {
        if (!vocabulary().isSkipped(id)) {
          String normalised = normalisedSpellings.get(id);
          pieces.add(normalised == null ? vocabulary().pieces().get(id) : normalised);
        }
      }
      return String.join("", vocabulary().decoder().apply(pieces));
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(4 * ids.length);
    for (int id : ids) {
      decode(vocabulary().checked(id), out);
    }
    byte[] utf8 = out.toByteArray();
    int from = addsSpace && utf8.length > 0 && utf8[0] == ' ' ? 1 : 0;
    return new String(utf8, from, utf8.length - from, StandardCharsets.UTF_8);
  }

  @Override
  public final byte[] bytes(int id) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(16);
    if (TokenDecoder.SPACED.equals(vocabulary().decoder()) && !vocabulary().isSkipped(id)) {
      out.write(' ');
      vocabulary().pieces().write(id, out);
    } else {
      decode(vocabulary().checked(id), out);
    }
    return out.toByteArray();
  }
}
