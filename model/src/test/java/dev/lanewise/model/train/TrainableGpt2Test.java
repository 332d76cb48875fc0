package dev.lanewise.model.train;

import static dev.lanewise.model.train.ParameterSums.assertClose;
import static dev.lanewise.model.train.ParameterSums.find;
import static dev.lanewise.model.train.ParameterSums.norm;
import static dev.lanewise.model.train.ParameterSums.weighted;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.arch.TinyEncoderDecoders;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Loss, gradients and steps of a GPT-2 of 2 layers, 2 heads, width 8 and 7 tokens on 2 windows of 5
 * tokens. Numbers are those of torch 2.15 in float32 (cross_entropy, clip_grad_norm_, AdamW), which
 * was given the same weights by the same formula ({@link TinyEncoderDecoders#values}).
 */
class TrainableGpt2Test {
  private static final int[] IDS = {3, 1, 4, 1, 5, 6, 2, 6, 5, 3};
  private static final int[] TARGETS = {1, 4, 1, 5, 0, 2, 6, 5, 3, 5};
  private static final int VOCABULARY = 7;

  private static void run(BiConsumer<TrainableGpt2, Parallel> test) {
    TrainingShape shape = new TrainingShape(2, 2, 8, 32, 5, VOCABULARY, 1e-5f, true, 0, 5, 2);
    try (Parallel team = Parallel.of(2)) {
      test.accept(new TrainableGpt2(shape, Kernels.best(team), TrainableGpt2Test::fill), team);
    }
  }

  private static void fill(Parameter parameter) {
    int[] shape = {parameter.rows(), parameter.cols()};
    float[] values = TinyEncoderDecoders.values(parameter.name(), shape);
    System.arraycopy(values, 0, parameter.values(), 0, values.length);
  }

  @ParameterizedTest
  @CsvSource({
    "token_embd.weight, 1.158071, 0.2943745",
    "position_embd.weight, 0.6368204, 0.4351758",
    "blk.0.attn_norm.weight, 0.2205237, -0.1944852",
    "blk.0.attn_norm.bias, 0.3851322, -1.690761",
    "blk.0.attn_qkv.weight, 0.7660125, -1.107812",
    "blk.0.attn_qkv.bias, 0.2959282, -0.4233166",
    "blk.0.attn_output.weight, 0.7924726, -2.121015",
    "blk.0.attn_output.bias, 0.1763898, -0.1371474",
    "blk.0.ffn_norm.weight, 0.218192, 0.4768168",
    "blk.0.ffn_norm.bias, 0.2815333, -0.9802378",
    "blk.0.ffn_up.weight, 0.6473518, -0.02726951",
    "blk.0.ffn_up.bias, 0.2075484, -0.04493778",
    "blk.0.ffn_down.weight, 1.150811, -3.263707",
    "blk.0.ffn_down.bias, 0.1670387, 0.1223342",
    "blk.1.attn_norm.weight, 0.2128375, 0.7210859",
    "blk.1.attn_norm.bias, 0.2786792, 0.52708",
    "blk.1.attn_qkv.weight, 0.6364568, -0.9085822",
    "blk.1.attn_qkv.bias, 0.1243342, 0.4297228",
    "blk.1.attn_output.weight, 0.5456091, 0.03162556",
    "blk.1.attn_output.bias, 0.06032974, -0.01026836",
    "blk.1.ffn_norm.weight, 0.2308958, -0.5553445",
    "blk.1.ffn_norm.bias, 0.1732688, -0.6125873",
    "blk.1.ffn_up.weight, 0.3948634, 1.048532",
    "blk.1.ffn_up.bias, 0.08687137, 0.06766338",
    "blk.1.ffn_down.weight, 0.6094475, -0.6661392",
    "blk.1.ffn_down.bias, 0.03692805, -0.01404222",
    "output_norm.weight, 0.8856992, 1.636668",
    "output_norm.bias, 0.4551076, 0.4963666",
  })
  void gradientsAgreeWithTorch(String name, double norm, double weighted) {
    run(
        (model, team) -> {
          assertEquals(28, model.parameters().all().size());
          assertClose(2.957953, model.forward(IDS, TARGETS));
          model.backward(IDS, TARGETS);
          float[] gradient = find(model, name).gradient();
          assertClose(norm, norm(gradient));
          assertClose(weighted, weighted(gradient));
        });
  }

  @Test
  void threeStepsAgreeWithTorch() {
    run(
        (model, team) -> {
          AdamW optimiser = new AdamW(model.parameters().trained(), team, 0.1f);
          float[] rates = {0.01f, 0.02f, 0.005f};
          double[] losses = {2.957953, 2.374081, 1.578833};
          for (int i = 0; i < rates.length; i++) {
            assertEquals(losses[i], model.forward(IDS, TARGETS), 1e-4);
            model.backward(IDS, TARGETS);
            optimiser.step(rates[i], 1); // the gradients are 2.8, 3.0 and 3.4 long
          }
          assertEquals(1.390495, model.forward(IDS, TARGETS), 1e-4);
          String block = "blk.1.ffn_";
          assertEquals(13.141, weighted(find(model, "token_embd.weight").values()), 1e-3);
          assertEquals(13.47058, weighted(find(model, "blk.0.attn_qkv.weight").values()), 1e-3);
          assertEquals(-2.571095, weighted(find(model, block + "norm.weight").values()), 1e-4);
          assertEquals(1.720016, weighted(find(model, block + "down.bias").values()), 1e-4);
        });
  }
}
