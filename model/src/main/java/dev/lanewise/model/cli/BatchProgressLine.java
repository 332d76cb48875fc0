package dev.lanewise.model.cli;

import dev.lanewise.model.task.BatchProgress;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;

/**
 * How work on many texts or images gets on, as a {@link StatusLine}. Work that is done at once is
 * not worth a line.
 */
final class BatchProgressLine implements BatchProgress {
  /** Work that took as long is worth a line in the end. */
  private static final long LONG_NANOS = 5_000_000_000L;

  private final Stdio io;
  private final String verb;
  private final int total;
  private final StatusLine line;
  private final long start = System.nanoTime();
  private int before;
  private IntFunction<String> name = number -> "text " + (number + 1);
  private BooleanSupplier stop = () -> false;
  private String cutOff; // null while no text was
  private int cutOffs;

  /**
   * @param verb what is done, such as {@code "embedding"}
   * @param total texts of all parts together
   */
  BatchProgressLine(Stdio io, String verb, int total) {
    this.io = io;
    this.verb = verb;
    this.total = total;
    line = new StatusLine(io);
  }

  /** The texts are called something else than by their number among all. */
  BatchProgressLine naming(IntFunction<String> name) {
    this.name = name;
    return this;
  }

  /** The work ends early once this says so. */
  BatchProgressLine until(BooleanSupplier stop) {
    this.stop = stop;
    return this;
  }

  @Override
  public boolean cancelled() {
    return stop.getAsBoolean();
  }

  /** The next part of the texts begins, behind so many. */
  void part(int before) {
    this.before = before;
  }

  /** Results follow, on the same screen if there is one. */
  void clear() {
    line.clear();
  }

  @Override
  public void update(int done, int ofPart) {
    if (line.redrawn() && done == ofPart) {
      clear();
    } else if (line.due()) {
      show(before + done, (System.nanoTime() - start) * 1e-9);
    }
  }

  private void show(int done, double seconds) {
    line.show(
        verb + " " + done + " of " + total + ", " + Decimals.fixed(done / seconds, 1) + " per s");
  }

  @Override
  public void truncated(int text, int tokens, int kept) {
    if (cutOff == null) {
      cutOff =
          "%s has %d tokens, of which the first %d count"
              .formatted(name.apply(before + text), tokens, kept);
    }
    cutOffs++;
  }

  /** All is done: says how many texts were cut off, if any, and how long it took, if long. */
  void done() {
    if (cutOff != null) {
      io.note(cutOff + "; " + cutOffs + " of " + total + " texts were cut off");
    }
    long nanos = System.nanoTime() - start;
    if (line.shown() || nanos >= LONG_NANOS) {
      double seconds = nanos * 1e-9;
      io.note(
          verb
              + " "
              + total
              + " took "
              + Decimals.fixed(seconds, 1)
              + " s ("
              + Decimals.fixed(total / seconds, 1)
              + " per s)");
    }
  }
}
