package dev.lanewise.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.StringTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WordPieceTokenizerTest {
  private static final StringTable PIECES =
      StringTable.of(
          "[PAD]", "[UNK]", "[CLS]", "[SEP]", "▁un", "aff", "able", "▁hello", "▁world", "▁!",
          "▁apfel", "▁工", "▁作", "▁a", "a", "aa", "▁Hello", "▁7", "▁$", "▁한", "");

  private static WordPieceTokenizer tokenizer(boolean lowercase, int maxWordCharacters) {
    int[] kinds = new int[PIECES.size()];
    java.util.Arrays.fill(kinds, Vocabulary.NORMAL);
    java.util.Arrays.fill(kinds, 0, 4, Vocabulary.CONTROL);
    Vocabulary vocabulary =
        Vocabulary.builder("test.", PIECES).kinds(kinds).unknown(1).before(2).after(3).build();
    return new WordPieceTokenizer(vocabulary, lowercase, lowercase, maxWordCharacters);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "unaffable; ▁un|aff|able",
        "Hello  WORLD!; ▁hello|▁world|▁!",
        "Äpfel; ▁apfel",
        "工作; ▁工|▁作",
        "aaaa; ▁a|aa|a",
        "unknown; [UNK]",
        "hello$hello; ▁hello|▁$|▁hello",
        "he\u0001llo\u200D; ▁hello",
      })
  void spellsWordsWithTheLongestPieces(String text, String pieces) {
    WordPieceTokenizer tokenizer = tokenizer(true, 100);
    assertEquals(pieces, SmallVocabularies.pieces(tokenizer, tokenizer.encode(text, false)));
  }

  @Test
  void caseAndAccentsAreKeptIfWanted() {
    WordPieceTokenizer tokenizer = tokenizer(false, 100);
    assertEquals(
        "▁Hello|▁hello|[UNK]",
        SmallVocabularies.pieces(tokenizer, tokenizer.encode("Hello hello Äpfel", false)));
  }

  @Test
  void theSequenceIsFramedAndSpecialTokensAreParsed() {
    WordPieceTokenizer tokenizer = tokenizer(true, 100);
    assertArrayEquals(new int[] {2, 7, 3}, tokenizer.withSequenceTokens(new int[] {7}));
    assertArrayEquals(new int[] {7, 3, 8}, tokenizer.encode("hello [SEP] world", true));
    assertEquals("hello world", tokenizer.decode(2, 7, 8, 3));
  }

  @Test
  void tokensKnowTheirWords() {
    Tokens tokens = tokenizer(true, 100).tokens("unaffable! aaaa [SEP]hello xyz a", true);
    // un aff able | ! | a aa a | [SEP] | hello | [UNK] | a
    assertArrayEquals(new int[] {0, 0, 0, 1, 2, 2, 2, 3, 4, 5, 6}, tokens.words());
  }

  @Test
  void wordsBeyondTheLimitAreUnknown() {
    assertArrayEquals(new int[] {1, 13}, tokenizer(true, 5).encode("aaaaaa a", false));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", " ", "é", "\n", "7", "\uD83D\uDE80", "!"})
  @Timeout(120)
  void aMillionTimesTheSameIsNoTrouble(String text) {
    WordPieceTokenizer tokenizer = tokenizer(true, Integer.MAX_VALUE);
    int count = tokenizer.encode(text.repeat(1_000_000), false).length;
    int expected =
        switch (text) {
          // One piece begins the word, each of the others has two letters, and one is left.
          case "a" -> 500_001;
          case "!" -> 1_000_000;
          case " ", "\n" -> 0;
          default -> 1;
        };
    assertEquals(expected, count);
  }

  @Test
  void aVocabularyWithoutUnknownIsRefused() {
    Vocabulary vocabulary = Vocabulary.builder("test.", PIECES).build();
    assertThrows(
        LanewiseException.class, () -> new WordPieceTokenizer(vocabulary, true, true, 100));
  }
}
