package dev.lanewise.model.nn;

import dev.lanewise.kernels.AttentionMask;
import dev.lanewise.kernels.Kernels;
import java.util.Arrays;

/**
 * A block and a convolution of what the block reads beside it, as in DeBERTa 2 (He et al. 2020,
 * arXiv:2006.03654): x = norm(block(x) + f(filters ∗ x)), where each token is seen with its
 * neighbours. Beyond the ends of a sequence, and where there is padding, there are zeros.
 *
 * @param groups f(filters ∗ x + bias) of equal shares of the columns of x: [outputs × (inputs ·
 *     kernel)]
 * @param kernel how many tokens a filter sees, odd: the token and as many on either side
 */
public record ConvolvedBlock(Block block, Projections[] groups, int kernel, Norm norm)
    implements Block {
  @Override
  public void forward(Kernels kernels, Workspace ws, AttentionMask mask, int batch, int length) {
    int rows = batch * length;
    float[] convolved = ws.second();
    for (int g = 0; g < groups.length; g++) {
      float[] neighbours = neighbours(ws, mask, batch, length, g);
      groups[g].forward(kernels, neighbours, ws.toOut, rows);
      int width = groups[g].outputs();
      for (int r = 0; r < rows; r++) {
        System.arraycopy(ws.out, r * width, convolved, r * ws.dim + g * width, width);
      }
    }
    block.forward(kernels, ws, mask, batch, length);
    kernels.add(convolved, ws.x, rows * ws.dim);
    norm.forward(kernels, ws.x, ws.x, rows);
  }

  /** The columns of a group of each row and its neighbours, [rows × inputs × kernel] (im2col). */
  private float[] neighbours(Workspace ws, AttentionMask mask, int batch, int length, int group) {
    int columns = groups[group].inputs();
    int inputs = columns / kernel;
    float[] y = ws.spare(0, Math.multiplyExact(batch * length, columns));
    for (int i = 0; i < batch; i++) {
      int tokens = mask.length(i, length);
      int sequence = i * length;
      Arrays.fill(y, sequence * columns, (sequence + length) * columns, 0);
      for (int t = 0; t < tokens; t++) {
        int first = t - kernel / 2;
        int end = Math.min(first + kernel, tokens);
        for (int from = Math.max(0, first); from < end; from++) {
          int x = (sequence + from) * ws.dim + group * inputs;
          int to = (sequence + t) * columns + from - first;
          for (int c = 0; c < inputs; c++) {
            y[to + c * kernel] = ws.x[x + c];
          }
        }
      }
    }
    return y;
  }
}
