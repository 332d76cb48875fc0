package dev.lanewise.kernels;

import dev.lanewise.kernels.quant.BF16;
import dev.lanewise.kernels.quant.F16;
import dev.lanewise.kernels.quant.F32;
import dev.lanewise.kernels.quant.IQ1_M;
import dev.lanewise.kernels.quant.IQ1_S;
import dev.lanewise.kernels.quant.IQ2_S;
import dev.lanewise.kernels.quant.IQ2_XS;
import dev.lanewise.kernels.quant.IQ2_XXS;
import dev.lanewise.kernels.quant.IQ3_S;
import dev.lanewise.kernels.quant.IQ3_XXS;
import dev.lanewise.kernels.quant.IQ4_NL;
import dev.lanewise.kernels.quant.IQ4_XS;
import dev.lanewise.kernels.quant.MXFP4;
import dev.lanewise.kernels.quant.NVFP4;
import dev.lanewise.kernels.quant.Q2_K;
import dev.lanewise.kernels.quant.Q3_K;
import dev.lanewise.kernels.quant.Q4_0;
import dev.lanewise.kernels.quant.Q4_1;
import dev.lanewise.kernels.quant.Q4_K;
import dev.lanewise.kernels.quant.Q5_0;
import dev.lanewise.kernels.quant.Q5_1;
import dev.lanewise.kernels.quant.Q5_K;
import dev.lanewise.kernels.quant.Q6_K;
import dev.lanewise.kernels.quant.Q8_0;
import dev.lanewise.kernels.quant.TQ1_0;
import dev.lanewise.kernels.quant.TQ2_0;

/** The element types of a {@link Matrix}: one constant and one {@link BlockFormat} each. */
public enum DType {
  F32(new F32()),
  F16(new F16()),
  BF16(new BF16()),
  Q4_0(new Q4_0()),
  Q4_1(new Q4_1()),
  Q5_0(new Q5_0()),
  Q5_1(new Q5_1()),
  Q8_0(new Q8_0()),
  Q2_K(new Q2_K()),
  Q3_K(new Q3_K()),
  Q4_K(new Q4_K()),
  Q5_K(new Q5_K()),
  Q6_K(new Q6_K()),
  IQ1_S(new IQ1_S()),
  IQ1_M(new IQ1_M()),
  IQ2_XXS(new IQ2_XXS()),
  IQ2_XS(new IQ2_XS()),
  IQ2_S(new IQ2_S()),
  IQ3_XXS(new IQ3_XXS()),
  IQ3_S(new IQ3_S()),
  IQ4_NL(new IQ4_NL()),
  IQ4_XS(new IQ4_XS()),
  TQ1_0(new TQ1_0()),
  TQ2_0(new TQ2_0()),
  MXFP4(new MXFP4()),
  NVFP4(new NVFP4());

  private final BlockFormat format;

  DType(BlockFormat format) {
    this.format = format;
  }

  /** The layout of this type's blocks. */
  public BlockFormat format() {
    return format;
  }

  /** Whether numbers can be rounded to this type, as {@link Matrix#quantised} does. */
  public boolean canQuantise() {
    return format instanceof WritableFormat;
  }

  /** Elements per block. */
  public int blockSize() {
    return format.blockSize();
  }

  /**
   * Bytes that {@code count} elements take.
   *
   * @param count elements, a multiple of {@link #blockSize}
   * @throws ArithmeticException if the size exceeds a long
   */
  public long bytes(long count) {
    return Math.multiplyExact(count / format.blockSize(), (long) format.blockBytes());
  }
}
