package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.json.JsonView;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A vocabulary in the making for a GGUF file, of as many tokens as the model has embeddings. What
 * no piece is known for becomes a spare.
 */
final class GgufPieces {
  private static final float ADDED_SCORE = -1000;
  private static final float SPARE_SCORE = -10_000;

  private final String source;
  private final String[] pieces;
  private final int[] kinds;
  private float[] scores; // null for none

  GgufPieces(String source, int size) {
    this.source = source;
    pieces = new String[size];
    kinds = new int[size];
    Arrays.fill(kinds, Vocabulary.UNUSED);
  }

  /** With scores from now on. */
  GgufPieces scored() {
    scores = new float[pieces.length];
    Arrays.fill(scores, SPARE_SCORE);
    return this;
  }

  int size() {
    return pieces.length;
  }

  boolean has(int id) {
    return id < pieces.length && pieces[id] != null;
  }

  /**
   * Sets a piece.
   *
   * @throws LanewiseException if the model has no such token
   */
  void put(int id, String piece, int kind) {
    if (id < 0 || id >= pieces.length) {
      throw new LanewiseException(
          "%s: token '%s' has the id %d, but the model has embeddings of %d tokens"
              .formatted(source, piece, id, pieces.length));
    }
    pieces[id] = piece;
    kinds[id] = kind;
  }

  void put(int id, String piece, int kind, float score) {
    put(id, piece, kind);
    scores[id] = score;
  }

  /** Sets a piece with a score, unless the model has no such token and can never meet it. */
  void putIfRoom(int id, String piece, int kind) {
    if (id < pieces.length) {
      put(id, piece, kind, ADDED_SCORE);
    }
  }

  /**
   * Sets a token that a file lists as added to the vocabulary.
   *
   * @param guesses whether the spelling of some says more of them than the file
   */
  void putAdded(int id, JsonView token, boolean guesses) {
    String piece = token.string("content");
    boolean control = token.flag("special", false) || (guesses && looksSpecial(piece));
    int kind = control ? Vocabulary.CONTROL : Vocabulary.USER_DEFINED;
    String text = control || !guesses ? piece : piece.replace('▁', ' ');
    if (scores == null) {
      put(id, text, kind);
    } else {
      putIfRoom(id, text, kind);
    }
  }

  /** Tokens that steer models although their files list them as text. */
  private static boolean looksSpecial(String piece) {
    return switch (piece) {
      case "<pad>", "<mask>", "<2mass>", "[@BOS@]" -> true;
      default ->
          (piece.startsWith("<|") && piece.endsWith("|>"))
              || (piece.startsWith("<｜") && piece.endsWith("｜>"))
              || (piece.startsWith("<unused") && piece.endsWith(">"));
    };
  }

  /** Whether a token is this piece, but for how spaces are spelled. */
  boolean isLike(int id, String piece) {
    return has(id) && pieces[id].replace('▁', ' ').equals(piece.replace('▁', ' '));
  }

  List<String> pieces() {
    List<String> all = new ArrayList<>(pieces.length);
    for (int id = 0; id < pieces.length; id++) {
      all.add(pieces[id] == null ? "[PAD" + id + "]" : pieces[id]);
    }
    return all;
  }

  int[] kinds() {
    return kinds.clone();
  }

  float[] scores() {
    return scores == null ? null : scores.clone();
  }
}
