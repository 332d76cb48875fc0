package dev.lanewise.model.task;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.TinyEncoderDecoders;
import dev.lanewise.model.generate.ConditionalGenerator;
import dev.lanewise.model.generate.Generation;
import dev.lanewise.model.generate.GenerationOptions;
import dev.lanewise.model.task.TextToText.Overlong;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Texts of texts. */
class TextToTextTest {
  private static final String LONG = "the cat sat on the mat and the dog ran to the house";

  @TempDir private Path folder;

  private ConditionalModel model() {
    return ConditionalModel.load(TinyConditionalModel.write(folder));
  }

  private static TextToText converter(ConditionalModel model, Overlong overlong) {
    return new TextToText(model, Instruction.none(model), overlong, 1);
  }

  private static List<Generation> convert(
      TextToText converter, GenerationOptions options, BatchProgress progress, String... texts) {
    List<Generation> made = new ArrayList<>();
    converter.convert(
        List.of(texts),
        options,
        progress,
        (i, each) -> {
          assertEquals(made.size(), i);
          made.add(each);
        });
    return made;
  }

  @Test
  void theTextIsThatOfTheGenerator() {
    ConditionalModel model = model();
    int[] source = {0, 5, 6, 8, 2}; // <s> the cat sat </s>
    GenerationOptions options =
        GenerationOptions.builder().as(model.model().generationConfig()).build();
    assertEquals(4, options.beams().beams());
    Generation wanted =
        new ConditionalGenerator(
                model.model(), model.tokenizer(), Kernels.reference(Parallel.of(1)), 12)
            .generate(source, options, _ -> {});
    try (TextToText converter = converter(model, Overlong.REFUSED)) {
      Generation found =
          convert(converter, converter.options().build(), BatchProgress.NONE, "the cat sat")
              .getFirst();
      assertArrayEquals(wanted.ids(), found.ids());
      assertTrue(wanted.ids().length > 1);
      assertEquals(5, found.promptTokens());
      assertEquals(wanted.text().strip(), found.text());
      assertEquals(found.text(), converter.convert("the cat sat"));
    }
  }

  @Test
  void theInstructionStandsBeforeTheText() {
    ConditionalModel model = model();
    Instruction instruction = Instruction.none(model).withPrefix("the cat ");
    try (TextToText converter = new TextToText(model, instruction, Overlong.REFUSED, 2);
        TextToText plain = converter(model, Overlong.REFUSED)) {
      assertEquals(plain.convert("the cat sat on"), converter.convert("sat on"));
    }
  }

  @Test
  void specialTokensCountInTheInstructionAlone() {
    ConditionalModel model = model();
    GenerationOptions options = GenerationOptions.builder().greedy().maxTokens(1).build();
    Instruction instruction = Instruction.none(model).withPrefix("<pad>");
    try (TextToText converter = new TextToText(model, instruction, Overlong.REFUSED, 1);
        TextToText plain = converter(model, Overlong.REFUSED)) {
      Generation special = convert(converter, options, BatchProgress.NONE, "the cat").getFirst();
      assertEquals(5, special.promptTokens()); // <s> <pad> the cat </s>
      Generation text = convert(plain, options, BatchProgress.NONE, "<pad>the cat").getFirst();
      assertEquals(4, text.promptTokens()); // <s> <unk> cat </s>
    }
  }

  @Test
  void textsAreMadeInTheirOrderAndBlankOnesAreEmpty() {
    ConditionalModel model = model();
    List<Integer> done = new ArrayList<>();
    BatchProgress progress =
        new BatchProgress() {
          @Override
          public void update(int soFar, int total) {
            assertEquals(3, total);
            done.add(soFar);
          }
        };
    try (TextToText converter = converter(model, Overlong.REFUSED)) {
      GenerationOptions options = GenerationOptions.builder().greedy().maxTokens(5).build();
      List<Generation> made = convert(converter, options, progress, "the cat", " ", "a dog");
      assertEquals("", made.get(1).text());
      assertEquals(0, made.get(1).promptTokens());
      assertEquals(
          made.get(2).text(),
          convert(converter, options, BatchProgress.NONE, "a dog").getFirst().text());
      assertEquals(List.of(1, 2, 3), done);
      // More tokens than before need a longer cache.
      GenerationOptions more = GenerationOptions.builder().greedy().maxTokens(11).build();
      int[] longer = convert(converter, more, BatchProgress.NONE, "a dog").getFirst().ids();
      assertTrue(longer.length <= 11);
    }
  }

  @Test
  void whatIsTooLongIsCutOffOrRefused() {
    ConditionalModel model = model();
    TruncationLog progress = new TruncationLog();
    try (TextToText cutting = converter(model, Overlong.CUT_OFF);
        TextToText refusing = converter(model, Overlong.REFUSED)) {
      GenerationOptions options = cutting.options().build();
      List<Generation> made =
          convert(
              cutting, options, progress, "a dog", LONG, "the cat sat on the mat and the dog ran");
      assertEquals(List.of(new TruncationLog.Cut(1, 15, 12)), progress.cuts);
      assertEquals(made.get(2).text(), made.get(1).text());
      assertEquals(12, made.get(1).promptTokens());
      String message =
          assertThrows(
                  LanewiseException.class,
                  () -> convert(refusing, options, BatchProgress.NONE, "a dog", LONG))
              .getMessage();
      assertEquals(
          "text 2 has 15 tokens, but the model reads at most 12; split it into shorter texts",
          message);
    }
  }

  @Test
  void aTokenizerWithoutEndsGetsTheModels() {
    TinyConditionalModel.write(
        folder,
        TinyEncoderDecoders.BART_CONFIG,
        "{}",
        TinyConditionalModel.tokenizer(TinyConditionalModel.BART_PIECES, null));
    try (TextToText converter = converter(ConditionalModel.load(folder), Overlong.REFUSED)) {
      GenerationOptions options = GenerationOptions.builder().greedy().maxTokens(2).build();
      Generation made = convert(converter, options, BatchProgress.NONE, "a dog").getFirst();
      assertEquals(3, made.promptTokens());
    }
  }

  @Test
  void workCanBeCancelled() {
    BatchProgress never =
        new BatchProgress() {
          @Override
          public boolean cancelled() {
            return true;
          }
        };
    try (TextToText converter = converter(model(), Overlong.REFUSED)) {
      GenerationOptions options = converter.options().build();
      assertThrows(CancellationException.class, () -> convert(converter, options, never, "a dog"));
    }
  }

  /** What an interrupt cuts short is not handed over. */
  @Test
  void workCanBeCancelledBetweenTexts() {
    ConditionalModel model = model();
    int[] updates = {0};
    BatchProgress second =
        new BatchProgress() {
          @Override
          public void update(int done, int total) {
            updates[0] = done;
            if (done == 2) {
              Thread.currentThread().interrupt();
            }
          }
        };
    String[] texts = Collections.nCopies(50, "the cat sat").toArray(String[]::new);
    try (TextToText converter = converter(model, Overlong.REFUSED)) {
      GenerationOptions options = converter.options().build();
      CancellationException e =
          assertThrows(
              CancellationException.class, () -> convert(converter, options, second, texts));
      assertEquals("2 of 50 texts were done", e.getMessage());
      assertTrue(Thread.interrupted());
      assertEquals(2, updates[0]);
      assertEquals(50, convert(converter, options, BatchProgress.NONE, texts).size());
    }
  }

  @Test
  void otherModelsAreRefused() {
    Path encoder = TinyTextModel.write(folder);
    String message =
        assertThrows(LanewiseException.class, () -> ConditionalModel.load(encoder)).getMessage();
    assertTrue(
        message.contains("'bert', an encoder of texts (BertModel); encoder-decoders"), message);
  }

  @Test
  void aSecondCallerIsRefusedAndTheFirstNotDisturbed() {
    try (TextToText converter = converter(model(), Overlong.REFUSED)) {
      String wanted = converter.convert("the cat sat");
      List<String> made = new ArrayList<>();
      converter.convert(
          List.of("the cat sat", "the cat sat"),
          converter.options().build(),
          BatchProgress.NONE,
          (_, each) -> {
            assertThrows(IllegalStateException.class, () -> converter.convert("the dog ran"));
            made.add(each.text());
          });
      assertEquals(List.of(wanted, wanted), made);
    }
  }
}
