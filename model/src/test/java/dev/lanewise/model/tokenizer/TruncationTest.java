package dev.lanewise.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.tokenizer.Truncation.Strategy;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sequences with [CLS] and [SEP] around; what is cut was compared with the library tokenizers. */
class TruncationTest {
  private static final Tokenizer BERT = SmallVocabularies.wordPiece();

  private static Tokens text(int size) {
    return BERT.tokens("a ".repeat(size));
  }

  @Test
  void aPairHasTypesTextsAndRanges() {
    TokenSequence pair = BERT.sequence(BERT.tokens("a  b"), BERT.tokens("c"));
    assertEquals("[CLS]|▁a|▁b|[SEP]|▁c|[SEP]", SmallVocabularies.pieces(BERT, pair.ids()));
    assertArrayEquals(new int[] {0, 0, 0, 0, 1, 1}, pair.types());
    assertArrayEquals(new int[] {-1, 0, 0, -1, 1, -1}, pair.texts());
    assertArrayEquals(new int[] {0, 0, 3, 0, 0, 0}, pair.starts());
    assertArrayEquals(new int[] {0, 1, 4, 0, 1, 0}, pair.ends());
    TokenSequence single = BERT.sequence(BERT.tokens("b"));
    assertEquals("[CLS]|▁b|[SEP]", SmallVocabularies.pieces(BERT, single.ids()));
    assertArrayEquals(single.ids(), BERT.withSequenceTokens(BERT.encode("b", false)));
  }

  @ParameterizedTest
  @CsvSource({
    "9, LONGEST_FIRST, 3, 3, 3, 3",
    "9, LONGEST_FIRST, 5, 5, 3, 3",
    "8, LONGEST_FIRST, 5, 5, 2, 3",
    "9, LONGEST_FIRST, 2, 9, 2, 4",
    "9, LONGEST_FIRST, 9, 2, 4, 2",
    "8, LONGEST_FIRST, 9, 8, 3, 2",
    "3, LONGEST_FIRST, 9, 8, 0, 0",
    "9, ONLY_FIRST, 5, 3, 3, 3",
    "9, ONLY_SECOND, 5, 3, 5, 1",
  })
  void pairsAreCut(int length, Strategy strategy, int a, int b, int first, int second) {
    TokenSequence cut = new Truncation(length, strategy).sequence(BERT, text(a), text(b));
    assertEquals(first, count(cut, 0));
    assertEquals(second, count(cut, 1));
    assertEquals(first + second + 3, cut.size());
  }

  @Test
  void oneTextIsCut() {
    assertEquals(5, new Truncation(5).sequence(BERT, text(9)).size());
    assertEquals(4, new Truncation(5).sequence(BERT, text(2)).size());
  }

  @Test
  void windowsCoverTheSecondText() {
    Tokens question = text(2);
    Tokens context = text(10);
    List<TokenSequence> windows = new Truncation(9).windows(BERT, question, context, 1);
    assertEquals(3, windows.size());
    int end = 0;
    for (TokenSequence window : windows) {
      assertEquals(2, count(window, 0));
      int first = 4; // after [CLS], the question and [SEP]
      assertTrue(window.starts()[first] <= end);
      end = window.ends()[window.size() - 2];
    }
    assertEquals(context.ends()[9], end);
    assertEquals(1, new Truncation(9).windows(BERT, question, text(4), 1).size());
    assertEquals(1, new Truncation(9).windows(BERT, question, text(0), 1).size());
  }

  @Test
  void windowsCoverASingleText() {
    Tokens text = text(10);
    List<TokenSequence> windows = new Truncation(6).windows(BERT, text, 2); // four of the text
    assertEquals(4, windows.size());
    for (int i = 0; i < 4; i++) {
      TokenSequence window = windows.get(i);
      assertEquals(4, count(window, 0));
      assertEquals(text.starts()[2 * i], window.starts()[1]);
    }
    assertEquals(1, new Truncation(6).windows(BERT, text(4), 9).size(), "what fits is not cut");
    assertThrows(LanewiseException.class, () -> new Truncation(6).windows(BERT, text, 4));
  }

  @Test
  void whatCannotBeCutIsSaid() {
    Truncation second = new Truncation(9, Strategy.ONLY_SECOND);
    assertThrows(LanewiseException.class, () -> second.sequence(BERT, text(7), text(1)));
    assertThrows(LanewiseException.class, () -> second.sequence(BERT, text(8)));
    Truncation tiny = new Truncation(1);
    assertThrows(LanewiseException.class, () -> tiny.sequence(BERT, text(1)));
    Truncation windows = new Truncation(9);
    assertThrows(LanewiseException.class, () -> windows.windows(BERT, text(4), text(9), 2));
  }

  @Test
  void aPartOfTheTokens() {
    Tokens tokens = BERT.tokens("a b c");
    assertArrayEquals(new int[] {2}, tokens.range(1, 2).starts());
    assertArrayEquals(new int[] {2}, tokens.range(2, 3).words());
    assertEquals(3, tokens.first(7).size());
    assertThrows(LanewiseException.class, () -> tokens.range(2, 4));
  }

  private static int count(TokenSequence sequence, int text) {
    int count = 0;
    for (int each : sequence.texts()) {
      count += each == text ? 1 : 0;
    }
    return count;
  }
}
