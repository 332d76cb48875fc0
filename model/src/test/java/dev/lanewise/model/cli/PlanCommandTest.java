package dev.lanewise.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.arch.TinyDecoder;
import dev.lanewise.model.arch.TinyMixture;
import dev.lanewise.model.generate.HubConversionTest;
import dev.lanewise.model.json.JsonView;
import dev.lanewise.model.task.TinyTextModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code plan} says of a model's cost. */
class PlanCommandTest {
  @TempDir private Path folder;

  private String model() {
    return TinyDecoder.gguf().write(folder.resolve("model.gguf")).toString();
  }

  @Test
  void theCostFollowsFromTheSizes() throws IOException {
    JsonView plan = Outcome.done("plan", "-m", model(), "-c", "10", "-t", "1", "--json").object();
    int perLayer = 2 * 16 + 16 * 16 + 2 * 8 * 16 + 16 * 16 + 3 * 20 * 16;
    int parameters = 24 * 16 + 16 + 2 * perLayer;
    assertEquals(parameters, plan.integer("parameters"));
    assertEquals(Files.size(folder.resolve("model.gguf")), plan.integer("file_bytes"));
    assertEquals(32, plan.number("bits_per_parameter"));
    assertEquals(10 * 2 * 2 * 8 * 4, plan.integer("cache_bytes"));
    int matrices = parameters - 16 - 2 * 2 * 16;
    assertEquals(2 * matrices, plan.number("flops_per_token")); // the embedding makes the logits
    assertEquals(20.0 * parameters, plan.number("training_tokens"));
    assertEquals(120.0 * parameters * parameters, plan.number("training_flops"));
    // Of a prompt: no logits, and of the last of two blocks keys and values alone.
    int ofPrompt = perLayer - 2 * 16 + 2 * 8 * 16;
    assertEquals(2 * ofPrompt, plan.number("flops_per_prompt_token"));
    double prompt = plan.number("gflops") * 1e9 / (2 * ofPrompt);
    assertEquals(prompt, plan.number("prompt_tokens_per_second"), 1e-6 * prompt);
    assertTrue(plan.number("tokens_per_second") <= prompt);
    assertTrue(plan.integer("memory_bytes") >= 4 * matrices + plan.integer("cache_bytes"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aQuantisedFileHasTheBytesThatWereForetold(boolean fromHub) throws IOException {
    String model = model();
    if (fromHub) {
      HubConversionTest.writeLlama(folder);
      model = folder.toString();
    }
    JsonView plan = Outcome.done("plan", "-m", model, "-t", "1", "--json").object();
    long weights = Files.size(folder.resolve(fromHub ? "model.safetensors" : "model.gguf"));
    assertEquals(weights, plan.integer("file_bytes"));
    for (String type : plan.at("quantised").keys()) {
      Path file = folder.resolve(type + ".gguf");
      Outcome.done("quantize", "-m", model, "--type", type, "-o", file.toString());
      int foretold = plan.at("quantised").at(type).integer("file_bytes");
      assertEquals(Files.size(file), foretold, type);
    }
  }

  @Test
  void floatsMayBecomeSmaller() {
    JsonView plan = Outcome.done("plan", "-m", model(), "-t", "1", "--json").object();
    JsonView quantised = plan.at("quantised");
    int half = quantised.at("F16").integer("file_bytes");
    assertTrue(half < plan.integer("file_bytes"));
    // Rows of 16 and 20 are no blocks of 32.
    assertEquals(half, quantised.at("Q8_0").integer("file_bytes"));
    String table = Outcome.done("plan", "-m", model(), "-t", "1").out();
    assertTrue(table.contains("for a context of 32 tokens"), table);
    assertTrue(table.contains("Q4_K_M"), table);
  }

  @Test
  void aFolderOfTheHubMayBecomeASmallerFile() throws IOException {
    HubConversionTest.writeLlama(folder);
    JsonView plan = Outcome.done("plan", "-m", folder.toString(), "-t", "1", "--json").object();
    JsonView quantised = plan.at("quantised");
    assertTrue(quantised.at("F16").integer("file_bytes") < plan.integer("file_bytes"));
  }

  @Test
  void aTokenPassesThroughSomeOfTheExperts() {
    Path mixture = TinyMixture.gguf().write(folder.resolve("mixture.gguf"));
    JsonView plan = Outcome.done("plan", "-m", mixture.toString(), "-t", "1", "--json").object();
    int norms = 16 + 2 * (2 * 16 + 2 * 4);
    int unused = 2 * 2 * 3 * 24 * 16; // in each block two of four experts
    int multiplied = plan.integer("parameters") - norms - unused;
    assertEquals(2 * multiplied, plan.number("flops_per_token"));
  }

  @Test
  void anEncoderRemembersNothing() {
    Path encoder = TinyTextModel.write(folder);
    JsonView plan = Outcome.done("plan", "-m", encoder.toString(), "-t", "1", "--json").object();
    assertEquals(0, plan.integer("context"));
    assertFalse(plan.has("tokens_per_second"));
    assertTrue(plan.number("prompt_tokens_per_second") > 0);
  }

  @Test
  void noTokenIsMultipliedWithTheTableOfAllTokens() {
    String config =
        """
        {"architectures": ["ModernBertModel"], "model_type": "modernbert"}
        """;
    String tensors = "embeddings.tok_embeddings.weight 24 16\nlayers.0.attn.Wo.weight 16 16\n";
    Path encoder = TinyTextModel.write(folder, config, tensors);
    JsonView plan = Outcome.done("plan", "-m", encoder.toString(), "-t", "1", "--json").object();
    assertEquals(24 * 16 + 16 * 16, plan.integer("parameters"));
    assertEquals(2 * 16 * 16, plan.number("flops_per_token"));
  }

  @Test
  void anEncoderHasNoContextToAskFor() {
    String encoder = TinyTextModel.write(folder).toString();
    Outcome.fails(1, "is no language model", "plan", "-m", encoder, "-c", "8");
  }

  @Test
  void aLongerContextThanTheModelsIsRefused() {
    Outcome.fails(1, "model.gguf holds 1 to 32", "plan", "-m", model(), "-c", "33");
  }
}
