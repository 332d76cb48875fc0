package dev.lanewise.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files that are read at once, because they are small beside a model's weights. */
public final class WholeFile {
  private WholeFile() {}

  /**
   * All bytes of a file.
   *
   * @param limit most bytes: more than any sound file of the kind has
   * @throws LanewiseException if it has more, or cannot be read
   */
  public static byte[] read(Path path, int limit) {
    try {
      long size = Files.size(path);
      if (size > limit) {
        throw new LanewiseException(
            "%s: has %d bytes, more than the limit of %d".formatted(path, size, limit));
      }
      return Files.readAllBytes(path);
    } catch (IOException e) {
      throw LanewiseException.cannotRead(path, e);
    }
  }
}
