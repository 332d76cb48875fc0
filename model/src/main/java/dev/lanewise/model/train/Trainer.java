package dev.lanewise.model.train;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.SingleCaller;
import java.nio.file.Path;
import java.util.SplittableRandom;

/**
 * Trains a GPT-2 from nothing to continue texts like one.
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

  private final TrainingText text;
  private final TrainingOptions options;
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
   * A model with random weights.
   *
   * @throws LanewiseException if the text is too short for the context
   */
  public Trainer(TrainingText text, TrainingOptions options) {
    text.requireWindows(options.context());
    this.text = text;
    this.options = options;
    seed = options.seed().orElseGet(() -> new SplittableRandom().nextLong(1L << 32));
    SplittableRandom random = new SplittableRandom(seed);
    windows = random.split();
    ids = new int[options.rows()];
    targets = new int[options.rows()];
    team = Parallel.of(options.threads());
    model =
        team.closedUnless(
            () -> new TrainableGpt2(options, text.vocabSize(), Kernels.best(team), random));
    optimiser = team.closedUnless(() -> new AdamW(model.parameters(), team, options.weightDecay()));
  }

  /** Of the first weights and the choice of windows. */
  public long seed() {
    return seed;
  }

  /** How many steps are done. */
  public int steps() {
    return steps;
  }

  /** How many numbers are learnt. */
  public long parameters() {
    return model.parameters().stream().mapToLong(parameter -> parameter.values().length).sum();
  }

  /**
   * Takes the steps that are still to be done, and evaluates from time to time and in the end.
   * Returns early if the progress says so.
   *
   * @throws LanewiseException as {@link #step} does
   * @throws IllegalStateException if this is closed, or at work for somebody else
   */
  public void run(TrainingProgress progress) {
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
      int context = options.context();
      for (int at = 0; at < ids.length; at += context) {
        text.randomWindow(windows, ids, targets, at, context);
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
   * @throws IllegalStateException if this is closed, or at work for somebody else
   */
  public double evaluate() {
    caller.enter();
    try {
      int context = options.context();
      int batches = Math.ceilDiv(text.heldOutWindows(context), options.batch());
      int count = Math.min(batches, MAX_EVALUATION);
      double sum = 0;
      for (int i = 0; i < count; i++) {
        for (int j = 0; j < options.batch(); j++) {
          int number = i * options.batch() + j;
          int of = count * options.batch();
          text.heldOutWindow(number, of, ids, targets, j * context, context);
        }
        sum += model.forward(ids, targets);
      }
      return sum / count;
    } finally {
      caller.leave();
    }
  }

  /**
   * Writes the model with its tokenizer as a GGUF file, which is there whole or not at all.
   *
   * @param file is not there yet
   * @throws LanewiseException if it is, or cannot be written
   * @throws IllegalStateException if this is closed, or at work for somebody else
   */
  public void write(Path file) {
    caller.enter();
    try {
      TrainedFile.write(file, options, text, model.parameters());
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
