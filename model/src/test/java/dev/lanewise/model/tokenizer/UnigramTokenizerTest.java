package dev.lanewise.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.StringTable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnigramTokenizerTest {
  private static final StringTable PIECES =
      StringTable.of("<unk>", "</s>", "▁", "▁a", "a", "b", "ab", "▁ab", "abab", "B");
  private static final float[] SCORES = {0, 0, -3, -2, -4, -4, -5, -6, -6.5f, -8};

  private static UnigramTokenizer tokenizer(CharacterMap map, boolean mergeSpaces) {
    int[] kinds = new int[PIECES.size()];
    Arrays.fill(kinds, Vocabulary.NORMAL);
    kinds[0] = Vocabulary.UNKNOWN;
    kinds[1] = Vocabulary.CONTROL;
    Vocabulary vocabulary =
        Vocabulary.builder("test.", PIECES).kinds(kinds).unknown(0).after(1).build();
    return new UnigramTokenizer(vocabulary, SCORES, map, true, mergeSpaces);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "ab; ▁ab",
        "abab; ▁|abab",
        "bab; ▁|b|ab",
        "a  a; ▁a|▁a",
        "xyz; ▁|<unk>",
        "axya; ▁a|<unk>|a",
      })
  void findsTheBestSpelling(String text, String pieces) {
    UnigramTokenizer tokenizer = tokenizer(CharacterMap.identity(), true);
    assertEquals(pieces, SmallVocabularies.pieces(tokenizer, tokenizer.encode(text, false)));
  }

  @Test
  void spacesAreKeptIfWanted() {
    UnigramTokenizer tokenizer = tokenizer(CharacterMap.identity(), false);
    assertEquals(
        "▁a|▁|▁a|▁", SmallVocabularies.pieces(tokenizer, tokenizer.encode("a  a ", false)));
    assertEquals("a  a ", tokenizer.decode(tokenizer.encode("a  a ", false)));
  }

  /** A trie of one entry, "B" to "b": the root's base is 1, so "B" is at 1 ^ 'B' = 0x43. */
  private static byte[] map() {
    int size = 0x100;
    ByteBuffer blob = ByteBuffer.allocate(4 + 4 * size + 2).order(ByteOrder.LITTLE_ENDIAN);
    blob.putInt(4 * size);
    blob.putInt(4, 1 << 10);
    // Label 'B', a leaf, and its value one place before.
    blob.putInt(4 + 4 * 0x43, 1 << 10 | 1 << 8 | 'B');
    blob.putInt(4 + 4 * 0x42, 1 << 31);
    blob.put(4 + 4 * size, (byte) 'b');
    return blob.array();
  }

  @Test
  void charactersAreNormalised() {
    UnigramTokenizer tokenizer = tokenizer(CharacterMap.of("map", map()), true);
    assertEquals("▁|b|ab", SmallVocabularies.pieces(tokenizer, tokenizer.encode("BaB", false)));
  }

  @Test
  void aTruncatedMapIsRefused() {
    byte[] whole = map();
    for (int length = 1; length < whole.length - 2; length++) {
      byte[] part = Arrays.copyOf(whole, length);
      assertThrows(LanewiseException.class, () -> CharacterMap.of("map", part));
    }
    UnigramTokenizer unended =
        tokenizer(CharacterMap.of("map", Arrays.copyOf(whole, whole.length - 1)), true);
    assertThrows(LanewiseException.class, () -> unended.encode("B", false));
    byte[] wild = whole.clone();
    wild[7] = 0x7F;
    UnigramTokenizer lost = tokenizer(CharacterMap.of("map", wild), true);
    assertThrows(LanewiseException.class, () -> lost.encode("B", false));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", " ", "é", "\n", "7", "\uD83D\uDE80", "ab"})
  @Timeout(120)
  void aMillionTimesTheSameIsNoTrouble(String text) {
    UnigramTokenizer tokenizer = tokenizer(CharacterMap.identity(), true);
    int[] ids = tokenizer.encode(text.repeat(1_000_000), false);
    int expected =
        switch (text) {
          case "a" -> 1_000_000;
          case "ab" -> 500_001;
          case " " -> 0;
          default -> 2;
        };
    assertEquals(expected, ids.length);
  }

  @Test
  void badScoresAreRefusedAndWhatCannotBeSpelled() {
    Vocabulary vocabulary = Vocabulary.builder("test.", PIECES).unknown(0).build();
    CharacterMap none = CharacterMap.identity();
    assertThrows(
        LanewiseException.class,
        () -> new UnigramTokenizer(vocabulary, new float[3], none, true, true));
    float[] nan = SCORES.clone();
    nan[5] = Float.NaN;
    assertThrows(
        LanewiseException.class, () -> new UnigramTokenizer(vocabulary, nan, none, true, true));
    Vocabulary without = Vocabulary.builder("test.", PIECES).build();
    UnigramTokenizer spelling = new UnigramTokenizer(without, SCORES, none, true, true);
    assertEquals("▁ab", SmallVocabularies.pieces(spelling, spelling.encode("ab", false)));
    assertThrows(LanewiseException.class, () -> spelling.encode("xyz", false));
    assertArrayEquals(new int[] {5, 1}, tokenizer(none, true).withSequenceTokens(new int[] {5}));
  }
}
