package dev.lanewise.model.catalogue;

import java.io.IOException;

/** A source failed in a way that asking it again cannot mend. */
final class RefusedException extends IOException {
  private static final long serialVersionUID = 1L;

  RefusedException(String message) {
    super(message);
  }

  RefusedException(String message, Throwable cause) {
    super(message, cause);
  }
}
