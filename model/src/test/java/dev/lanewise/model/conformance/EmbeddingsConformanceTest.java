package dev.lanewise.model.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.arch.Architectures;
import dev.lanewise.model.arch.Pooling;
import dev.lanewise.model.arch.TextEncoder;
import dev.lanewise.model.arch.TokenBatch;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * Embeddings of texts by real weights, alone and in one batch: |a − b| ≤ 2e-5 from float32, be it
 * of safetensors or ONNX, and a cosine of 0.99 from the int8 of an ONNX file.
 */
@Tag("conformance")
class EmbeddingsConformanceTest {
  private static final double TOLERANCE = 2e-5;
  private static final double MIN_COSINE = 0.99;

  /** What the catalogue calls the model in other formats: the same name, and this behind it. */
  private static final List<String> FORMATS = List.of("", "-onnx", "-q");

  @TestFactory
  List<DynamicTest> embeddings() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path path : Vectors.entries("real", "*.json")) {
      JsonView file = Json.view(path.toString(), Files.readAllBytes(path));
      if (holds(file)) {
        addTests(file, tests);
      }
    }
    return Vectors.announced(tests, "embeddings");
  }

  /** Whether embeddings were recorded. */
  static boolean holds(JsonView file) {
    return file.has("cases") && file.at("cases").items().getFirst().has("embedding");
  }

  private static void addTests(JsonView file, List<DynamicTest> tests) {
    List<JsonView> cases = file.at("cases").items();
    for (String format : FORMATS) {
      String name = file.string("model").replaceAll(" .*", "") + format;
      for (JsonView one : cases) {
        tests.add(dynamicTest(name + ": " + one.string("text"), () -> check(name, List.of(one))));
      }
      tests.add(dynamicTest(name + ": all at once", () -> check(name, cases)));
    }
  }

  private static void check(String name, List<JsonView> cases) {
    TextEncoder model = Architectures.loadTextEncoder(Checkpoint.open(Vectors.model(name)));
    int[][] ids = cases.stream().map(one -> Vectors.ints(one.at("ids"))).toArray(int[][]::new);
    try (Parallel team = Parallel.of(2)) {
      float[] found =
          model.newSession(Kernels.best(team)).encode(TokenBatch.of(ids)).embeddings(Pooling.MEAN);
      for (int i = 0; i < ids.length; i++) {
        double[] wanted =
            cases.get(i).at("embedding").items().stream().mapToDouble(JsonView::number).toArray();
        assertEquals(model.dim(), wanted.length);
        compare(wanted, found, i * model.dim(), name.endsWith("-q"));
      }
    }
  }

  private static void compare(double[] wanted, float[] found, int from, boolean quantised) {
    double product = 0; // both have the length 1
    for (int j = 0; j < wanted.length; j++) {
      product += wanted[j] * found[from + j];
      if (!quantised) {
        assertEquals(wanted[j], found[from + j], TOLERANCE);
      }
    }
    assertTrue(product >= MIN_COSINE, "cosine " + product);
  }
}
