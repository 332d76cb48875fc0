package dev.lanewise.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.StringTable;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SentencePieceBpeTokenizerTest {
  private final SentencePieceBpeTokenizer tokenizer = SmallVocabularies.sentencePiece(true);

  @ParameterizedTest
  @CsvSource({
    "the in, ▁the|▁|in",
    "Hello, ▁|Hello",
    "aaaaaaa, ▁|aaaa|aa|a",
    "b, ▁|<0x62>",
    "\u00F6, ▁|<0xC3>|<0xB6>",
    "<s>, ▁|<|s|>",
  })
  void mergesByScore(String text, String pieces) {
    assertEquals(pieces, SmallVocabularies.pieces(tokenizer, tokenizer.encode(text, false)));
    assertEquals(text, tokenizer.decode(tokenizer.encode(text, false)));
  }

  @Test
  void aSpaceComesBeforeTheTextAndAfterSpecialTokensIfWanted() {
    assertEquals("<s>|▁the|</s>|▁the", pieces(tokenizer, "<s>the</s>the"));
    SentencePieceBpeTokenizer bare = SmallVocabularies.sentencePiece(false);
    assertEquals("<s>|t|he|</s>|t|he", pieces(bare, "<s>the</s>the"));
    assertArrayEquals(new int[0], tokenizer.encode("", true));
  }

  private static String pieces(Tokenizer tokenizer, String text) {
    return SmallVocabularies.pieces(tokenizer, tokenizer.encode(text, true));
  }

  @Test
  void controlTokensDoNotComeOfMerging() {
    // With "<s" a piece, merging would arrive at the control token "<s>".
    SentencePieceBpeTokenizer tempting = SmallVocabularies.sentencePiece(true, "<s", "s>");
    assertEquals("▁|<s|>", SmallVocabularies.pieces(tempting, tempting.encode("<s>", false)));
  }

  @Test
  void agreesWithMergingTheHighestScoreOfAllPairsOverAndOver() {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(5);
    for (int round = 0; round < 300; round++) {
      List<String> pieces = new ArrayList<>(List.of("a", "b", "c"));
      while (pieces.size() < 18) {
        String piece =
            pieces.get(random.nextInt(pieces.size())) + pieces.get(random.nextInt(pieces.size()));
        if (!pieces.contains(piece)) {
          pieces.add(piece);
        }
      }
      float[] scores = new float[pieces.size()];
      for (int i = 0; i < scores.length; i++) {
        // Few different scores, so that ties are common.
        scores[i] = random.nextInt(-3, 4) * 0.5f;
      }
      Vocabulary vocabulary =
          Vocabulary.builder("test.", StringTable.of(pieces.toArray(new String[0]))).build();
      SentencePieceBpeTokenizer some = new SentencePieceBpeTokenizer(vocabulary, scores, false);
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(1, 60); i > 0; i--) {
        text.append("abc".charAt(random.nextInt(3)));
      }
      assertEquals(
          naive(text.toString(), pieces, scores),
          SmallVocabularies.pieces(some, some.encode(text.toString(), false)));
    }
  }

  private static String naive(String text, List<String> pieces, float[] scores) {
    List<String> symbols = new ArrayList<>(List.of(text.split("")));
    while (true) {
      int at = -1;
      float best = Float.NEGATIVE_INFINITY;
      for (int i = 0; i + 1 < symbols.size(); i++) {
        int id = pieces.indexOf(symbols.get(i) + symbols.get(i + 1));
        if (id >= 0 && scores[id] > best) {
          best = scores[id];
          at = i;
        }
      }
      if (at < 0) {
        return String.join("|", symbols);
      }
      symbols.set(at, symbols.get(at) + symbols.remove(at + 1));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", " ", "é", "\n", "7", "\uD83D\uDE80", "<"})
  @Timeout(120)
  void aMillionTimesTheSameIsNoTrouble(String text) {
    String million = text.repeat(1_000_000);
    assertEquals(million, tokenizer.decode(tokenizer.encode(million, true)));
  }

  @Test
  void badScoresAndBytesAreNamed() {
    Vocabulary vocabulary =
        Vocabulary.builder(SmallVocabularies.SOURCE, StringTable.of("a", "b")).build();
    refused("scores has 1", () -> new SentencePieceBpeTokenizer(vocabulary, new float[1], true));
    refused(
        "scores[1]",
        () -> new SentencePieceBpeTokenizer(vocabulary, new float[] {0, Float.NaN}, true));
    for (String spelling : List.of("<0xGG>", "<0x0A", "0x0A", "<0x0A>>")) {
      Vocabulary bytes =
          Vocabulary.builder(SmallVocabularies.SOURCE, StringTable.of("a", spelling))
              .kinds(new int[] {Vocabulary.NORMAL, Vocabulary.BYTE})
              .build();
      refused("tokens[1]", () -> new SentencePieceBpeTokenizer(bytes, new float[2], true));
    }
  }

  private static void refused(String named, org.junit.jupiter.api.function.Executable work) {
    String message = assertThrows(LanewiseException.class, work).getMessage();
    assertTrue(message.startsWith(SmallVocabularies.SOURCE + named), message);
  }
}
