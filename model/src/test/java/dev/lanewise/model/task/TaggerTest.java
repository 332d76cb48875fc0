package dev.lanewise.model.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Texts to entities. Numbers are those of the pipeline of transformers 4.57.1 for this model. */
class TaggerTest {
  private static final List<String> TEXTS =
      List.of("Dog bad dogs, the sat", "mat on", "", "dog bad dogs the sat");

  /** Of 25 tokens, where the model takes in ten and two of its own. */
  private static final String LONG =
      "on a on good ran dogs ran . dogs good . a the good bad the the . bad mat the the sat";

  @TempDir private Path folder;

  private List<List<Entity>> tag(String config, List<String> texts) {
    TextModel model = TextModel.load(TinyTextModel.write(folder, config, TinyTextModel.TAGGER));
    try (Tagger tagger = new Tagger(model, 2)) {
      return tagger.tag(texts, BatchProgress.NONE);
    }
  }

  private static void same(List<Entity> wanted, List<Entity> found) {
    assertEquals(wanted.size(), found.size(), found.toString());
    for (int i = 0; i < wanted.size(); i++) {
      Entity entity = found.get(i);
      assertEquals(wanted.get(i).score(), entity.score(), 1e-5);
      assertEquals(
          wanted.get(i),
          new Entity(
              entity.label(), wanted.get(i).score(), entity.start(), entity.end(), entity.text()));
    }
  }

  @Test
  void neighboursAreJoinedUnlessOneBegins() {
    List<List<Entity>> found = tag(TinyTextModel.TAGGER_CONFIG, TEXTS);
    same(List.of(new Entity("PER", 0.55291778f, 0, 21, "Dog bad dogs, the sat")), found.get(0));
    same(
        List.of(
            new Entity("LOC", 0.47531435f, 0, 3, "mat"),
            new Entity("PER", 0.49886212f, 4, 6, "on")),
        found.get(1));
    same(List.of(), found.get(2));
    same(
        List.of(
            new Entity("PER", 0.72137594f, 0, 3, "dog"),
            new Entity("PER", 0.46380001f, 4, 7, "bad"),
            new Entity("PER", 0.58779806f, 8, 20, "dogs the sat")),
        found.get(3));
  }

  @Test
  void whatIsOutsideIsNoEntity() {
    String config = TinyTextModel.TAGGER_CONFIG.replace("I-PER", "O");
    List<List<Entity>> found = tag(config, TEXTS);
    same(List.of(), found.get(0));
    same(List.of(new Entity("LOC", 0.47531435f, 0, 3, "mat")), found.get(1));
    same(
        List.of(
            new Entity("PER", 0.72137594f, 0, 3, "dog"),
            new Entity("PER", 0.46380001f, 4, 7, "bad"),
            new Entity("PER", 0.79240382f, 8, 11, "dog")),
        found.get(3));
  }

  @Test
  void labelsNeedNotSayWhereInAnEntityTheyStand() {
    String config = TinyTextModel.TAGGER_CONFIG.replace("I-PER", "PER");
    assertEquals("dogs the sat", tag(config, TEXTS).get(3).get(2).text());
  }

  @Test
  void tokensOfALongTextAreToldWhereTheyAreCentral() {
    // Tokens 0 to 9, 5 to 14, 10 to 19, 15 to 24; of five that two windows share, the first two are
    // told in the one before.
    List<Entity> found = tag(TinyTextModel.TAGGER_CONFIG, List.of(LONG)).getFirst();
    same(
        List.of(
            new Entity("PER", 0.67401081f, 0, 7, "on a on"),
            new Entity("PER", 0.57821560f, 13, LONG.length(), LONG.substring(13))),
        found);
  }

  @Test
  void otherHeadsAreRefused() {
    TextModel headless = TextModel.load(TinyTextModel.write(folder));
    String message =
        assertThrows(LanewiseException.class, () -> new Tagger(headless, 1)).getMessage();
    assertTrue(message.contains("has no head, but a head for classes of tokens"), message);
  }

  @Test
  void oneTextIsTaggedAsAmongOthers() {
    List<Entity> wanted = tag(TinyTextModel.TAGGER_CONFIG, TEXTS).getFirst();
    try (Tagger tagger = Tagger.load(folder)) {
      assertEquals(wanted, tagger.tag(TEXTS.getFirst()));
    }
  }
}
