package dev.lanewise.model.catalogue;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;

/**
 * One file of a model and how to know it: whatever source it came from, it must have this size and
 * this sum.
 *
 * @param name file name, or the name of one folder, a slash, and the file's
 * @param size length in bytes
 * @param sha256 SHA-256 of the content, 64 lower-case hexadecimal digits
 * @param text the content of a short file that needs no source
 */
public record ModelFile(String name, long size, String sha256, Optional<String> text) {
  private static final String PLAIN = "[^/\\\\.][^/\\\\]*";

  /**
   * Checks that the name is a plain one, for it becomes a path in the cache.
   *
   * @throws IllegalArgumentException if the name holds more than one folder, or an unseemly one,
   *     the size is negative or the sum is not 64 digits
   */
  public ModelFile {
    if (!name.matches("(" + PLAIN + "/)?" + PLAIN)) {
      throw new IllegalArgumentException("not a plain file name: " + name);
    }
    if (size < 0 || sha256.length() != 64) {
      throw new IllegalArgumentException("size or SHA-256 of " + name + " is malformed");
    }
  }

  /** A file that comes from a source. */
  public ModelFile(String name, long size, String sha256) {
    this(name, size, sha256, Optional.empty());
  }

  /** A short file whose content the catalogue knows. */
  static ModelFile of(String name, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    String sum = HexFormat.of().formatHex(Sha256.digest().digest(bytes));
    return new ModelFile(name, bytes.length, sum, Optional.of(text));
  }
}
