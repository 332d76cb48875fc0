package dev.lanewise.model.generate;

import dev.lanewise.model.tokenizer.TokenSequence;
import dev.lanewise.model.tokenizer.Tokenizer;
import dev.lanewise.model.tokenizer.Tokens;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * A tokenizer for tests: ids 0 to 255 are bytes, 256 begins a sequence, 257 ends a generation, and
 * words given follow.
 */
public final class FakeTokenizer implements Tokenizer {
  /** Begins a sequence. */
  public static final int BEGIN = 256;

  /** Ends a generation. */
  public static final int END = 257;

  private final boolean addsBegin;
  private final List<String> words;

  /**
   * @param words those besides bytes
   */
  public FakeTokenizer(boolean addsBegin, String... words) {
    this.addsBegin = addsBegin;
    this.words = List.of(words);
  }

  /** The id of a word. */
  public int word(String word) {
    return END + 1 + words.indexOf(word);
  }

  @Override
  public int[] encode(String text, boolean parseSpecial) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int[] ids = new int[bytes.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = bytes[i] & 0xFF;
    }
    return ids;
  }

  @Override
  public Tokens tokens(String text, boolean parseSpecial) {
    throw new UnsupportedOperationException("no test asks for ranges");
  }

  @Override
  public TokenSequence sequence(Tokens text) {
    throw new UnsupportedOperationException("no test asks for ranges");
  }

  @Override
  public TokenSequence sequence(Tokens first, Tokens second) {
    throw new UnsupportedOperationException("no test asks for ranges");
  }

  @Override
  public boolean cutsBeginnings() {
    return false;
  }

  @Override
  public int ownTokens(int texts) {
    return addsBegin ? 1 : 0;
  }

  @Override
  public String decode(int... ids) {
    byte[] all = new byte[0];
    for (int id : ids) {
      byte[] next = bytes(id);
      all = Arrays.copyOf(all, all.length + next.length);
      System.arraycopy(next, 0, all, all.length - next.length, next.length);
    }
    return new String(all, StandardCharsets.UTF_8);
  }

  @Override
  public byte[] bytes(int id) {
    if (id < BEGIN) {
      return new byte[] {(byte) id};
    }
    return id <= END ? new byte[0] : piece(id).getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public String piece(int id) {
    return switch (id) {
      case BEGIN -> "<s>";
      case END -> "</s>";
      default -> id < BEGIN ? "<" + id + ">" : words.get(id - END - 1);
    };
  }

  @Override
  public int vocabSize() {
    return END + 1 + words.size();
  }

  @Override
  public int beginOfSequence() {
    return BEGIN;
  }

  @Override
  public boolean isEndOfGeneration(int id) {
    return id == END;
  }

  @Override
  public int[] withSequenceTokens(int[] ids) {
    return prompt(ids);
  }

  @Override
  public int[] prompt(int[] ids) {
    if (!addsBegin) {
      return ids;
    }
    int[] all = new int[ids.length + 1];
    all[0] = BEGIN;
    System.arraycopy(ids, 0, all, 1, ids.length);
    return all;
  }

  @Override
  public int id(String piece) {
    for (int id = 0; id < vocabSize(); id++) {
      if (piece(id).equals(piece)) {
        return id;
      }
    }
    return -1;
  }
}
