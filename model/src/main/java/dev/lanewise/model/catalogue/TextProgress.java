package dev.lanewise.model.catalogue;

import java.io.Console;
import java.io.PrintStream;
import java.util.Locale;

/** Progress as text: a redrawn line for people, sparse lines for logs. */
class TextProgress implements Progress {
  private static final long REDRAW_NANOS = 100_000_000L;
  private static final long LINE_NANOS = 5_000_000_000L;
  private static final String ERASE_LINE = "\r\u001b[K";

  private final PrintStream out;

  private Boolean terminal;
  private Phase phase;
  private long startBytes;
  private long startNanos;
  private long shownNanos;
  private long shownTenth;
  private boolean lineOpen;

  TextProgress(PrintStream out) {
    this.out = out;
  }

  /** Whether the process talks to a terminal that understands escape sequences. */
  @SuppressWarnings("SystemConsoleNull") // from JDK 25 on it may be null again
  boolean onTerminal() {
    Console console = System.console();
    return console != null && console.isTerminal() && !"dumb".equals(System.getenv("TERM"));
  }

  /** The clock that speed is measured with. */
  long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public void update(Phase newPhase, long bytes, long total) {
    long now = nanoTime();
    long tenth = total > 0 ? 10 * bytes / total : 10;
    boolean first = newPhase != phase || bytes < startBytes;
    if (first) {
      closeLine();
      phase = newPhase;
      startBytes = bytes;
      startNanos = now;
    }
    boolean last = bytes >= total;
    boolean due =
        isTerminal()
            ? now - shownNanos >= REDRAW_NANOS
            : tenth > shownTenth || now - shownNanos >= LINE_NANOS;
    boolean repeated = last && !first && shownTenth == 10;
    if ((first || last || due) && !repeated) {
      shownNanos = now;
      shownTenth = tenth;
      show(line(bytes, total, now), last);
    }
  }

  @Override
  public void message(String line) {
    closeLine();
    out.println(line);
    out.flush();
  }

  private boolean isTerminal() {
    if (terminal == null) {
      // Asked at the first output and not before: looking for a console costs start-up time.
      terminal = onTerminal();
    }
    return terminal;
  }

  private void show(String line, boolean last) {
    if (isTerminal()) {
      out.print(ERASE_LINE + line);
      lineOpen = true;
      if (last) {
        closeLine();
      }
    } else {
      out.println(line);
    }
    out.flush();
  }

  private void closeLine() {
    if (lineOpen) {
      out.println();
      lineOpen = false;
    }
  }

  private String line(long bytes, long total, long now) {
    long percent = total > 0 ? 100 * bytes / total : 100;
    String line =
        String.format(
            Locale.ROOT,
            "%s %s of %s, %d %%",
            phase,
            Sizes.text(bytes),
            Sizes.text(total),
            percent);
    double seconds = (now - startNanos) / 1e9;
    double perSecond = seconds > 0 ? (bytes - startBytes) / seconds : 0;
    if (perSecond >= 1) {
      line += ", " + Sizes.text((long) perSecond) + "/s";
      if (bytes < total) {
        line += ", " + (long) Math.ceil((total - bytes) / perSecond) + " s left";
      }
    }
    return line;
  }
}
