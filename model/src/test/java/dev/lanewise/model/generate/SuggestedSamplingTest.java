package dev.lanewise.model.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.GgufWriter;
import dev.lanewise.model.checkpoint.HuggingFace;
import dev.lanewise.model.checkpoint.SafetensorsWriter;
import dev.lanewise.model.checkpoint.TinyLlama;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How tokens are chosen by the files of a model. */
class SuggestedSamplingTest {
  private static final int ALL = SamplerOptions.MAX_WINDOW;

  @TempDir private Path folder;

  private Optional<SamplerOptions> hub(String generation) throws IOException {
    new SafetensorsWriter()
        .tensor("a.weight", new float[1], 1)
        .write(folder.resolve("model.safetensors"));
    Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"qwen2\"}");
    Files.writeString(folder.resolve("generation_config.json"), generation);
    return SuggestedSampling.of(HuggingFace.open(folder).metadata());
  }

  private LanguageModel gguf(GgufWriter writer) {
    return LanguageModel.load(writer.write(folder.resolve("x.gguf")));
  }

  private static GgufWriter tiny() {
    return TinyLlama.writer(TinyLlama.Shape.SMALLEST, TinyLlama.Vocabulary.SPM, 1);
  }

  @Test
  void takesWhatAFolderSays() throws IOException {
    SamplerOptions wanted =
        SamplerOptions.builder()
            .temperature(0.7f)
            .topK(20)
            .topP(0.8f)
            .repeatPenalty(1.05f)
            .penaltyWindow(ALL)
            .build();
    String said =
        """
        {"do_sample": true, "temperature": 0.7, "top_k": 20, "top_p": 0.8,
         "repetition_penalty": 1.05, "eos_token_id": [1, 2]}
        """;
    assertEquals(Optional.of(wanted), hub(said));
  }

  @Test
  void aFolderThatWantsNothingDrawnIsGreedy() throws IOException {
    SamplerOptions greedy = hub("{\"temperature\": 0.6, \"repetition_penalty\": 1.1}").get();
    assertEquals(0, greedy.temperature());
    assertEquals(1.1f, greedy.repeatPenalty());
    assertEquals(ALL, greedy.penaltyWindow());
  }

  @Test
  void whatAFolderLeavesOutIsAsInTransformers() throws IOException {
    SamplerOptions wanted =
        SamplerOptions.builder().temperature(1).topK(50).penaltyWindow(ALL).build();
    assertEquals(Optional.of(wanted), hub("{\"do_sample\": true}"));
  }

  @Test
  void endsAloneSuggestNothing() throws IOException {
    assertEquals(Optional.empty(), hub("{\"eos_token_id\": 2}"));
    try (LanguageModel model = gguf(tiny())) {
      assertEquals(Optional.empty(), model.suggestedSampling());
    }
  }

  @Test
  void takesWhatAFileSays() {
    GgufWriter writer =
        tiny()
            .float32("general.sampling.temp", 0.6f)
            .int32("general.sampling.top_k", -1)
            .float32("general.sampling.penalty_repeat", 1.1f)
            .int32("general.sampling.penalty_last_n", -1);
    SamplerOptions wanted =
        SamplerOptions.builder()
            .temperature(0.6f)
            .topP(0.95f)
            .minP(0.05f)
            .repeatPenalty(1.1f)
            .penaltyWindow(ALL)
            .build();
    try (LanguageModel model = gguf(writer)) {
      assertEquals(Optional.of(wanted), model.suggestedSampling());
    }
  }

  @Test
  void aSuggestionOutOfRangeIsAnErrorOfWhoAsksForIt() {
    try (LanguageModel model = gguf(tiny().float32("general.sampling.temp", -1))) {
      LanewiseException e = assertThrows(LanewiseException.class, () -> model.suggestedSampling());
      assertTrue(e.getMessage().contains("x.gguf: suggested sampling: temp"), e.getMessage());
    }
  }
}
