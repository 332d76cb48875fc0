package dev.lanewise.model.cli;

import java.util.function.Consumer;

/**
 * Prints a text as it comes.
 *
 * @param io where to
 * @param shown whether it prints at all
 */
record Printer(Stdio io, boolean shown) implements Consumer<String> {
  @Override
  public void accept(String piece) {
    if (shown) {
      io.emit(piece);
    }
  }
}
