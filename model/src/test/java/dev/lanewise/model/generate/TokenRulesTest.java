package dev.lanewise.model.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lanewise.model.arch.GenerationConfig;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TokenRulesTest {
  private static final int NONE = GenerationConfig.NONE;
  private static final int LIMIT = 10;
  private static final int KNOWN = 8;

  private int[] source = {};

  private TokenRules rules(
      int first, int last, List<List<Integer>> banned, int ngram, int minLength) {
    return rules(first, last, banned, List.of(), ngram, minLength);
  }

  private TokenRules rules(
      int first,
      int last,
      List<List<Integer>> banned,
      List<Integer> bannedFirst,
      int ngram,
      int minLength) {
    GenerationConfig config =
        new GenerationConfig(
            0,
            List.of(1),
            first,
            last,
            banned,
            bannedFirst,
            ngram,
            2,
            1,
            minLength,
            0,
            1,
            1,
            GenerationConfig.Stopping.WHEN_FULL,
            false);
    return new TokenRules(config::isEnd, config, KNOWN, source);
  }

  /** The tokens below 8 that may follow a text; their scores lie behind those of another. */
  private static List<Integer> allowed(TokenRules rules, int... text) {
    float[] scores = new float[16];
    rules.apply(text, text.length, LIMIT, scores, 8, 8);
    List<Integer> allowed = new ArrayList<>();
    for (int id = 0; id < 8; id++) {
      assertEquals(0f, scores[id], "scores of another text");
      if (scores[8 + id] == 0) {
        allowed.add(id);
      }
    }
    return allowed;
  }

  private static final List<Integer> ALL = List.of(0, 1, 2, 3, 4, 5, 6, 7);

  private static List<Integer> allBut(int id) {
    return ALL.stream().filter(other -> other != id).toList();
  }

  @Test
  void forcesTheFirstTokenAndTheLast() {
    TokenRules rules = rules(5, 1, List.of(), 0, 0);
    assertEquals(List.of(5), allowed(rules, 0));
    assertEquals(ALL, allowed(rules, 0, 5));
    assertEquals(List.of(1), allowed(rules, 0, 5, 2, 3, 4, 5, 6, 7, 2));
  }

  @Test
  void theLastTokenIsForcedEvenIfItIsTheFirst() {
    float[] scores = new float[8];
    rules(5, 1, List.of(), 0, 0).apply(new int[] {0}, 1, 2, scores, 0, 8);
    assertEquals(0f, scores[1]);
    assertEquals(Float.NEGATIVE_INFINITY, scores[5]);
  }

  @Test
  void bansWords() {
    TokenRules rules = rules(NONE, NONE, List.of(List.of(6), List.of(2, 3, 4)), 0, 0);
    assertEquals(allBut(6), allowed(rules, 0));
    assertEquals(allBut(6), allowed(rules, 0, 3));
    assertEquals(List.of(0, 1, 2, 3, 5, 7), allowed(rules, 0, 2, 3));
  }

  @Test
  void bansTheFirstTokenThatIsFree() {
    TokenRules rules = rules(NONE, NONE, List.of(), List.of(1, 6), 0, 0);
    assertEquals(List.of(0, 2, 3, 4, 5, 7), allowed(rules, 0));
    assertEquals(ALL, allowed(rules, 0, 2));
    TokenRules forced = rules(6, NONE, List.of(), List.of(6), 0, 0);
    assertEquals(List.of(6), allowed(forced, 0));
    assertEquals(allBut(6), allowed(forced, 0, 6));
    assertEquals(ALL, allowed(forced, 0, 6, 2));
  }

  @Test
  void sequencesComeAboutOnce() {
    TokenRules rules = rules(NONE, NONE, List.of(), 2, 0);
    assertEquals(ALL, allowed(rules, 0));
    assertEquals(allBut(3), allowed(rules, 0, 2, 3, 2));
    assertEquals(allBut(4), allowed(rules, 0, 4, 4));
    assertEquals(ALL, allowed(rules(NONE, NONE, List.of(), 3, 0), 0, 2, 3, 2));
    assertEquals(allBut(4), allowed(rules(NONE, NONE, List.of(), 3, 0), 2, 3, 4, 2, 3));
    assertEquals(List.of(1, 4, 5, 6, 7), allowed(rules(NONE, NONE, List.of(), 1, 0), 0, 2, 3));
  }

  @Test
  void sequencesOfTheSourceDoNotComeAbout() {
    source = new int[] {5, 7, 6};
    TokenRules rules = rules(NONE, NONE, List.of(), 0, 0);
    assertEquals(allBut(7), allowed(rules, 0, 5));
    assertEquals(allBut(6), allowed(rules, 0, 7));
    assertEquals(ALL, allowed(rules, 0, 6));
  }

  @Test
  void whatCameAboutIsLessLikely() {
    GenerationConfig config =
        new GenerationConfig(
            0,
            List.of(1),
            NONE,
            NONE,
            List.of(),
            List.of(),
            0,
            0,
            2f,
            0,
            0,
            1,
            1,
            GenerationConfig.Stopping.WHEN_FULL,
            false);
    float[] scores = {1, -2, 3, -4};
    new TokenRules(config::isEnd, config, 4, source)
        .apply(new int[] {0, 1, 3, 3}, 4, LIMIT, scores, 0, 4);
    assertArrayEquals(new float[] {0.5f, -4, 3, -8}, scores);
  }

  @Test
  void spareRowsAreNoTokens() {
    float[] scores = new float[11];
    rules(NONE, NONE, List.of(), 0, 0).apply(new int[] {0}, 1, LIMIT, scores, 0, 11);
    assertEquals(0f, scores[KNOWN - 1]);
    for (int id = KNOWN; id < 11; id++) {
      assertEquals(Float.NEGATIVE_INFINITY, scores[id]);
    }
  }

  @Test
  void doesNotEndTooEarly() {
    TokenRules rules = rules(NONE, NONE, List.of(), 0, 3);
    assertEquals(allBut(1), allowed(rules, 0, 2));
    assertEquals(ALL, allowed(rules, 0, 2, 3));
  }
}
