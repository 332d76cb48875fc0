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
  private static final int[] TARGET = {2, 19, 7, 7, 12, 23, 4};
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

  private float[] allLogits(EncoderDecoderModel.Session session, int... ids) {
    int n = model.vocabSize();
    float[] logits = new float[ids.length * n];
    session.forwardAll(ids, 0, ids.length, (i, row) -> System.arraycopy(row, 0, logits, i * n, n));
    return logits;
  }

  private float[] row(float[] logits, int i) {
    return Arrays.copyOfRange(logits, i * model.vocabSize(), (i + 1) * model.vocabSize());
  }

  /** Products of other shapes add in another order: the bound of a whole model. */
  private static void assertNear(float[] wanted, float[] found) {
    assertEquals(wanted.length, found.length);
    for (int i = 0; i < wanted.length; i++) {
      assertEquals(wanted[i], found[i], 1e-4f + 1e-4f * Math.abs(wanted[i]));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"t5", "bart"})
  void tokenByTokenIsAsAllAtOnce(String kind) {
    EncoderDecoderModel.Session session = session(kind);
    session.encode(source);
    float[] wanted = allLogits(session, TARGET);
    session.rewind(0);
    for (int i = 0; i < TARGET.length; i++) {
      assertEquals(i, session.position());
      assertNear(row(wanted, i), session.forward(TARGET, i, i + 1));
    }
    session.rewind(2);
    assertNear(row(wanted, TARGET.length - 1), session.forward(TARGET, 2, TARGET.length));
  }

  @ParameterizedTest
  @ValueSource(strings = {"t5", "bart"})
  void hypothesesAreAsTextsOfTheirOwn(String kind) {
    EncoderDecoderModel.Session session = session(kind);
    session.encode(source);
    EncoderDecoderModel.Hypotheses texts = session.hypotheses(3);
    texts.forward(new int[] {2, 2, 2});
    texts.forward(new int[] {4, 5, 6});
    texts.reorder(new int[] {2, 2, 0});
    texts.forward(new int[] {7, 8, 9});
    texts.reorder(new int[] {1, 0, 1});
    float[] found = texts.forward(new int[] {10, 11, 12}).clone();
    assertEquals(4, texts.position());
    int[][] sequences = {{2, 6, 8, 10}, {2, 6, 7, 11}, {2, 6, 8, 12}};
    for (int i = 0; i < sequences.length; i++) {
      session.rewind(0);
      assertNear(session.forward(sequences[i], 0, 4), row(found, i));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"t5", "bart"})
  void anotherSourceIsAnotherBeginning(String kind) {
    EncoderDecoderModel.Session session = session(kind);
    int[] other = {3, 21, 1};
    session.encode(other);
    float[] wanted = allLogits(session, TARGET);
    session.encode(source);
    assertEquals(0, session.position());
    float[] ofSource = allLogits(session, TARGET);
    session.encode(other);
    assertArrayEquals(wanted, allLogits(session, TARGET));
    assertTrue(Arrays.mismatch(wanted, ofSource) >= 0, "the source makes no difference");
  }

  @ParameterizedTest
  @ValueSource(strings = {"t5", "bart"})
  void hiddenStatesAreNotKept(String kind) {
    EncoderDecoderModel.Session session = session(kind);
    session.encode(source);
    float[] wanted = session.forward(TARGET, 0, 3).clone();
    assertEquals(4 * model.dim(), session.hiddenStates(TARGET, 3, 7, 1).length);
    session.rewind(0);
    assertArrayEquals(wanted, session.forward(TARGET, 0, 3));
  }

  @ParameterizedTest
  @ValueSource(strings = {"t5", "bart"})
  void refusesWhatCannotBe(String kind) {
    EncoderDecoderModel.Session session = session(kind);
    refuses("nothing was encoded yet", () -> session.forward(TARGET, 0, 1));
    refuses("nothing was encoded yet", () -> session.hypotheses(2));
    refuses("a source of 0 tokens is not possible", () -> session.encode(new int[0]));
    refuses("token id 24 is out of range", () -> session.encode(new int[] {1, 24}));
    refuses("nothing was encoded yet", () -> allLogits(session, 1));
    session.encode(source);
    refuses("there must be at least 1", () -> session.hypotheses(0));
    refuses("token id -1 is out of range", () -> session.forward(new int[] {-1}, 0, 1));
    refuses("10 tokens after 0", () -> session.forward(new int[10], 0, 10));
    EncoderDecoderModel.Hypotheses texts = session.hypotheses(1);
    for (int i = 0; i < CONTEXT; i++) {
      texts.forward(new int[] {3});
    }
    refuses("1 tokens after 9", () -> texts.forward(new int[] {3}));
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
