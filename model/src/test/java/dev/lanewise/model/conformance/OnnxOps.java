package dev.lanewise.model.conformance;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.Epilogue;
import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.MatrixView;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** ONNX operators as calls of kernels. Source: the operators' documentation, opset 13 and later. */
final class OnnxOps {
  private OnnxOps() {}

  /** The node's outputs by position. */
  static Map<Integer, Tensor> run(OnnxNode node, Kernels kernels) {
    return switch (node.op()) {
      case "Attention" -> new OnnxAttention(node, kernels).run();
      case "Gelu" -> Map.of(0, activation(node, gelu(node), kernels));
      case "Gemm" -> Map.of(0, gemm(node, kernels));
      case "LayerNormalization" -> layerNorm(node, kernels);
      case "LogSoftmax" -> Map.of(0, softmax(node, kernels::logSoftmax));
      case "MatMul" -> Map.of(0, matMul(node.input(0), node.input(1), kernels));
      case "RMSNormalization" -> Map.of(0, rmsNorm(node, kernels));
      case "RotaryEmbedding" -> Map.of(0, rope(node, kernels));
      case "Softmax" -> Map.of(0, softmax(node, kernels::softmax));
      case "Swish" -> Map.of(0, swish(node, kernels));
      default -> throw new AssertionError("the operator " + node.op() + " is not supported");
    };
  }

  private static Activation gelu(OnnxNode node) {
    String approximate = node.attributes().string("approximate", "none");
    return switch (approximate) {
      case "none" -> Activation.GELU;
      case "tanh" -> Activation.GELU_TANH;
      default -> throw new AssertionError("unknown approximation " + approximate);
    };
  }

  private static Tensor activation(OnnxNode node, Activation f, Kernels kernels) {
    Tensor x = node.input(0);
    float[] y = new float[x.data().length];
    kernels.activate(f, x.data(), y, y.length);
    return Tensor.of(y, x.shape());
  }

  /** x · sigmoid(α · x). */
  private static Tensor swish(OnnxNode node, Kernels kernels) {
    float alpha = node.number("alpha", 1);
    if (alpha == 1) {
      return activation(node, Activation.SILU, kernels);
    }
    Tensor x = node.input(0);
    float[] y = x.data().clone();
    for (int i = 0; i < y.length; i++) {
      y[i] *= alpha;
    }
    kernels.glu(Activation.SIGMOID, y, x.data(), y, y.length);
    return Tensor.of(y, x.shape());
  }

  /** α · A' · B' + β · C, where C is a bias of the columns if it can be. */
  private static Tensor gemm(OnnxNode node, Kernels kernels) {
    MatrixView a = matrix(node.input(0), node.attributes().integer("transA", 0) != 0);
    MatrixView b = matrix(node.input(1), node.attributes().integer("transB", 0) != 0);
    int m = a.rows();
    int n = b.cols();
    float beta = node.number("beta", 1);
    float[] y = new float[m * n];
    Epilogue epilogue = Epilogue.NONE.withAlpha(node.number("alpha", 1));
    if (node.hasInput(2)) {
      Tensor c = node.input(2);
      boolean rowsAlike = c.rank() < 2 || c.dim(0) == 1;
      if (rowsAlike) {
        float[] bias = c.reshaped(c.dim(-1)).broadcast(n).data();
        for (int j = 0; j < n; j++) {
          bias[j] *= beta;
        }
        epilogue = epilogue.withBias(bias);
      } else {
        y = c.broadcast(m, n).data();
        epilogue = epilogue.withBeta(beta);
      }
    }
    kernels.gemm(a, b, MatrixView.of(y, m, n), epilogue);
    return Tensor.of(y, m, n);
  }

  private static MatrixView matrix(Tensor x, boolean transposed) {
    MatrixView view = MatrixView.of(x.data(), x.dim(0), x.dim(1));
    return transposed ? view.transposed() : view;
  }

  /** As NumPy's matmul: vectors become matrices for the while, leading dimensions are a batch. */
  static Tensor matMul(Tensor a, Tensor b, Kernels kernels) {
    Tensor left = a.rank() == 1 ? a.reshaped(1, a.dim(0)) : a;
    Tensor right = b.rank() == 1 ? b.reshaped(b.dim(0), 1) : b;
    int m = left.dim(-2);
    int k = left.dim(-1);
    int n = right.dim(-1);
    int rank = Math.max(left.rank(), right.rank());
    int[] shape = new int[rank];
    for (int i = 0; i < rank - 2; i++) {
      shape[i] = Math.max(batchDim(left, i, rank), batchDim(right, i, rank));
    }
    int batch = Arrays.stream(shape, 0, rank - 2).reduce(1, Math::multiplyExact);
    float[] y = new float[batch * m * n];
    kernels.gemm(
        batched(left, shape, batch, m, k),
        batched(right, shape, batch, k, n),
        MatrixView.ofBatch(y, batch, m, n),
        Epilogue.NONE);
    shape[rank - 2] = m;
    shape[rank - 1] = n;
    int from = a.rank() == 1 && b.rank() > 1 ? rank - 2 : -1;
    int without = b.rank() == 1 ? rank - 1 : from;
    Tensor result = Tensor.of(y, shape);
    result = without < 0 ? result : result.reshaped(without(shape, without));
    return a.rank() == 1 && b.rank() == 1 ? result.reshaped() : result;
  }

  private static int batchDim(Tensor x, int index, int rank) {
    int own = index - (rank - x.rank());
    return own < 0 ? 1 : x.dim(own);
  }

  /** One matrix serves the whole batch if it is the only one. */
  private static MatrixView batched(Tensor x, int[] batchShape, int batch, int rows, int cols) {
    if (x.data().length == rows * cols) {
      return MatrixView.of(x.data(), rows, cols).repeated(batch);
    }
    int[] shape = batchShape.clone();
    shape[shape.length - 2] = rows;
    shape[shape.length - 1] = cols;
    return MatrixView.ofBatch(x.broadcast(shape).data(), batch, rows, cols);
  }

  private static int[] without(int[] shape, int index) {
    int[] rest = Arrays.copyOf(shape, shape.length - 1);
    System.arraycopy(shape, index + 1, rest, index, rest.length - index);
    return rest;
  }

  /** The mean and the inverse deviation that the operator gives as well are not the kernels'. */
  private static Map<Integer, Tensor> layerNorm(OnnxNode node, Kernels kernels) {
    Tensor x = node.input(0);
    int axis = node.axis(-1, x.rank());
    int rows = x.elements(0, axis);
    int n = x.elements(axis, x.rank());
    int[] normed = Arrays.copyOfRange(x.shape(), axis, x.rank());
    float[] weight = node.input(1).broadcast(normed).data();
    float[] bias = node.hasInput(2) ? node.input(2).broadcast(normed).data() : null;
    float epsilon = node.number("epsilon", 1e-5);
    float[] y = new float[rows * n];
    kernels.layerNorm(x.data(), weight, bias, epsilon, y, rows, n);
    Map<Integer, Tensor> outputs = new TreeMap<>();
    outputs.put(0, Tensor.of(y, x.shape()));
    int[] shape = x.shape().clone();
    Arrays.fill(shape, axis, shape.length, 1);
    float[] means = new float[rows];
    float[] inverse = new float[rows];
    for (int t = 0; t < rows; t++) {
      double mean = 0;
      for (int j = 0; j < n; j++) {
        mean += x.data()[t * n + j] / (double) n;
      }
      double variance = 0;
      for (int j = 0; j < n; j++) {
        variance += (x.data()[t * n + j] - mean) * (x.data()[t * n + j] - mean) / n;
      }
      means[t] = (float) mean;
      inverse[t] = (float) (1 / Math.sqrt(variance + epsilon));
    }
    outputs.put(1, Tensor.of(means, shape));
    outputs.put(2, Tensor.of(inverse, shape));
    return outputs;
  }

  private static Tensor rmsNorm(OnnxNode node, Kernels kernels) {
    Tensor x = node.input(0);
    int axis = node.axis(-1, x.rank());
    int rows = x.elements(0, axis);
    int n = x.elements(axis, x.rank());
    int[] normed = Arrays.copyOfRange(x.shape(), axis, x.rank());
    float[] weight = node.input(1).broadcast(normed).data();
    float[] y = new float[rows * n];
    kernels.rmsNorm(x.data(), weight, node.number("epsilon", 1e-5), y, rows, n);
    return Tensor.of(y, x.shape());
  }

  /** A kernel over rows. */
  private interface RowKernel {
    void run(float[] x, float[] y, int rows, int n);
  }

  /** Over one axis, which is brought to the end and back. */
  private static Tensor softmax(OnnxNode node, RowKernel kernel) {
    Tensor x = node.input(0);
    int rank = x.rank();
    int axis = node.axis(-1, rank);
    int[] order = new int[rank];
    int[] back = new int[rank];
    for (int i = 0; i < rank; i++) {
      order[i] = i < axis ? i : i + 1;
    }
    order[rank - 1] = axis;
    for (int i = 0; i < rank; i++) {
      back[order[i]] = i;
    }
    Tensor rows = x.permuted(order);
    float[] y = new float[rows.data().length];
    kernel.run(rows.data(), y, rows.elements(0, rank - 1), rows.dim(-1));
    return Tensor.of(y, rows.shape()).permuted(back);
  }

  private static Tensor rope(OnnxNode node, Kernels kernels) {
    Tensor x = node.input(0);
    boolean heads4d = x.rank() == 4; // [batch, heads, rows, headDim]
    int batch = x.dim(0);
    int rows = heads4d ? x.dim(2) : x.dim(1);
    int heads = heads4d ? x.dim(1) : node.attributes().integer("num_heads");
    int headDim = heads4d ? x.dim(3) : x.dim(2) / heads;
    int given = node.attributes().integer("rotary_embedding_dim", 0);
    int rotaryDim = given == 0 ? headDim : given;
    float[] y = (heads4d ? x.permuted(0, 2, 1, 3) : x).data().clone();
    float[] cos = angles(node, 1, batch * rows);
    float[] sin = angles(node, 2, batch * rows);
    if (node.attributes().integer("interleaved", 0) != 0) {
      kernels.ropeAdjacent(y, cos, sin, batch * rows, heads, headDim, rotaryDim);
    } else {
      kernels.ropeHalf(y, cos, sin, batch * rows, heads, headDim, rotaryDim);
    }
    return heads4d
        ? Tensor.of(y, batch, rows, heads, headDim).permuted(0, 2, 1, 3)
        : Tensor.of(y, x.shape());
  }

  /** A row of the table for each position, if positions are given. */
  private static float[] angles(OnnxNode node, int input, int rows) {
    Tensor table = node.input(input);
    if (!node.hasInput(3)) {
      return table.data();
    }
    int[] positions = node.input(3).ints();
    int width = table.dim(-1);
    float[] angles = new float[rows * width];
    for (int i = 0; i < rows; i++) {
      System.arraycopy(table.data(), positions[i] * width, angles, i * width, width);
    }
    return angles;
  }
}
