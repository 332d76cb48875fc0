package dev.lanewise.model.server;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * What is held and read at once, whatever is sent: so that requests, each of them permitted, do not
 * take all memory or all processors together. Who comes when there is no room is sent away.
 */
final class Admission {
  /** Bytes of bodies and of answers that are held at once, in all. One body always fits. */
  static final int MAX_HELD =
      Math.clamp(Runtime.getRuntime().maxMemory() / 8, RequestBody.MAX_BYTES, 64 << 20);

  /** What is smaller is not counted, so that who sends little is served beside who sends much. */
  static final int SMALL = 1 << 16;

  /**
   * Bodies that are parsed and turned into tokens at once. The longest take a second, and tens of
   * bytes for each of theirs.
   */
  static final int READERS = 2;

  /** Others wait this long for them: a client that has left meanwhile is not missed for longer. */
  private static final long PATIENCE_MILLIS = 2000;

  private final Semaphore room = new Semaphore(MAX_HELD);
  private final Semaphore readers = new Semaphore(READERS, true);

  /**
   * Takes room for a body or an answer.
   *
   * @return what is to be given back
   * @throws ApiException if there is none
   */
  int take(int bytes) {
    int share = bytes < SMALL ? 0 : Math.min(bytes, MAX_HELD);
    if (!room.tryAcquire(share)) {
      throw busy("the server holds as much of other requests as it may");
    }
    return share;
  }

  /** Gives room back. */
  void giveBack(int share) {
    room.release(share);
  }

  /**
   * Reads what was sent, beside few others.
   *
   * @throws ApiException if the others take too long
   */
  <T> T read(Supplier<T> reading) {
    try {
      if (!readers.tryAcquire(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)) {
        throw busy("the server is reading other requests");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw ApiException.shuttingDown();
    }
    try {
      return reading.get();
    } finally {
      readers.release();
    }
  }

  private static ApiException busy(String reason) {
    return new ApiException(429, "busy", reason + "; try again later").header("Retry-After", "1");
  }
}
