/**
 * Numbers in, numbers out: the compute kernels of a transformer, in plain Java.
 *
 * <p>Where to begin: {@link dev.lanewise.kernels.Kernels} is every operation, {@link
 * dev.lanewise.kernels.Parallel} the threads, {@link dev.lanewise.kernels.Matrix} the weights.
 */
module dev.lanewise.kernels {
  requires jdk.incubator.vector;

  exports dev.lanewise.kernels;
  exports dev.lanewise.kernels.quant;
}
