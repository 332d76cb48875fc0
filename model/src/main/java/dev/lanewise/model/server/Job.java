package dev.lanewise.model.server;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Work for a slot, and what comes of it: pieces of text, then the end. Written by the thread of the
 * slot, read by that of the request, so that a client that reads slowly holds no slot. Asked as a
 * supplier it tells whether it is cancelled.
 *
 * @param <W> what the work is done with
 * @param <R> what it results in
 */
final class Job<W, R> implements BooleanSupplier {
  private final Work<W, R> work;
  private final BlockingQueue<Event<R>> events = new LinkedBlockingQueue<>();
  private volatile boolean cancelled;

  /** What happens in the slot. */
  interface Work<W, R> {
    /** Does it, looking from time to time whether the job is cancelled. */
    R on(W worker, Job<W, R> job);
  }

  /** What comes of it. */
  sealed interface Event<R> {}

  /** A piece of text. */
  record Piece<R>(String text) implements Event<R> {}

  /** It is done. */
  record Done<R>(R result) implements Event<R> {}

  /** It came to nothing. */
  record Failed<R>(Throwable cause) implements Event<R> {}

  Job(Work<W, R> work) {
    this.work = work;
  }

  /** Does the work; the end is still to be told. */
  Event<R> run(W worker) {
    try {
      return new Done<>(work.on(worker, this));
    } catch (RuntimeException | Error e) {
      return new Failed<>(e);
    }
  }

  /** Passes on a piece of text. */
  void say(String piece) {
    events.add(new Piece<>(piece));
  }

  /** Passes on the end. */
  void end(Event<R> end) {
    events.add(end);
  }

  /** The next event; null if there is none for a while. */
  Event<R> next(long millis) throws InterruptedException {
    return events.poll(millis, TimeUnit.MILLISECONDS);
  }

  /** Nobody wants the result any more. */
  void cancel() {
    cancelled = true;
  }

  @Override
  public boolean getAsBoolean() {
    return cancelled;
  }
}
