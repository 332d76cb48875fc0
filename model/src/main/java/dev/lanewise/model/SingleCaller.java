package dev.lanewise.model;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Keeps all callers but one out of something that has buffers of its own, so that a mistake in a
 * program with several threads ends in an exception and not in wrong results.
 */
public final class SingleCaller {
  private final String what;
  private final AtomicBoolean busy = new AtomicBoolean();
  private volatile boolean closed;

  /**
   * Begins open and without a caller.
   *
   * @param what it keeps them out of, for messages: {@code "this generator"}
   */
  public SingleCaller(String what) {
    this.what = what;
  }

  /**
   * Begins a call, which {@link #leave} ends.
   *
   * @throws IllegalStateException if another call has not ended, or after {@link #close}
   */
  public void enter() {
    requireOpen();
    if (!busy.compareAndSet(false, true)) {
      throw new IllegalStateException(
          what
              + " serves one caller at a time; make one for each thread: they may share a model or"
              + " an index");
    }
  }

  /** Ends a call. */
  public void leave() {
    busy.set(false);
  }

  /**
   * Insists that nobody has closed it, for calls that look from time to time.
   *
   * @throws IllegalStateException after {@link #close}
   */
  public void requireOpen() {
    if (closed) {
      throw new IllegalStateException(what + " is closed");
    }
  }

  /** Refuses all calls from now on. One that has begun goes on, or ends when it next looks. */
  public void close() {
    closed = true;
  }
}
