package dev.lanewise.model.train;

import dev.lanewise.model.LanewiseException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How large a model is, and how it is trained. The defaults of a model from nothing are nanoGPT's
 * for characters on a laptop, <a
 * href="https://github.com/karpathy/nanoGPT">github.com/karpathy/nanoGPT</a>.
 *
 * @param from a GPT-2 that is trained further: a GGUF file, or a folder of the Hugging Face hub; if
 *     absent a model is made from nothing
 * @param layers blocks of a model from nothing; else 0, for one that is there has sizes of its own
 * @param heads attention heads of a block; they divide {@code dim}; 0 likewise
 * @param dim width of the hidden states; 0 likewise
 * @param frozen first blocks that keep their weights, and with them the embeddings, which takes
 *     less memory and time; 0 for none, as always in a model from nothing
 * @param context tokens of a window of text, and tokens that a model from nothing sees at most; one
 *     that is there has no windows longer than what it sees
 * @param batch windows in a step
 * @param steps how many there are to be
 * @param learningRate the highest; it falls to a tenth of that
 * @param warmUp steps in which the learning rate rises, or half of all if they are fewer
 * @param weightDecay of matrices, per step and learning rate; 0 for none
 * @param clip the longest that the gradient of all parameters may be, as a vector; 0 for no limit
 * @param seed of the first weights and the choice of windows; if absent a new one is taken
 * @param threads that compute, the caller's included
 * @param evaluationInterval steps from one look at the text held out to the next
 */
public record TrainingOptions(
    Optional<Path> from,
    int layers,
    int heads,
    int dim,
    int frozen,
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
  /** What the learning rate falls to. */
  private static final double LAST_RATE = 0.1;

  /**
   * Checks the options.
   *
   * @throws LanewiseException if one is out of range, or belongs to the other kind of training
   */
  public TrainingOptions {
    if (from.isEmpty()) {
      requireAtLeast("layers", layers, 1);
      requireAtLeast("heads", heads, 1);
      requireAtLeast("dim", dim, 2);
      if (dim % heads != 0) {
        throw new LanewiseException(
            "%d heads do not divide a width of %d: each needs an equal part of it"
                .formatted(heads, dim));
      }
      if (frozen != 0) {
        throw new LanewiseException(
            "frozen " + frozen + ": a model from nothing has no weights that are worth keeping");
      }
    } else if (layers != 0 || heads != 0 || dim != 0) {
      throw new LanewiseException(
          "layers %d, heads %d, dim %d: %s has sizes of its own; leave these out"
              .formatted(layers, heads, dim, from.get()));
    }
    requireAtLeast("frozen", frozen, 0);
    requireAtLeast("context", context, 2);
    requireAtLeast("batch", batch, 1);
    requireAtLeast("steps", steps, 1);
    requireAtLeast("warmUp", warmUp, 0);
    requireAtLeast("evaluationInterval", evaluationInterval, 1);
    if (threads < 1 || threads > 1024) {
      throw new LanewiseException("threads " + threads + ": must be 1 to 1024");
    }
    if (!(learningRate > 0 && learningRate <= 1)) {
      throw new LanewiseException("learningRate " + learningRate + ": must be above 0, at most 1");
    }
    requireNotNegative("weightDecay", weightDecay);
    requireNotNegative("clip", clip);
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

  /**
   * Starts from what is usual for a model that has learnt before: 200 steps with 4 windows of 128
   * tokens, and a low learning rate, so that it forgets little.
   *
   * @param model a GGUF file or a folder of the Hugging Face hub with a GPT-2
   */
  public static Builder from(Path model) {
    Builder builder = new Builder();
    builder.from = Optional.of(model);
    return builder
        .layers(0)
        .heads(0)
        .dim(0)
        .context(128)
        .batch(4)
        .steps(200)
        .learningRate(5e-5f)
        .warmUp(20)
        .weightDecay(0.01f)
        .evaluationInterval(100);
  }

  /**
   * The learning rate of a step: a line up to the highest, then half a wave of the cosine down to
   * the last. Loshchilov and Hutter 2016, arXiv:1608.03983.
   *
   * @param step how many there were before
   */
  float rate(int step) {
    int rising = Math.min(warmUp, steps / 2);
    if (step < rising) {
      return learningRate * (step + 1) / (rising + 1);
    }
    double part = step < steps ? (step - rising) / (double) (steps - rising) : 1;
    double height = (1 + Math.cos(Math.PI * part)) / 2;
    return (float) (learningRate * (LAST_RATE + (1 - LAST_RATE) * height));
  }

  /** Collects options; they are checked by {@link #build}. */
  public static final class Builder {
    private Optional<Path> from = Optional.empty();
    private int layers = 4;
    private int heads = 4;
    private int dim = 128;
    private int frozen;
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

    /** See {@link TrainingOptions#frozen}. */
    public Builder frozen(int frozen) {
      this.frozen = frozen;
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
          from,
          layers,
          heads,
          dim,
          frozen,
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
