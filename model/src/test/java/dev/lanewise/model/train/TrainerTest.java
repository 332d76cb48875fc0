package dev.lanewise.model.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.generate.LanguageModel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Small models are trained, written and read. */
class TrainerTest {
  @TempDir private Path folder;

  private static TrainingText text(String text) {
    return TrainingText.of("a text", text.getBytes(StandardCharsets.UTF_8));
  }

  /** Every a is followed by b or c, as a coin falls, and these by a. */
  private static TrainingText coins() {
    SplittableRandom random = new SplittableRandom(1);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 5000; i++) {
      text.append('a').append(random.nextBoolean() ? 'b' : 'c');
    }
    return text(text.toString());
  }

  private static TrainingOptions.Builder small() {
    return TrainingOptions.builder()
        .layers(2)
        .heads(2)
        .dim(16)
        .context(12)
        .batch(6)
        .steps(20)
        .warmUp(2)
        .learningRate(1e-2f)
        .evaluationInterval(10)
        .seed(7);
  }

  @Test
  void theLossFallsToTheEntropyOfTheText() {
    List<Double> heldOut = new ArrayList<>();
    try (Trainer trainer = new Trainer(coins(), small().steps(200).build())) {
      assertEquals(Math.log(4), trainer.evaluate(), 0.1); // three bytes, and what ends a text
      trainer.run(
          new TrainingProgress() {
            @Override
            public void evaluated(int steps, double loss, double heldOutLoss) {
              heldOut.add(heldOutLoss);
            }
          });
    }
    assertEquals(20, heldOut.size());
    assertEquals(Math.log(2) / 2, heldOut.getLast(), 0.02);
  }

  @Test
  void theBitsAreThoseOfAnyNumberOfThreads() {
    List<float[]> one = trained(1);
    List<float[]> two = trained(2);
    List<float[]> three = trained(3);
    for (int i = 0; i < one.size(); i++) {
      assertArrayEquals(one.get(i), two.get(i));
      assertArrayEquals(one.get(i), three.get(i));
    }
  }

  private static List<float[]> trained(int threads) {
    TrainingOptions options = small().dim(128).context(32).steps(3).threads(threads).build();
    try (Trainer trainer = new Trainer(coins(), options)) {
      trainer.run(TrainingProgress.NONE);
      return trainer.model().parameters().all().stream().map(Parameter::values).toList();
    }
  }

  @Test
  void whatIsWrittenComputesTheSame() {
    String words = "Où est le café ? Là-bas, à côté de l'église.\n".repeat(20);
    TrainingOptions options = small().build();
    Path file = folder.resolve("café.gguf");
    float[] expected;
    int[] ids = new int[options.batch() * options.context()];
    try (Trainer trainer = new Trainer(text(words), options)) {
      trainer.run(TrainingProgress.NONE);
      trainer.write(file);
      text(words).bytes().heldOutWindow(0, 1, ids, new int[ids.length], 0, options.context());
      trainer.model().forward(ids, ids);
      expected = trainer.model().logits();
    }
    try (LanguageModel model = LanguageModel.load(file);
        Parallel team = Parallel.of(1)) {
      int[] window = Arrays.copyOf(ids, options.context());
      assertEquals(options.context(), model.contextLength());
      int n = model.model().vocabSize();
      List<float[]> rows = new ArrayList<>();
      model
          .model()
          .newSession(Kernels.best(team), window.length)
          .forwardAll(window, 0, window.length, (index, logits) -> rows.add(logits.clone()));
      for (int row = 0; row < window.length; row++) {
        for (int i = 0; i < n; i++) {
          float of = expected[row * n + i];
          assertEquals(of, rows.get(row)[i], 1e-4f + 1e-4f * Math.abs(of));
        }
      }
      assertEquals("<|endoftext|>", model.tokenizer().piece(n - 1));
      assertTrue(model.tokenizer().isEndOfGeneration(n - 1));
      int[] encoded = model.tokenizer().encode("café", false);
      assertEquals(5, encoded.length);
      assertEquals("café", model.tokenizer().decode(encoded));
    }
  }

  @Test
  void stepsOfATrainingThatIsToldToStopAreKept() {
    TrainingProgress untilThree =
        new TrainingProgress() {
          private int steps;

          @Override
          public void stepped(int done, double loss) {
            steps = done;
          }

          @Override
          public boolean cancelled() {
            return steps == 3;
          }
        };
    try (Trainer trainer = new Trainer(coins(), small().build())) {
      trainer.run(untilThree);
      assertEquals(3, trainer.steps());
      trainer.write(folder.resolve("three.gguf"));
      assertTrue(Files.exists(folder.resolve("three.gguf")));
    }
  }

  @Test
  void theLearningRateRisesAndFalls() {
    TrainingOptions options = TrainingOptions.standard();
    assertEquals(1e-3 / 101, options.rate(0), 1e-9);
    assertEquals(1e-3 * 100 / 101, options.rate(99), 1e-8);
    assertEquals(1e-3, options.rate(100), 1e-8);
    assertEquals(5.5e-4, options.rate(1050), 1e-8);
    assertEquals(1e-4, options.rate(2000), 1e-8);
    assertEquals(1e-4, options.rate(5000), 1e-8);
    TrainingOptions few = TrainingOptions.builder().steps(50).build();
    assertEquals(1e-3, few.rate(25), 1e-8);
    assertEquals(1e-4, few.rate(50), 1e-8);
  }

  @Test
  void weightsThatDivergeInTheLastStepAreNotWritten() {
    TrainingOptions options = small().steps(1).warmUp(0).clip(0).build();
    try (Trainer trainer = new Trainer(coins(), options)) {
      TrainingProgress damaging =
          new TrainingProgress() {
            @Override
            public void stepped(int done, double loss) {
              trainer.model().parameters().all().getLast().values()[0] = Float.NaN;
            }
          };
      assertFails("after step 1: the loss is NaN; take a lower", () -> trainer.run(damaging));
      Path file = folder.resolve("diverged.gguf");
      assertFails("after step 1: output_norm.bias has weights", () -> trainer.write(file));
      assertFalse(Files.exists(file));
    }
  }

  @Test
  void aTrainingThatIsStoppedHasFiniteWeights() {
    try (Trainer trainer = new Trainer(coins(), small().build())) {
      TrainingProgress damaging =
          new TrainingProgress() {
            private boolean stopped;

            @Override
            public void stepped(int done, double loss) {
              trainer.model().parameters().all().getLast().values()[0] = Float.POSITIVE_INFINITY;
              stopped = true;
            }

            @Override
            public boolean cancelled() {
              return stopped;
            }
          };
      assertFails("after step 1: output_norm.bias has weights", () -> trainer.run(damaging));
    }
  }

  @Test
  void aLossThatIsNoNumberLeavesTheWeightsAlone() {
    try (Trainer trainer = new Trainer(coins(), small().build())) {
      Parameter norm = trainer.model().parameters().all().getLast();
      norm.values()[0] = Float.NaN;
      float[] before = trainer.model().parameters().all().getFirst().values().clone();
      assertFails("step 1: the loss is NaN; take a lower learning rate", trainer::step);
      assertArrayEquals(before, trainer.model().parameters().all().getFirst().values());
      assertEquals(0, trainer.steps());
    }
  }

  private static void assertFails(String part, Executable work) {
    LanewiseException e = assertThrows(LanewiseException.class, work);
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }

  @Test
  void textsWithNothingToLearnAreRefused() throws Exception {
    Path empty = Files.createFile(folder.resolve("empty.txt"));
    assertFails("empty.txt: is empty", () -> TrainingText.read(empty));
    assertFails("one byte alone", () -> text("aaaa"));
    assertFails("no such file", () -> TrainingText.read(folder.resolve("missing.txt")));
    TrainingOptions options = small().build();
    assertFails("has 129 tokens", () -> new Trainer(text("ab".repeat(64) + "a"), options).close());
    try (Trainer trainer = new Trainer(text("ab".repeat(65)), options)) {
      assertEquals(Math.log(3), trainer.evaluate(), 0.2); // one window, 6 times
      assertEquals(Math.log(3), trainer.step(), 0.2);
    }
  }

  @Test
  void optionsOutOfRangeAreRefused() {
    assertFails(
        "3 heads do not divide a width of 128", () -> TrainingOptions.builder().heads(3).build());
    assertFails("context 1: must be 2 or more", () -> small().context(1).build());
    assertFails("learningRate NaN", () -> small().learningRate(Float.NaN).build());
    assertFails("weightDecay -1.0", () -> small().weightDecay(-1).build());
    assertFails("threads 0", () -> small().threads(0).build());
  }

  @ParameterizedTest
  @ValueSource(strings = {"batch", "dim", "context", "layers"})
  void whatArraysCannotHoldIsRefused(String what) {
    TrainingOptions.Builder options = small();
    switch (what) {
      case "batch" -> options.batch(1 << 16);
      case "dim" -> options.dim(1 << 15);
      case "context" -> options.context(1 << 15);
      default -> options.dim(1 << 12).layers(1 << 10);
    }
    assertFails("too large", () -> new Trainer(coins(), options.build()).close());
  }

  @Test
  void noFileIsReplaced() throws Exception {
    Path there = Files.writeString(folder.resolve("there.gguf"), "precious");
    try (Trainer trainer = new Trainer(coins(), small().build())) {
      assertFails("there.gguf: is there already", () -> trainer.write(there));
      assertFails("there.gguf: is there already", () -> trainer.requireWritable(there));
      assertFails("no such folder", () -> trainer.write(folder.resolve("none/x.gguf")));
    }
    assertEquals("precious", Files.readString(there));
    assertFalse(Files.exists(folder.resolve("none")));
  }

  @Test
  void aClosedTrainerRefuses() {
    Trainer trainer = new Trainer(coins(), small().build());
    trainer.close();
    assertThrows(IllegalStateException.class, trainer::step);
    assertThrows(IllegalStateException.class, trainer::evaluate);
    assertThrows(IllegalStateException.class, () -> trainer.write(folder.resolve("x.gguf")));
  }
}
