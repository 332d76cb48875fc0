package dev.lanewise.kernels;

/** The element-wise functions between layers. */
public enum Activation {
  /** x. */
  IDENTITY,

  /** max(x, 0). */
  RELU,

  /** 1 / (1 + e⁻ˣ). */
  SIGMOID,

  /** tanh x. */
  TANH,

  /** x / (1 + e⁻ˣ), also called Swish. Elfwing et al. 2017, arXiv:1702.03118. */
  SILU,

  /** x · (1 + erf(x / √2)) / 2. Hendrycks and Gimpel 2016, arXiv:1606.08415. */
  GELU,

  /** The same paper's approximation x · (1 + tanh(√(2/π) · (x + 0.044715 · x³))) / 2. */
  GELU_TANH
}
