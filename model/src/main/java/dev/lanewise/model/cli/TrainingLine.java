package dev.lanewise.model.cli;

import dev.lanewise.model.train.TrainingProgress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * How a training gets on: a {@link StatusLine} between the looks at the text held out, and a line
 * that stays for each of these.
 */
final class TrainingLine implements TrainingProgress {
  private final Stdio io;
  private final int allSteps;
  private final int rows;
  private final BooleanSupplier stop;
  private final StatusLine line;
  private final List<Map<String, Object>> evaluations = new ArrayList<>();
  private final long start = System.nanoTime();
  private long firstStep = start;
  private long before = start;
  private long trainingNanos;
  private int steps;
  private double heldOutLossBefore;

  /**
   * @param allSteps how many there are to be
   * @param rows tokens of a step
   * @param stop ends the training once it says so
   */
  TrainingLine(Stdio io, int allSteps, int rows, BooleanSupplier stop) {
    this.io = io;
    this.allSteps = allSteps;
    this.rows = rows;
    this.stop = stop;
    line = new StatusLine(io);
  }

  @Override
  public boolean cancelled() {
    return stop.getAsBoolean();
  }

  @Override
  public void begun(double heldOutLoss) {
    firstStep = System.nanoTime();
    before = firstStep;
    heldOutLossBefore = heldOutLoss;
    io.note("before the first step: loss of the text held out " + Decimals.fixed(heldOutLoss, 4));
  }

  @Override
  public void stepped(int steps, double loss) {
    long now = System.nanoTime();
    trainingNanos += now - before;
    before = now;
    this.steps = steps;
    if (line.due()) {
      line.show(state(steps, "loss " + Decimals.fixed(loss, 4)));
    }
  }

  @Override
  public void evaluated(int steps, double loss, double heldOutLoss) {
    before = System.nanoTime();
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("step", steps);
    map.put("loss", loss);
    map.put("held_out_loss", heldOutLoss);
    evaluations.add(map);
    line.clear();
    io.note(
        state(
            steps,
            "loss "
                + Decimals.fixed(loss, 4)
                + ", of the text held out "
                + Decimals.fixed(heldOutLoss, 4)));
  }

  private String state(int steps, String losses) {
    double left = (System.nanoTime() - firstStep) * 1e-9 / steps * (allSteps - steps);
    return "step "
        + steps
        + " of "
        + allSteps
        + ": "
        + losses
        + "; "
        + Decimals.fixed(tokensPerSecond(), 0)
        + " tokens/s"
        + (left > 0 ? ", " + Decimals.fixed(left, 0) + " s left" : "");
  }

  /** A result follows. */
  void clear() {
    line.clear();
  }

  /** What {@link #begun} was told, for JSON. */
  double heldOutLossBefore() {
    return heldOutLossBefore;
  }

  /** What {@link #evaluated} was told, for JSON. */
  List<Map<String, Object>> evaluations() {
    return evaluations;
  }

  /** Since the beginning. */
  double seconds() {
    return (System.nanoTime() - start) * 1e-9;
  }

  /** Tokens learnt from in a second of the steps alone. */
  double tokensPerSecond() {
    return (double) steps * rows / (trainingNanos * 1e-9);
  }
}
