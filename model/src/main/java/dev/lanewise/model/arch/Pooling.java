package dev.lanewise.model.arch;

/** How the hidden states of a sequence become one vector. */
public enum Pooling {
  /** Their mean (Reimers and Gurevych 2019, arXiv:1908.10084). */
  MEAN {
    @Override
    void pool(float[] x, int from, int tokens, int dim, float[] y, int to) {
      System.arraycopy(x, from, y, to, dim);
      for (int t = 1; t < tokens; t++) {
        for (int j = 0; j < dim; j++) {
          y[to + j] += x[from + t * dim + j];
        }
      }
      for (int j = 0; j < dim; j++) {
        y[to + j] /= tokens;
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
}
