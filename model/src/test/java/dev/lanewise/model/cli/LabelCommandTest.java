package dev.lanewise.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.checkpoint.ChildJvm;
import dev.lanewise.model.image.PngWriter;
import dev.lanewise.model.json.JsonView;
import dev.lanewise.model.task.TinyImageModel;
import dev.lanewise.model.task.TinyTextModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code label} on a model of a few kilobytes. */
class LabelCommandTest {
  @TempDir private static Path folder;
  @TempDir private static Path other;
  private static String model;
  private static String first;
  private static String second;

  @BeforeAll
  static void writeModel() {
    model = TinyImageModel.write(folder).toString();
    first = TinyImageModel.image(folder.resolve("first.png"), 20, 30).toString();
    second = TinyImageModel.image(folder.resolve("second.png"), 7, 5).toString();
  }

  @Test
  void everyFileHasAnObject() {
    Outcome outcome = Outcome.done("label", "-m", model, first, second, "--json", "--top", "2");
    List<JsonView> objects = outcome.objects();
    assertEquals(List.of(first, second), objects.stream().map(o -> o.string("file")).toList());
    for (JsonView object : objects) {
      List<JsonView> labels = object.at("labels").items();
      assertEquals(2, labels.size());
      assertTrue(List.of("cat", "dog", "neither").contains(labels.getFirst().string("label")));
      assertTrue(labels.get(0).number("score") >= labels.get(1).number("score"));
    }
    assertEquals("", outcome.err());
  }

  @Test
  void peopleGetLabelsAndFiles() {
    Outcome outcome = Outcome.done("label", "-m", model, first);
    assertTrue(
        outcome.out().matches("\\w+ 0\\.\\d{4}, \\w+ 0\\.\\d{4}, \\w+ 0\\.\\d{4}  .*first.png\n"),
        outcome.out());
  }

  @Test
  void aFileThatCannotBeReadIsReportedAndTheOthersLabelled() {
    Outcome outcome = Outcome.of("label", "-m", model, "missing.png", second, "-t", "1");
    assertEquals(1, outcome.code());
    assertEquals("lanewise: missing.png: no such file; check the path\n", outcome.err());
    assertEquals(1, outcome.lines().size());
  }

  @Test
  void aJavaWithoutDecodersSaysSo() throws IOException, InterruptedException {
    List<String> options = List.of("--limit-modules=java.net.http,jdk.incubator.vector");
    ChildJvm.Result result = ChildJvm.run(options, Main.class, "label", "-m", model, first);
    assertEquals(1, result.exitCode());
    assertTrue(
        result.output().contains("first.png: images need Java's module java.desktop"),
        result.output());
  }

  @Test
  void anImageBeyondTheHeapIsNotCalledDamaged() throws IOException, InterruptedException {
    byte[] header = PngWriter.rgb(13_000, 13_000, new byte[39_000]);
    String large = PngWriter.write(folder.resolve("large.png"), header).toString();
    ChildJvm.Result result =
        ChildJvm.run(List.of("-Xmx64m"), Main.class, "label", "-m", model, large);
    assertEquals(1, result.exitCode());
    assertTrue(
        result.output().contains("large.png: 13000 x 13000 pixels do not fit in the Java heap"),
        result.output());
  }

  @Test
  void whatIsWrongIsSaid() {
    Outcome.fails(2, "which images?", "label", "-m", model);
    Outcome.fails(2, "-m is missing", "label", first);
    String text = TinyTextModel.write(other).toString();
    Outcome.fails(1, "'bert', an encoder of texts", "label", "-m", text, first);
  }
}
