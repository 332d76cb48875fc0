package dev.lanewise.kernels.quant;

/**
 * The numbers that the codes of a block stand for, where they are not evenly spaced.
 *
 * <p>Source: the tables of ggml ({@code ggml-common.h}).
 */
final class Codebooks {
  /** What the codes of {@link IQ4_NL} and {@link IQ4_XS} stand for. */
  static final byte[] NON_LINEAR = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
  };

  /** Twice the four-bit floats with 1 sign, 2 exponent and 1 fraction bits; −0 is 0. */
  static final byte[] TWICE_E2M1 = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

  private Codebooks() {}
}
