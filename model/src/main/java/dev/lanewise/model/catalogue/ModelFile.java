package dev.lanewise.model.catalogue;

/**
 * One file of a model and how to know it: whatever source it came from, it must have this size and
 * this sum.
 *
 * @param name file name, without folders
 * @param size length in bytes
 * @param sha256 SHA-256 of the content, 64 lower-case hexadecimal digits
 */
public record ModelFile(String name, long size, String sha256) {
  /**
   * Checks that the name is a plain file name, for it becomes a path in the cache.
   *
   * @throws IllegalArgumentException if the name holds a folder, the size is negative or the sum is
   *     not 64 digits
   */
  public ModelFile {
    if (name.isEmpty()
        || name.startsWith(".")
        || name.indexOf('/') >= 0
        || name.indexOf('\\') >= 0) {
      throw new IllegalArgumentException("not a plain file name: " + name);
    }
    if (size < 0 || sha256.length() != 64) {
      throw new IllegalArgumentException("size or SHA-256 of " + name + " is malformed");
    }
  }
}
