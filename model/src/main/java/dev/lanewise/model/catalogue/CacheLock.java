package dev.lanewise.model.catalogue;

import dev.lanewise.model.LanewiseException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The right to change one folder of the cache, held by one thread of one process. The lock's file
 * stays behind: deleting it would let two processes hold locks on two files of the same name. It
 * also marks the folder as made by this library.
 */
final class CacheLock implements AutoCloseable {
  /** Name of the lock's file in its folder. */
  static final String FILE = ".lanewise";

  private static final long POLL_MILLIS = 100;

  // File locks belong to the whole process, and closing any channel of a file may drop them all;
  // so threads are kept apart before the file is opened.
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path key;
  private final FileChannel channel;

  private CacheLock(Path key, FileChannel channel) {
    this.key = key;
    this.channel = channel;
  }

  /** Takes the lock of the folder, which must exist; empty if someone else holds it. */
  static Optional<CacheLock> tryAcquire(Path folder) throws IOException {
    Path key = folder.toRealPath();
    if (!HELD.add(key)) {
      return Optional.empty();
    }
    FileChannel channel = null;
    FileLock lock = null;
    try {
      channel =
          FileChannel.open(key.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      lock = channel.tryLock();
      return lock == null ? Optional.empty() : Optional.of(new CacheLock(key, channel));
    } finally {
      if (lock == null) {
        if (channel != null) {
          channel.close();
        }
        HELD.remove(key);
      }
    }
  }

  /** Makes the folder if need be and takes its lock, waiting for whoever holds it. */
  static CacheLock acquire(Path folder, Progress progress) throws IOException {
    Files.createDirectories(folder);
    for (boolean told = false; ; told = true) {
      Optional<CacheLock> lock = tryAcquire(folder);
      if (lock.isPresent()) {
        return lock.get();
      }
      if (!told) {
        progress.message(
            "waiting for another pull of the same model, which holds " + folder.resolve(FILE));
      }
      pause(POLL_MILLIS);
    }
  }

  /** Sleeps; an interrupt ends the pull and leaves what there is for the next. */
  static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /** What a pull ends with when its thread is interrupted. */
  static LanewiseException interrupted(InterruptedException cause) {
    Thread.currentThread().interrupt();
    return new LanewiseException("the pull was interrupted; pull again to continue it", cause);
  }

  /** Whether the folder was made by this library. */
  static boolean marks(Path folder) {
    return Files.exists(folder.resolve(FILE));
  }

  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      HELD.remove(key);
    }
  }
}
