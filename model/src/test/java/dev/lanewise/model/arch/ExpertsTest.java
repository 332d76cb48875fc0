package dev.lanewise.model.arch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Gguf;
import dev.lanewise.model.checkpoint.GgufWriter;
import dev.lanewise.model.checkpoint.TensorInfo;
import dev.lanewise.model.checkpoint.TinyLlama;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tiny mixtures of experts ({@link TinyMixture}) against Hugging Face's transformers 5.24 with
 * torch 2.15 in float32, which was given the same weights.
 */
class ExpertsTest {
  private static final int[] PROMPT = TinyDecoder.PROMPT;
  private static final int[] MIXTRAL_GREEDY = {21, 15, 18, 7, 18, 22, 20, 17};
  private static final float[] MIXTRAL_LOGITS = {
    -2.86588f, -0.903564f, -0.490151f, -1.96586f, -2.63278f, -1.64291f, 3.34462f, -3.97631f,
    2.3801f, -0.218411f, -2.03604f, 0.813489f, 1.53688f, -2.82548f, 0.580819f, 1.23787f,
    1.11661f, 2.76993f, -3.07665f, -2.42238f, -0.689022f, 4.32843f, 0.43468f, -1.69939f
  };
  private static final int[] QWEN_GREEDY = {21, 21, 17, 22, 21, 21, 21, 21};
  private static final float[] QWEN_LOGITS = {
    -4.08783f, -0.828671f, 0.768784f, -0.55855f, -0.51072f, -2.01699f, 0.735588f, -4.46303f,
    1.00783f, -0.726587f, -3.94109f, 0.348966f, 1.26765f, -3.02858f, 2.33022f, 1.96216f,
    -0.295558f, 4.38586f, -1.60964f, -1.8642f, -0.412706f, 5.0321f, 2.04171f, -6.07054f
  };

  @TempDir private Path folder;

  private static float[] logits(Checkpoint checkpoint) {
    return TinyDecoder.logits(checkpoint);
  }

  private Checkpoint open(GgufWriter gguf) {
    return Gguf.open(gguf.write(folder.resolve("mixture.gguf")));
  }

  private static void assertAgrees(Checkpoint checkpoint, float[] wanted, int[] greedy) {
    try (Parallel team = Parallel.of(2)) {
      Kernels kernels = Kernels.best(team);
      CausalModel.Session session = Architectures.load(checkpoint).newSession(kernels, 32);
      int n = PROMPT.length;
      int[] ids = Arrays.copyOf(PROMPT, n + greedy.length);
      float[] logits = session.forward(ids, 0, n);
      Goldens.assertClose(wanted, logits, 0);
      for (int i = 0; i < greedy.length; i++) {
        ids[n + i] = kernels.argmax(logits, wanted.length);
        logits = session.forward(ids, n + i, n + i + 1);
      }
      assertArrayEquals(greedy, Arrays.copyOfRange(ids, n, ids.length));
    }
  }

  @Test
  void mixtralAgreesWithTransformers() {
    assertAgrees(TinyMixture.open(folder, TinyMixture.MIXTRAL), MIXTRAL_LOGITS, MIXTRAL_GREEDY);
    assertAgrees(open(TinyMixture.gguf(TinyMixture.MIXTRAL)), MIXTRAL_LOGITS, MIXTRAL_GREEDY);
  }

  @Test
  void qwenAgreesWithTransformers() {
    assertAgrees(TinyMixture.open(folder, TinyMixture.QWEN), QWEN_LOGITS, QWEN_GREEDY);
    assertAgrees(open(TinyMixture.gguf(TinyMixture.QWEN)), QWEN_LOGITS, QWEN_GREEDY);
  }

  private void assertFirstLogits(String options, List<Integer> mixtures, float... wanted) {
    String config = TinyMixture.QWEN.replace("\"norm_topk_prob\": true", options);
    TinyDecoder.assertFirst(wanted, logits(TinyMixture.open(folder, config, mixtures)));
  }

  @Test
  void qwensWeightsAddUpToOneIfTheFileSaysSo() {
    float[] wanted = {-4.12293f, -0.947392f, 0.808946f, -0.667103f, -0.737474f, -1.9107f};
    assertFirstLogits("\"norm_topk_prob\": false", List.of(0, 1), wanted);
    assertFirstLogits("\"rope_theta\": 10000.0", List.of(0, 1), wanted);
    GgufWriter gguf = TinyMixture.gguf().bool("qwen3moe.expert_weights_norm", false);
    TinyDecoder.assertFirst(wanted, logits(open(gguf)));
  }

  @Test
  void someOfQwensBlocksHaveNoExperts() {
    assertFirstLogits(
        "\"norm_topk_prob\": true, \"decoder_sparse_step\": 2",
        List.of(1),
        -1.372f,
        -3.2038f,
        1.08007f,
        0.28945f,
        -3.39532f,
        -0.278382f);
    assertFirstLogits(
        "\"norm_topk_prob\": true, \"mlp_only_layers\": [1]",
        List.of(0),
        0.95787f,
        -0.423657f,
        2.50704f,
        2.41993f,
        1.37566f,
        -1.20184f);
  }

  @Test
  void aWindowIsOneOfAllBlocks() {
    assertFirstLogits(
        "\"norm_topk_prob\": true, \"use_sliding_window\": true, \"sliding_window\": 4,"
            + " \"max_window_layers\": 1",
        List.of(0, 1),
        -3.32899f,
        -1.29313f,
        1.08584f,
        0.332327f,
        -1.5106f,
        -3.43681f);
    String mixtral = TinyMixture.MIXTRAL.replace("\"rope", "\"sliding_window\": 4, \"rope");
    float[] wanted = {-2.08246f, 0.593959f, -0.335787f, 0.452853f, -2.96941f, -1.63989f};
    TinyDecoder.assertFirst(wanted, logits(TinyMixture.open(folder, mixtral)));
  }

  @ParameterizedTest
  @ValueSource(strings = {TinyMixture.MIXTRAL, TinyMixture.QWEN})
  void expertsLieInOneTensorOrInMany(String config) {
    float[] wanted = logits(TinyMixture.open(folder, config));
    assertArrayEquals(wanted, logits(TinyMixture.openFused(folder, config)));
    assertArrayEquals(
        logits(open(TinyMixture.gguf(config))), logits(open(TinyMixture.ggufOfMatrices(config))));
  }

  @Test
  void numbersOfExpertsMayBeLeftOut() {
    String config = TinyMixture.QWEN.replace("\"num_experts\": 4,", "");
    Checkpoint usual = TinyMixture.open(folder, config);
    refuses(usual, "tensor model.layers.0.mlp.experts.4.gate_proj.weight is missing"); // of 128
    String other = TinyMixture.QWEN.replace("\"num_experts\"", "\"num_local_experts\"");
    assertAgrees(TinyMixture.open(folder, other), QWEN_LOGITS, QWEN_GREEDY);
  }

  /** Tokens come one by one, or all of them at once: the experts' rows are others. */
  @Test
  void tokensOneByOneGiveTheSame() {
    try (Parallel team = Parallel.of(1)) {
      CausalModel model = Architectures.load(open(TinyMixture.gguf()));
      CausalModel.Session session = model.newSession(Kernels.best(team), 32);
      float[] logits = {};
      for (int i = 0; i < PROMPT.length; i++) {
        logits = session.forward(PROMPT, i, i + 1);
      }
      Goldens.assertClose(QWEN_LOGITS, logits, 0);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"Q8_0", "Q4_0", "F16"})
  void quantisedExpertsGiveWhatTheirNumbersDo(DType dtype) {
    TinyDecoder.assertFirst(logits(open(ofType(dtype, true))), logits(open(ofType(dtype, false))));
  }

  /** A Mixtral whose experts are rounded to a type, and written in it or as floats. */
  private static GgufWriter ofType(DType dtype, boolean asFloats) {
    TinyLlama.Shape shape = new TinyLlama.Shape(32, 1, 2, 1, 64, 32);
    GgufWriter gguf =
        TinyLlama.writer(shape, TinyLlama.Vocabulary.SPM, 1)
            .uint32("llama.expert_count", 5)
            .uint32("llama.expert_used_count", 3);
    SplittableRandom random = new SplittableRandom(2);
    gguf.tensor("blk.0.ffn_gate_inp.weight", random(random, 5 * 32), 5, 32);
    put(gguf, "gate", random, dtype, asFloats, 64, 32);
    put(gguf, "up", random, dtype, asFloats, 64, 32);
    put(gguf, "down", random, dtype, asFloats, 32, 64);
    return gguf;
  }

  private static float[] random(SplittableRandom random, int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) random.nextDouble(-0.3, 0.3);
    }
    return values;
  }

  private static void put(
      GgufWriter gguf,
      String projection,
      SplittableRandom random,
      DType dtype,
      boolean asFloats,
      int rows,
      int cols) {
    Matrix all = Matrix.of(random(random, 5 * rows * cols), 5 * rows, cols, dtype);
    String name = "blk.0.ffn_" + projection;
    gguf.removeTensor(name + ".weight");
    if (asFloats) {
      float[] values = new float[5 * rows * cols];
      for (int r = 0; r < 5 * rows; r++) {
        all.row(r, values, r * cols);
      }
      gguf.tensor(name + "_exps.weight", values, 5, rows, cols);
    } else {
      byte[] bytes = all.data().toArray(ValueLayout.JAVA_BYTE);
      gguf.tensor(name + "_exps.weight", typeOf(dtype), bytes, 5, rows, cols);
    }
  }

  /** GGUF's number of a type. */
  private static int typeOf(DType dtype) {
    return switch (dtype) {
      case F16 -> 1;
      case Q4_0 -> 2;
      case Q8_0 -> 8;
      default -> throw new IllegalArgumentException(dtype.name());
    };
  }

  private static void refuses(Checkpoint checkpoint, String message) {
    LanewiseException e =
        assertThrows(LanewiseException.class, () -> Architectures.load(checkpoint));
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "expert_count | 0 | expert_count is 0; it must be from 1 to 16384",
        "expert_count | -1 | it must be",
        "expert_count | 16385 | expert_count is 16385; it must be from 1 to 16384",
        "expert_count | 5 | blk.0.ffn_gate_exps.weight is F32 [4 x 24 x 16]",
        "expert_used_count | 0 | expert_used_count is 0; it must be from 1 to 4",
        "expert_used_count | 5 | expert_used_count is 5; it must be from 1 to 4",
        "expert_feed_forward_length | 0 | it must be from 1 to 1048576",
        "expert_feed_forward_length | 1048576 | but the model needs [4 x 1048576 x 16]",
        "expert_shared_count | 1 | qwen3moe.expert_shared_count is set, but experts that all"
            + " tokens",
        "expert_shared_feed_forward_length | 8 | is set, but experts that all tokens share do not",
        "expert_group_count | 2 | is set, but groups of experts do not run",
        "expert_gating_func | 2 | expert_gating_func is 2; it must be 1, for softmax",
        "expert_weights_scale | 2 | expert_weights_scale is 2.0; it must be 1, for weights as they",
      })
  void whatDoesNotRunIsRefused(String key, int value, String message) {
    String name = "qwen3moe." + key;
    GgufWriter gguf = TinyMixture.gguf().remove(name);
    boolean real = key.endsWith("scale");
    refuses(open(real ? gguf.float32(name, value) : gguf.int32(name, value)), message);
  }

  @Test
  void keysAsTheyAreUsuallyArePassedOver() {
    GgufWriter gguf =
        TinyMixture.gguf()
            .uint32("qwen3moe.expert_gating_func", 1)
            .uint32("qwen3moe.expert_shared_count", 0)
            .float32("qwen3moe.expert_weights_scale", 1);
    assertArrayEquals(logits(open(TinyMixture.gguf())), logits(open(gguf)));
  }

  @Test
  void tensorsOfOtherMixturesAreRefused() {
    for (String name : List.of("ffn_gate_shexp.weight", "exp_probs_b.bias", "ffn_up_exps.bias")) {
      GgufWriter gguf = TinyMixture.gguf().tensor("blk.1." + name, new float[4], 4);
      refuses(open(gguf), "tensor blk.1." + name + " belongs to a mixture of another kind");
    }
    refuses(
        open(TinyMixture.gguf().removeTensor("blk.1.ffn_down_exps.weight")),
        "tensor blk.1.ffn_down_exps.weight is missing");
    refuses(
        open(TinyMixture.gguf().removeTensor("blk.0.ffn_gate_inp.weight")),
        "tensor blk.0.ffn_gate_inp.weight is missing");
  }

  @Test
  void otherArchitecturesHaveNoExperts() {
    refuses(
        open(TinyDecoder.gguf().uint32("qwen2.expert_count", 4)),
        "qwen2.expert_count is set, but mixtures of experts of this architecture do not run");
    UnaryOperator<String> asInFile = name -> name;
    String llama = TinyDecoder.SIZES + "\"llama\", \"num_local_experts\": 4}";
    refuses(
        TinyDecoder.open(folder, asInFile, llama),
        "num_local_experts is set, but mixtures of experts of this architecture do not run");
  }

  @Test
  void hubsOddSizesAreRefused() {
    String config = TinyMixture.QWEN.replace("\"norm_topk_prob\": true", "\"%s\": %s");
    for (String[] odd :
        new String[][] {
          {"decoder_sparse_step", "0", "decoder_sparse_step is 0; it must be from 1 to 4096"},
          {"mlp_only_layers", "[0.5]", "mlp_only_layers"}
        }) {
      refuses(TinyMixture.open(folder, config.formatted(odd[0], odd[1])), odd[2]);
    }
  }

  @Test
  void aTokenMeetsAShareOfTheExperts() {
    Checkpoint dense = TinyDecoder.open(folder, "model.", TinyDecoder.SIZES + "\"llama\"}");
    assertEquals(elements(dense, false), elements(dense, true));
    double experts = 2 * 4 * 3 * 24 * 16;
    List<Checkpoint> files =
        List.of(
            open(TinyMixture.gguf()),
            open(TinyMixture.ggufOfMatrices(TinyMixture.QWEN)),
            TinyMixture.open(folder, TinyMixture.QWEN),
            TinyMixture.openFused(folder, TinyMixture.QWEN));
    for (Checkpoint file : files) {
      assertEquals(elements(file, false) - experts / 2, elements(file, true), file.file());
    }
  }

  /** Numbers in all tensors, or those of them that a token meets. */
  private static double elements(Checkpoint file, boolean met) {
    ToDoubleFunction<TensorInfo> shares = met ? Architectures.shares(file) : tensor -> 1;
    return file.tensors().values().stream()
        .mapToDouble(tensor -> tensor.elements() * shares.applyAsDouble(tensor))
        .sum();
  }

  @Test
  void asAnEncoderItGivesTextsOfABatchWhatItGivesThemAlone() {
    try (Parallel team = Parallel.of(1)) {
      TextEncoder model = Architectures.loadTextEncoder(open(TinyMixture.gguf()));
      TextEncoder.Session session = model.newSession(Kernels.best(team));
      int[] other = {5, 17, 9};
      float[] alone = session.encode(TokenBatch.of(new int[][] {other})).hiddenStates().clone();
      float[] both = session.encode(TokenBatch.of(new int[][] {PROMPT, other})).hiddenStates();
      Goldens.assertClose(alone, both, both.length / 2);
    }
  }
}
