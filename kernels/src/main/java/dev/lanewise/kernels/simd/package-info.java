/**
 * The operations again, with vector instructions through {@code jdk.incubator.vector}. {@link
 * dev.lanewise.kernels.simd.SimdKernels} maps each to its body; lane widths are known to {@code
 * Species} alone, tile sizes to {@code GemmBlocking}. Nothing here starts a thread.
 */
package dev.lanewise.kernels.simd;
