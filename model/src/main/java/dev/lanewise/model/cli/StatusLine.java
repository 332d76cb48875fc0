package dev.lanewise.model.cli;

/**
 * How work that takes long gets on, on standard error: one line that is redrawn where a person
 * reads it, elsewhere a line every few seconds.
 */
final class StatusLine {
  private static final long REDRAW_NANOS = 200_000_000L;
  private static final long LINE_NANOS = 5_000_000_000L;
  private static final String ERASE_LINE = "\r\u001b[K";

  private final Stdio io;
  private final boolean redrawn;
  private long last = System.nanoTime();
  private boolean shown;

  StatusLine(Stdio io) {
    this.io = io;
    redrawn = io.interactive();
  }

  /** Whether it is one line that is redrawn. */
  boolean redrawn() {
    return redrawn;
  }

  /** Whether anything was shown so far. */
  boolean shown() {
    return shown;
  }

  /** Whether it is time to show something. */
  boolean due() {
    return System.nanoTime() - last >= (redrawn ? REDRAW_NANOS : LINE_NANOS);
  }

  /** Shows a line, in place of the one before where that can be. */
  void show(String line) {
    last = System.nanoTime();
    shown = true;
    if (redrawn) {
      io.err().print(ERASE_LINE + line);
      io.err().flush();
    } else {
      io.note(line);
    }
  }

  /** Something else follows, on the same screen if there is one. */
  void clear() {
    if (redrawn) {
      io.err().print(ERASE_LINE);
      io.err().flush();
    }
  }
}
