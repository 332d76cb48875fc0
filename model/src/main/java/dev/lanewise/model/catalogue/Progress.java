package dev.lanewise.model.catalogue;

import java.io.PrintStream;

/** Told how a pull gets on. Called from the pulling thread, many times a second. */
public interface Progress {
  /** Says nothing. */
  Progress NONE = new Progress() {};

  /** What the bytes of an update are about. */
  enum Phase {
    /** Bytes come over the network. */
    DOWNLOAD("downloading"),
    /** Bytes on disk are hashed. */
    VERIFY("verifying"),
    /** Bytes are taken out of an archive. */
    EXTRACT("extracting");

    private final String verb;

    Phase(String verb) {
      this.verb = verb;
    }

    @Override
    public String toString() {
      return verb;
    }
  }

  /**
   * So many bytes of a total are done in this phase; both count the bytes that were there from an
   * earlier attempt.
   */
  default void update(Phase phase, long bytes, long total) {}

  /** Something worth a line: a source is tried, has failed, is waited for. */
  default void message(String line) {}

  /**
   * Prints to the stream: on a terminal one line that is redrawn, elsewhere a line every tenth of
   * the way, and at least every few seconds.
   */
  static Progress to(PrintStream out) {
    return new TextProgress(out);
  }
}
