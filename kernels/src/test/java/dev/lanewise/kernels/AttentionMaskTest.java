package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which bias and which keys belong to a query. */
class AttentionMaskTest {
  private static final int ROWS = 3;
  private static final int KEYS = 4;

  private static float[] ramp(int n) {
    float[] x = new float[n];
    for (int i = 0; i < n; i++) {
      x[i] = i;
    }
    return x;
  }

  private static float bias(AttentionMask mask, int sequence, int head, int row, int key) {
    return mask.bias()[mask.biasAt(sequence, head, row) + key];
  }

  @Test
  void aBiasIsSharedOrEachHeadsOrEachSequencesOwn() {
    AttentionMask shared = AttentionMask.bias(ramp(12), KEYS);
    assertEquals(2 * 4 + 1, bias(shared, 1, 1, 2, 1));
    AttentionMask perHead = AttentionMask.biasPerHead(ramp(24), ROWS, KEYS);
    assertEquals(12 + 2 * 4 + 1, bias(perHead, 1, 1, 2, 1));
    AttentionMask perSequence = shared.withStrides(12, 0);
    assertEquals(12, perSequence.biasAt(1, 1, 0));
  }

  @Test
  void aRelativeBiasDependsOnTheDistanceAlone() {
    AttentionMask mask = AttentionMask.relative(ramp(2 * (ROWS + KEYS - 1)), ROWS, KEYS);
    for (int head = 0; head < 2; head++) {
      for (int row = 0; row < ROWS; row++) {
        for (int key = 0; key < KEYS; key++) {
          int expected = head * (ROWS + KEYS - 1) + ROWS - 1 + key - row;
          assertEquals(expected, bias(mask, 0, head, row, key));
        }
      }
    }
  }

  @Test
  void alibiFallsWithTheDistance() {
    AttentionMask mask = AttentionMask.alibi(new float[] {0.5f, 2}, ROWS, 7, 4);
    for (int row = 0; row < ROWS; row++) {
      for (int key = 0; key < 7; key++) {
        assertEquals(0.5f * (key - 4 - row), bias(mask, 0, 0, row, key));
        assertEquals(2f * (key - 4 - row), bias(mask, 0, 1, row, key));
      }
    }
  }

  @Test
  void alibiOfNothingIsEmpty() {
    assertEquals(0, AttentionMask.alibi(new float[] {0.5f, 2}, 0, 0, 0).bias().length);
  }

  @Test
  void whatIsNotVisibleIsMinusInfinity() {
    AttentionMask mask = AttentionMask.visible(new boolean[] {true, false, false, true}, 2);
    assertEquals(0f, bias(mask, 0, 0, 0, 0));
    assertEquals(Float.NEGATIVE_INFINITY, bias(mask, 0, 0, 0, 1));
    assertEquals(Float.NEGATIVE_INFINITY, bias(mask, 0, 0, 1, 0));
    assertEquals(0f, bias(mask, 0, 0, 1, 1));
  }

  @Test
  void aSumIsThatOfEveryQueryAndKey() {
    boolean[] seen = {true, true, false, true, false, true, false, false, true, true, false, true};
    boolean[] padding = {false, true, true, true, false, false, true, true};
    List<AttentionMask> masks =
        List.of(
            AttentionMask.alibi(new float[] {0.5f, 2}, ROWS, KEYS, 0),
            AttentionMask.biasPerHead(ramp(24), ROWS, KEYS),
            AttentionMask.visible(seen, KEYS),
            AttentionMask.bias(ramp(24), KEYS).withStrides(12, 0),
            AttentionMask.visible(padding, 0).withStrides(KEYS, 0),
            AttentionMask.NONE);
    for (AttentionMask a : masks) {
      for (AttentionMask b : masks) {
        AttentionMask sum = a.plus(b, 2, 2, ROWS, KEYS);
        for (int i = 0; i < 2 * 2 * ROWS * KEYS; i++) {
          int key = i % KEYS;
          int row = i / KEYS % ROWS;
          int head = i / KEYS / ROWS % 2;
          int sequence = i / KEYS / ROWS / 2;
          float expected = 0;
          for (AttentionMask part : new AttentionMask[] {a, b}) {
            expected += part.bias() == null ? 0 : bias(part, sequence, head, row, key);
          }
          assertEquals(expected, sum.bias() == null ? 0 : bias(sum, sequence, head, row, key));
        }
      }
    }
    AttentionMask padded = masks.get(4).plus(masks.get(4), 2, 2, ROWS, KEYS);
    assertEquals(2 * KEYS, padded.bias().length, "heads and queries share it");
  }

  @Test
  void aSumHidesWhatEitherHides() {
    float lowest = -Float.MAX_VALUE;
    float hidden = Float.NEGATIVE_INFINITY;
    AttentionMask a =
        AttentionMask.bias(new float[] {hidden, lowest, 1, 5}, KEYS).withLengths(4, 1);
    AttentionMask b = AttentionMask.bias(new float[] {-hidden, lowest, hidden, 1}, KEYS);
    AttentionMask sum = a.plus(b.withLengths(2, 3), 2, 1, 1, KEYS);
    assertArrayEquals(new float[] {hidden, lowest, hidden, 6}, sum.bias());
    assertArrayEquals(new int[] {2, 1}, sum.lengths());
    assertArrayEquals(new int[] {4, 1}, b.plus(a, 2, 1, 1, KEYS).lengths());
    assertArrayEquals(
        new int[] {2, 1}, AttentionMask.lengths(2, 3).plus(a, 2, 1, 1, KEYS).lengths());
    assertThrows(IllegalArgumentException.class, () -> a.plus(b, 2, 1, 2, KEYS));
    assertThrows(IllegalArgumentException.class, () -> b.plus(a, 1, 1, 1, KEYS + 1));
  }

  @Test
  void lengthsCutTheKeys() {
    AttentionMask mask = AttentionMask.bias(ramp(12), KEYS).withLengths(4, 0, 3);
    assertEquals(4, mask.length(0, KEYS));
    assertEquals(0, mask.length(1, KEYS));
    assertEquals(3, mask.length(2, KEYS));
    assertEquals(KEYS, AttentionMask.NONE.length(2, KEYS));
  }

  @ParameterizedTest(name = "before={0} after={1} position={2} keys={3}")
  @CsvSource({
    "2147483647, 2147483647, 5, 9, 0, 9",
    "2147483647, 0, 5, 9, 0, 6",
    "2, 1, 5, 9, 3, 7",
    "2, 1, 0, 9, 0, 2",
    "2, 1, 8, 9, 6, 9",
    "2, 1, 20, 9, 18, 9",
    "0, 2147483647, 2147483646, 9, 2147483646, 9",
    "0, 0, 5, 0, 5, 0"
  })
  void aWindowLimitsTheKeys(int before, int after, int position, int keys, int first, int end) {
    AttentionShape shape = AttentionShape.of(1, 1, 4).within(before, after);
    assertEquals(first, shape.firstKey(position));
    assertEquals(end, shape.endKey(position, keys));
  }

  @Test
  void aShapeKnowsItsWidths() {
    AttentionShape shape = AttentionShape.of(6, 2, 16).withValueDim(5);
    assertEquals(0.25f, shape.scale());
    assertEquals(3, shape.groupSize());
    assertEquals(96, shape.queryWidth());
    assertEquals(32, shape.keyWidth());
    assertEquals(10, shape.valueWidth());
    assertEquals(30, shape.outputWidth());
  }

  @Test
  void badShapesAreRefused() {
    AttentionShape good = AttentionShape.of(4, 2, 8);
    Class<IllegalArgumentException> refused = IllegalArgumentException.class;
    assertThrows(refused, () -> AttentionShape.of(0, 1, 8));
    assertThrows(refused, () -> AttentionShape.of(4, 3, 8));
    assertThrows(refused, () -> AttentionShape.of(4, 2, 0));
    assertThrows(refused, () -> good.withValueDim(0));
    assertThrows(refused, () -> good.withSoftCap(-1));
    assertThrows(refused, () -> good.withSoftCap(Float.NaN));
    assertThrows(refused, () -> good.withSoftCap(Float.POSITIVE_INFINITY));
    assertThrows(refused, () -> good.within(-1, 0));
    assertThrows(refused, () -> good.within(0, -1));
  }
}
