package dev.lanewise.model.train;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.SingleCaller;
import dev.lanewise.model.checkpoint.GgufBuilder;
import java.nio.file.Path;
import java.util.SplittableRandom;

/**
 * Trains a GPT-2 to continue texts like one: from nothing, or from what a checkpoint has learnt
 * before ({@link TrainingOptions#from(Path)}).
 *
 * {@snippet :
 * TrainingText text = TrainingText.read(Path.of("shakespeare.txt"));
 * try (Trainer trainer = new Trainer(text, TrainingOptions.standard())) {
 *   trainer.run(TrainingProgress.NONE);
 *   trainer.write(Path.of("shakespeare.gguf"));
 * }
 * }
 *
 * <p>The same text, options and seed make the same model, whatever the number of threads. Owns
 * threads and serves one caller at a time.
 */
public final class Trainer implements AutoCloseable {
  /** Most batches of the text held out that an evaluation looks at. */
  private static final int MAX_EVALUATION = 40;

  private final TrainingOptions options;
  private final Object name; // for messages
  private final TrainingShape shape;
  private final TrainingTokens tokens;
  private final GgufBuilder file;
  private final long seed;
  private final SplittableRandom windows;
  private final Parallel team;
  private final TrainableGpt2 model;
  private final AdamW optimiser;
  private final int[] ids;
  private final int[] targets;
  private final SingleCaller caller = new SingleCaller("this trainer");
  private int steps;

  /**
   * A model with random weights, or with those of the checkpoint that the options name.
   *
   * @throws LanewiseException if the text is too short for the context, the checkpoint cannot be
   *     read or is none that can be trained, or the model is too large for the heap
   */
  public Trainer(TrainingText text, TrainingOptions options) {
    this.options = options;
    seed = options.seed().orElseGet(() -> new SplittableRandom().nextLong(1L << 32));
    SplittableRandom random = new SplittableRandom(seed);
    windows = random.split();
    Beginning beginning = Beginning.of(text, options, random);
    shape = beginning.shape();
    tokens = beginning.tokens();
    file = beginning.file();
    tokens.requireWindows(shape.context());
    name = options.from().isPresent() ? options.from().get() : "a model of this size";
    shape.requireMemory(name, text.length() + tokens.bytes(), Runtime.getRuntime().maxMemory());
    ids = new int[shape.rows()];
    targets = new int[shape.rows()];
    team = Parallel.of(options.threads());
    model =
        team.closedUnless(() -> new TrainableGpt2(shape, Kernels.best(team), beginning.weights()));
    optimiser =
        team.closedUnless(
            () -> new AdamW(model.parameters().trained(), team, options.weightDecay()));
    TrainedFile.put(file, model.parameters().all());
  }

  /** Of the first weights and the choice of windows. */
  public long seed() {
    return seed;
  }

  /** How many steps are done. */
  public int steps() {
    return steps;
  }

  /** How many tokens the text has. */
  public int tokens() {
    return tokens.length();
  }

  /** How many different tokens the model knows. */
  public int vocabSize() {
    return shape.vocabSize();
  }

  /** Tokens of a window. */
  public int context() {
    return shape.context();
  }

  /** Tokens of a step: as many as all windows of a batch have. */
  public int rows() {
    return shape.rows();
  }

  /** How many numbers the model consists of. */
  public long parameters() {
    return shape.parameters();
  }

  /** How many of them are learnt. */
  public long trainedParameters() {
    return shape.trained();
  }

  /** Bytes of the heap that the training takes. */
  public long memory() {
    return shape.memory();
  }

  /**
   * Takes the steps that are still to be done, and evaluates before the first, from time to time
   * and in the end. Returns early if the progress says so.
   *
   * @throws LanewiseException as {@link #step}, {@link #evaluate} and {@link #requireFinite} do
   * @throws IllegalStateException if this is closed, or at work for somebody else
   */
  public void run(TrainingProgress progress) {
    if (steps == 0 && !progress.cancelled()) {
      progress.begun(evaluate());
    }
    double sum = 0;
    int since = 0;
    while (steps < options.steps() && !progress.cancelled()) {
      double loss = step();
      sum += loss;
      since++;
      progress.stepped(steps, loss);
      boolean last = steps == options.steps();
      if (last || (steps % options.evaluationInterval() == 0 && !progress.cancelled())) {
        progress.evaluated(steps, sum / since, evaluate());
        sum = 0;
        since = 0;
      }
    }
    requireFinite();
  }

  /**
   * Insists on weights that are numbers, which those of a training that diverges are not.
   *
   * @throws LanewiseException if one is NaN or infinite
   */
  public void requireFinite() {
    for (Parameter parameter : model.parameters().all()) {
      if (!parameter.isFinite()) {
        throw new LanewiseException(
            "after step %d: %s has weights that are no finite numbers; take a lower learning rate"
                .formatted(steps, parameter.name()));
      }
    }
  }

  /**
   * Learns from as many windows of the text as a batch has. Steps may go on beyond those of the
   * options, at the last learning rate.
   *
   * @return the loss before: the mean negative log-likelihood of the windows' tokens
   * @throws LanewiseException if it is no number; the weights are those of the step before then
   * @throws IllegalStateException if this is closed, or at work for somebody else
   */
  public double step() {
    caller.enter();
    try {
      int context = shape.context();
      for (int at = 0; at < ids.length; at += context) {
        tokens.randomWindow(windows, ids, targets, at, context);
      }
      double loss = model.forward(ids, targets);
      if (!Double.isFinite(loss)) {
        throw new LanewiseException(
            "step %d: the loss is %s; take a lower learning rate".formatted(steps + 1, loss));
      }
      model.backward(ids, targets);
      optimiser.step(options.rate(steps), options.clip());
      steps++;
      return loss;
    } finally {
      caller.leave();
    }
  }

  /**
   * The loss of text that was held out: of windows that lie evenly over it, always the same.
   *
   * @throws LanewiseException if it is no number
   * @throws IllegalStateException if this is closed, or at work for somebody else
   */
  public double evaluate() {
    caller.enter();
    try {
      int context = shape.context();
      int batches = Math.ceilDiv(tokens.heldOutWindows(context), options.batch());
      int count = Math.min(batches, MAX_EVALUATION);
      double sum = 0;
      for (int i = 0; i < count; i++) {
        for (int j = 0; j < options.batch(); j++) {
          int number = i * options.batch() + j;
          int of = count * options.batch();
          tokens.heldOutWindow(number, of, ids, targets, j * context, context);
        }
        sum += model.forward(ids, targets);
      }
      if (!Double.isFinite(sum)) {
        throw new LanewiseException(
            steps == 0
                ? "%s: the loss is %s before the first step; the checkpoint is damaged"
                    .formatted(name, sum)
                : "after step %d: the loss is %s; take a lower learning rate"
                    .formatted(steps, sum));
      }
      return sum / count;
    } finally {
      caller.leave();
    }
  }

  /**
   * Insists on a file that {@link #write} can make, for those who want to know before the training.
   *
   * @throws LanewiseException if it is there already, cannot be made, or its disk has no room
   */
  public void requireWritable(Path path) {
    file.requireWritable(path);
  }

  /**
   * Writes the model with its tokenizer as a GGUF file, which is there whole or not at all.
   *
   * @param path of a file that is not there yet
   * @throws LanewiseException as {@link #requireWritable} and {@link #requireFinite} do
   * @throws IllegalStateException if this is closed, or at work for somebody else
   */
  public void write(Path path) {
    caller.enter();
    try {
      requireFinite();
      file.writeNew(path);
    } finally {
      caller.leave();
    }
  }

  /** The model in training, for tests. */
  TrainableGpt2 model() {
    return model;
  }

  /** Ends the threads. What was learnt and not written is lost. */
  @Override
  public void close() {
    caller.close();
    team.close();
  }
}
