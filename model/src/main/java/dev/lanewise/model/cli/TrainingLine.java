package dev.lanewise.model.cli;

import dev.lanewise.model.train.TrainingOptions;
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
  private final TrainingOptions options;
  private final BooleanSupplier stop;
  private final StatusLine line;
  private final List<Map<String, Object>> evaluations = new ArrayList<>();
  private final long start = System.nanoTime();
  private long before = start;
  private long trainingNanos;
  private int steps;

  /**
   * @param stop ends the training once it says so
   */
  TrainingLine(Stdio io, TrainingOptions options, BooleanSupplier stop) {
    this.io = io;
    this.options = options;
    this.stop = stop;
    line = new StatusLine(io);
  }

  @Override
  public boolean cancelled() {
    return stop.getAsBoolean();
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
    double left = seconds() / steps * (options.steps() - steps);
    return "step "
        + steps
        + " of "
        + options.steps()
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
    return (double) steps * options.rows() / (trainingNanos * 1e-9);
  }
}
