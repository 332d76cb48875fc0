package dev.lanewise.model.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class GeneratorTest {
  private static final int CONTEXT = 2000;

  private final FakeTokenizer tokenizer = new FakeTokenizer(false, "one", " two", " three");
  private final List<String> pieces = new ArrayList<>();
  private ScriptedModel model;

  private Generator generator(int contextLength, int... script) {
    return generator(tokenizer, contextLength, script);
  }

  private Generator generator(FakeTokenizer withTokenizer, int contextLength, int... script) {
    // A few rows of logits more than tokens, as some models have.
    model = new ScriptedModel(withTokenizer.vocabSize() + 5, CONTEXT, script);
    return new LanguageModel(model, withTokenizer, Optional.empty()).newGenerator(1, contextLength);
  }

  private Generation generate(Generator generator, String prompt, GenerationOptions.Builder b) {
    return generator.generate(prompt, b.build(), pieces::add);
  }

  private static GenerationOptions.Builder greedy(int maxTokens) {
    return GenerationOptions.builder().greedy().maxTokens(maxTokens);
  }

  private int[] script(String... words) {
    return Arrays.stream(words).mapToInt(tokenizer::word).toArray();
  }

  private static int[] bytesOf(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int[] ids = new int[bytes.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = bytes[i] & 0xFF;
    }
    return ids;
  }

  @Test
  void generationsAreComparedAndShownWithTheirIds() {
    Generation one = new Generation("a", new int[] {1, 2}, FinishReason.STOP, 3, 4, 0, 0.5, 0.25);
    Generation same = new Generation("a", new int[] {1, 2}, FinishReason.STOP, 3, 4, 0, 0.5, 0.25);
    Generation other = new Generation("a", new int[] {1, 3}, FinishReason.STOP, 3, 4, 0, 0.5, 0.25);
    assertEquals(one, same);
    assertEquals(one.hashCode(), same.hashCode());
    assertNotEquals(one, other);
    assertNotEquals(
        one, new Generation("a", new int[] {1, 2}, FinishReason.STOP, 4, 4, 0, 0.5, 0.25));
    assertEquals(
        "Generation[text=a, ids=[1, 2], finishReason=STOP, seed=3, promptTokens=4, reusedTokens=0,"
            + " prefillSeconds=0.5, decodeSeconds=0.25]",
        one.toString());
  }

  @Test
  void endsAtTheLength() {
    try (Generator generator = generator(10, script("one", " two", " three"))) {
      Generation result = generate(generator, "abc", greedy(2));
      assertEquals("one two", result.text());
      assertEquals(List.of("one", " two"), pieces);
      assertArrayEquals(script("one", " two"), result.ids());
      assertEquals(FinishReason.LENGTH, result.finishReason());
      assertEquals(3, result.promptTokens());
      assertEquals(2, result.generatedTokens());
      assertTrue(result.prefillSeconds() > 0 && result.decodeSeconds() > 0);
      assertTrue(result.prefillTokensPerSecond() > 0 && result.decodeTokensPerSecond() > 0);
      // The last token is never fed: nothing would come of it.
      assertEquals(List.of("0+3", "3+1"), model.calls);
    }
  }

  @Test
  void generatesNothingIfNothingIsAskedFor() {
    try (Generator generator = generator(10, script("one"))) {
      Generation result = generate(generator, "abc", greedy(0));
      assertEquals("", result.text());
      assertEquals(FinishReason.LENGTH, result.finishReason());
      assertEquals(0, result.decodeTokensPerSecond());
      assertTrue(pieces.isEmpty());
    }
  }

  @Test
  void endsAtAnEndOfGenerationToken() {
    int[] script = {tokenizer.word("one"), FakeTokenizer.END, tokenizer.word(" two")};
    try (Generator generator = generator(20, script)) {
      Generation result = generate(generator, "abc", greedy(5));
      assertEquals("one", result.text());
      assertArrayEquals(script("one"), result.ids());
      assertEquals(FinishReason.STOP, result.finishReason());
    }
    try (Generator generator = generator(20, script)) {
      Generation result = generate(generator, "abc", greedy(3).ignoreEndOfGeneration(true));
      assertEquals("one two", result.text());
      assertArrayEquals(script, result.ids());
      assertEquals(FinishReason.LENGTH, result.finishReason());
    }
  }

  @Test
  void endsAtAStopStringThatSpansTokens() {
    try (Generator generator = generator(20, script("one", " two", " three", "one"))) {
      Generation result = generate(generator, "abc", greedy(9).stop("xyz", "wo th"));
      assertEquals("one t", result.text());
      assertEquals(List.of("one", " t"), pieces);
      assertEquals(3, result.generatedTokens());
      assertEquals(FinishReason.STOP_STRING, result.finishReason());
    }
  }

  @Test
  void printsWhatWasHeldBackInVain() {
    try (Generator generator = generator(20, script("one", " two", " three"))) {
      Generation result = generate(generator, "abc", greedy(3).stop("wo four", "ee!"));
      assertEquals("one two three", result.text());
      assertEquals(List.of("on", "e t", "wo thr", "ee"), pieces);
      assertEquals(FinishReason.LENGTH, result.finishReason());
    }
  }

  @Test
  void neverSplitsACharacter() {
    try (Generator generator = generator(50, bytesOf("aé🎈b"))) {
      Generation result = generate(generator, "x", greedy(8));
      assertEquals("aé🎈b", result.text());
      assertEquals(List.of("a", "é", "🎈", "b"), pieces);
    }
  }

  @Test
  void aCharacterThatNeverEndsIsReplaced() {
    try (Generator generator = generator(50, bytesOf("aé"))) {
      Generation result = generate(generator, "x", greedy(2));
      assertEquals("a\uFFFD", result.text());
      assertEquals("a\uFFFD", String.join("", pieces));
    }
  }

  @Test
  void aStopStringMayBeCompleteOnlyAtTheEnd() {
    try (Generator generator = generator(50, bytesOf("aé"))) {
      Generation result = generate(generator, "x", greedy(2).stop("\uFFFD"));
      assertEquals("a", result.text());
      assertEquals(FinishReason.STOP_STRING, result.finishReason());
    }
  }

  @Test
  void endsWhereTheContextEnds() {
    try (Generator generator = generator(5, script("one"))) {
      Generation result = generate(generator, "abc", greedy(100));
      assertEquals(FinishReason.CONTEXT, result.finishReason());
      assertEquals(3, result.generatedTokens());
      assertEquals(List.of("0+3", "3+1", "4+1"), model.calls);
    }
  }

  @Test
  void aPromptMayFillTheContextButNotMore() {
    try (Generator generator = generator(4, script("one"))) {
      Generation result = generate(generator, "abcd", greedy(100));
      assertEquals(FinishReason.CONTEXT, result.finishReason());
      assertEquals(1, result.generatedTokens());
      LanewiseException e =
          assertThrows(LanewiseException.class, () -> generate(generator, "abcde", greedy(100)));
      assertTrue(
          e.getMessage().contains("5 tokens (n_prompt)") && e.getMessage().contains("4 (n_ctx)"),
          e.getMessage());
      assertTrue(e.getMessage().endsWith("ask for a longer context"), e.getMessage());
    }
    try (Generator generator = generator(CONTEXT, script("one"))) {
      String prompt = "a".repeat(CONTEXT + 1);
      LanewiseException e =
          assertThrows(LanewiseException.class, () -> generate(generator, prompt, greedy(1)));
      assertTrue(e.getMessage().endsWith("this is the model's longest"), e.getMessage());
    }
  }

  @Test
  void anEmptyPromptNeedsATokenThatBeginsASequence() {
    try (Generator generator = generator(9, script("one"))) {
      assertThrows(LanewiseException.class, () -> generate(generator, "", greedy(1)));
    }
    FakeTokenizer begins = new FakeTokenizer(true, "one");
    try (Generator generator = generator(begins, 9, begins.word("one"))) {
      Generation result = generate(generator, "", greedy(1));
      assertEquals("one", result.text());
      assertEquals(1, result.promptTokens());
    }
  }

  @Test
  void idsOutOfRangeAreRefused() {
    try (Generator generator = generator(9, script("one"))) {
      for (int id : new int[] {-1, tokenizer.vocabSize() + 5}) {
        LanewiseException e =
            assertThrows(
                LanewiseException.class,
                () -> generator.generate(new int[] {1, id}, greedy(1).build(), pieces::add));
        assertTrue(e.getMessage().contains("token " + id), e.getMessage());
      }
    }
  }

  @Test
  void feedsLongPromptsInSlices() {
    try (Generator generator = generator(CONTEXT, script("one"))) {
      generate(generator, "x".repeat(1300), greedy(1));
      assertEquals(List.of("0+512", "512+512", "1024+276"), model.calls);
    }
  }

  @Test
  void cancelsWithinThePrompt() {
    try (Generator generator = generator(CONTEXT, script("one"))) {
      GenerationOptions.Builder options = greedy(5).cancelled(() -> model.calls.size() == 2);
      Generation result = generate(generator, "x".repeat(1300), options);
      assertEquals(FinishReason.CANCELLED, result.finishReason());
      assertEquals(0, result.generatedTokens());
      assertEquals(2, model.calls.size());
    }
  }

  @Test
  void cancelsBetweenTokens() {
    try (Generator generator = generator(50, script("one", " two"))) {
      Generation result = generate(generator, "x", greedy(9).cancelled(() -> pieces.size() == 3));
      assertEquals(FinishReason.CANCELLED, result.finishReason());
      assertEquals("one twoone", result.text());
    }
  }

  @Test
  void anInterruptCancelsToo() {
    try (Generator generator = generator(50, script("one"))) {
      Thread.currentThread().interrupt();
      Generation result = generate(generator, "x", greedy(9));
      assertTrue(Thread.interrupted(), "the interrupt stays set");
      assertEquals(FinishReason.CANCELLED, result.finishReason());
    }
  }

  @Test
  void startsAfreshUnlessToldToReuse() {
    try (Generator generator = generator(50, script("one", " two"))) {
      generate(generator, "abcd", greedy(2));
      generate(generator, "abcd", greedy(1));
      assertEquals(List.of("0+4", "4+1", "0+4"), model.calls);
    }
  }

  @Test
  void reusesWhatThePromptHasInCommonWithTheLast() {
    try (Generator generator = generator(50, bytesOf("xyz"))) {
      generate(generator, "abcd", greedy(3));
      model.calls.clear();
      // Held: abcd and x, y; the last token, z, was never fed.
      Generation next = generate(generator, "abcdxyz?", greedy(1).reusePrefix(true));
      assertEquals(6, next.reusedTokens());
      assertEquals(List.of("6+2"), model.calls);
      model.calls.clear();
      Generation same = generate(generator, "abcdxyz?", greedy(1).reusePrefix(true));
      assertEquals(7, same.reusedTokens(), "the last token is computed anew for its logits");
      assertEquals(List.of("7+1"), model.calls);
      model.calls.clear();
      Generation other = generate(generator, "abX", greedy(1).reusePrefix(true));
      assertEquals(2, other.reusedTokens());
      assertEquals(List.of("2+1"), model.calls);
    }
  }

  @Test
  void feedsThePromptInSlices() {
    try (Generator generator = generator(50, bytesOf("xyz"))) {
      generate(generator, "abcde", greedy(2).promptSlice(2));
      assertEquals(List.of("0+2", "2+2", "4+1", "5+1"), model.calls);
      model.calls.clear();
      Generation whole = generate(generator, "abcde", greedy(2));
      assertEquals(List.of("0+5", "5+1"), model.calls);
      assertEquals("xy", whole.text());
    }
    GenerationOptions.Builder none = greedy(1).promptSlice(0);
    assertThrows(LanewiseException.class, none::build);
  }

  @Test
  void theSeedIsReportedAndDecides() {
    try (Generator generator = generator(50, script("one"))) {
      GenerationOptions.Builder hot =
          GenerationOptions.builder()
              .maxTokens(20)
              .ignoreEndOfGeneration(true)
              .sampler(SamplerOptions.builder().temperature(100).build());
      Generation first = generate(generator, "x", hot);
      assertTrue(first.seed() >= 0 && first.seed() < 1L << 32);
      Generation again = generate(generator, "x", hot.seed(first.seed()));
      assertArrayEquals(first.ids(), again.ids());
      assertEquals(first.seed(), again.seed());
      Generation other = generate(generator, "x", hot.seed(first.seed() + 1));
      assertFalse(Arrays.equals(first.ids(), other.ids()));
    }
  }

  @Test
  void neverSamplesARowThatNamesNoToken() {
    int spare = tokenizer.vocabSize() + 2;
    try (Generator generator = generator(50, spare)) {
      Generation result = generate(generator, "x", greedy(1));
      assertArrayEquals(new int[] {0}, result.ids());
    }
  }

  @Test
  void badOptionsAreRefused() {
    assertThrows(LanewiseException.class, () -> greedy(-1).build());
    assertThrows(LanewiseException.class, () -> greedy(1).stop("a", "").build());
    assertThrows(LanewiseException.class, () -> greedy(1).stop("\uDE00B").build());
    assertEquals(List.of("😀"), greedy(1).stop("😀").build().stop());
  }

  @Test
  void whatIsMissingIsNamedBeforeTheWork() {
    assertNames("sampler", () -> greedy(1).sampler(null).build());
    assertNames("beams", () -> greedy(1).beams(null).build());
    assertNames("cancelled", () -> greedy(1).cancelled(null).build());
    try (Generator generator = generator(9, script("one"))) {
      assertNames("listener", () -> generator.generate("abc", greedy(1).build(), null));
      assertEquals(List.of(), model.calls);
    }
  }

  private static void assertNames(String missing, Executable call) {
    assertEquals(missing, assertThrows(NullPointerException.class, call).getMessage());
  }

  @Test
  void chatNeedsATemplate() {
    try (Generator generator = generator(9, script("one"))) {
      assertThrows(
          LanewiseException.class, () -> generator.chat(List.of(), greedy(1).build(), pieces::add));
    }
  }

  @Test
  void aSecondCallerIsRefusedAndTheFirstNotDisturbed() {
    try (Generator generator = generator(30, script("one", " two", " three"))) {
      List<String> refusals = new ArrayList<>();
      Generation result =
          generator.generate(
              "abc",
              greedy(3).build(),
              _ ->
                  refusals.add(
                      assertThrows(
                              IllegalStateException.class,
                              () -> generate(generator, "a much longer prompt", greedy(3)))
                          .getMessage()));
      assertEquals("one two three", result.text());
      assertEquals(3, refusals.size());
      assertTrue(refusals.getFirst().contains("one caller at a time"), refusals.getFirst());
      assertEquals("one two three", generate(generator, "abc", greedy(3)).text());
    }
  }

  @Test
  void servesOnAfterAListenerThatThrows() {
    try (Generator generator = generator(30, script("one", " two"))) {
      assertThrows(
          UnsupportedOperationException.class,
          () ->
              generator.generate(
                  "abc",
                  greedy(2).build(),
                  _ -> {
                    throw new UnsupportedOperationException();
                  }));
      assertEquals("one two", generate(generator, "abc", greedy(2)).text());
    }
  }

  @Test
  void aClosedGeneratorSaysSo() {
    Generator generator = generator(30, script("one"));
    generator.close();
    generator.close();
    String message =
        assertThrows(IllegalStateException.class, () -> generate(generator, "abc", greedy(1)))
            .getMessage();
    assertEquals("this generator is closed", message);
  }
}
