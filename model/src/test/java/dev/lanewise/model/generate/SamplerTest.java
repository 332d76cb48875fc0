package dev.lanewise.model.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.lanewise.model.LanewiseException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SamplerTest {
  private static float[] randomLogits(long seed, int n, double scale) {
    Random random = new Random(seed);
    float[] logits = new float[n];
    for (int i = 0; i < n; i++) {
      // Rounded, so that equal logits occur; + 0 makes -0 equal to 0 for the sorts below too.
      logits[i] = (float) (Math.rint(random.nextGaussian() * scale * 8) / 8) + 0f;
    }
    return logits;
  }

  private static List<Integer> byLogit(float[] logits) {
    List<Integer> ids = new ArrayList<>();
    for (int i = 0; i < logits.length; i++) {
      ids.add(i);
    }
    ids.sort(Comparator.<Integer>comparingDouble(i -> -logits[i]).thenComparing(i -> i));
    return ids;
  }

  private static Set<Integer> kept(float[] logits, SamplingStep... steps) {
    Candidates candidates = new Candidates(logits.length);
    candidates.load(logits, 0);
    for (SamplingStep step : steps) {
      step.apply(candidates);
    }
    Set<Integer> ids = new HashSet<>();
    for (int i = 0; i < candidates.size(); i++) {
      ids.add(candidates.id(i));
    }
    assertEquals(candidates.size(), ids.size(), "no id twice");
    return ids;
  }

  private static double[] softmax(float[] logits) {
    double max = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      max = Math.max(max, logit);
    }
    double sum = 0;
    double[] p = new double[logits.length];
    for (int i = 0; i < p.length; i++) {
      p[i] = Math.exp(logits[i] - max);
      sum += p[i];
    }
    for (int i = 0; i < p.length; i++) {
      p[i] /= sum;
    }
    return p;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 40, 206, 207, 1000})
  void topKKeepsWhatAFullSortPutsFirst(int k) {
    float[] logits = randomLogits(k, 207, 3);
    List<Integer> sorted = byLogit(logits);
    assertEquals(
        new HashSet<>(sorted.subList(0, Math.min(k, 207))), kept(logits, SamplingStep.topK(k)));
  }

  @ParameterizedTest
  @CsvSource({"0.1, 0.5", "0.5, 3", "0.9, 0.01", "0.9, 3", "0.95, 8", "0.999, 3", "0, 3", "1, 3"})
  void topPKeepsTheNucleusOfAFullSort(float p, double scale) {
    float[] logits = randomLogits(11, 1023, scale);
    double[] probabilities = softmax(logits);
    List<Integer> sorted = byLogit(logits);
    Set<Integer> nucleus = new HashSet<>();
    double sum = 0;
    for (int id : sorted) {
      nucleus.add(id);
      sum += probabilities[id];
      if (sum >= p) {
        break;
      }
    }
    Set<Integer> found = kept(logits, SamplingStep.topP(p));
    if (p == 1) {
      // Rounding decides whether the last of all belongs to it.
      assertTrue(found.size() >= 1020, "kept " + found.size());
    } else {
      assertEquals(nucleus, found);
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {0.001f, 0.05f, 0.3f, 1})
  void minPKeepsWhatIsLikelyEnough(float p) {
    float[] logits = randomLogits(5, 513, 2);
    double[] probabilities = softmax(logits);
    double most = Arrays.stream(probabilities).max().orElseThrow();
    Set<Integer> expected = new HashSet<>();
    for (int i = 0; i < logits.length; i++) {
      if (probabilities[i] >= most * p * (1 - 1e-9)) {
        expected.add(i);
      }
    }
    assertEquals(expected, kept(logits, SamplingStep.minP(p)));
  }

  @Test
  void filtersWorkOnWhatIsLeft() {
    float[] logits = randomLogits(3, 300, 3);
    Set<Integer> five = new HashSet<>(byLogit(logits).subList(0, 5));
    assertEquals(
        five, kept(logits, SamplingStep.topK(5), SamplingStep.topP(1), SamplingStep.minP(0)));
    // Of five, each with at least some mass, a nucleus of nearly all keeps all five.
    assertEquals(five, kept(logits, SamplingStep.topK(5), SamplingStep.topP(0.999999f)));
  }

  /** One of five equal tokens has a fifth of the mass, though the float 0.2 is a little more. */
  @ParameterizedTest
  @CsvSource({"5, 0.2, 1", "10, 0.1, 1", "10, 0.3, 3", "10, 0.6, 6", "100, 0.3, 30"})
  void topPIsADecimal(int n, float p, int wanted) {
    assertEquals(wanted, kept(new float[n], SamplingStep.topP(p)).size());
  }

  @Test
  void bestComesSorted() {
    float[] logits = randomLogits(8, 999, 1);
    int[] expected = byLogit(logits).stream().limit(20).mapToInt(i -> i).toArray();
    assertArrayEquals(expected, Candidates.best(logits, 20));
  }

  @Test
  void greedyTakesTheLowestIdOfEqualLogits() {
    Sampler sampler = SamplerOptions.greedy().newSampler(5, 1);
    assertEquals(1, sampler.sample(new float[] {-1, 7, 3, 7, 7}));
    assertEquals(4, sampler.sample(new float[] {-9, -8, -7, -6, -5}));
    assertEquals(0, sampler.sample(new float[] {0, -0f, 0, 0, 0}));
  }

  @Test
  void greedyLooksNoFurtherThanItsVocabulary() {
    assertEquals(1, SamplerOptions.greedy().newSampler(2, 1).sample(new float[] {0, 1, 2}));
  }

  @Test
  void drawsFollowTheProbabilities() {
    float[] logits = new float[] {0, 1, 2, -1, Float.NEGATIVE_INFINITY};
    double[] probabilities = softmax(logits);
    Sampler sampler = SamplerOptions.builder().build().newSampler(5, 42);
    int n = 40_000;
    int[] counts = new int[5];
    for (int i = 0; i < n; i++) {
      counts[sampler.sample(logits)]++;
    }
    for (int i = 0; i < 5; i++) {
      double sigma = Math.sqrt(n * probabilities[i] * (1 - probabilities[i]));
      assertEquals(n * probabilities[i], counts[i], 4 * sigma + 1e-9, "token " + i);
    }
  }

  @Test
  void temperatureSharpensAndFlattens() {
    float[] logits = new float[] {1, 0};
    assertEquals(1 / (1 + Math.exp(-2)), share(0.5f, logits), 0.01);
    assertEquals(1 / (1 + Math.exp(-0.1)), share(10, logits), 0.01);
    assertEquals(1, share(1e-30f, logits), 0);
    assertEquals(1, share(Float.MIN_VALUE, new float[] {3e38f, -3e38f}), 0);
  }

  private static double share(float temperature, float[] logits) {
    Sampler sampler = SamplerOptions.builder().temperature(temperature).build().newSampler(2, 7);
    int first = 0;
    for (int i = 0; i < 20_000; i++) {
      first += sampler.sample(logits) == 0 ? 1 : 0;
    }
    return first / 20_000.0;
  }

  @Test
  void theSeedDecides() {
    float[] logits = randomLogits(1, 500, 1);
    assertArrayEquals(draws(5, logits), draws(5, logits));
    assertFalse(Arrays.equals(draws(5, logits), draws(6, logits)));
  }

  private static int[] draws(long seed, float[] logits) {
    Sampler sampler = SamplerOptions.standard().newSampler(logits.length, seed);
    int[] ids = new int[50];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = sampler.sample(logits);
      sampler.accept(ids[i]);
    }
    return ids;
  }

  @Test
  void penaltiesCountEveryTokenOfTheWindowOnce() {
    float[] logits = new float[] {4, -4, 1, 1, 1};
    Candidates candidates = new Candidates(5);
    Penalties penalties = new Penalties(2, 0.5f, 0.25f, 4, 5);
    for (int id : new int[] {3, 0, 1, 0, 0}) {
      penalties.accept(id);
    }
    for (int round = 0; round < 2; round++) {
      candidates.load(logits, 0);
      penalties.apply(candidates);
      assertEquals(4 / 2f - 0.5f - 3 * 0.25f, candidates.score(0));
      assertEquals(-4 * 2f - 0.5f - 0.25f, candidates.score(1));
      assertEquals(1, candidates.score(2), "never seen");
      assertEquals(1, candidates.score(3), "seen before the window");
    }
    penalties.accept(2);
    candidates.load(logits, 0);
    penalties.apply(candidates);
    assertEquals(1 / 2f - 0.5f - 0.25f, candidates.score(2));
  }

  @Test
  void repetitionLosesAgainstItsPenalty() {
    Sampler sampler =
        SamplerOptions.builder().temperature(0).repeatPenalty(3).build().newSampler(3, 1);
    float[] logits = new float[] {3, 2, 1.5f};
    List<Integer> ids = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      int id = sampler.sample(logits);
      sampler.accept(id);
      ids.add(id);
    }
    assertEquals(List.of(0, 1, 2), ids);
    assertArrayEquals(new float[] {3, 2, 1.5f}, logits, "the logits stay as they are");
  }

  @Test
  void biasesMoveAndBan() {
    float[] logits = new float[] {3, 2, 1};
    SamplerOptions.Builder options = SamplerOptions.builder().temperature(0);
    assertEquals(2, options.logitBias(2, 5).build().newSampler(3, 1).sample(logits));
    options.logitBias(2, Float.NEGATIVE_INFINITY);
    assertEquals(0, options.build().newSampler(3, 1).sample(logits));
    SamplerOptions out = options.logitBias(3, 1).build();
    LanewiseException e = assertThrows(LanewiseException.class, () -> out.newSampler(3, 1));
    assertTrue(e.getMessage().contains("token 3") && e.getMessage().contains("2"), e.getMessage());
  }

  @Test
  void everythingBannedIsAnError() {
    SamplerOptions.Builder options = SamplerOptions.builder();
    for (int id = 0; id < 3; id++) {
      options.logitBias(id, Float.NEGATIVE_INFINITY);
    }
    Sampler sampler = options.topK(2).topP(0.5f).minP(0.1f).build().newSampler(3, 1);
    assertThrows(LanewiseException.class, () -> sampler.sample(new float[3]));
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
  void logitsThatAreNoNumbersAreAnError(float bad) {
    float[] logits = new float[100];
    logits[63] = bad;
    for (SamplerOptions options : List.of(SamplerOptions.greedy(), SamplerOptions.standard())) {
      LanewiseException e =
          assertThrows(LanewiseException.class, () -> options.newSampler(100, 1).sample(logits));
      assertTrue(e.getMessage().contains("token 63"), e.getMessage());
    }
  }

  @Test
  void optionsOutOfRangeAreNamed() {
    SamplerOptions.Builder b = SamplerOptions.builder();
    assertNamed("temperature", () -> b.temperature(Float.NaN).build());
    assertNamed("temperature", () -> b.temperature(-1).build());
    assertNamed("topK", () -> b.temperature(1).topK(-1).build());
    assertNamed("topP", () -> b.topK(0).topP(1.5f).build());
    assertNamed("minP", () -> b.topP(1).minP(-0.1f).build());
    assertNamed("repeatPenalty", () -> b.minP(0).repeatPenalty(0).build());
    assertNamed("presencePenalty", () -> b.repeatPenalty(1).presencePenalty(Float.NaN).build());
    assertNamed("frequencyPenalty", () -> b.presencePenalty(0).frequencyPenalty(1e9f).build());
    assertNamed("penaltyWindow", () -> b.frequencyPenalty(0).penaltyWindow(-1).build());
    assertNamed("token 7", () -> b.penaltyWindow(0).logitBias(7, Float.NaN).build());
  }

  private static void assertNamed(String name, Executable build) {
    LanewiseException e = assertThrows(LanewiseException.class, build);
    assertTrue(e.getMessage().contains(name), e.getMessage());
  }

  @Test
  void samplingAllocatesNothing() {
    float[] logits = randomLogits(2, 5000, 3);
    Sampler sampler =
        SamplerOptions.builder()
            .temperature(0.8f)
            .topK(100)
            .topP(0.9f)
            .minP(0.01f)
            .repeatPenalty(1.1f)
            .logitBias(3, 1)
            .build()
            .newSampler(5000, 1);
    sampler.accept(sampler.sample(logits));
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 100; i++) {
      sampler.accept(sampler.sample(logits));
    }
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    // The odd class that is initialised late may cost a little, once; a token may cost nothing.
    assertTrue(allocated < 100 * 16, allocated + " bytes for 100 tokens");
  }

  @Test
  void aStandardSamplerMixesItsTokens() {
    float[] logits = new float[] {1, 1, 1, 1};
    Set<Integer> seen = new HashSet<>();
    Sampler sampler = SamplerOptions.standard().newSampler(4, 3);
    for (int i = 0; i < 100; i++) {
      seen.add(sampler.sample(logits));
    }
    assertEquals(Set.of(0, 1, 2, 3), seen);
    assertNotEquals(SamplerOptions.standard(), SamplerOptions.greedy());
  }
}
