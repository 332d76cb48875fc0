package dev.lanewise.model.nn;

import dev.lanewise.kernels.Matrix;

/**
 * A linear layer: y = x · Wᵀ + b.
 *
 * @param weight [outputs × inputs]
 * @param bias [outputs], or null for none
 */
public record Linear(Matrix weight, float[] bias) {}
