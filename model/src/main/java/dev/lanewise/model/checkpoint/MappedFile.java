package dev.lanewise.model.checkpoint;

import dev.lanewise.model.LanewiseException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Function;
import java.util.function.Supplier;

/** Files as read-only memory, and what happens when they change under the reader. */
public final class MappedFile {
  private MappedFile() {}

  /**
   * Maps the whole file of a model, however long.
   *
   * @param memory what its bytes belong to from now on
   * @throws LanewiseException if it is missing, no file but a directory, a pipe or the like, empty
   *     or not readable
   */
  public static MemorySegment map(Path path, FileMemory memory) {
    return map(path, memory, "download it again");
  }

  /**
   * Maps a whole file, however long.
   *
   * @param memory what its bytes belong to from now on
   * @param advice what to do if it is empty
   * @throws LanewiseException if it is missing, no file but a directory, a pipe or the like, empty
   *     or not readable
   */
  public static MemorySegment map(Path path, FileMemory memory, String advice) {
    if (Files.isDirectory(path)) {
      throw new LanewiseException(path + ": is a directory; name a file inside it");
    }
    if (Files.exists(path)
        && !Files.isRegularFile(path)) { // to open a pipe would wait for a writer
      throw new LanewiseException(
          path + ": is neither a file nor a folder, and cannot be mapped; copy it to a file");
    }
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size == 0) {
        throw new LanewiseException(path + ": the file is empty; " + advice);
      }
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, size, memory.arena());
    } catch (IOException e) {
      throw LanewiseException.cannotRead(path, e);
    }
  }

  /**
   * Maps a part of a file for the time of some work.
   *
   * @param offset where it begins
   * @param bytes how long it is
   * @throws LanewiseException if the file is gone, not readable, or too short by now
   */
  static <T> T read(Path path, long offset, long bytes, Function<MemorySegment, T> work) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
        Arena arena = Arena.ofConfined()) {
      return work.apply(channel.map(FileChannel.MapMode.READ_ONLY, offset, bytes, arena));
    } catch (ClosedByInterruptException e) {
      throw LanewiseException.cannotRead(path, e);
    } catch (IOException e) {
      throw new LanewiseException(
          path + ": cannot be read any more: " + e.getMessage() + "; was it replaced?", e);
    }
  }

  /**
   * Runs work that reads mapped weights, at the edge of the program. If the file is made shorter
   * meanwhile, the Java machine reports the pages that are gone as an {@link InternalError}; here
   * it becomes the user's error. Other errors pass as they are.
   *
   * @param file what to name in the message
   * @throws LanewiseException if mapped memory could not be read
   */
  static <T> T guarded(String file, Supplier<T> work) {
    try {
      return work.get();
    } catch (InternalError e) {
      throw translated(file, e);
    }
  }

  /** The user's error for a fault in mapped memory; throws any other error itself. */
  static LanewiseException translated(String file, InternalError error) {
    if (!isMemoryFault(error)) {
      throw error;
    }
    return new LanewiseException(
        file
            + ": a part of the file can no longer be read: it was made shorter or replaced"
            + " while in use, or its disk failed; restore the file and start again",
        error);
  }

  /** The one sign that the Java machine gives: its message for a fault in mapped memory. */
  private static boolean isMemoryFault(InternalError error) {
    String message = error.getMessage();
    return message != null && message.contains("unsafe memory access");
  }
}
