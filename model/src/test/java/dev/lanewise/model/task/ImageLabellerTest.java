package dev.lanewise.model.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.TinyEncoder;
import dev.lanewise.model.image.ImageProcessor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Image files to labels. */
class ImageLabellerTest {
  @TempDir private Path folder;

  private static String message(Runnable work) {
    return assertThrows(LanewiseException.class, work::run).getMessage();
  }

  @Test
  void theScoresAreThoseOfThePreparedImage() {
    ImageModel model = ImageModel.load(TinyImageModel.write(folder));
    float[] values = new float[3 * 4 * 4];
    new ImageProcessor(model.preprocessor())
        .process("image", TinyImageModel.pixels(9, 7), values, 0, 4, 4);
    float[] logits =
        model.encoder().newSession(Kernels.reference(Parallel.of(1))).encode(values).logits();
    float[] wanted = Scoring.SOFTMAX.scores(logits, 0, 3);
    Path file = TinyImageModel.image(folder.resolve("a.png"), 9, 7);
    try (ImageLabeller labeller = new ImageLabeller(model, 1)) {
      List<LabelScore> labels = labeller.label(file, 9);
      assertEquals(3, labels.size());
      double sum = 0;
      for (LabelScore each : labels) {
        int number = List.of("cat", "dog", "neither").indexOf(each.label());
        assertEquals(wanted[number], each.score(), 1e-5);
        sum += each.score();
      }
      assertEquals(1, sum, 1e-6);
      assertTrue(labels.get(0).score() >= labels.get(1).score());
      assertEquals(labels.subList(0, 1), labeller.label(file, 1));
      assertEquals(labels, labeller.label(TinyImageModel.pixels(9, 7), 3));
    }
  }

  @Test
  void manyImagesHaveTheLabelsOfEachAlone() {
    List<Path> files = new ArrayList<>();
    for (int i = 0; i < 200; i++) { // more than a batch
      files.add(folder.resolve(i + ".png"));
      TinyImageModel.image(files.getLast(), 3 + i % 17, 4 + i % 13);
    }
    List<Integer> done = new ArrayList<>();
    BatchProgress progress =
        new BatchProgress() {
          @Override
          public void update(int soFar, int total) {
            assertEquals(200, total);
            done.add(soFar);
          }
        };
    ImageModel model = ImageModel.load(TinyImageModel.write(folder));
    List<List<LabelScore>> all = new ArrayList<>();
    try (ImageLabeller labeller = new ImageLabeller(model, 2)) {
      labeller.label(
          files,
          2,
          progress,
          (file, labels) -> {
            assertEquals(all.size(), file);
            all.add(labels);
          });
      for (int i : new int[] {0, 1, 170, 171, 199}) {
        assertEquals(all.get(i), labeller.label(files.get(i), 2), "the same bits alone");
      }
    }
    assertEquals(200, all.size());
    assertEquals(200, done.getLast());
    assertTrue(done.size() > 1, done.toString());
  }

  @Test
  void aFileThatCannotBeReadStopsOnlyItself() {
    Path good = TinyImageModel.image(folder.resolve("good.png"), 5, 5);
    Path bad = folder.resolve("bad.png");
    List<String> told = new ArrayList<>();
    ImageLabeller.Sink sink =
        new ImageLabeller.Sink() {
          @Override
          public void labelled(int file, List<LabelScore> labels) {
            told.add(file + " " + labels.size());
          }

          @Override
          public void failed(int file, LanewiseException reason) {
            told.add(file + " " + reason.getMessage());
          }
        };
    try (ImageLabeller labeller = ImageLabeller.load(TinyImageModel.write(folder))) {
      labeller.label(List.of(bad, good, bad), 1, BatchProgress.NONE, sink);
      String reason = bad + ": no such file; check the path";
      assertEquals(List.of("0 " + reason, "1 1", "2 " + reason), told);
      assertEquals(reason, message(() -> labeller.label(bad, 1)));
      BatchProgress never =
          new BatchProgress() {
            @Override
            public boolean cancelled() {
              return true;
            }
          };
      assertThrows(
          CancellationException.class, () -> labeller.label(List.of(good), 1, never, sink));
    }
  }

  @Test
  void scoresFollowTheProblemType() {
    String severalRight =
        TinyEncoder.DEIT_CONFIG.replace(
            "{\"arch", "{\"problem_type\": \"multi_label_classification\", \"arch");
    TinyImageModel.write(folder, severalRight, TinyImageModel.PREPROCESSOR);
    try (ImageLabeller labeller = ImageLabeller.load(folder)) {
      List<LabelScore> labels = labeller.label(TinyImageModel.pixels(4, 4), 3);
      double sum = labels.stream().mapToDouble(LabelScore::score).sum();
      assertTrue(Math.abs(sum - 1) > 1e-3, labels.toString());
    }
  }

  @Test
  void otherModelsAreRefused() {
    TinyImageModel.write(
        folder,
        TinyEncoder.DEIT_CONFIG.replace("DeiTForImageClassificationWithTeacher", "DeiTModel"),
        TinyImageModel.PREPROCESSOR);
    ImageModel headless = ImageModel.load(folder);
    String message = message(() -> new ImageLabeller(headless, 1));
    assertTrue(message.contains("has no head, but a head for classes of images"), message);
    TinyImageModel.write(folder, TinyEncoder.DEIT_CONFIG, "{\"size\": 32}");
    message = message(() -> ImageModel.load(folder));
    assertTrue(
        message.contains("prepares images of 32 x 32 pixels, but the model reads 4 x 4"), message);
    TinyTextModel.write(folder);
    message = message(() -> ImageModel.load(folder));
    assertTrue(message.contains("'bert', an encoder of texts (Bert"), message);
    assertTrue(message.contains("; image encoders known here"), message);
  }

  @Test
  void aModelWithoutSettingsIsRefused(@TempDir Path bare) {
    TinyEncoder.write(bare, TinyEncoder.DEIT_CONFIG, TinyEncoder.DEIT);
    String message = message(() -> ImageModel.load(bare));
    assertTrue(message.contains("has no preprocessor_config.json"), message);
  }

  @Test
  void aSecondCallerIsRefused() {
    Path file = TinyImageModel.image(folder.resolve("a.png"), 9, 7);
    try (ImageLabeller labeller = ImageLabeller.load(TinyImageModel.write(folder))) {
      List<LabelScore> wanted = labeller.label(file, 3);
      assertEquals(wanted.subList(0, 1), labeller.label(file, 1));
      assertThrows(IllegalArgumentException.class, () -> labeller.label(file, -1));
      labeller.label(
          List.of(file),
          3,
          BatchProgress.NONE,
          (_, labels) -> {
            assertThrows(IllegalStateException.class, () -> labeller.label(file, 3));
            assertThrows(
                IllegalStateException.class, () -> labeller.label(TinyImageModel.pixels(9, 7), 3));
            assertEquals(wanted, labels);
          });
      assertEquals(wanted, labeller.label(file, 3));
    }
  }
}
