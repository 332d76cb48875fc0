package dev.lanewise.model.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.arch.Architectures;
import dev.lanewise.model.arch.EncoderDecoderModel;
import dev.lanewise.model.arch.GenerationConfig.Stopping;
import dev.lanewise.model.arch.TinyEncoderDecoders;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The tiny models against Hugging Face's transformers 5.24 with torch 2.15 in float32, which was
 * given the same weights by the same formula and printed the numbers below.
 */
class EncoderDecoderGoldenTest {
  private static final float[] T5_ENCODED = {
    2.43339f,
    -0.0800358f,
    0.291963f,
    0.565054f,
    -1.1615f,
    -0.28325f,
    -0.00417481f,
    1.04362f,
    -0.727385f,
    1.16404f,
    0.0405988f,
    -0.211654f,
    -0.569904f,
    -1.3626f,
    1.13479f,
    0.223903f,
  };
  private static final float[] T5_LOGITS = {
    2.15763f,
    0.643166f,
    0.594126f,
    -1.55157f,
    -2.28479f,
    0.363903f,
    -1.99064f,
    -2.00129f,
    0.531089f,
    -0.971582f,
    0.680874f,
    -0.919475f,
    -2.32036f,
    -0.421645f,
    -1.74983f,
    0.164325f,
    -1.32931f,
    2.24759f,
    1.09543f,
    0.514077f,
    -1.99008f,
    0.297797f,
    -1.81398f,
    -0.248212f,
  };
  private static final float[] BART_ENCODED = {
    2.03502f,
    0.19734f,
    -2.51898f,
    -0.52363f,
    0.417446f,
    2.28956f,
    0.740417f,
    -4.0098f,
    0.0651636f,
    -0.827983f,
    0.56809f,
    -0.031534f,
    -0.295534f,
    0.433434f,
    1.47313f,
    -0.975123f,
  };
  private static final float[] BART_LOGITS = {
    0.9413f,
    -1.3562f,
    2.21556f,
    0.841955f,
    -1.08088f,
    -2.75139f,
    -0.108027f,
    1.14454f,
    0.243298f,
    -1.26438f,
    -0.418076f,
    -1.14833f,
    -0.27818f,
    -1.14552f,
    0.0127658f,
    -0.433267f,
    0.886834f,
    2.41534f,
    -2.37082f,
    0.662218f,
    -1.54813f,
    -1.00602f,
    0.834717f,
    -0.930142f,
  };

  @TempDir private Path folder;
  private final Parallel team = Parallel.of(2);
  private final Kernels kernels = Kernels.best(team);
  private EncoderDecoderModel model;
  private EncoderDecoderModel.Session session;

  @AfterEach
  void closeTeam() {
    team.close();
  }

  private void open(String kind) {
    model =
        Architectures.loadEncoderDecoder(
            kind.equals("t5")
                ? TinyEncoderDecoders.openT5(folder)
                : TinyEncoderDecoders.openBart(folder));
    session = model.newSession(kernels, 12);
  }

  /** The last row of what the encoder made, then the logits after some tokens. */
  private void check(float[] encoded, float[] logits, int... target) {
    float[] states = session.encode(TinyEncoderDecoders.source());
    int dim = model.dim();
    assertNear(encoded, Arrays.copyOfRange(states, states.length - dim, states.length));
    session.begin(1);
    float[] found = {};
    for (int id : target) {
      found = session.forward(new int[] {id});
    }
    assertNear(logits, found);
  }

  private static void assertNear(float[] wanted, float[] found) {
    assertEquals(wanted.length, found.length);
    for (int i = 0; i < wanted.length; i++) {
      assertEquals(wanted[i], found[i], 1e-4f + 1e-4f * Math.abs(wanted[i]), "element " + i);
    }
  }

  private int[] greedy(int n) {
    int[] ids = new int[n + 1];
    ids[0] = model.generationConfig().startToken();
    session.reorder(new int[0], 0);
    session.encode(TinyEncoderDecoders.source());
    session.begin(1);
    for (int i = 0; i < n; i++) {
      ids[i + 1] = kernels.argmax(session.forward(new int[] {ids[i]}), model.vocabSize());
    }
    return Arrays.copyOfRange(ids, 1, n + 1);
  }

  private BeamSearch.Result search(BeamOptions options, int maxTokens) {
    session.encode(TinyEncoderDecoders.source());
    return BeamSearchTest.search(model, session, kernels, options, maxTokens, Map.of());
  }

  @Test
  void t5() {
    open("t5");
    check(T5_ENCODED, T5_LOGITS, 0, 4, 9, 20);
    assertArrayEquals(new int[] {1, 0, 0, 0, 0, 0, 0, 0}, greedy(8));
  }

  @ParameterizedTest
  @CsvSource({
    "2, 0, WHEN_UNLIKELY, -0.555235326, ''",
    "2, 2, WHEN_FULL, -0.555235326, ''",
    "4, 0, WHEN_FULL, -0.555234671, ''",
    "4, 0, WHEN_HOPELESS, -0.555234671, ''",
    "4, 1, WHEN_UNLIKELY, -0.555234671, ''",
    "4, 2, WHEN_HOPELESS, -0.124140821, 17 17 17 17 17 17 17 17 17 17 17",
  })
  void t5WithBeams(int beams, float penalty, Stopping stopping, float score, String ids) {
    open("t5");
    BeamSearch.Result found = search(new BeamOptions(beams, penalty, stopping), 11);
    assertEquals(tokens(ids), found.ids());
    assertEquals(score, found.score(), 1e-4 + 1e-4 * Math.abs(score));
  }

  @Test
  void bart() {
    open("bart");
    check(BART_ENCODED, BART_LOGITS, 2, 0, 9, 20);
    assertArrayEquals(new int[] {2, 2, 2, 2, 2, 2, 2, 2}, greedy(8));
  }

  /** With the tokens that the tiny model's configuration forbids and forces. */
  @ParameterizedTest
  @CsvSource({
    "11, -0.15950346, 0 19 17 17 16 17 8 17",
    "5, -0.171892941, 0 22 17 17",
  })
  void bartWithBeams(int maxTokens, float score, String ids) {
    open("bart");
    BeamSearch.Result found = search(BeamOptions.of(model.generationConfig()), maxTokens);
    assertEquals(tokens(ids), found.ids());
    assertTrue(found.ended());
    assertEquals(score, found.score(), 1e-4);
  }

  /** What checkpoints say beside that; the answers are those of transformers 5.24. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'renormalize_logits': true | -0.11521661 | 0 22 17 17 16 17 8 17",
        "'repetition_penalty': 1.3 | -0.12087606 | 0 22 17 17 8 17 16 17 3 17",
        "'min_new_tokens': 10 | -0.11338369 | 0 22 17 17 8 17 16 17 3 17",
        "'suppress_tokens': [17] | -0.34435627 | 0",
        "'renormalize_logits': true, 'repetition_penalty': 1.3 | -0.075057611"
            + " | 0 22 17 17 16 17 8 17 3 17",
      })
  void bartWithBeamsAndFurtherRules(String rule, float score, String ids) {
    String generation = "{" + rule.replace('\'', '"') + ",";
    model =
        Architectures.loadEncoderDecoder(
            TinyEncoderDecoders.openBart(
                folder, TinyEncoderDecoders.BART_GENERATION.replaceFirst("\\{", generation)));
    session = model.newSession(kernels, 12);
    BeamSearch.Result found = search(BeamOptions.of(model.generationConfig()), 11);
    assertEquals(tokens(ids), found.ids());
    assertEquals(score, found.score(), 1e-4);
  }

  private static List<Integer> tokens(String ids) {
    return ids.isEmpty() ? List.of() : Arrays.stream(ids.split(" ")).map(Integer::valueOf).toList();
  }
}
