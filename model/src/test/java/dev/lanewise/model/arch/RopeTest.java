package dev.lanewise.model.arch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Gguf;
import dev.lanewise.model.checkpoint.GgufWriter;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Rotary positions that are scaled. Numbers are those of Hugging Face's transformers 5.24 with
 * torch 2.15 in float32, of the same weights ({@link TinyDecoder}).
 */
class RopeTest {
  private static final float[] PLAIN = {
    -1.26902f, -1.82957f, -0.0238512f, -2.30459f, -1.60874f, -0.0461958f
  };
  private static final float[] LINEAR = {
    0.907768f, -2.27227f, 1.93442f, 2.68753f, 1.34149f, -0.253132f
  };
  private static final float[] YARN = {
    -1.56112f, -1.82177f, -0.220108f, -2.61463f, -1.83639f, -0.2412f
  };
  private static final float[] SHORT = {
    0.190573f, -2.96986f, 0.750612f, -1.73778f, -0.67684f, -2.89921f
  };
  private static final float[] LONG = {
    0.692056f, -1.93654f, 1.47385f, 2.25561f, 1.54001f, -0.479431f
  };
  private static final String LONG_ROPE =
      "\"rope_type\": \"longrope\", \"short_factor\": [1.5, 3.0], \"long_factor\": [4.0, 8],";

  @TempDir private Path folder;

  private Checkpoint open(String architecture, String scaling) {
    return TinyDecoder.open(
        folder, "model.", TinyDecoder.SIZES + architecture + ", " + scaling + "}");
  }

  private void scaled(float[] wanted, String scaling) {
    for (String key : new String[] {"rope_parameters", "rope_scaling"}) {
      for (String type : new String[] {"rope_type", "type"}) {
        String value = "\"%s\": {%s}".formatted(key, scaling.replace("rope_type", type));
        TinyDecoder.assertFirst(wanted, TinyDecoder.logits(open("\"llama\"", value)));
      }
    }
  }

  @Test
  void whatWasAddedToANewerFileGoesFirst() {
    String scaling =
        """
        "rope_parameters": {"rope_type": "default", "rope_theta": 20000},
        "rope_scaling": {"type": "linear", "factor": 4, "rope_theta": 10000}\
        """;
    TinyDecoder.assertFirst(LINEAR, TinyDecoder.logits(open("\"llama\"", scaling)));
  }

  @Test
  void dynamicScalingIsForLongerContexts() {
    scaled(PLAIN, "\"rope_type\": \"dynamic\", \"factor\": 4.0");
  }

  @Test
  void llama3StretchesTheContextIfNothingElseIsSaid() {
    scaled(
        new float[] {-0.944589f, -1.79853f, 0.208457f, -1.95931f, -1.51067f, -0.0712481f},
        """
        "rope_type": "llama3", "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0\
        """);
  }

  @Test
  void yarn() {
    String yarn = "\"rope_type\": \"yarn\", \"factor\": 4.0";
    scaled(YARN, yarn + ", \"original_max_position_embeddings\": 8");
    scaled(
        YARN,
        yarn + ", \"original_max_position_embeddings\": 8, \"mscale\": 2, \"mscale_all_dim\": 0");
    scaled(
        new float[] {-0.889186f, -1.40277f, 0.140948f, -2.52576f, -2.43512f, -0.633914f},
        yarn + ", \"original_max_position_embeddings\": 8, \"attention_factor\": 1.5");
    scaled(
        new float[] {-0.266815f, -1.44976f, 0.581895f, -1.46334f, -1.26881f, -0.321373f},
        yarn
            + """
            , "original_max_position_embeddings": 16, "beta_fast": 2.0, "beta_slow": 0.1,
            "truncate": false, "mscale": 0.7, "mscale_all_dim": 1.5\
            """);
  }

  @Test
  void yarnOfBlocksThatAttendToEverything() {
    String scaling =
        """
        "query_pre_attn_scalar": 4, "sliding_window": 4, "hidden_activation": "gelu",
        "layer_types": ["sliding_attention", "full_attention"],
        "rope_parameters": {
          "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0},
          "full_attention": {"rope_type": "yarn", "rope_theta": 1000000.0, "factor": 4.0,
                             "original_max_position_embeddings": 8}}\
        """;
    TinyDecoder.assertFirst(
        new float[] {2.16123f, 6.9665f, 2.52658f, 5.51903f, -8.10511f, -1.43453f},
        TinyDecoder.logits(open("\"gemma3_text\"", scaling)));
  }

  @Test
  void longRope() {
    scaled(SHORT, LONG_ROPE + "\"original_max_position_embeddings\": 16");
    scaled(LONG, LONG_ROPE + "\"original_max_position_embeddings\": 8");
    scaled(
        new float[] {0.725126f, -1.9534f, 1.52797f, 2.29932f, 1.51377f, -0.470603f},
        LONG_ROPE + "\"original_max_position_embeddings\": 8, \"attention_factor\": 1.25");
  }

  @Test
  void theOriginalLengthMayStandOutside() {
    String type = LONG_ROPE.replace("rope_type", "type").replace("longrope", "su");
    String scaling = "\"rope_scaling\": {" + type.replaceFirst(",$", "}");
    Checkpoint file = open("\"llama\"", "\"original_max_position_embeddings\": 8, " + scaling);
    TinyDecoder.assertFirst(LONG, TinyDecoder.logits(file));
  }

  /** However a sequence came to be as long as it is, its tokens have the same frequencies. */
  @Test
  void aSequenceThatGrowsLongIsReadAgain() {
    int[] prompt = TinyDecoder.PROMPT;
    String scaling = "\"rope_scaling\": {" + LONG_ROPE + "\"original_max_position_embeddings\": 8}";
    CausalModel model = Architectures.load(open("\"llama\"", scaling));
    try (Parallel team = Parallel.of(1)) {
      CausalModel.Session session = model.newSession(Kernels.best(team), 32);
      float[] five = session.forward(prompt, 0, 5).clone();
      session.forward(prompt, 5, 8);
      TinyDecoder.assertFirst(LONG, session.forward(prompt, 8, 9));
      assertEquals(9, session.position());
      session.rewind(4);
      assertArrayEquals(five, session.forward(prompt, 4, 5), 1e-5f);
      float[][] all = new float[9][];
      session.forwardAll(prompt, 5, 9, (i, logits) -> all[i] = logits.clone());
      TinyDecoder.assertFirst(LONG, all[8]);
      assertFalse(Arrays.equals(five, all[5]));
    }
  }

  @Test
  void ggufHasKeysAndTensorsOfItsOwn() {
    GgufWriter yarn =
        TinyDecoder.gguf()
            .string("qwen2.rope.scaling.type", "yarn")
            .float32("qwen2.rope.scaling.factor", 4)
            .uint32("qwen2.rope.scaling.original_context_length", 8);
    assertGguf(YARN, yarn);
    float half = (float) Math.sqrt(1 + Math.log(2) / Math.log(16)); // by what the context grew
    float twice = (float) Math.sqrt(1 + Math.log(4) / Math.log(8));
    assertGguf(SHORT, factors(16, half));
    assertGguf(LONG, factors(8, twice));
    assertGguf(LINEAR, TinyDecoder.gguf().float32("qwen2.rope.scaling.factor", 4));
    assertGguf(LINEAR, TinyDecoder.gguf().float32("qwen2.rope.scale_linear", 4));
    assertGguf(PLAIN, TinyDecoder.gguf());
  }

  private static GgufWriter factors(int originalLength, float amplitude) {
    return TinyDecoder.gguf()
        .uint32("qwen2.rope.scaling.original_context_length", originalLength)
        .float32("qwen2.rope.scaling.attn_factor", amplitude)
        .tensor("rope_factors_short.weight", new float[] {1.5f, 3}, 2)
        .tensor("rope_factors_long.weight", new float[] {4, 8}, 2);
  }

  private void assertGguf(float[] wanted, GgufWriter writer) {
    Path file = writer.write(folder.resolve("model.gguf"));
    TinyDecoder.assertFirst(wanted, TinyDecoder.logits(Gguf.open(file)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"rope_type\": \"bent\"",
        "\"rope_type\": \"longrope\", \"short_factor\": [1.0], \"long_factor\": [1.0]",
        "\"rope_type\": \"longrope\", \"short_factor\": [0, 1], \"long_factor\": [1, 1]",
        "\"rope_type\": \"longrope\", \"short_factor\": [1, 1]",
        "\"rope_type\": \"yarn\", \"factor\": 0"
      })
  void refusesWhatItCannotDo(String scaling) {
    Checkpoint file = open("\"llama\"", "\"rope_scaling\": {" + scaling + "}");
    LanewiseException e = assertThrows(LanewiseException.class, () -> Architectures.load(file));
    assertTrue(e.getMessage().contains("rope_"), e.getMessage());
  }
}
