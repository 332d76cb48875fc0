package dev.lanewise.model.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.TinyEncoder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Masks to tokens. Scores are those of the pipeline of transformers 4.57.1 for this model. */
class MaskFillerTest {
  @TempDir private Path folder;

  private MaskFiller filler() {
    return new MaskFiller(
        TextModel.load(
            TinyTextModel.write(folder, TinyTextModel.FILLER_CONFIG, TinyTextModel.FILLER)),
        2);
  }

  private MaskFiller roberta() {
    TinyEncoder.write(folder, TinyEncoder.ROBERTA_CONFIG, TinyEncoder.ROBERTA);
    TinyTextModel.add(folder, "tokenizer.json", TinyTextModel.ROBERTA_TOKENIZER);
    return new MaskFiller(TextModel.load(folder), 1);
  }

  private static List<List<Filling>> fill(MaskFiller filler, int top, String text) {
    return filler.fill(List.of(text), top, BatchProgress.NONE).getFirst();
  }

  private static void same(List<Filling> found, Filling... wanted) {
    assertEquals(wanted.length, found.size());
    for (int i = 0; i < wanted.length; i++) {
      Filling filling = found.get(i);
      float score = wanted[i].score();
      assertEquals(score, filling.score(), 1e-5);
      assertEquals(wanted[i], new Filling(score, filling.id(), filling.token(), filling.text()));
    }
  }

  @Test
  void fillingsAreThoseOfTheReference() {
    try (MaskFiller filler = filler()) {
      List<List<Filling>> masks = fill(filler, 4, "The [MASK] sat on a mat.");
      assertEquals(1, masks.size());
      same(
          masks.getFirst(),
          new Filling(0.32918006f, 0, "[UNK]", "The [UNK] sat on a mat."),
          new Filling(0.17338124f, 8, "on", "The on sat on a mat."),
          new Filling(0.13499165f, 14, "##s", "Thes sat on a mat."),
          new Filling(0.12458262f, 10, "the", "The the sat on a mat."));
      assertEquals(List.of(List.of()), fill(filler, 0, "The [MASK] sat on a mat."));
      assertThrows(IllegalArgumentException.class, () -> fill(filler, -1, "a [MASK]"));
      assertEquals(masks, fill(filler, 4, "The [MASK] sat on a mat."));
    }
  }

  @Test
  void eachOfSeveralMasksIsFilledForItself() {
    try (MaskFiller filler = filler()) {
      List<List<Filling>> masks = fill(filler, 4, "[MASK] cat<mask>");
      assertEquals(2, masks.size());
      same(
          masks.get(0),
          new Filling(0.24205317f, 8, "on", "on cat<mask>"),
          new Filling(0.21905163f, 0, "[UNK]", "[UNK] cat<mask>"),
          new Filling(0.19416736f, 10, "the", "the cat<mask>"),
          new Filling(0.13328041f, 11, "ran", "ran cat<mask>"));
      same(
          masks.get(1),
          new Filling(0.32525638f, 8, "on", "[MASK] cat on"),
          new Filling(0.19530030f, 10, "the", "[MASK] cat the"),
          new Filling(0.16386834f, 0, "[UNK]", "[MASK] cat[UNK]"),
          new Filling(0.11247035f, 14, "##s", "[MASK] cats"));
    }
  }

  @Test
  void spacesAreThoseOfTheVocabulary() {
    try (MaskFiller filler = roberta()) {
      assertEquals("<mask>", filler.mask());
      List<Filling> all = fill(filler, 99, "The <mask>.").getFirst();
      assertEquals(16, all.size());
      Map<String, String> texts = new HashMap<>();
      all.forEach(filling -> texts.put(filling.token(), filling.text()));
      assertEquals("The cat.", texts.get(" cat"));
      assertEquals("Thecat.", texts.get("cat"));
      assertEquals("Thes.", texts.get("s"));
      assertEquals("The <s>.", texts.get("<s>"));
      List<Filling> other = fill(filler, 99, "The [MASK].").getFirst();
      assertEquals(
          all.stream().map(Filling::score).toList(), other.stream().map(Filling::score).toList());
    }
  }

  @Test
  void aTextNeedsAMaskThatTheModelSees() {
    try (MaskFiller filler = filler()) {
      List<String> texts = List.of("a [MASK]", "a [mask]");
      String message =
          assertThrows(LanewiseException.class, () -> filler.fill(texts, 1, BatchProgress.NONE))
              .getMessage();
      assertEquals("text 2 has no mask; write [MASK] where a token is to be filled in", message);
      String far = "a [MASK]" + " a".repeat(9) + " [MASK]";
      message = assertThrows(LanewiseException.class, () -> fill(filler, 1, far)).getMessage();
      assertTrue(message.startsWith("text 1 has 2 masks, of which the model sees 1"), message);
    }
  }

  @Test
  void otherTokensThatAreWrittenOutAreText() {
    try (MaskFiller filler = filler()) {
      // Of a bracket, a word that is not known and a bracket, and not the token itself.
      String text = "[SEP] [MASK]";
      assertEquals(
          fill(filler, 1, "[ x ] [MASK]").getFirst().getFirst().score(),
          fill(filler, 1, text).getFirst().getFirst().score());
    }
  }

  @Test
  void otherHeadsAndTokenizersAreRefused() {
    TextModel headless = TextModel.load(TinyTextModel.write(folder));
    String message =
        assertThrows(LanewiseException.class, () -> new MaskFiller(headless, 1)).getMessage();
    assertTrue(message.contains("has no head, but a head for masked tokens"), message);
    TinyEncoder.write(folder, TinyEncoder.ROBERTA_CONFIG, TinyEncoder.ROBERTA);
    TinyTextModel.add(
        folder, "tokenizer.json", TinyTextModel.ROBERTA_TOKENIZER.replace("<mask>", "<hole>"));
    TextModel maskless = TextModel.load(folder);
    message = assertThrows(LanewiseException.class, () -> new MaskFiller(maskless, 1)).getMessage();
    assertTrue(message.contains("no token for masks, none of [[MASK], <mask>]"), message);
  }

  @Test
  void oneTextIsFilledAsAmongOthers() {
    String text = "The [MASK] sat on a mat.";
    List<List<Filling>> wanted;
    try (MaskFiller filler = filler()) {
      wanted = fill(filler, 4, text);
    }
    try (MaskFiller filler = MaskFiller.load(folder)) {
      assertEquals(wanted, filler.fill(text, 4));
    }
  }
}
