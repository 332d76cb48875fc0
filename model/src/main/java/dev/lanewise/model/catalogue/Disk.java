package dev.lanewise.model.catalogue;

import dev.lanewise.model.LanewiseException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Where the bytes land. What a full disk does shows here, and only here. */
interface Disk {
  /** The disk itself. */
  Disk REAL = new Disk() {};

  /** Bytes this process may still write in the folder. */
  default long usableBytes(Path folder) throws IOException {
    return Files.getFileStore(folder).getUsableSpace();
  }

  /** Opens the file, made if need be, for writing at its end. */
  default WritableByteChannel append(Path file) throws IOException {
    return FileChannel.open(
        file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
  }

  /**
   * Complains if the folder has no room for so many bytes more.
   *
   * @throws LanewiseException saying how much is needed, how much is free and where
   */
  default void require(long bytes, Path folder) throws IOException {
    long free = usableBytes(folder);
    // A negative number is a file system so large that the count overflowed.
    if (free >= 0 && free < bytes) {
      throw new LanewiseException(
          "not enough disk space in "
              + folder
              + ": "
              + bytes
              + " bytes ("
              + Sizes.text(bytes)
              + ") are needed, "
              + free
              + " ("
              + Sizes.text(free)
              + ") are free. Free some, or set "
              + Cache.HOME_VARIABLE
              + " to a folder on another disk");
    }
  }
}
