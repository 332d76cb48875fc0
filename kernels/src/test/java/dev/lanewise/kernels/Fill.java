package dev.lanewise.kernels;

import java.util.Random;

/** Ordinary and awkward contents of an array. */
enum Fill {
  NORMAL {
    @Override
    float next(Random random) {
      return (float) random.nextGaussian();
    }
  },
  ZERO {
    @Override
    float next(Random random) {
      return random.nextBoolean() ? 0f : -0f;
    }
  },
  MAX {
    @Override
    float next(Random random) {
      return random.nextBoolean() ? Float.MAX_VALUE : -Float.MAX_VALUE;
    }
  },
  DENORMAL {
    @Override
    float next(Random random) {
      return Float.intBitsToFloat(random.nextInt(1 << 23) | random.nextInt(2) << 31);
    }
  },
  /** One element in a hundred is not a number, of either sign. */
  SOME_NAN {
    @Override
    float next(Random random) {
      return random.nextInt(100) == 0
          ? Math.copySign(Float.NaN, random.nextBoolean() ? 1 : -1)
          : (float) random.nextGaussian();
    }
  },
  SOME_POSITIVE_INFINITY {
    @Override
    float next(Random random) {
      return random.nextInt(100) == 0 ? Float.POSITIVE_INFINITY : (float) random.nextGaussian();
    }
  },
  SOME_NEGATIVE_INFINITY {
    @Override
    float next(Random random) {
      return random.nextInt(100) == 0 ? Float.NEGATIVE_INFINITY : (float) random.nextGaussian();
    }
  },
  ALL_NAN {
    @Override
    float next(Random random) {
      return Float.NaN;
    }
  },
  /** With its sign set, as x86 processors make it of 0 · ∞. */
  ALL_NEGATIVE_NAN {
    @Override
    float next(Random random) {
      return Math.copySign(Float.NaN, -1f);
    }
  };

  abstract float next(Random random);

  /** A new array of {@code n} such numbers. */
  float[] array(int n, Random random) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = next(random);
    }
    return values;
  }
}
