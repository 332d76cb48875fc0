package dev.lanewise.model.catalogue;

import java.io.IOException;

/** Brings the files of an entry from one source. */
interface Fetcher extends AutoCloseable {
  /**
   * Appends what is missing to the part, or starts it again.
   *
   * @throws IOException if this source cannot serve; another may
   * @throws dev.lanewise.model.LanewiseException if no source could, as when the disk is full
   */
  void fetch(ModelFile file, PartFile part) throws IOException;

  @Override
  default void close() throws IOException {}
}
