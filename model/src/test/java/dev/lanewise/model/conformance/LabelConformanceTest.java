package dev.lanewise.model.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.arch.Architectures;
import dev.lanewise.model.arch.HeadKind;
import dev.lanewise.model.arch.ImageEncoder;
import dev.lanewise.model.checkpoint.HuggingFace;
import dev.lanewise.model.checkpoint.Safetensors;
import dev.lanewise.model.cli.Outcome;
import dev.lanewise.model.image.ImageFile;
import dev.lanewise.model.image.ImageProcessor;
import dev.lanewise.model.json.JsonView;
import dev.lanewise.model.task.ImageModel;
import dev.lanewise.model.task.TinyImageModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * The command {@code label} on the recorded checkpoints of image encoders, with settings of a
 * processor and images that are written here. What the encoder itself makes of pixels is compared
 * elsewhere, and so are pixels.
 */
@Tag("conformance")
class LabelConformanceTest {
  private static final double TOLERANCE = 1e-4;

  @TempDir private Path temporary;

  @TestFactory
  List<DynamicTest> checkpoints() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path path : Vectors.entries("models", "*")) {
      if (Safetensors.open(path.resolve("expected.safetensors")).has("in.pixel_values")) {
        tests.add(dynamicTest(path.getFileName().toString(), () -> check(path)));
      }
    }
    return Vectors.announced(tests, "checkpoint of an image encoder");
  }

  private void check(Path recorded) throws IOException {
    Path image = TinyImageModel.image(temporary.resolve("a.png"), 61, 47);
    Path other = TinyImageModel.image(temporary.resolve("b.png"), 20, 90);
    failed(recorded, image, "has no preprocessor_config.json");
    ImageEncoder encoder = Architectures.loadImageEncoder(HuggingFace.open(recorded));
    Path folder = copy(recorded, "labels");
    settings(folder, encoder.height(), encoder.width());
    if (encoder.head() == HeadKind.NONE) {
      failed(folder, image, "has no head, but a head for classes of images");
      return;
    }
    ImageModel model = ImageModel.load(folder);
    int classes = model.encoder().outputs();
    Outcome outcome =
        Outcome.done(
            "label", "-m", folder.toString(), "--json", "--top", "99", image + "", other + "");
    List<JsonView> objects = outcome.objects();
    assertEquals(2, objects.size());
    for (int i = 0; i < 2; i++) {
      double[] wanted = probabilities(model, i == 0 ? image : other);
      List<JsonView> labels = objects.get(i).at("labels").items();
      assertEquals(classes, labels.size());
      for (JsonView label : labels) {
        int at = model.encoder().labels().indexOf(label.string("label"));
        assertEquals(wanted[at], label.number("score"), TOLERANCE);
      }
    }
    byte[] cut = Arrays.copyOf(Files.readAllBytes(image), 500);
    Path damaged = Files.write(temporary.resolve("cut.png"), cut);
    failed(folder, damaged, "cut.png: the PNG image is truncated");
    settings(folder, 17, 19);
    failed(folder, image, "prepares images of 19 x 17 pixels, but the model reads");
    Path headless = copy(recorded, "headless");
    settings(headless, encoder.height(), encoder.width());
    String config = Files.readString(headless.resolve("config.json"));
    Files.writeString(
        headless.resolve("config.json"),
        config.replaceFirst("ForImageClassification\\w*", "Model"));
    failed(headless, image, "has no head, but a head for classes of images");
  }

  private static void failed(Path model, Path image, String part) {
    Outcome outcome = Outcome.of("label", "-m", model.toString(), image.toString());
    assertEquals(1, outcome.code());
    assertEquals("", outcome.out());
    assertTrue(outcome.err().contains(part), outcome.err());
  }

  private Path copy(Path recorded, String name) throws IOException {
    Path folder = Files.createDirectory(temporary.resolve(recorded.getFileName() + "-" + name));
    Vectors.copyCheckpoint(recorded, folder);
    return folder;
  }

  private static void settings(Path folder, int height, int width) throws IOException {
    Files.writeString(
        folder.resolve("preprocessor_config.json"),
        """
        {"image_processor_type": "ViTImageProcessor", "resample": 3,
         "size": {"height": %d, "width": %d}}
        """
            .formatted(height, width));
  }

  private static double[] probabilities(ImageModel model, Path image) {
    int height = model.encoder().height();
    int width = model.encoder().width();
    float[] values = new float[3 * height * width];
    new ImageProcessor(model.preprocessor())
        .process("image", ImageFile.read(image), values, 0, height, width);
    float[] logits =
        model.encoder().newSession(Kernels.reference(Parallel.of(1))).encode(values).logits();
    double[] scores = new double[model.encoder().outputs()];
    double sum = 0;
    for (int i = 0; i < scores.length; i++) {
      scores[i] = Math.exp(logits[i]);
      sum += scores[i];
    }
    for (int i = 0; i < scores.length; i++) {
      scores[i] /= sum;
    }
    return scores;
  }
}
