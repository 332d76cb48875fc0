/**
 * The tensor types: one file per format, with its layout and the exact value of every element, in
 * plain loops. Layouts and the order of the float operations are those of ggml's GGUF. Knows bytes
 * and floats only: no matrix, no file, no vector instruction.
 */
package dev.lanewise.kernels.quant;
