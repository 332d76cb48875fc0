package dev.lanewise.kernels;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Kernels that refuse a second caller while they work for one. Their scratch memory and the
 * operands of the operation in progress would be overwritten, and both callers get wrong numbers.
 */
final class SingleCallerKernels implements Kernels {
  private final Kernels kernels;
  private final AtomicBoolean busy = new AtomicBoolean();

  SingleCallerKernels(Kernels kernels) {
    this.kernels = kernels;
  }

  private void enter() {
    if (!busy.compareAndSet(false, true)) {
      throw new IllegalStateException(
          "these kernels serve one caller at a time; make some for each thread, with its own team");
    }
  }

  private void leave() {
    busy.set(false);
  }

  @Override
  public String description() {
    return kernels.description();
  }

  @Override
  public Parallel team() {
    return kernels.team();
  }

  @Override
  public void gemm(float[] x, Matrix[] w, float[][] y, int m) {
    enter();
    try {
      kernels.gemm(x, w, y, m);
    } finally {
      leave();
    }
  }

  @Override
  public void gemm(float[] x, Matrix[] w, Epilogue[] epilogues, float[][] y, int m) {
    enter();
    try {
      kernels.gemm(x, w, epilogues, y, m);
    } finally {
      leave();
    }
  }

  @Override
  public void gemm(MatrixView a, MatrixView b, MatrixView c, Epilogue epilogue) {
    enter();
    try {
      kernels.gemm(a, b, c, epilogue);
    } finally {
      leave();
    }
  }

  @Override
  public void gather(Matrix table, int[] ids, float[] y, int count) {
    enter();
    try {
      kernels.gather(table, ids, y, count);
    } finally {
      leave();
    }
  }

  @Override
  public void rmsNorm(float[] x, float[] weight, float epsilon, float[] y, int rows, int n) {
    enter();
    try {
      kernels.rmsNorm(x, weight, epsilon, y, rows, n);
    } finally {
      leave();
    }
  }

  @Override
  public void layerNorm(
      float[] x, float[] weight, float[] bias, float epsilon, float[] y, int rows, int n) {
    enter();
    try {
      kernels.layerNorm(x, weight, bias, epsilon, y, rows, n);
    } finally {
      leave();
    }
  }

  @Override
  public void ropeAdjacent(
      float[] x, float[] cos, float[] sin, int rows, int heads, int headDim, int rotaryDim) {
    enter();
    try {
      kernels.ropeAdjacent(x, cos, sin, rows, heads, headDim, rotaryDim);
    } finally {
      leave();
    }
  }

  @Override
  public void ropeHalf(
      float[] x, float[] cos, float[] sin, int rows, int heads, int headDim, int rotaryDim) {
    enter();
    try {
      kernels.ropeHalf(x, cos, sin, rows, heads, headDim, rotaryDim);
    } finally {
      leave();
    }
  }

  @Override
  public void activate(Activation f, float[] x, float[] y, int n) {
    enter();
    try {
      kernels.activate(f, x, y, n);
    } finally {
      leave();
    }
  }

  @Override
  public void glu(Activation f, float[] gate, float[] up, float[] y, int n) {
    enter();
    try {
      kernels.glu(f, gate, up, y, n);
    } finally {
      leave();
    }
  }

  @Override
  public void add(float[] x, float[] y, int n) {
    enter();
    try {
      kernels.add(x, y, n);
    } finally {
      leave();
    }
  }

  @Override
  public void softmax(float[] x, float[] y, int rows, int n) {
    enter();
    try {
      kernels.softmax(x, y, rows, n);
    } finally {
      leave();
    }
  }

  @Override
  public void logSoftmax(float[] x, float[] y, int rows, int n) {
    enter();
    try {
      kernels.logSoftmax(x, y, rows, n);
    } finally {
      leave();
    }
  }

  @Override
  public void attention(
      float[] q,
      float[] k,
      float[] v,
      AttentionMask mask,
      float[] y,
      AttentionShape shape,
      int batch,
      int rows,
      int keys,
      int position) {
    enter();
    try {
      kernels.attention(q, k, v, mask, y, shape, batch, rows, keys, position);
    } finally {
      leave();
    }
  }

  @Override
  public int argmax(float[] x, int n) {
    enter();
    try {
      return kernels.argmax(x, n);
    } finally {
      leave();
    }
  }

  @Override
  public void topK(float[] x, int n, int[] indices) {
    enter();
    try {
      kernels.topK(x, n, indices);
    } finally {
      leave();
    }
  }

  @Override
  public void patches(float[] image, float[] y, PatchShape shape) {
    enter();
    try {
      kernels.patches(image, y, shape);
    } finally {
      leave();
    }
  }
}
