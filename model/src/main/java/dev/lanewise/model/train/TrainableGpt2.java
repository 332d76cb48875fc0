package dev.lanewise.model.train;

import dev.lanewise.kernels.Epilogue;
import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.MatrixView;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * GPT-2 forwards and backwards (Radford et al. 2019, "Language Models are Unsupervised Multitask
 * Learners"): embeddings of tokens and positions, blocks, a norm, and as the output the embedding
 * of tokens again, or a matrix of its own. Every layer knows from the beginning where its input and
 * output lie.
 */
final class TrainableGpt2 {
  private final Workbench bench;
  private final Kernels kernels;
  private final Parameters parameters;
  private final Parameter tokens;
  private final Parameter positions;
  private final Parameter output;
  private final float[] embedded;
  private final TrainableBlock[] blocks;
  private final TrainableNorm norm;
  private final float[] logits;
  private final CrossEntropy loss;

  private final MatrixView normalView;
  private final MatrixView logitsView;
  private final MatrixView gradientView;
  private final MatrixView gradientTransposed;
  private final MatrixView outputTransposed;
  private final MatrixView branchView;
  private final Epilogue mean;

  /**
   * @param weights fills in the first values of a parameter
   */
  TrainableGpt2(TrainingShape shape, Kernels kernels, Consumer<Parameter> weights) {
    this.kernels = kernels;
    bench = Workbench.of(kernels, shape);
    parameters = new Parameters(weights);
    parameters.freeze(shape.keepsEmbeddings());
    int vocabSize = shape.vocabSize();
    int rows = bench.rows();
    int dim = bench.dim();
    tokens = parameters.matrix("token_embd.weight", vocabSize, dim);
    positions = parameters.matrix("position_embd.weight", shape.positions(), dim);
    embedded = new float[rows * dim];
    TrainableAttention.Scratch scratch = TrainableAttention.Scratch.of(shape);
    blocks = new TrainableBlock[shape.layers()];
    float[] x = embedded;
    TrainableBlock.Buffers shared = shape.frozen() > 0 ? TrainableBlock.Buffers.of(shape) : null;
    for (int i = 0; i < blocks.length; i++) {
      boolean frozen = i < shape.frozen();
      parameters.freeze(frozen);
      float[] y = frozen ? x : new float[x.length];
      TrainableBlock.Buffers buffers = frozen ? shared : TrainableBlock.Buffers.of(shape);
      blocks[i] = new TrainableBlock(bench, scratch, buffers, parameters, i, x, y);
      x = y;
    }
    parameters.freeze(false);
    float[] normal = new float[x.length];
    norm =
        new TrainableNorm(
            bench,
            parameters.vector("output_norm.weight", dim),
            parameters.vector("output_norm.bias", dim),
            x,
            normal);
    output = shape.tied() ? tokens : parameters.matrix("output.weight", vocabSize, dim);
    logits = new float[rows * vocabSize];
    float[] gradient = new float[logits.length];
    loss = new CrossEntropy(bench, logits, gradient);

    normalView = MatrixView.of(normal, rows, dim);
    logitsView = MatrixView.of(logits, rows, vocabSize);
    gradientView = MatrixView.of(gradient, rows, vocabSize);
    gradientTransposed = gradientView.transposed();
    outputTransposed = output.view().transposed();
    branchView = MatrixView.of(bench.branch(), rows, dim);
    mean = Epilogue.NONE.withAlpha(1f / rows);
  }

  /** All that the model consists of, and what of it is learnt. */
  Parameters parameters() {
    return parameters;
  }

  /** [rows × vocabSize], of the last forward pass. */
  float[] logits() {
    return logits;
  }

  /**
   * The loss of windows of text.
   *
   * @param ids [batch × context]
   * @param targets [batch × context] the token behind each of them
   */
  double forward(int[] ids, int[] targets) {
    int dim = bench.dim();
    for (int row = 0; row < bench.rows(); row++) {
      int position = row % bench.shape().context() * dim;
      sum(tokens.values(), ids[row] * dim, positions.values(), position, row * dim, dim);
    }
    for (TrainableBlock block : blocks) {
      block.forward();
    }
    norm.forward();
    kernels.gemm(normalView, outputTransposed, logitsView, Epilogue.NONE);
    return loss.loss(targets);
  }

  private void sum(float[] a, int ao, float[] b, int bo, int at, int n) {
    for (int j = 0; j < n; j++) {
      embedded[at + j] = a[ao + j] + b[bo + j];
    }
  }

  /** The gradient of the loss of the last forward pass, with respect to all that is learnt. */
  void backward(int[] ids, int[] targets) {
    loss.backward(targets);
    if (output.trained()) {
      kernels.gemm(gradientTransposed, normalView, output.gradientView(), mean);
    }
    kernels.gemm(gradientView, output.view(), branchView, mean);
    Arrays.fill(bench.stream(), 0);
    norm.backward();
    int frozen = bench.shape().frozen();
    for (int i = blocks.length - 1; i >= frozen; i--) {
      blocks[i].backward();
    }
    if (tokens.trained()) {
      embeddingsBackward(ids);
    }
  }

  private void embeddingsBackward(int[] ids) {
    int dim = bench.dim();
    if (!bench.shape().tied()) {
      Arrays.fill(tokens.gradient(), 0);
    }
    Arrays.fill(positions.gradient(), 0);
    for (int row = 0; row < bench.rows(); row++) {
      add(row * dim, tokens.gradient(), ids[row] * dim, dim);
      add(row * dim, positions.gradient(), row % bench.shape().context() * dim, dim);
    }
  }

  private void add(int from, float[] to, int at, int n) {
    float[] x = bench.stream();
    for (int j = 0; j < n; j++) {
      to[at + j] += x[from + j];
    }
  }
}
