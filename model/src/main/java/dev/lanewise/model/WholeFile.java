package dev.lanewise.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** Files that are there whole or not at all: read at once, or written beside themselves first. */
public final class WholeFile {
  private WholeFile() {}

  /** A name of nobody else's beside a file, for what takes the file's name once it is whole. */
  public static Path part(Path file) {
    String own = Long.toHexString(new SplittableRandom().nextLong());
    return file.resolveSibling(file.getFileName() + "." + own + ".part");
  }

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
