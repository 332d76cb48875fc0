/**
 * The contract of the kernels and what they work on: matrices of weights, arrays of activations and
 * a team of threads. Knows no model, file or token.
 */
package dev.lanewise.kernels;
