package dev.lanewise.bench;

/** A peer does not run on this platform; the message says which, where and why. */
public final class PeerUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** For a peer that could not be loaded. */
  PeerUnavailableException(String peer, Throwable cause) {
    super(message(peer, root(cause).toString()), cause);
  }

  /** For a peer that was loaded and says it cannot do what is to be timed. */
  public PeerUnavailableException(String peer, String reason) {
    super(message(peer, reason));
  }

  private static String message(String peer, String reason) {
    return "%s does not run on %s %s with Java %s: %s"
        .formatted(
            peer,
            System.getProperty("os.name"),
            System.getProperty("os.arch"),
            Runtime.version().feature(),
            reason);
  }

  private static Throwable root(Throwable cause) {
    Throwable root = cause;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }
}
