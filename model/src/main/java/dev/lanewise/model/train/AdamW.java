package dev.lanewise.model.train;

import dev.lanewise.kernels.Parallel;
import java.util.ArrayList;
import java.util.List;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv:1711.05101): every number
 * moves by the mean of its gradients over the root of the mean of their squares, and matrices
 * shrink a little.
 */
final class AdamW {
  private static final float MEAN_DECAY = 0.9f;
  private static final float SQUARE_DECAY = 0.99f;
  private static final float EPSILON = 1e-8f;

  /** Added to the norm of the gradients before it divides. */
  private static final double NORM_EPSILON = 1e-6;

  /** Numbers that a thread takes at a time: some tens of microseconds' work. */
  private static final int PIECE = 1 << 15;

  private final Parallel team;
  private final float weightDecay;
  private final List<Part> parts = new ArrayList<>();
  private final double[] squares;
  private final Parallel.Task squaresPiece = this::squaresPiece;
  private final Parallel.Task updatePiece = this::updatePiece;

  // The step in progress.
  private int steps;
  private float factor;
  private float rate;
  private float rootFactor;
  private float shrinkage;

  /** Numbers of a parameter, and what is remembered of their gradients and of those squared. */
  private record Part(Parameter parameter, float[] mean, float[] square, int from, int to) {}

  /**
   * @param parameters that are learnt
   */
  AdamW(List<Parameter> parameters, Parallel team, float weightDecay) {
    this.team = team;
    this.weightDecay = weightDecay;
    for (Parameter parameter : parameters) {
      int n = parameter.values().length;
      float[] mean = new float[n];
      float[] square = new float[n];
      for (int from = 0; from < n; from += PIECE) {
        parts.add(new Part(parameter, mean, square, from, Math.min(n, from + PIECE)));
      }
    }
    squares = new double[parts.size()];
  }

  /**
   * Takes a step.
   *
   * @param learningRate of this step
   * @param clip how long the gradient of all parameters may be, as a vector: a longer one is
   *     shortened (Pascanu et al. 2013, arXiv:1211.5063); 0 for no limit
   */
  void step(float learningRate, float clip) {
    steps++;
    factor = clip > 0 ? (float) Math.min(1, clip / (norm() + NORM_EPSILON)) : 1;
    rate = (float) (learningRate / (1 - Math.pow(MEAN_DECAY, steps)));
    rootFactor = (float) (1 / Math.sqrt(1 - Math.pow(SQUARE_DECAY, steps)));
    shrinkage = 1 - learningRate * weightDecay;
    team.run(parts.size(), updatePiece);
  }

  /** The length of the gradient of all parameters, added up in one order. */
  private double norm() {
    team.run(parts.size(), squaresPiece);
    double sum = 0;
    for (double square : squares) {
      sum += square;
    }
    return Math.sqrt(sum);
  }

  private void squaresPiece(int piece, int worker) {
    Part part = parts.get(piece);
    float[] g = part.parameter().gradient();
    squares[piece] = Sums.ofProducts(g, part.from(), g, part.from(), part.to() - part.from());
  }

  private void updatePiece(int piece, int worker) {
    Part part = parts.get(piece);
    Parameter p = part.parameter();
    remember(p.gradient(), factor, part.mean(), part.square(), part.from(), part.to());
    float kept = p.decays() ? shrinkage : 1;
    move(p.values(), part.mean(), part.square(), kept, part.from(), part.to());
  }

  private static void remember(
      float[] gradient, float factor, float[] mean, float[] square, int from, int to) {
    for (int i = from; i < to; i++) {
      float g = gradient[i] * factor;
      mean[i] = MEAN_DECAY * mean[i] + (1 - MEAN_DECAY) * g;
      square[i] = SQUARE_DECAY * square[i] + (1 - SQUARE_DECAY) * g * g;
    }
  }

  private void move(float[] values, float[] mean, float[] square, float kept, int from, int to) {
    float rate = this.rate;
    float root = rootFactor;
    for (int i = from; i < to; i++) {
      float deviation = (float) Math.sqrt(square[i]) * root + EPSILON;
      values[i] = values[i] * kept - rate * mean[i] / deviation;
    }
  }
}
