package dev.lanewise.model;

import java.io.IOException;
import java.io.InputStream;
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
   * @throws LanewiseException if it has more, cannot be read, or does not fit in the heap
   */
  public static byte[] read(Path path, int limit) {
    try {
      long size = Files.size(path);
      if (size > limit) {
        throw new LanewiseException(
            "%s: has %d bytes, more than the limit of %d".formatted(path, size, limit));
      }
      return upTo(limit, path);
    } catch (IOException e) {
      throw LanewiseException.cannotRead(path, e);
    } catch (OutOfMemoryError e) {
      throw new LanewiseException(
          path + ": does not fit in the Java heap; take a smaller file, or a larger heap (-Xmx)",
          e);
    }
  }

  /** Devices and pipes do not tell how much there is. */
  private static byte[] upTo(int limit, Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      byte[] bytes = in.readNBytes(limit);
      if (bytes.length == limit && in.read() >= 0) {
        throw new LanewiseException(
            "%s: has more bytes than the limit of %d".formatted(path, limit));
      }
      return bytes;
    }
  }
}
