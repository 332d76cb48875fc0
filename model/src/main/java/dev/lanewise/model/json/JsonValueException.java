package dev.lanewise.model.json;

import dev.lanewise.model.LanewiseException;

/** A value of a JSON text that is missing, or is not what it should be. */
public final class JsonValueException extends LanewiseException {
  private static final long serialVersionUID = 1L;

  private final String path;

  JsonValueException(String source, String path, String problem) {
    super(source + ": " + (path.isEmpty() ? "the text" : path) + " " + problem);
    this.path = path;
  }

  /** The way from the root to the value, as {@link JsonView#path} has it. */
  public String path() {
    return path;
  }
}
