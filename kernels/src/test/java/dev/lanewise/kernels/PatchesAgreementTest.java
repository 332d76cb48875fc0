package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Numbers are moved, not changed: no tolerance. */
class PatchesAgreementTest {
  @ParameterizedTest(name = "{0} x {1} x {2}, {3} every {4}")
  @CsvSource({
    "1, 1, 1, 1, 1",
    "1, 5, 7, 1, 1",
    "3, 224, 224, 16, 16",
    "3, 37, 41, 5, 3",
    "2, 16, 64, 16, 8",
    "4, 9, 9, 9, 1",
    "1, 10, 33, 3, 7",
    "3, 30, 30, 14, 14",
  })
  void everyShape(int channels, int height, int width, int size, int stride) {
    PatchShape shape = new PatchShape(channels, height, width, size, stride);
    check(Fill.NORMAL.array(channels * height * width, new Random(size)), shape);
  }

  @ParameterizedTest(name = "image={0}")
  @EnumSource
  void awkwardContent(Fill fill) {
    check(fill.array(3 * 40 * 40, new Random(1)), new PatchShape(3, 40, 40, 8, 8));
  }

  private static void check(float[] image, PatchShape shape) {
    float[] expected = DoubleKernels.patches(image, shape);
    for (Kernels kernels : Implementations.all()) {
      float[] y = Bounds.guarded(expected.length);
      kernels.patches(image, y, shape);
      assertArrayEquals(expected, Arrays.copyOf(y, expected.length), kernels.description());
      Bounds.assertGuardIntact(y, expected.length, kernels.description());
    }
  }
}
