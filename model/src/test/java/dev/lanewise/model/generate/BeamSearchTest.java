package dev.lanewise.model.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.EncoderDecoderModel;
import dev.lanewise.model.arch.GenerationConfig;
import dev.lanewise.model.arch.GenerationConfig.Stopping;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BeamSearchTest {
  private static final int START = 0;
  private static final int END = 1;

  /** The likeliest first token, 2, leads to unlikely texts; 3 is all but sure to end at once. */
  private static final double[][] TRAP = {
    {0, 0.1, 0.5, 0.4, 0},
    {0, 1, 0, 0, 0},
    {0, 0.2, 0.1, 0.3, 0.4},
    {0, 0.9, 0, 0.1, 0},
    {0, 0.3, 0.3, 0.2, 0.2},
  };

  private final Parallel team = Parallel.of(1);
  private final Kernels kernels = Kernels.best(team);

  @AfterEach
  void closeTeam() {
    team.close();
  }

  private BeamSearch.Result search(double[][] weights, BeamOptions options, int maxTokens) {
    GenerationConfig config = BigramModel.config(START, END);
    return search(new BigramModel(weights, config), options, maxTokens);
  }

  private BeamSearch.Result search(BigramModel model, BeamOptions options, int maxTokens) {
    return search(model, model.newSession(kernels, 100), kernels, options, maxTokens, Map.of());
  }

  /** The best text of the source that the session encoded last. */
  static BeamSearch.Result search(
      EncoderDecoderModel model,
      EncoderDecoderModel.Session session,
      Kernels kernels,
      BeamOptions options,
      int maxTokens,
      Map<Integer, Float> biases) {
    GenerationConfig config = model.generationConfig();
    int known = model.vocabSize();
    TokenRules rules = new TokenRules(config::isEnd, config, known, new int[0]);
    BeamSearch.Run run =
        new BeamSearch(kernels, config, options, known, biases).begin(rules, maxTokens);
    session.begin(options.beams());
    while (run.step(session.forward(run.tokens), 0)) {
      session.reorder(run.parents, options.beams());
    }
    return run.best();
  }

  private static BeamOptions beams(int beams, float penalty, Stopping stopping) {
    return new BeamOptions(beams, penalty, stopping);
  }

  @Test
  void findsWhatTheLikeliestTokenMisses() {
    BeamSearch.Result greedy = search(TRAP, beams(1, 0, Stopping.WHEN_UNLIKELY), 10);
    assertEquals(2, greedy.ids().getFirst());
    BeamSearch.Result found = search(TRAP, beams(2, 0, Stopping.WHEN_UNLIKELY), 10);
    assertEquals(List.of(3), found.ids());
    assertTrue(found.ended());
    assertEquals(Math.log(0.4 * 0.9), found.score(), 1e-6);
  }

  @Test
  void aTextMayBeForcedToEndAtOnce() {
    GenerationConfig config = BigramModel.config(START, END).forcingFirst(END);
    BeamSearch.Result found =
        search(new BigramModel(TRAP, config), beams(3, 1, Stopping.WHEN_UNLIKELY), 10);
    assertEquals(List.of(), found.ids());
    assertTrue(found.ended());
  }

  @Test
  void thePenaltyDecidesTheLength() {
    assertEquals(List.of(), search(TRAP, beams(4, -3, Stopping.WHEN_HOPELESS), 6).ids());
    assertEquals(List.of(3), search(TRAP, beams(4, 0, Stopping.WHEN_HOPELESS), 6).ids());
    assertTrue(search(TRAP, beams(4, 4, Stopping.WHEN_HOPELESS), 6).ids().size() >= 5);
  }

  /** With room for every text the search is exhaustive. */
  @ParameterizedTest
  @ValueSource(floats = {-1, 0, 0.7f, 1, 2})
  void isExactWithRoomForAllTexts(float penalty) {
    SplittableRandom random = new SplittableRandom(3);
    for (int trial = 0; trial < 20; trial++) {
      double[][] weights = new double[4][4];
      for (double[] row : weights) {
        for (int i = 1; i < row.length; i++) {
          row[i] = random.nextDouble(0.01, 1);
        }
      }
      Exhaustive wanted = new Exhaustive(weights, penalty, 5);
      BeamSearch.Result found = search(weights, beams(64, penalty, Stopping.WHEN_HOPELESS), 5);
      assertEquals(wanted.best, found.ids());
      assertEquals(wanted.bestScore, found.score(), 1e-5);
    }
  }

  /** Tries all texts. */
  private static final class Exhaustive {
    private final double[][] weights;
    private final double penalty;
    private final int maxTokens;
    private List<Integer> best = List.of();
    private double bestScore = Double.NEGATIVE_INFINITY;

    Exhaustive(double[][] weights, double penalty, int maxTokens) {
      this.weights = weights;
      this.penalty = penalty;
      this.maxTokens = maxTokens;
      follow(START, new ArrayList<>(), 0, 0);
    }

    private void follow(int last, List<Integer> text, double sum, int tokens) {
      double total = 0;
      for (double weight : weights[last]) {
        total += weight;
      }
      for (int next = 1; next < weights.length; next++) {
        double score = sum + Math.log(weights[last][next] / total);
        List<Integer> longer = new ArrayList<>(text);
        if (next != END) {
          longer.add(next);
        }
        if (next != END && tokens + 1 < maxTokens) {
          follow(next, longer, score, tokens + 1);
        } else if (score / Math.pow(tokens + 1, penalty) > bestScore) {
          bestScore = score / Math.pow(tokens + 1, penalty);
          best = longer;
        }
      }
    }
  }

  /** Both beams hold a finished text after two steps; whether to go on is asked after each. */
  @ParameterizedTest
  @CsvSource({"WHEN_FULL, 2", "WHEN_UNLIKELY, 4", "WHEN_HOPELESS, 6"})
  void stopsWhenItIsTold(Stopping stopping, int steps) {
    double[][] weights = new double[14][14];
    weights[START][END] = 0.45; // log(0.45) = -0.80
    weights[START][2] = 0.5;
    weights[START][3] = 0.05;
    weights[2][END] = 0.2; // log(0.5 · 0.2) / 2 = -1.15, the worst of two finished texts
    weights[2][3] = 0.75;
    weights[2][2] = 0.05;
    for (int last = 3; last < 14; last++) {
      Arrays.fill(weights[last], 4, 14, 0.1);
    }
    // The best unfinished text: -0.49 after two steps, -1.09 after three, -1.40 after four; divided
    // by eight tokens instead, -0.70 after four, -0.99 after five, -1.27 after six.
    GenerationConfig config = BigramModel.config(START, END);
    BigramModel model = new BigramModel(weights, config);
    search(model, beams(2, 1, stopping), 8);
    assertEquals(steps, model.steps);
  }

  @Test
  void endsAtTheLength() {
    double[][] endless = {{0, 0, 1}, {0, 1, 0}, {0, 0, 1}};
    BeamSearch.Result found = search(endless, beams(2, 1, Stopping.WHEN_UNLIKELY), 4);
    assertEquals(List.of(2, 2, 2, 2), found.ids());
    assertFalse(found.ended());
  }

  @Test
  void aSearchThatIsBrokenOffHasABestText() {
    GenerationConfig config = BigramModel.config(START, END);
    BigramModel model = new BigramModel(TRAP, config);
    TokenRules rules = new TokenRules(config::isEnd, config, TRAP.length, new int[0]);
    BeamOptions options = beams(2, 0, Stopping.WHEN_HOPELESS);
    BeamSearch.Run run =
        new BeamSearch(kernels, config, options, TRAP.length, Map.of()).begin(rules, 10);
    assertEquals(List.of(), run.best().ids());
    EncoderDecoderModel.Session session = model.newSession(kernels, 100);
    session.begin(2);
    assertTrue(run.step(session.forward(run.tokens), 0));
    assertEquals(List.of(2), run.best().ids());
  }

  private BeamSearch.Result biased(int token) {
    GenerationConfig config = BigramModel.config(START, END);
    BigramModel model = new BigramModel(TRAP, config);
    BeamOptions options = beams(2, 0, Stopping.WHEN_UNLIKELY);
    Map<Integer, Float> banned = Map.of(token, Float.NEGATIVE_INFINITY);
    return search(model, model.newSession(kernels, 100), kernels, options, 10, banned);
  }

  @Test
  void biasesBanTokens() {
    List<Integer> ids = biased(3).ids();
    assertFalse(ids.contains(3), ids.toString());
    LanewiseException e = assertThrows(LanewiseException.class, () -> biased(5));
    assertTrue(e.getMessage().contains("logit bias for token 5"), e.getMessage());
  }

  @Test
  void refusesScoresThatSayNothing() {
    double[][] nothing = {{Double.NaN, Double.NaN}, {Double.NaN, Double.NaN}};
    LanewiseException e =
        assertThrows(
            LanewiseException.class, () -> search(nothing, beams(2, 1, Stopping.WHEN_UNLIKELY), 4));
    assertTrue(e.getMessage().contains("no token is left"), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource({"0, 1, beams 0", "1025, 1, beams 1025", "2, NaN, lengthPenalty NaN"})
  void refusesOptionsOutOfRange(int beams, float penalty, String part) {
    LanewiseException e =
        assertThrows(
            LanewiseException.class, () -> new BeamOptions(beams, penalty, Stopping.WHEN_FULL));
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }
}
