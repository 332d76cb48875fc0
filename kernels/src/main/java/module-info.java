/** Numbers in, numbers out: the compute kernels of a transformer, in plain Java. */
module dev.lanewise.kernels {
  requires jdk.incubator.vector;

  exports dev.lanewise.kernels;
  exports dev.lanewise.kernels.quant;
}
