package dev.lanewise.model.arch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EncoderDecoderSessionTest {
  private static final int[] OTHER = {3, 21, 1};
  private static final int CONTEXT = 9;

  private final int[] source = TinyEncoderDecoders.source();

  @TempDir private Path folder;
  private final Parallel team = Parallel.of(2);
  private EncoderDecoderModel model;

  @AfterEach
  void closeTeam() {
    team.close();
  }

  private EncoderDecoderModel.Session session(String kind) {
    model =
        Architectures.loadEncoderDecoder(
            kind.equals("t5")
                ? TinyEncoderDecoders.openT5(folder)
                : TinyEncoderDecoders.openBart(folder));
    return model.newSession(Kernels.best(team), CONTEXT);
  }

  /** The logits that follow a text of its own. */
  private float[] logits(String kind, int[] source, int... ids) {
    EncoderDecoderModel.Session session = session(kind);
    session.encode(source);
    session.begin(1);
    float[] logits = {};
    for (int id : ids) {
      logits = session.forward(new int[] {id});
    }
    return row(logits, 0);
  }

  private float[] row(float[] logits, int i) {
    return Arrays.copyOfRange(logits, i * model.vocabSize(), (i + 1) * model.vocabSize());
  }

  @ParameterizedTest
  @ValueSource(strings = {"t5", "bart"})
  void textsOfASourceAreAsIfAlone(String kind) {
    EncoderDecoderModel.Session session = session(kind);
    session.encode(source);
    session.begin(3);
    session.forward(new int[] {2, 2, 2});
    session.forward(new int[] {4, 5, 6});
    session.reorder(new int[] {2, 2, 0}, 3);
    session.forward(new int[] {7, 8, 9});
    session.reorder(new int[] {1, 0, 1}, 3);
    float[] found = session.forward(new int[] {10, 11, 12}).clone();
    int[][] texts = {{2, 6, 8, 10}, {2, 6, 7, 11}, {2, 6, 8, 12}};
    for (int i = 0; i < texts.length; i++) {
      assertArrayEquals(logits(kind, source, texts[i]), row(found, i));
    }
  }

  /** Ten texts of two sources and several lengths: enough for every way of multiplying. */
  @ParameterizedTest
  @ValueSource(strings = {"t5", "bart"})
  void textsOfSeveralSourcesAreAsIfAlone(String kind) {
    EncoderDecoderModel.Session session = session(kind);
    session.encode(source);
    session.begin(2);
    session.forward(new int[] {2, 2});
    session.forward(new int[] {4, 5});
    session.encode(OTHER);
    session.begin(8);
    session.forward(new int[] {6, 7, 2, 2, 2, 2, 2, 2, 2, 2});
    float[] found = session.forward(new int[] {8, 9, 10, 11, 12, 13, 14, 15, 16, 17}).clone();
    assertArrayEquals(logits(kind, source, 2, 4, 6, 8), row(found, 0));
    assertArrayEquals(logits(kind, source, 2, 5, 7, 9), row(found, 1));
    for (int i = 2; i < 10; i++) {
      assertArrayEquals(logits(kind, OTHER, 2, 8 + i), row(found, i));
    }
    // The first is done, and another begins behind those that are left.
    session.reorder(new int[] {1, 2}, 2);
    session.encode(source);
    session.begin(1);
    found = session.forward(new int[] {18, 19, 2}).clone();
    assertArrayEquals(logits(kind, source, 2, 5, 7, 9, 18), row(found, 0));
    assertArrayEquals(logits(kind, OTHER, 2, 10, 19), row(found, 1));
    assertArrayEquals(logits(kind, source, 2), row(found, 2));
  }

  @ParameterizedTest
  @ValueSource(strings = {"t5", "bart"})
  void anotherSourceMakesADifference(String kind) {
    float[] ofSource = logits(kind, source, 2, 19);
    assertTrue(Arrays.mismatch(logits(kind, OTHER, 2, 19), ofSource) >= 0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"t5", "bart"})
  void refusesWhatCannotBe(String kind) {
    EncoderDecoderModel.Session session = session(kind);
    refuses("nothing was encoded yet", () -> session.begin(2));
    refuses("a source of 0 tokens is not possible", () -> session.encode(new int[0]));
    refuses("token id 24 is out of range", () -> session.encode(new int[] {1, 24}));
    session.encode(source);
    refuses("there is no text to continue", () -> session.forward(new int[1]));
    refuses("there must be at least 1", () -> session.begin(0));
    refuses("there must be at least 1", () -> session.begin(1 << 30));
    session.begin(1);
    refuses("token id -1 is out of range", () -> session.forward(new int[] {-1}));
    for (int i = 0; i < CONTEXT; i++) {
      session.forward(new int[] {3});
    }
    refuses("1 tokens after 9", () -> session.forward(new int[] {3}));
    int tooLong = model.contextLength() + 1;
    refuses("is not possible", () -> model.newSession(Kernels.best(team), tooLong));
  }

  @Test
  void refusesSourcesBeyondTheTableOfPositions() {
    EncoderDecoderModel.Session session = session("bart");
    assertEquals(12, model.sourceLength());
    refuses("a source of 13 tokens is not possible", () -> session.encode(new int[13]));
  }

  private static void refuses(String part, Executable call) {
    LanewiseException e = assertThrows(LanewiseException.class, call);
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }
}
