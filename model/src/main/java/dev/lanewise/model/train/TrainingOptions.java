package dev.lanewise.model.train;

import dev.lanewise.model.LanewiseException;
import java.util.OptionalLong;

/**
 * How large a model is, and how it is trained. The defaults are nanoGPT's for characters on a
 * laptop, <a href="https://github.com/karpathy/nanoGPT">github.com/karpathy/nanoGPT</a>.
 *
 * @param layers blocks of the model
 * @param heads attention heads of a block; they divide {@code dim}
 * @param dim width of the hidden states
 * @param context tokens that the model sees at most, and tokens of a window of text
 * @param batch windows in a step
 * @param steps how many there are to be
 * @param learningRate the highest; it falls to a tenth of that
 * @param warmUp steps in which the learning rate rises
 * @param weightDecay of matrices, per step and learning rate; 0 for none
 * @param clip the longest that the gradient of all parameters may be, as a vector; 0 for no limit
 * @param seed of the first weights and the choice of windows; if absent a new one is taken
 * @param threads that compute, the caller's included
 * @param evaluationInterval steps from one look at the text held out to the next
 */
public record TrainingOptions(
    int layers,
    int heads,
    int dim,
    int context,
    int batch,
    int steps,
    float learningRate,
    int warmUp,
    float weightDecay,
    float clip,
    OptionalLong seed,
    int threads,
    int evaluationInterval) {
  /** How much wider a block's feed-forward layer is than its hidden states. */
  private static final int WIDENING = 4;

  /** Above the number of parameters of a block, over the square of its width. */
  private static final int PARAMETERS = 16;

  /** What the learning rate falls to. */
  private static final double LAST_RATE = 0.1;

  /** Most blocks, so that the parameters make no more pieces than a team of threads takes. */
  private static final int MAX_LAYERS = 1024;

  /** Most tokens of a step, so that they can be shared out in pieces of rows. */
  private static final int MAX_ROWS = 1 << 19;

  /** Most elements of an array, and most parameters. */
  private static final int MAX_ELEMENTS = 1 << 30;

  /**
   * Checks the options.
   *
   * @throws LanewiseException if one is out of range, or the model is too large to be trained here
   */
  public TrainingOptions {
    requireAtLeast("layers", layers, 1);
    requireAtLeast("heads", heads, 1);
    requireAtLeast("dim", dim, 2);
    requireAtLeast("context", context, 2);
    requireAtLeast("batch", batch, 1);
    requireAtLeast("steps", steps, 1);
    requireAtLeast("warmUp", warmUp, 0);
    requireAtLeast("evaluationInterval", evaluationInterval, 1);
    if (threads < 1 || threads > 1024) {
      throw new LanewiseException("threads " + threads + ": must be 1 to 1024");
    }
    if (dim % heads != 0) {
      throw new LanewiseException(
          "%d heads do not divide a width of %d: each needs an equal part of it"
              .formatted(heads, dim));
    }
    if (!(learningRate > 0 && learningRate <= 1)) {
      throw new LanewiseException("learningRate " + learningRate + ": must be above 0, at most 1");
    }
    requireNotNegative("weightDecay", weightDecay);
    requireNotNegative("clip", clip);
    long rows = (long) batch * context;
    if (rows > MAX_ROWS
        || rows * dim > MAX_ELEMENTS / WIDENING
        || rows * context > MAX_ELEMENTS
        || layers > MAX_LAYERS
        || (long) dim * dim > MAX_ELEMENTS / PARAMETERS / layers) {
      throw new LanewiseException(
          "%d layers of width %d and %d windows of %d tokens: too large to be trained here; make one of them smaller"
              .formatted(layers, dim, batch, context));
    }
  }

  private static void requireAtLeast(String name, int value, int least) {
    if (value < least) {
      throw new LanewiseException(name + " " + value + ": must be " + least + " or more");
    }
  }

  private static void requireNotNegative(String name, float value) {
    if (!(value >= 0 && value < Float.POSITIVE_INFINITY)) {
      throw new LanewiseException(name + " " + value + ": must be 0 or more");
    }
  }

  /** 4 layers of width 128, 2000 steps with 12 windows of 64 tokens, all processors. */
  public static TrainingOptions standard() {
    return builder().build();
  }

  /** Starts from {@link #standard}. */
  public static Builder builder() {
    return new Builder();
  }

  /** Width of the feed-forward layers. */
  int hidden() {
    return WIDENING * dim;
  }

  /** Tokens of a step: as many as all windows of a batch have. */
  public int rows() {
    return batch * context;
  }

  /**
   * The learning rate of a step: a line up to the highest, then half a wave of the cosine down to
   * the last. Loshchilov and Hutter 2016, arXiv:1608.03983.
   *
   * @param step how many there were before
   */
  float rate(int step) {
    if (step < warmUp) {
      return learningRate * (step + 1) / (warmUp + 1);
    }
    double part = step < steps ? (step - warmUp) / (double) (steps - warmUp) : 1;
    double height = (1 + Math.cos(Math.PI * part)) / 2;
    return (float) (learningRate * (LAST_RATE + (1 - LAST_RATE) * height));
  }

  /** Collects options; they are checked by {@link #build}. */
  public static final class Builder {
    private int layers = 4;
    private int heads = 4;
    private int dim = 128;
    private int context = 64;
    private int batch = 12;
    private int steps = 2000;
    private float learningRate = 1e-3f;
    private int warmUp = 100;
    private float weightDecay = 0.1f;
    private float clip = 1;
    private OptionalLong seed = OptionalLong.empty();
    private int threads = Runtime.getRuntime().availableProcessors();
    private int evaluationInterval = 250;

    private Builder() {}

    /** See {@link TrainingOptions#layers}. */
    public Builder layers(int layers) {
      this.layers = layers;
      return this;
    }

    /** See {@link TrainingOptions#heads}. */
    public Builder heads(int heads) {
      this.heads = heads;
      return this;
    }

    /** See {@link TrainingOptions#dim}. */
    public Builder dim(int dim) {
      this.dim = dim;
      return this;
    }

    /** See {@link TrainingOptions#context}. */
    public Builder context(int context) {
      this.context = context;
      return this;
    }

    /** See {@link TrainingOptions#batch}. */
    public Builder batch(int batch) {
      this.batch = batch;
      return this;
    }

    /** See {@link TrainingOptions#steps}. */
    public Builder steps(int steps) {
      this.steps = steps;
      return this;
    }

    /** See {@link TrainingOptions#learningRate}. */
    public Builder learningRate(float learningRate) {
      this.learningRate = learningRate;
      return this;
    }

    /** See {@link TrainingOptions#warmUp}. */
    public Builder warmUp(int warmUp) {
      this.warmUp = warmUp;
      return this;
    }

    /** See {@link TrainingOptions#weightDecay}. */
    public Builder weightDecay(float weightDecay) {
      this.weightDecay = weightDecay;
      return this;
    }

    /** See {@link TrainingOptions#clip}. */
    public Builder clip(float clip) {
      this.clip = clip;
      return this;
    }

    /** See {@link TrainingOptions#seed}. */
    public Builder seed(long seed) {
      this.seed = OptionalLong.of(seed);
      return this;
    }

    /** See {@link TrainingOptions#threads}. */
    public Builder threads(int threads) {
      this.threads = threads;
      return this;
    }

    /** See {@link TrainingOptions#evaluationInterval}. */
    public Builder evaluationInterval(int evaluationInterval) {
      this.evaluationInterval = evaluationInterval;
      return this;
    }

    /**
     * The options.
     *
     * @throws LanewiseException if one is out of range
     */
    public TrainingOptions build() {
      return new TrainingOptions(
          layers,
          heads,
          dim,
          context,
          batch,
          steps,
          learningRate,
          warmUp,
          weightDecay,
          clip,
          seed,
          threads,
          evaluationInterval);
    }
  }
}
