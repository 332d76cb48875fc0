package dev.lanewise.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.StringTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VocabularyTest {
  @Test
  void everyPieceIsFoundAndNothingElse() {
    String[] pieces = new String[5000];
    for (int i = 0; i < pieces.length; i++) {
      pieces[i] = "p" + i * 7;
    }
    Vocabulary vocabulary = Vocabulary.builder("test.", StringTable.of(pieces)).build();
    for (int i = 0; i < pieces.length; i++) {
      assertEquals(i, vocabulary.find(pieces[i]));
    }
    assertEquals(-1, vocabulary.find("p1"));
    assertEquals(-1, vocabulary.find("p"));
    assertEquals(-1, vocabulary.find(""));
    assertEquals(-1, vocabulary.find("p".repeat(100)));
  }

  @Test
  void ofPiecesSpelledAlikeTheFirstIsFound() {
    StringTable pieces = StringTable.of("a", "b", "", "a", "");
    Vocabulary vocabulary = Vocabulary.builder("test.", pieces).build();
    assertEquals(0, vocabulary.find("a"));
    assertEquals(-1, vocabulary.find(""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "</s>",
        "<|im_end|>",
        "<|eot_id|>",
        "<|endoftext|>",
        "<end_of_turn>",
        "<|end|>",
        "<EOT>",
        "<｜end▁of▁sentence｜>",
        "[EOS]",
      })
  void wellKnownEndsEndAGeneration(String spelling) {
    StringTable pieces = StringTable.of("a", spelling);
    Vocabulary vocabulary = Vocabulary.builder("test.", pieces).build();
    assertTrue(vocabulary.isEnd(1));
    assertFalse(vocabulary.isEnd(0));
    assertEquals(Vocabulary.CONTROL, vocabulary.kind(1));
  }

  @Test
  void declaredEndsEndAGenerationToo() {
    Vocabulary vocabulary = Vocabulary.builder("test.", StringTable.of("a", "b")).end(1).build();
    assertTrue(vocabulary.isEnd(1));
    assertFalse(vocabulary.isEnd(0));
  }

  @Test
  void someEndsAreNoneInTheCompanyOfOthers() {
    Vocabulary harmony =
        Vocabulary.builder("test.", StringTable.of("<|end|>", "<|return|>", "<|call|>")).build();
    assertFalse(harmony.isEnd(0));
    assertTrue(harmony.isEnd(1));
    assertEquals(Vocabulary.USER_DEFINED, harmony.kind(0));
    Vocabulary gemma =
        Vocabulary.builder("test.", StringTable.of("</s>", "<|tool_response>", "<eos>")).build();
    assertFalse(gemma.isEnd(0));
    assertTrue(gemma.isEnd(2));
    assertEquals(Vocabulary.NORMAL, gemma.kind(0));
  }

  @Test
  void whiteSpaceAroundSpecialTokensGoesWhereTheModelWantsIt() {
    StringTable pieces = StringTable.of("<unk>", "<mask>", "<|user|>", "a", "▁");
    int[] kinds = {2, 3, 3, 1, 1};
    float[] scores = new float[5];
    Vocabulary before =
        Vocabulary.builder("test.", pieces).kinds(kinds).unknown(0).stripBefore(1).build();
    SentencePieceBpeTokenizer stripping = new SentencePieceBpeTokenizer(before, scores, false);
    assertEquals(
        "a|<mask>|▁|a",
        SmallVocabularies.pieces(stripping, stripping.encode("a \n<mask> a", true)));
    Vocabulary after =
        Vocabulary.builder("test.", pieces).kinds(kinds).unknown(0).stripAfterSpecials().build();
    SentencePieceBpeTokenizer phi = new SentencePieceBpeTokenizer(after, scores, false);
    assertEquals(
        "<|user|>|a|▁|<|user|>",
        SmallVocabularies.pieces(phi, phi.encode("<|user|>\n a <|user|>\n", true)));
    assertEquals("<unk>|▁|a", SmallVocabularies.pieces(phi, phi.encode("<unk> a", true)));
  }

  @Test
  void whatDoesNotFitIsNamed() {
    StringTable two = StringTable.of("a", "b");
    refused("tokens", () -> Vocabulary.builder("test.", StringTable.of()));
    refused("token_type", () -> Vocabulary.builder("test.", two).kinds(new int[3]));
    refused("unknown_token_id", () -> Vocabulary.builder("test.", two).unknown(2));
    refused("bos_token_id", () -> Vocabulary.builder("test.", two).before(-1));
    refused("eos_token_id", () -> Vocabulary.builder("test.", two).after(7));
    refused("eos_token_id", () -> Vocabulary.builder("test.", two).end(7));
  }

  private static void refused(String named, Executable work) {
    String message = assertThrows(LanewiseException.class, work).getMessage();
    assertTrue(message.startsWith("test." + named), message);
  }
}
