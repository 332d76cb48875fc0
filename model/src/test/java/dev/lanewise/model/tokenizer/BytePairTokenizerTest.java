package dev.lanewise.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.StringTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BytePairTokenizerTest {
  private final BytePairTokenizer tokenizer = SmallVocabularies.bytePair("gpt-2");

  @ParameterizedTest
  @CsvSource({
    "Hello world, Hello|Ġworld",
    "the in the, t|he|Ġ|in|Ġthe",
    "aaaaaaa, aaaa|aa|a",
    "é, Ã©",
    "<|im_end|>, <||i|m|_|e|n|d|||>",
  })
  void mergesByRank(String text, String pieces) {
    assertEquals(pieces, SmallVocabularies.pieces(tokenizer, tokenizer.encode(text, false)));
  }

  @Test
  void agreesWithMergingTheLowestRankOfAllPairsOverAndOver() {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(11);
    String[] letters = {"a", "b", "c"};
    for (int round = 0; round < 300; round++) {
      List<String> pieces = new ArrayList<>(SmallVocabularies.bytePairPieces().subList(0, 256));
      List<String> merges = new ArrayList<>();
      List<String> parts = new ArrayList<>(List.of(letters));
      while (merges.size() < 12) {
        String left = parts.get(random.nextInt(parts.size()));
        String right = parts.get(random.nextInt(parts.size()));
        if (!pieces.contains(left + right)) {
          merges.add(left + " " + right);
          pieces.add(left + right);
          parts.add(left + right);
        }
      }
      Vocabulary vocabulary =
          Vocabulary.builder("test.", StringTable.of(pieces.toArray(new String[0]))).build();
      BytePairTokenizer random12 =
          new BytePairTokenizer(
              vocabulary, StringTable.of(merges.toArray(new String[0])), PreTokenizer.of("gpt-2"));
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(1, 60); i > 0; i--) {
        text.append(letters[random.nextInt(letters.length)]);
      }
      assertEquals(
          naive(text.toString(), merges),
          SmallVocabularies.pieces(random12, random12.encode(text.toString(), false)),
          () -> text + " by " + merges);
    }
  }

  private static String naive(String text, List<String> merges) {
    List<String> symbols = new ArrayList<>(Arrays.asList(text.split("")));
    while (true) {
      int best = Integer.MAX_VALUE;
      int at = -1;
      for (int i = 0; i + 1 < symbols.size(); i++) {
        int rank = merges.indexOf(symbols.get(i) + " " + symbols.get(i + 1));
        if (rank >= 0 && rank < best) {
          best = rank;
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
  @ValueSource(strings = {"gpt-2", "smollm", "llama-bpe", "qwen2", "falcon", "deepseek-llm"})
  void decodingGivesTheTextBack(String pre) {
    BytePairTokenizer any = SmallVocabularies.bytePair(pre);
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(3);
    for (int round = 0; round < 200; round++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(40); i > 0; i--) {
        int codePoint = random.nextInt(0x3000);
        text.appendCodePoint(round % 2 == 0 ? codePoint : codePoint % 128);
      }
      assertEquals(text.toString(), any.decode(any.encode(text.toString(), false)));
    }
    assertEquals("x\uFFFDy", any.decode(any.encode("x\uD800y", false)));
    assertArrayEquals(new int[0], any.encode("", true));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", " ", "é", "\n", "7", "\uD83D\uDE80", "<", "'", "A"})
  @Timeout(120)
  void aMillionTimesTheSameIsNoTrouble(String text) {
    for (String pre : List.of("gpt-2", "llama-bpe", "deepseek-llm", "gpt-4o", "tiny_aya")) {
      BytePairTokenizer any = SmallVocabularies.bytePair(pre);
      String million = text.repeat(1_000_000);
      assertEquals(million, any.decode(any.encode(million, true)), pre);
    }
  }

  @Test
  void aWholeWordIsAPieceWhereTheNameSaysSo() {
    List<String> pieces = new ArrayList<>(SmallVocabularies.bytePairPieces().subList(0, 256));
    pieces.add("hello");
    Vocabulary vocabulary =
        Vocabulary.builder("test.", StringTable.of(pieces.toArray(new String[0]))).build();
    StringTable none = StringTable.of();
    assertArrayEquals(
        new int[] {256},
        new BytePairTokenizer(vocabulary, none, PreTokenizer.of("llama-bpe"))
            .encode("hello", false));
    assertEquals(
        5,
        new BytePairTokenizer(vocabulary, none, PreTokenizer.of("gpt-2"))
            .encode("hello", false)
            .length);
  }

  @Test
  void gemmaSpellsSpacesAsMarksAndTheUnknownAsBytes() {
    List<String> pieces = new ArrayList<>(List.of("a", "▁", "▁a", "\n", "\n\n"));
    for (int i = 0; i < 256; i++) {
      pieces.add("<0x%02X>".formatted(i));
    }
    int[] kinds = new int[pieces.size()];
    Arrays.fill(kinds, 0, 5, Vocabulary.NORMAL);
    Arrays.fill(kinds, 5, kinds.length, Vocabulary.BYTE);
    Vocabulary vocabulary =
        Vocabulary.builder("test.", StringTable.of(pieces.toArray(new String[0])))
            .kinds(kinds)
            .build();
    BytePairTokenizer gemma =
        new BytePairTokenizer(vocabulary, StringTable.of("▁ a"), PreTokenizer.of("gemma4"));
    String text = "a a\n\né";
    int[] ids = gemma.encode(text, false);
    assertEquals("a|▁a|\n\n|<0xC3>|<0xA9>", SmallVocabularies.pieces(gemma, ids));
    assertEquals(text, gemma.decode(ids));
  }

  @Test
  void specialTokensCountOnlyWhenTheyMay() {
    int end = tokenizer.id("<|im_end|>");
    int user = tokenizer.id("<user>");
    assertArrayEquals(
        new int[] {tokenizer.id("a"), end, tokenizer.id("a")},
        tokenizer.encode("a<|im_end|>a", true));
    assertEquals(end + 1, tokenizer.encode("<|im_end|>!", true)[0], "the longest is taken");
    assertEquals(tokenizer.id("<|"), tokenizer.encode("<|im_end|>", false)[0]);
    assertArrayEquals(new int[] {user, user}, tokenizer.encode("<user><user>", false));
    assertArrayEquals(
        new int[] {tokenizer.id("<unk>")}, tokenizer.encode("<unk>", true), "unknown counts too");
  }

  @Test
  void segmentsAreOneTextWithSpecialTokensWhereAllowed() {
    List<Segment> segments =
        List.of(
            new Segment("<|im_start|>He", true),
            new Segment("llo<|im_end|>", false),
            new Segment("<|im_", true),
            new Segment("end|>", true),
            new Segment("<|im_", false),
            new Segment("end|>", true));
    assertEquals(
        "<|im_start|>|Hello|<||i|m|_|e|n|d|||>|<|im_end|>|<||i|m|_|e|n|d|||>",
        SmallVocabularies.pieces(tokenizer, tokenizer.encode(segments)));
    assertArrayEquals(new int[0], tokenizer.encode(List.of()));
  }

  @Test
  void controlTokensAreNoText() {
    int begin = tokenizer.id("<|im_start|>");
    assertEquals("a", tokenizer.decode(begin, tokenizer.id("a")));
    assertEquals(0, tokenizer.bytes(begin).length);
    assertEquals("<user>", tokenizer.decode(tokenizer.id("<user>")));
    assertArrayEquals(new int[] {begin, 5}, tokenizer.withSequenceTokens(new int[] {5}));
    assertTrue(tokenizer.isEndOfGeneration(tokenizer.id("<|im_end|>")));
    assertFalse(tokenizer.isEndOfGeneration(begin));
  }

  @Test
  void idsOutOfRangeAreRefused() {
    int size = tokenizer.vocabSize();
    for (int id : new int[] {-1, size, Integer.MAX_VALUE}) {
      assertThrows(LanewiseException.class, () -> tokenizer.bytes(id));
      assertThrows(LanewiseException.class, () -> tokenizer.piece(id));
      assertThrows(LanewiseException.class, () -> tokenizer.decode(id));
      assertFalse(tokenizer.isEndOfGeneration(id));
    }
    assertEquals(-1, tokenizer.id("no such piece"));
    assertEquals(-1, tokenizer.id(""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {"a; merges[1]", "'a '; merges[1]", "xyz a; first", "a xyz; second", "a t; makes"})
  void badMergesAreNamed(String merge, String named) {
    Vocabulary vocabulary =
        Vocabulary.builder(SmallVocabularies.SOURCE, StringTable.of("a", "b", "t", "aa")).build();
    StringTable merges = StringTable.of("a a", merge);
    String message =
        assertThrows(
                LanewiseException.class,
                () -> new BytePairTokenizer(vocabulary, merges, PreTokenizer.of("gpt-2")))
            .getMessage();
    assertTrue(message.startsWith("test: tokenizer.ggml.merges[1]"), message);
    assertTrue(message.contains(named), message);
  }

  @Test
  void aByteThatCannotBeSpelledIsUnknownOrRefused() {
    StringTable pieces = StringTable.of("a", "<unk>");
    StringTable none = StringTable.of();
    Vocabulary with = Vocabulary.builder("test.", pieces).unknown(1).build();
    assertArrayEquals(
        new int[] {0, 1, 0},
        new BytePairTokenizer(with, none, PreTokenizer.of("gpt-2")).encode("aba", false));
    Vocabulary without = Vocabulary.builder("test.", pieces).build();
    BytePairTokenizer strict = new BytePairTokenizer(without, none, PreTokenizer.of("gpt-2"));
    assertThrows(LanewiseException.class, () -> strict.encode("aba", false));
  }
}
