package dev.lanewise.model.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.lanewise.kernels.AttentionMask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RelativePositionsTest {
  private static final int HEADS = 3;

  /** Weight of bucket b and head h is 10 · b + h. */
  private static RelativePositions.Buckets buckets(
      int buckets, int maxDistance, boolean bidirectional) {
    float[] weights = new float[buckets * HEADS];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = 10 * (i / HEADS) + i % HEADS;
    }
    return new RelativePositions.Buckets(weights, HEADS, buckets, maxDistance, bidirectional);
  }

  /** T5's 32 buckets up to distance 128, as its published code gives them. */
  @ParameterizedTest
  @CsvSource({
    "true, 0, 0",
    "true, -1, 1",
    "true, -7, 7",
    "true, -8, 8",
    "true, -11, 8",
    "true, -12, 9",
    "true, -16, 10",
    "true, -32, 12",
    "true, -64, 14",
    "true, -90, 14",
    "true, -91, 15",
    "true, -1000, 15",
    "true, 1, 17",
    "true, 8, 24",
    "true, 64, 30",
    "true, 128, 31",
    "false, 0, 0",
    "false, 5, 0",
    "false, -15, 15",
    "false, -16, 16",
    "false, -32, 21",
    "false, -64, 26",
    "false, -112, 30",
    "false, -113, 31",
    "false, -5000, 31",
  })
  void bucketsGrowWithTheDistance(boolean bidirectional, int distance, int bucket) {
    assertEquals(bucket, buckets(32, 128, bidirectional).bucket(distance));
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void everyMaskShowsTheBiasOfEachDistance(boolean bidirectional) {
    RelativePositions.Buckets buckets = buckets(8, 20, bidirectional);
    RelativePositions.Masks masks = new RelativePositions(HEADS, buckets).newMasks();
    int[][] positionsAndRows = {{0, 1}, {1, 1}, {2, 1}, {3, 4}, {0, 9}, {40, 1}, {2, 5}};
    for (int[] call : positionsAndRows) {
      AttentionMask mask = masks.at(call[0], call[1]);
      for (int h = 0; h < HEADS; h++) {
        for (int i = 0; i < call[1]; i++) {
          for (int j = 0; j < call[0] + call[1]; j++) {
            assertEquals(
                10 * buckets.bucket(j - (call[0] + i)) + h,
                mask.bias()[mask.biasAt(0, h, i) + j],
                "query " + (call[0] + i) + ", key " + j);
          }
        }
      }
    }
  }

  /** As the paper's code gives them for 12 heads. */
  @Test
  void slopesOfAlibiAreThoseOfThePaper() {
    float[] slopes = {
      0.5f,
      0.25f,
      0.125f,
      0.0625f,
      0.03125f,
      0.015625f,
      0.0078125f,
      0.00390625f,
      0.70710678f,
      0.35355339f,
      0.17677670f,
      0.08838835f
    };
    AttentionMask mask = RelativePositions.alibi(12).newMasks().at(0, 4);
    for (int h = 0; h < 12; h++) {
      for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) {
          assertEquals(-slopes[h] * Math.abs(i - j), mask.bias()[mask.biasAt(0, h, i) + j], 1e-6f);
        }
      }
    }
  }

  @Test
  void masksAreMadeOnce() {
    RelativePositions.Masks masks = new RelativePositions(HEADS, buckets(8, 20, false)).newMasks();
    AttentionMask longest = masks.at(30, 1);
    AttentionMask first = masks.at(7, 1);
    assertSame(first, masks.at(7, 1));
    assertSame(first, masks.at(7, 3));
    assertSame(longest, masks.at(30, 1));
    assertSame(longest.bias(), first.bias());
  }
}
