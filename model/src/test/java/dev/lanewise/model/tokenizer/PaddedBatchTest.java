package dev.lanewise.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.lanewise.model.LanewiseException;
import java.util.List;
import org.junit.jupiter.api.Test;

class PaddedBatchTest {
  private static final Tokenizer BERT = SmallVocabularies.wordPiece();

  private static TokenSequence sequence(String text) {
    return BERT.sequence(BERT.tokens(text));
  }

  @Test
  void shorterRowsArePadded() {
    TokenSequence pair = BERT.sequence(BERT.tokens("a"), BERT.tokens("b"));
    PaddedBatch batch = PaddedBatch.of(List.of(sequence("a"), pair), 9);
    assertEquals(2, batch.rows());
    assertEquals(5, batch.length());
    assertArrayEquals(new int[] {1, 3, 2, 9, 9, 1, 3, 2, 4, 2}, batch.ids());
    assertArrayEquals(new int[] {1, 1, 1, 0, 0, 1, 1, 1, 1, 1}, batch.mask());
    assertArrayEquals(new int[] {0, 0, 0, 0, 0, 0, 0, 0, 1, 1}, batch.types());
  }

  @Test
  void paddingGoesLeftAndToAMultiple() {
    PaddedBatch batch = PaddedBatch.of(List.of(sequence("a")), 0, PaddedBatch.Side.LEFT, 4);
    assertArrayEquals(new int[] {0, 1, 3, 2}, batch.ids());
    assertArrayEquals(new int[] {0, 1, 1, 1}, batch.mask());
    assertEquals(0, PaddedBatch.of(List.of(), 0).ids().length);
  }

  @Test
  void whatCannotBeIsRefused() {
    List<TokenSequence> one = List.of(sequence("a"));
    assertThrows(LanewiseException.class, () -> PaddedBatch.of(one, 0, PaddedBatch.Side.RIGHT, 0));
    assertThrows(
        LanewiseException.class,
        () -> PaddedBatch.of(List.of(one.get(0), one.get(0)), 0, PaddedBatch.Side.LEFT, 1 << 30));
    assertThrows(
        LanewiseException.class, () -> new PaddedBatch(2, 3, new int[6], new int[6], new int[5]));
  }
}
