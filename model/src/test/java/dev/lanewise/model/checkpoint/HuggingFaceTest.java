package dev.lanewise.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders of the hub's layout: configuration, shards, names. */
class HuggingFaceTest {
  private static final String CONFIG =
      """
      {"model_type": "llama", "hidden_size": 8, "head_dim": null, "tie": true, "eps": 1e-6,
       "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"},
       "layer_types": ["full", "sliding"], "no_rope": [1, 0], "nothing": [], "mixed": [1, "a"]}
      """;

  @TempDir private Path folder;

  /** A file with one tensor of the numbers 1 and 2. */
  private void write(String file, String tensor) throws IOException {
    byte[] text =
        GgufWriter.utf8(
            "{\"%s\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}".formatted(tensor));
    int one = Float.floatToIntBits(1);
    int two = Float.floatToIntBits(2);
    Files.write(
        folder.resolve(file),
        GgufWriter.join(GgufWriter.longs(text.length), text, GgufWriter.ints(one, two)));
  }

  private void config() throws IOException {
    Files.writeString(folder.resolve("config.json"), CONFIG);
  }

  private void refuses(String... parts) {
    String message =
        assertThrows(LanewiseException.class, () -> HuggingFace.open(folder)).getMessage();
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"config.json", "generation_config.json", "modules.json"})
  void aConfigurationOfTheSizeOfWeightsIsNone(String name) throws IOException {
    config();
    write("model.safetensors", "a.weight");
    try (RandomAccessFile file = new RandomAccessFile(folder.resolve(name).toFile(), "rw")) {
      file.setLength((16 << 20) + 1);
    }
    refuses(name + ": has 16777217 bytes, more than the limit of 16777216");
  }

  @Test
  void configurationIsMetadata() throws IOException {
    config();
    write("model.safetensors", "a.weight");
    Metadata m = HuggingFace.open(folder).metadata();
    assertEquals("llama", m.string("model_type"));
    assertEquals(8, m.integer("hidden_size"));
    assertEquals(1e-6, m.number("eps"));
    assertEquals(10_000, m.number("rope_parameters.rope_theta"));
    assertTrue(m.flag("tie", false));
    assertFalse(m.has("head_dim"), "null is no value");
    assertTrue(m.isNull("head_dim"));
    assertFalse(m.keys().contains("head_dim"));
    assertFalse(m.isNull("hidden_size") || m.isNull("absent"));
    assertFalse(m.has("mixed"), "a list of this and that is no value");
    assertEquals("sliding", m.strings("layer_types").get(1));
    assertArrayEquals(new int[] {1, 0}, m.integers("no_rope"));
    assertTrue(
        assertThrows(LanewiseException.class, () -> m.integers("layer_types"))
            .getMessage()
            .endsWith("expected an array of integers"));
    assertEquals(0, m.integers("nothing").length);
    assertTrue(
        assertThrows(LanewiseException.class, () -> m.floats("nothing"))
            .getMessage()
            .endsWith("key nothing is of type empty array, expected an array of numbers"));
  }

  @Test
  void shardsAreOneCheckpoint() throws IOException {
    config();
    write("a-1.safetensors", "a.weight");
    write("a-2.safetensors", "b.weight");
    Files.writeString(
        folder.resolve("model.safetensors.index.json"),
        """
        {"weight_map": {"a.weight": "a-1.safetensors", "b.weight": "a-2.safetensors"}}
        """);
    Weights weights = Weights.of(HuggingFace.open(folder));
    assertArrayEquals(new float[] {1, 2}, weights.vector("a.weight", 2));
    assertArrayEquals(new float[] {1, 2}, weights.vector("b.weight", 2));
    write("model.safetensors", "c.weight");
    assertEquals(Set.of("c.weight"), HuggingFace.open(folder).tensors().keySet(), "goes first");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../a.safetensors", "/etc/passwd", "x/y.safetensors", ".hidden", ""})
  void shardsMustLieInTheFolder(String name) throws IOException {
    config();
    Files.writeString(
        folder.resolve("model.safetensors.index.json"),
        "{\"weight_map\": {\"a.weight\": \"" + name + "\"}}");
    refuses("model.safetensors.index.json", "weight_map.a.weight", "not the name of a file");
  }

  @Test
  void whatIsMissingIsNamed() throws IOException {
    refuses("model.safetensors", "model.onnx");
    write("model.safetensors", "a.weight");
    refuses("config.json");
    config();
    Files.delete(folder.resolve("model.safetensors"));
    write("a.safetensors", "a.weight");
    Path index = folder.resolve("model.safetensors.index.json");
    Files.writeString(index, "{\"weight_map\": {\"b.weight\": \"a.safetensors\"}}");
    refuses("weight_map.b.weight", "does not hold the tensor");
    Files.writeString(index, "{\"weight_map\": {\"a.weight\": \"gone.safetensors\"}}");
    refuses("gone.safetensors");
    write("b.safetensors", "a.weight");
    Files.writeString(
        index, "{\"weight_map\": {\"a.weight\": \"a.safetensors\", \"b\": \"b.safetensors\"}}");
    refuses("a.weight", "is also in");
  }

  @Test
  void tensorsGoByOtherNames() throws IOException {
    config();
    new SafetensorsWriter()
        .tensor("model.layers.3.attn.weight", new float[] {1, 2}, 2)
        .tensor("model.layers.3.experts.10.w.weight", new float[] {3, 4}, 2)
        .write(folder.resolve("model.safetensors"));
    Checkpoint renamed =
        new Renamed(
            HuggingFace.open(folder),
            Map.of(
                "layers.{}.attn",
                "blk.{}.attn_q",
                "layers.{}.experts.{}.w",
                "blk.{}.up.{}",
                "norm",
                "output_norm"),
            "model.");
    Weights weights = Weights.of(renamed).at("blk.3");
    assertArrayEquals(new float[] {1, 2}, weights.vector("attn_q.weight", 2));
    assertEquals("model.layers.3.attn.weight", weights.path("attn_q.weight"));
    assertTrue(weights.has("up.10.weight"));
    assertEquals("model.layers.3.experts.11.w.weight", weights.path("up.11.weight"));
    assertEquals("model.norm.weight", Weights.of(renamed).path("output_norm.weight"));
    String message =
        assertThrows(LanewiseException.class, () -> renamed.tensor("output_norm.weight"))
            .getMessage();
    assertTrue(message.contains("model.norm.weight is missing"), message);
  }
}
