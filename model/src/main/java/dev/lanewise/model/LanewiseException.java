package dev.lanewise.model;

/**
 * What is thrown for bad input: a file, a prompt or a setting that cannot be used. The message says
 * what was wrong, where (file, key or tensor, offset, limit), and what to do.
 */
public final class LanewiseException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Creates an exception with a message meant for the user. */
  public LanewiseException(String message) {
    super(message);
  }

  /** Creates an exception with a message meant for the user and what led to it. */
  public LanewiseException(String message, Throwable cause) {
    super(message, cause);
  }
}
