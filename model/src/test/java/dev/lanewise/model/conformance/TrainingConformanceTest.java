package dev.lanewise.model.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lanewise.model.train.Trainer;
import dev.lanewise.model.train.TrainingOptions;
import dev.lanewise.model.train.TrainingProgress;
import dev.lanewise.model.train.TrainingText;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * A model that is trained as nanoGPT trains its smallest predicts text that was held out as well:
 * nanoGPT's README states a loss of 1.88, from a sample of windows.
 */
@Tag("conformance")
class TrainingConformanceTest {
  /** The text, by its path below the vectors. */
  static final String TEXT = "tinyshakespeare.txt";

  private static final double PUBLISHED = 1.88;
  private static final double SAMPLING = 0.04;

  @TestFactory
  List<DynamicTest> theLossIsThePublishedOne() {
    return Vectors.entries("", TEXT).stream()
        .map(
            file ->
                dynamicTest(
                    TEXT, () -> assertEquals(PUBLISHED, loss(TrainingText.read(file)), SAMPLING)))
        .toList();
  }

  private static double loss(TrainingText text) {
    TrainingOptions options = TrainingOptions.builder().seed(1337).build();
    try (Trainer trainer = new Trainer(text, options)) {
      trainer.run(
          new TrainingProgress() {
            @Override
            public void evaluated(int steps, double loss, double heldOutLoss) {
              System.out.printf("step %d: loss %.3f, held out %.3f%n", steps, loss, heldOutLoss);
            }
          });
      return trainer.evaluate();
    }
  }
}
