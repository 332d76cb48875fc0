package dev.lanewise.model.cli;

import java.util.List;

/** The words behind a kernel's name, read as that kernel wants them. */
final class KernelSizes {
  private final String kernel;
  private final List<String> words;

  /**
   * @param words the kernel's name and what follows it
   */
  KernelSizes(List<String> words) {
    kernel = words.getFirst();
    this.words = words.subList(1, words.size());
  }

  /** Refuses fewer or more words than these names. */
  void named(String... names) {
    if (words.size() != names.length) {
      throw new UsageException(
          kernel + " takes " + String.join(" ", names) + ", and " + words.size() + " were given");
    }
  }

  /** The word at an index. */
  String word(int index) {
    return words.get(index);
  }

  /** The word at an index as a size. */
  int size(int index, String name) {
    int size;
    try {
      size = Integer.parseInt(words.get(index));
    } catch (NumberFormatException e) {
      size = 0;
    }
    if (size <= 0) {
      throw new UsageException(
          name
              + " is '"
              + words.get(index)
              + "' but must be a whole number from 1 to "
              + Integer.MAX_VALUE);
    }
    return size;
  }
}
