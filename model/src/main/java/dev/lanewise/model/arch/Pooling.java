package dev.lanewise.model.arch;

import java.util.Arrays;

/** How the hidden states of a sequence become one vector. */
public enum Pooling {
  /** Their mean (Reimers and Gurevych 2019, arXiv:1908.10084). */
  MEAN {
    @Override
    void pool(float[] x, int from, int tokens, int dim, float[] y, int to) {
      add(x, from, tokens, dim, y, to);
      divide(y, to, dim, tokens);
    }
  },

  /** Their sum, divided by the square root of their number. */
  MEAN_SQRT_LENGTH {
    @Override
    void pool(float[] x, int from, int tokens, int dim, float[] y, int to) {
      add(x, from, tokens, dim, y, to);
      divide(y, to, dim, (float) Math.sqrt(tokens));
    }
  },

  /** Their mean, where each counts as often as its number (Muennighoff 2022, arXiv:2202.08904). */
  WEIGHTED_MEAN {
    @Override
    void pool(float[] x, int from, int tokens, int dim, float[] y, int to) {
      Arrays.fill(y, to, to + dim, 0);
      for (int t = 0; t < tokens; t++) {
        for (int j = 0; j < dim; j++) {
          y[to + j] += (t + 1) * x[from + t * dim + j];
        }
      }
      divide(y, to, dim, 0.5f * tokens * (tokens + 1));
    }
  },

  /** The greatest number in each place. */
  MAX {
    @Override
    void pool(float[] x, int from, int tokens, int dim, float[] y, int to) {
      System.arraycopy(x, from, y, to, dim);
      for (int t = 1; t < tokens; t++) {
        for (int j = 0; j < dim; j++) {
          y[to + j] = Math.max(y[to + j], x[from + t * dim + j]);
        }
      }
    }
  },

  /** The first token's, which is a token added for this purpose: BERT's {@code [CLS]}. */
  CLS {
    @Override
    void pool(float[] x, int from, int tokens, int dim, float[] y, int to) {
      System.arraycopy(x, from, y, to, dim);
    }
  },

  /** The last token's. */
  LAST {
    @Override
    void pool(float[] x, int from, int tokens, int dim, float[] y, int to) {
      System.arraycopy(x, from + (tokens - 1) * dim, y, to, dim);
    }
  };

  /**
   * y = pooled x.
   *
   * @param x holds the states at {@code [from, from + tokens · dim)}
   * @param tokens how many there are; at least 1
   * @param y holds the result at {@code [to, to + dim)}
   */
  abstract void pool(float[] x, int from, int tokens, int dim, float[] y, int to);

  private static void add(float[] x, int from, int tokens, int dim, float[] y, int to) {
    System.arraycopy(x, from, y, to, dim);
    for (int t = 1; t < tokens; t++) {
      for (int j = 0; j < dim; j++) {
        y[to + j] += x[from + t * dim + j];
      }
    }
  }

  private static void divide(float[] y, int to, int dim, float by) {
    for (int j = 0; j < dim; j++) {
      y[to + j] /= by;
    }
  }
}
