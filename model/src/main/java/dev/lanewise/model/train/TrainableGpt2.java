package dev.lanewise.model.train;

import dev.lanewise.kernels.Epilogue;
import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.MatrixView;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * GPT-2 forwards and backwards (Radford et al. 2019, "Language Models are Unsupervised Multitask
 * Learners"): embeddings of tokens and positions, blocks, a norm, and the embedding of tokens again
 * as the output. Every layer knows from the beginning where its input and output lie.
 */
final class TrainableGpt2 {
  private final Workbench bench;
  private final Kernels kernels;
  private final Parameters parameters;
  private final Parameter tokens;
  private final Parameter positions;
  private final float[] embedded;
  private final TrainableBlock[] blocks;
  private final TrainableNorm norm;
  private final float[] logits;
  private final CrossEntropy loss;

  private final MatrixView normalView;
  private final MatrixView logitsView;
  private final MatrixView gradientView;
  private final MatrixView gradientTransposed;
  private final MatrixView tokensTransposed;
  private final MatrixView branchView;
  private final Epilogue mean;

  /**
   * @param random makes the first values
   */
  TrainableGpt2(TrainingOptions options, int vocabSize, Kernels kernels, RandomGenerator random) {
    this.kernels = kernels;
    bench = Workbench.of(kernels, options);
    parameters = new Parameters(random, options.layers());
    int rows = bench.rows();
    int dim = bench.dim();
    tokens = parameters.matrix("token_embd.weight", vocabSize, dim);
    positions = parameters.matrix("position_embd.weight", options.context(), dim);
    embedded = new float[rows * dim];
    TrainableAttention.Scratch scratch = TrainableAttention.Scratch.of(options);
    blocks = new TrainableBlock[options.layers()];
    float[] x = embedded;
    for (int i = 0; i < blocks.length; i++) {
      float[] y = new float[x.length];
      blocks[i] = new TrainableBlock(bench, scratch, parameters, i, x, y);
      x = y;
    }
    float[] normal = new float[x.length];
    norm =
        new TrainableNorm(
            bench,
            parameters.vector("output_norm.weight", dim, 1),
            parameters.vector("output_norm.bias", dim, 0),
            x,
            normal);
    logits = new float[rows * vocabSize];
    float[] gradient = new float[logits.length];
    loss = new CrossEntropy(bench, logits, gradient);

    normalView = MatrixView.of(normal, rows, dim);
    logitsView = MatrixView.of(logits, rows, vocabSize);
    gradientView = MatrixView.of(gradient, rows, vocabSize);
    gradientTransposed = gradientView.transposed();
    tokensTransposed = tokens.view().transposed();
    branchView = MatrixView.of(bench.branch(), rows, dim);
    mean = Epilogue.NONE.withAlpha(1f / rows);
  }

  /** All that is learnt. */
  List<Parameter> parameters() {
    return parameters.all();
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
      int position = row % bench.options().context() * dim;
      sum(tokens.values(), ids[row] * dim, positions.values(), position, row * dim, dim);
    }
    for (TrainableBlock block : blocks) {
      block.forward();
    }
    norm.forward();
    kernels.gemm(normalView, tokensTransposed, logitsView, Epilogue.NONE);
    return loss.loss(targets);
  }

  private void sum(float[] a, int ao, float[] b, int bo, int at, int n) {
    for (int j = 0; j < n; j++) {
      embedded[at + j] = a[ao + j] + b[bo + j];
    }
  }

  /** The gradient of the loss of the last forward pass, with respect to every parameter. */
  void backward(int[] ids, int[] targets) {
    loss.backward(targets);
    kernels.gemm(gradientTransposed, normalView, tokens.gradientView(), mean);
    kernels.gemm(gradientView, tokens.view(), branchView, mean);
    Arrays.fill(bench.stream(), 0);
    norm.backward();
    for (int i = blocks.length - 1; i >= 0; i--) {
      blocks[i].backward();
    }
    int dim = bench.dim();
    Arrays.fill(positions.gradient(), 0);
    for (int row = 0; row < bench.rows(); row++) {
      add(row * dim, tokens.gradient(), ids[row] * dim, dim);
      add(row * dim, positions.gradient(), row % bench.options().context() * dim, dim);
    }
  }

  private void add(int from, float[] to, int at, int n) {
    float[] x = bench.stream();
    for (int j = 0; j < n; j++) {
      to[at + j] += x[from + j];
    }
  }
}
