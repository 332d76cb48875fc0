package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Causal attention over a cache, as language models compute it. */
class AttentionAgreementTest {
  private static final int[][] HEADS = {
    {1, 1}, {2, 1}, {3, 3}, {4, 2}, {5, 1}, {6, 3}, {7, 7}, {8, 2}, {9, 3}
  };
  private static final int[] HEAD_DIMS = {8, 16, 20, 24, 33, 64, 80, 96, 128};
  private static final int[] ROWS = {0, 1, 2, 3, 15, 16, 33, 64, 130};
  private static final int[] POSITIONS = {0, 1, 7, 16, 63, 64, 65, 300};

  /** All widths, rows and positions; the kinds of heads take turns. */
  static Stream<Arguments> shapes() {
    List<Arguments> all = new ArrayList<>();
    for (int headDim : HEAD_DIMS) {
      for (int rows : ROWS) {
        for (int position : POSITIONS) {
          int[] heads = HEADS[(all.size() * 7) % HEADS.length];
          all.add(Arguments.of(heads[0], heads[1], headDim, rows, position));
        }
      }
    }
    return all.stream();
  }

  @ParameterizedTest(name = "heads={0}/{1} headDim={2} rows={3} position={4}")
  @MethodSource("shapes")
  void everyShape(int nHeads, int nKvHeads, int headDim, int rows, int position) {
    AttentionCase.causal(nHeads, nKvHeads, headDim, rows, position).checkEveryHead();
  }

  /** So many keys for few rows that they are read part by part, or just not. */
  @ParameterizedTest(name = "heads={0}/{1} headDim={2} rows={3} position={4}")
  @CsvSource({
    "9, 3, 64, 1, 339",
    "9, 3, 64, 1, 340",
    "9, 3, 64, 1, 341",
    "9, 3, 64, 1, 2560",
    "9, 3, 64, 7, 700",
    "8, 2, 128, 3, 700",
    "4, 2, 33, 2, 2000",
    "32, 8, 128, 1, 300",
    "1, 1, 8, 2, 2047",
    "1, 1, 8, 1, 5000",
    "3, 1, 20, 4, 4100"
  })
  void manyKeys(int nHeads, int nKvHeads, int headDim, int rows, int position) {
    AttentionCase.causal(nHeads, nKvHeads, headDim, rows, position).checkEveryHead();
  }

  @Test
  void ofManyKeysSomeMayBeBeyondNumbers() {
    AttentionCase c = AttentionCase.causal(6, 3, 64, 1, 999);
    c.q[2 * 64 + 5] = Float.NaN;
    for (Kernels kernels : Implementations.all()) {
      float[] y = c.run(kernels);
      for (int i = 0; i < y.length; i++) {
        assertEquals(i / 64 == 2, Float.isNaN(y[i]), kernels::description);
      }
    }
    c.q[2 * 64 + 5] = 1;
    // Hidden by −∞ are whole parts, and all keys at last.
    for (int i = 0; i < c.q.length; i++) {
      c.q[i] = Math.abs(c.q[i]) + 0.1f;
    }
    Arrays.fill(c.k, 0, 700 * c.shape.keyWidth(), Float.NEGATIVE_INFINITY);
    c.checkEveryHead();
    Arrays.fill(c.k, Float.NEGATIVE_INFINITY);
    for (Kernels kernels : Implementations.all()) {
      assertArrayEquals(new float[6 * 64], c.run(kernels), kernels.description());
    }
  }

  /** More heads and rows than there can be pieces of work. */
  @ParameterizedTest(name = "headDim={0}")
  @ValueSource(ints = {7, 8})
  void manyHeads(int headDim) {
    AttentionCase.causal(700, 100, headDim, 100, 0).checkEveryHead();
  }

  /** Scores far apart, so that one key takes all, and close together, so that all count. */
  @ParameterizedTest(name = "size {0}")
  @ValueSource(floats = {1e-20f, 0.01f, 3f, 10f, 1e6f})
  void everyMagnitudeOfQueries(float size) {
    AttentionCase c = AttentionCase.causal(4, 2, 64, 5, 70);
    for (int i = 0; i < c.q.length; i++) {
      c.q[i] *= size;
    }
    if (size == 1e6f) { // near ties between scores of a million would be decided by rounding
      Arrays.fill(c.k, 0);
      for (int key = 0; key < 75; key++) {
        Arrays.fill(c.k, key * c.shape.keyWidth(), (key + 1) * c.shape.keyWidth(), key);
      }
      for (int i = 0; i < c.q.length; i++) {
        c.q[i] = Math.abs(c.q[i]);
      }
    }
    c.checkEveryHead();
  }

  @ParameterizedTest(name = "v={0}")
  @EnumSource(names = "MAX", mode = EnumSource.Mode.EXCLUDE)
  void awkwardValues(Fill fill) {
    AttentionCase c = AttentionCase.causal(4, 2, 24, 5, 70);
    float[] values = fill.array(c.v.length, new Random(fill.name().hashCode()));
    System.arraycopy(values, 0, c.v, 0, values.length);
    c.checkEveryHead();
  }

  /**
   * A row of keys that is −∞ hides its value; what lies behind the last visible key never counts.
   */
  @ParameterizedTest(name = "rows={0} position={1}")
  @CsvSource({"1, 0", "1, 40", "5, 0", "5, 40", "33, 7", "64, 64"})
  void maskedKeysDoNotCount(int rows, int position) {
    AttentionCase c = AttentionCase.causal(6, 3, 16, rows, position);
    for (int i = 0; i < c.q.length; i++) {
      c.q[i] = Math.abs(c.q[i]) + 0.1f;
    }
    int width = c.shape.keyWidth();
    for (int key = 0; key < position + rows; key += 3) {
      Arrays.fill(c.k, key * width, (key + 1) * width, Float.NEGATIVE_INFINITY);
    }
    c.checkEveryHead();
    for (Kernels kernels : Implementations.all()) {
      Arrays.fill(c.k, Float.NEGATIVE_INFINITY);
      for (float value : c.run(kernels)) {
        assertEquals(0f, value, () -> kernels.description() + ": a fully masked row must give 0");
      }
    }
  }

  /** Row i must not see key position + i + 1: its content may be anything. */
  @ParameterizedTest(name = "rows={0} position={1}")
  @CsvSource({"1, 0", "1, 40", "5, 40", "33, 7", "64, 64", "130, 3"})
  void theFutureIsInvisible(int rows, int position) {
    AttentionCase c = AttentionCase.causal(4, 2, 24, rows, position);
    int width = c.shape.keyWidth();
    int middle = rows / 2;
    Arrays.fill(c.k, (position + middle + 1) * width, c.k.length, Float.NaN);
    Arrays.fill(c.v, (position + middle + 1) * width, c.v.length, Float.NaN);
    for (Kernels kernels : Implementations.all()) {
      float[] y = c.run(kernels);
      for (int i = 0; i < y.length; i++) {
        boolean mayBeNan = i / c.shape.queryWidth() > middle;
        assertEquals(mayBeNan, Float.isNaN(y[i]), kernels::description);
      }
    }
  }

  @ParameterizedTest(name = "rows={0}")
  @ValueSource(ints = {1, 4, 33})
  void notANumberInOneHeadStaysThere(int rows) {
    AttentionCase c = AttentionCase.causal(6, 3, 16, rows, 20);
    int bad = 2; // a head of the first row
    c.q[bad * 16 + 5] = Float.NaN;
    for (Kernels kernels : Implementations.all()) {
      float[] y = c.run(kernels);
      for (int i = 0; i < y.length; i++) {
        if (i / 16 == bad) {
          assertTrue(Float.isNaN(y[i]), kernels::description);
        } else {
          assertFalse(Float.isNaN(y[i]), kernels::description);
        }
      }
    }
  }
}
