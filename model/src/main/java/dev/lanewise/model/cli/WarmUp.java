package dev.lanewise.model.cli;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.AttentionMask;
import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.TensorInfo;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;

/**
 * Has the kernels compiled while the model is being loaded. Until then every vector operation is
 * interpreted lane by lane, and on few processors the threads that do so in the first tokens keep
 * the compiler waiting. So one thread runs the operations of a token on rows of {@link #COLUMNS}
 * weights, over and over, until they are fast. Time from start to 16 tokens: 0.85 to 0.9 of that
 * without.
 */
final class WarmUp {
  /**
   * Short rows: a round must be over soon even while it is interpreted. With 128 columns the 16
   * tokens took 1.04 to 1.06 times as long.
   */
  private static final int COLUMNS = 32;

  private static final int HEAD_DIM = 64;

  /** A round that takes less is compiled for the most part; interpreted it takes a hundredfold. */
  private static final long COMPILED_NANOS = 60_000;

  /** Rounds below {@link #COMPILED_NANOS} in a row before it is believed. */
  private static final int STREAK = 8;

  /** Then the compiler is too slow, or there is none. */
  private static final long MAX_NANOS = 1_500_000_000;

  private final Matrix[][] weights;
  private final Thread thread;

  private WarmUp(Collection<Matrix[]> weights) {
    this.weights = weights.toArray(Matrix[][]::new);
    thread = new Thread(this::run, "lanewise-warm-up");
    thread.setDaemon(true);
  }

  /** Begins, with one row of every type of matrix that the checkpoint holds. */
  static WarmUp start(Checkpoint checkpoint) {
    Map<DType, Matrix[]> weights = new EnumMap<>(DType.class);
    for (TensorInfo tensor : checkpoint.tensors().values()) {
      DType dtype = tensor.dtype().orElse(null);
      if (dtype != null && isMatrix(tensor) && !weights.containsKey(dtype)) {
        long wanted = Math.max(COLUMNS, dtype.blockSize());
        int cols = (int) Math.min(tensor.shape().getLast(), wanted);
        if (tensor.elements() > 0 && cols % dtype.blockSize() == 0) {
          weights.put(
              dtype,
              new Matrix[] {new Matrix(checkpoint.data(tensor), 1, cols, dtype).interleaved()});
        }
      }
    }
    WarmUp warmUp = new WarmUp(weights.values());
    warmUp.thread.start();
    return warmUp;
  }

  /** Whether a tensor is a matrix, or one for each expert of a mixture. */
  private static boolean isMatrix(TensorInfo tensor) {
    return tensor.shape().size() == 2 || tensor.shape().size() == 3;
  }

  /** Returns when it is done. */
  void await() {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try (Parallel team = Parallel.of(1)) {
      rounds(Kernels.best(team));
    } catch (RuntimeException | InternalError e) {
      // A file that has become shorter, for one: the run itself will meet it, and say so.
    }
  }

  private void rounds(Kernels kernels) {
    int n = 4 * HEAD_DIM; // four keys, or a row of the longest blocks
    float[] in = new float[n];
    float[] out = new float[n];
    float[] angles = new float[HEAD_DIM];
    float[][] toOut = {out};
    AttentionShape shape = AttentionShape.of(1, 1, HEAD_DIM).causal();
    Arrays.fill(in, 0.5f);
    long start = System.nanoTime();
    long end = start;
    int streak = 0;
    for (int i = 0; streak < STREAK && end - start < MAX_NANOS; i++) {
      long begin = end;
      for (Matrix[] w : weights) {
        kernels.gemm(in, w, toOut, 1);
      }
      kernels.rmsNorm(in, in, 1e-5f, out, 1, COLUMNS);
      kernels.ropeAdjacent(out, angles, angles, 1, 1, HEAD_DIM, HEAD_DIM);
      kernels.glu(Activation.SILU, in, in, out, COLUMNS);
      kernels.add(in, out, COLUMNS);
      kernels.attention(in, in, in, AttentionMask.NONE, out, shape, 1, 1, i % 4 + 1, i % 4);
      end = System.nanoTime();
      streak = end - begin < COMPILED_NANOS ? streak + 1 : 0;
    }
  }
}
