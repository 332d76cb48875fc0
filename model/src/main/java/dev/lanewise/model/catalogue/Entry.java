package dev.lanewise.model.catalogue;

import java.util.List;

/**
 * One model of the catalogue.
 *
 * @param name what users type; also the model's folder in the cache
 * @param description one line for listings
 * @param licence SPDX identifier of the weights' licence
 * @param files everything the model consists of
 * @param sources where to get the files, in the order in which they are tried
 */
public record Entry(
    String name, String description, String licence, List<ModelFile> files, List<Source> sources) {
  /**
   * Copies the lists.
   *
   * @throws IllegalArgumentException if there is no file
   */
  public Entry {
    if (files.isEmpty()) {
      throw new IllegalArgumentException(name + " has no file");
    }
    files = List.copyOf(files);
    sources = List.copyOf(sources);
  }

  /** Bytes of all files together. */
  public long size() {
    long sum = 0;
    for (ModelFile file : files) {
      sum += file.size();
    }
    return sum;
  }
}
