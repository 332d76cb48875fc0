package dev.lanewise.model.generate;

/** Why a generation ended. */
public enum FinishReason {
  /** The most tokens asked for are there. */
  LENGTH("length"),
  /** The model gave an end-of-generation token. */
  STOP("stop"),
  /** A stop string turned up. */
  STOP_STRING("stop_string"),
  /** The context is full. */
  CONTEXT("context"),
  /** The caller cancelled, or the thread was interrupted. */
  CANCELLED("cancelled");

  private final String label;

  FinishReason(String label) {
    this.label = label;
  }

  /** The name in JSON: {@code length}, {@code stop}, {@code stop_string} … */
  public String label() {
    return label;
  }
}
