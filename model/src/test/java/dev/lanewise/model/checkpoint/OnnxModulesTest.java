package dev.lanewise.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a graph that makes embeddings makes them. */
class OnnxModulesTest {
  private static final String EMBEDDING = "sentence_embedding";

  private static List<String> modules(OnnxWriter writer) {
    OnnxFile file = OnnxFile.open("test.onnx", NativeBytes.of(writer.output(EMBEDDING).toBytes()));
    Map<String, MetadataValue> values = file.modules();
    Metadata metadata = new Metadata("test.onnx", values);
    return values.keySet().stream().map(metadata::string).toList();
  }

  @Test
  void theMeanIsASumThatIsDivided() {
    OnnxWriter mean =
        new OnnxWriter()
            .node("ReduceSum", "", "sum", "masked", "axis")
            .node("Clip", "", "count", "counted", "least")
            .node("Div", "", "mean", "sum", "count")
            .node("Concat", "", EMBEDDING, "mean");
    assertEquals(List.of("Transformer", "Pooling", "mean"), modules(mean));
  }

  @Test
  void theFirstTokenMayBeNormalised() {
    OnnxWriter first =
        new OnnxWriter()
            .constant("zero", 0)
            .node("axis", 1, "Gather", "", "first", "states", "zero")
            .node("ReduceL2", "", "norm", "first")
            .node("Clip", "", "bounded", "norm", "least")
            .node("Expand", "", "wide", "bounded", "shape")
            .node("Div", "", EMBEDDING, "first", "wide");
    assertEquals(List.of("Transformer", "Pooling", "cls", "Normalize"), modules(first));
  }

  @Test
  void aListOfModulesGoesFirst(@TempDir Path folder) throws IOException {
    new OnnxWriter()
        .tensor("a", new float[1], 1)
        .node("ReduceMax", "", EMBEDDING, "states")
        .output(EMBEDDING)
        .write(folder.resolve("model.onnx"));
    Files.writeString(folder.resolve("config.json"), "{}");
    Metadata metadata = Checkpoint.open(folder).metadata();
    assertEquals("max", metadata.string("modules.1.config.pooling_mode"));
    Files.writeString(folder.resolve("modules.json"), "[]");
    assertFalse(Checkpoint.open(folder).metadata().has("modules.0.type"));
  }

  @Test
  void whatIsNotKnownIsNamed() {
    OnnxWriter dense = new OnnxWriter().node("Tanh", "", EMBEDDING, "pooled");
    assertEquals(List.of("Transformer", "onnx.Tanh"), modules(dense));
    OnnxWriter second =
        new OnnxWriter()
            .constant("one", 1)
            .node("axis", 1, "Gather", "", EMBEDDING, "states", "one");
    assertEquals(List.of("Transformer", "onnx.Gather"), modules(second));
    OnnxWriter circle = new OnnxWriter().node("Cast", "", EMBEDDING, EMBEDDING);
    assertEquals(List.of("Transformer", "onnx.Cast"), modules(circle));
  }
}
