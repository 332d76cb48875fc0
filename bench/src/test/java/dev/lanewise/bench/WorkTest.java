package dev.lanewise.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.lanewise.bench.peers.PeerEncoderBenchmark;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Operations and bytes that a call is held against, counted by hand. */
class WorkTest {
  /** Of the benchmark with these parameters, names and values, and the first of each other. */
  private static Work work(Class<? extends KernelBenchmark> type, String... parameters) {
    Map<String, List<String>> given = new HashMap<>();
    for (int i = 0; i < parameters.length; i += 2) {
      given.put(parameters[i], List.of(parameters[i + 1]));
    }
    return Benchmarks.create(type, Benchmarks.combinations(type, given).getFirst()).work();
  }

  @Test
  void everyOperandIsCountedOnce() {
    // x and y of 3 rows, weight and bias of one
    assertEquals(
        Work.of(7 * 30, 4 * (30 + 30 + 10 + 10)), work(LayerNormBenchmark.class, "shape", "3x10"));
    assertEquals(
        Work.of(2 * 64 * 32, 64 * 18 + 4 * (64 + 32)),
        work(GemvBenchmark.class, "dtype", "Q4_0", "shape", "64x32"));
    assertEquals(
        Work.of(2 * 5 * 64 * 32, 64 * 18 + 4 * (5 * 32 + 5 * 64)),
        work(GemmBenchmark.class, "dtype", "Q4_0", "shape", "5x64x32"));
    // 64 biases, and six operations for each number of the output
    assertEquals(
        Work.of(2 * 5 * 64 * 32 + 6 * 5 * 64, 64 * 18 + 4 * (5 * 32 + 5 * 64 + 64)),
        work(GemmBenchmark.class, "dtype", "Q4_0", "shape", "5x64x32", "fused", "BIAS_GELU"));
  }

  @Test
  void pairsThatACausalMaskHidesAreNotCounted() {
    // 6 heads of 8, 3 for keys and values; rows 1 and 2 see 4 and 5 keys
    Work causal = work(AttentionBenchmark.class, "shape", "6x3x8x2x5", "sees", "causal");
    assertEquals(Work.of(4 * 6 * 8 * (4 + 5), 4 * 8 * (6 * 2 * 2 + 3 * 5 * 2)), causal);
    Work full = work(AttentionBenchmark.class, "shape", "6x3x8x2x5", "sees", "full");
    assertEquals(Work.of(4 * 6 * 8 * (5 + 5), causal.bytes()), full);
    // rows 298 and 299 see 256 keys each, 257 in all
    Work window = work(AttentionBenchmark.class, "shape", "6x3x8x2x300", "sees", "window");
    assertEquals(Work.of(4 * 6 * 8 * 512, 4 * 8 * (6 * 2 * 2 + 3 * 257 * 2)), window);
  }

  @Test
  void aBiasIsReadAndAdded() {
    Work plain = work(AttentionBenchmark.class, "shape", "6x3x8x2x5", "sees", "full");
    Work biased =
        work(AttentionBenchmark.class, "shape", "6x3x8x2x5", "sees", "full", "bias", "RELATIVE");
    assertEquals(Work.of(plain.flops() + 6 * 10, plain.bytes() + 4 * 6 * 6), biased);
  }

  /** Two blocks of four matrices of 256 x 256 and two of 512 x 256, and nothing else. */
  @Test
  void anEncoderMultipliesEveryTokenWithItsBlocks() {
    double weights = 2 * (4 * 256 * 256 + 2 * 512 * 256);
    assertEquals(
        new Work(2 * 27 * weights, 4 * weights, 27),
        work(EmbedBenchmark.class, "model", "random:F32", "shape", "3x9"));
  }

  @Test
  void anEncoderMultipliesItsMatricesAndAttends() {
    // per layer four matrices of 8 x 8 and two of 8 x 12; three texts of 5, whose tokens see 5 each
    int weights = 4 * 8 * 8 + 2 * 8 * 12;
    assertEquals(
        new Work(2 * 15 * weights + 4 * 8 * 15 * 5, 4 * weights + 4 * 8 * (15 + 15), 15),
        work(PeerEncoderBenchmark.class, "model", TinyModels.bert().toString(), "shape", "3x5"));
  }

  @Test
  void whatOnlyCopiesComputesNothing() {
    assertEquals(Work.of(0, 8 * 3 * 4 * 4), work(PatchesBenchmark.class, "shape", "3x4x4x2"));
    assertEquals(
        Work.of(6, 8 * 6), work(ActivationBenchmark.class, "activation", "RELU", "shape", "2x3"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "3", "3x", "3x10x1", "3x0", "-3x10", "3xa", "3x9999999999"})
  void shapesThatAreNoneAreRefused(String shape) {
    Exception e =
        assertThrows(
            IllegalArgumentException.class, () -> work(SoftmaxBenchmark.class, "shape", shape));
    assertEquals(
        "shape '" + shape + "' must be 2 numbers above 0 with an x between them", e.getMessage());
  }
}
