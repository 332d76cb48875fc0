package dev.lanewise.model.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.GenerationConfig;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConditionalGeneratorTest {
  private static final int[] SOURCE = {'a', 'b', 'c'};

  private final Parallel team = Parallel.of(1);
  private final Kernels kernels = Kernels.best(team);
  private final FakeTokenizer tokenizer = new FakeTokenizer(false, " one", " two", " three");
  private final int one = tokenizer.word(" one");
  private final int two = tokenizer.word(" two");
  private final int three = tokenizer.word(" three");
  private final int start = tokenizer.vocabSize(); // a row that no token has
  private final double[][] weights = new double[start + 1][start + 1];
  private final List<String> pieces = new ArrayList<>();

  ConditionalGeneratorTest() {
    for (double[] row : weights) {
      row[FakeTokenizer.END] = 1e-9;
    }
    weights[start][one] = 0.6;
    weights[start][two] = 0.4;
    weights[one][three] = 0.4;
    weights[one][two] = 0.3;
    weights[one][FakeTokenizer.END] = 0.3;
    weights[three][three] = 0.6;
    weights[three][FakeTokenizer.END] = 0.4;
    weights[two][FakeTokenizer.END] = 1;
  }

  @AfterEach
  void closeTeam() {
    team.close();
  }

  private Generation generate(GenerationConfig config, GenerationOptions.Builder options) {
    return new ConditionalGenerator(new BigramModel(weights, config), tokenizer, kernels, 6)
        .generate(SOURCE, options.build(), pieces::add);
  }

  private GenerationConfig config() {
    return BigramModel.config(start, FakeTokenizer.END);
  }

  private static GenerationOptions.Builder greedy(int maxTokens) {
    return GenerationOptions.builder().greedy().maxTokens(maxTokens);
  }

  private static GenerationOptions.Builder beams(int beams, int maxTokens) {
    return greedy(maxTokens)
        .beams(new BeamOptions(beams, 0, GenerationConfig.Stopping.WHEN_UNLIKELY));
  }

  @Test
  void goesOnUntilTheLength() {
    Generation text = generate(config(), greedy(3));
    assertEquals("one three three", text.text());
    assertEquals(List.of("one", " three", " three"), pieces);
    assertArrayEquals(new int[] {one, three, three}, text.ids());
    assertEquals(FinishReason.LENGTH, text.finishReason());
    assertEquals(SOURCE.length, text.promptTokens());
  }

  @Test
  void endsAtTheTokensOfTheConfiguration() {
    Generation text = generate(BigramModel.config(start, three), greedy(9));
    assertEquals("one", text.text());
    assertEquals(FinishReason.STOP, text.finishReason());
  }

  /** BART's files may have BERT's vocabulary, in which padding is spelled like an end elsewhere. */
  @Test
  void tokensSpelledLikeEndsAreNoneWhereTheConfigurationNamesOthers() {
    weights[one][FakeTokenizer.END] = 1;
    weights[FakeTokenizer.END][three] = 1;
    Generation text = generate(BigramModel.config(start, three), greedy(9));
    assertArrayEquals(new int[] {one, FakeTokenizer.END}, text.ids());
    assertEquals(FinishReason.STOP, text.finishReason());
  }

  @Test
  void endsWithTheContext() {
    Generation text = generate(config(), greedy(50));
    assertEquals(FinishReason.CONTEXT, text.finishReason());
    assertEquals(6, text.ids().length);
  }

  @Test
  void obeysTheConfiguration() {
    GenerationConfig config =
        new GenerationConfig(
            start,
            List.of(FakeTokenizer.END),
            two,
            FakeTokenizer.END,
            List.of(),
            List.of(),
            0,
            0,
            1,
            3,
            0,
            1,
            1,
            GenerationConfig.Stopping.WHEN_FULL,
            false);
    weights[two][one] = 0.1;
    Generation text = generate(config, greedy(4));
    assertEquals("two one three", text.text());
    assertEquals(FinishReason.STOP, text.finishReason());
  }

  @Test
  void searchesWithBeams() {
    Generation text = generate(config(), beams(3, 6));
    assertEquals("two", text.text());
    assertEquals(List.of("two"), pieces);
    assertArrayEquals(new int[] {two}, text.ids());
    assertEquals(FinishReason.STOP, text.finishReason());
    assertEquals(SOURCE.length, text.promptTokens());
  }

  @Test
  void saysWhyASearchEnded() {
    weights[two][FakeTokenizer.END] = 0;
    weights[two][two] = 1;
    assertEquals(FinishReason.LENGTH, generate(config(), beams(2, 2)).finishReason());
    assertEquals(FinishReason.CONTEXT, generate(config(), beams(2, 50)).finishReason());
    assertEquals(
        FinishReason.CANCELLED,
        generate(config(), beams(2, 5).cancelled(() -> true)).finishReason());
    pieces.clear();
    Generation text = generate(config(), beams(2, 6).stop("o tw"));
    assertEquals(FinishReason.STOP_STRING, text.finishReason());
    assertEquals("tw", text.text());
    assertEquals(List.of("tw"), pieces);
    assertArrayEquals(new int[] {two, two}, text.ids(), "up to the stop string");
  }

  /** What is not begun is not encoded, which would take time for each. */
  @Test
  void cancelsWhatWaitsWithoutReadingIt() {
    BigramModel model = new BigramModel(weights, config());
    List<Generation> made = new ArrayList<>();
    new ConditionalGenerator(model, tokenizer, kernels, 6)
        .generate(
            Collections.nCopies(100, SOURCE),
            greedy(5).cancelled(() -> true).build(),
            (text, number) -> {
              assertEquals(made.size(), number);
              made.add(text);
            });
    assertEquals(0, model.encoded);
    assertEquals(100, made.size());
    for (Generation text : made) {
      assertEquals(FinishReason.CANCELLED, text.finishReason());
      assertEquals("", text.text());
    }
  }

  /** A text that had ended by then may be the best so far. */
  @Test
  void aSearchThatIsCancelledSaysSo() {
    weights[start][three] = 0.5;
    weights[three][three] = 0.9;
    int[] asked = {0};
    GenerationOptions.Builder options =
        greedy(6)
            .beams(new BeamOptions(2, 2f, GenerationConfig.Stopping.WHEN_HOPELESS))
            .cancelled(() -> ++asked[0] == 3);
    Generation text = generate(config(), options);
    assertEquals(FinishReason.CANCELLED, text.finishReason());
  }

  @Test
  void aSearchMayIgnoreTheEnd() {
    weights[two][two] = 0.01;
    Generation text = generate(config(), beams(3, 4).ignoreEndOfGeneration(true));
    assertEquals(FinishReason.LENGTH, text.finishReason());
    assertEquals(4, text.ids().length);
  }

  /** More texts than are made at a time, of several lengths, as the source says. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 40})
  void textsSideBySideComeInTheOrderOfTheirSources(int beams) {
    GenerationConfig config = BigramModel.config(1, start, List.of(FakeTokenizer.END));
    weights[one][three] = 0.8;
    BigramModel model = new BigramModel(weights, config);
    ConditionalGenerator generator = new ConditionalGenerator(model, tokenizer, kernels, 6);
    GenerationOptions options = beams(beams, 6).build();
    List<int[]> sources = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      sources.add(i % 3 == 0 ? new int[] {two} : i % 3 == 1 ? new int[] {one} : SOURCE);
    }
    List<Generation> made = new ArrayList<>();
    generator.generate(
        sources,
        options,
        (text, number) -> {
          assertEquals(made.size(), number);
          made.add(text);
        });
    assertEquals(sources.size(), made.size());
    assertEquals(Math.max(beams, 32 / beams * beams), model.most);
    Set<String> texts = new HashSet<>();
    for (int i = 0; i < made.size(); i++) {
      Generation alone = generator.generate(sources.get(i), options, pieces::add);
      assertEquals(alone.text(), made.get(i).text());
      assertArrayEquals(alone.ids(), made.get(i).ids());
      assertEquals(alone.finishReason(), made.get(i).finishReason());
      texts.add(alone.text());
    }
    assertTrue(texts.size() > 1, texts.toString());
  }

  @Test
  void largeTextsAreMadeOneByOne() {
    BigramModel model = new BigramModel(weights, config());
    model.bytesPerToken = 1L << 40;
    List<String> texts = new ArrayList<>();
    new ConditionalGenerator(model, tokenizer, kernels, 6)
        .generate(
            Collections.nCopies(3, SOURCE),
            beams(3, 6).build(),
            (text, _) -> texts.add(text.text()));
    assertEquals(List.of("two", "two", "two"), texts);
    assertEquals(3, model.most);
  }

  /** What one text in a batch does with its seed is what it does alone. */
  @Test
  void textsSideBySideHaveRandomNumbersOfTheirOwn() {
    ConditionalGenerator generator =
        new ConditionalGenerator(new BigramModel(weights, config()), tokenizer, kernels, 6);
    GenerationOptions options = GenerationOptions.builder().seed(7).build();
    int[] wanted = generator.generate(SOURCE, options, _ -> {}).ids();
    generator.generate(
        Collections.nCopies(40, SOURCE),
        options,
        (text, _) -> assertArrayEquals(wanted, text.ids()));
  }

  @Test
  void takesOptionsFromTheConfiguration() {
    GenerationConfig config =
        new GenerationConfig(
            0,
            List.of(),
            -1,
            -1,
            List.of(),
            List.of(),
            0,
            0,
            1,
            0,
            12,
            5,
            0.5f,
            GenerationConfig.Stopping.WHEN_FULL,
            false);
    GenerationOptions options = GenerationOptions.builder().as(config).build();
    assertEquals(11, options.maxTokens());
    assertEquals(new BeamOptions(5, 0.5f, GenerationConfig.Stopping.WHEN_FULL), options.beams());
    assertEquals(SamplerOptions.greedy(), options.sampler());
  }

  @Test
  void languageModelsHaveNoBeams() {
    LanguageModel model =
        new LanguageModel(new ScriptedModel(300, 50, 65), tokenizer, Optional.empty());
    try (Generator generator = model.newGenerator(1, 20)) {
      LanewiseException e =
          assertThrows(
              LanewiseException.class,
              () -> generator.generate("a", beams(2, 4).build(), pieces::add));
      assertTrue(e.getMessage().contains("only encoder-decoders"), e.getMessage());
    }
  }
}
