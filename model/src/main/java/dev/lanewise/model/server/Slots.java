package dev.lanewise.model.server;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;

/**
 * The workers, each with a thread of its own, and the queue before them. A job belongs to a
 * request: when its client is gone, it leaves the queue at once, and a slot as soon as its work
 * looks.
 *
 * @param <W> what works: it serves one caller at a time
 */
final class Slots<W> implements AutoCloseable {
  /**
   * Time between two looks at whether a client is still there. The first write to a connection that
   * was closed succeeds and only the second fails, so it takes up to twice this to notice.
   */
  private static final long PING_MILLIS = 500;

  /** A slice of a prompt may take this long at the end; a hang may not take longer. */
  private static final long PATIENCE_MILLIS = 5000;

  private final int capacity;
  private final List<Thread> threads = new ArrayList<>();
  private final Queue<Job<W, ?>> waiting = new ArrayDeque<>();
  private final Set<Job<W, ?>> running = new HashSet<>();
  private boolean closed;

  /** Takes pieces of text. */
  interface Pieces {
    /** Sends one to the client. */
    void write(String piece) throws IOException;
  }

  /**
   * Slots, one for each worker.
   *
   * @param queue most jobs that wait
   */
  Slots(List<W> workers, int queue) {
    capacity = workers.size() + queue;
    for (W worker : workers) {
      threads.add(
          Thread.ofPlatform()
              .daemon()
              .name("lanewise-slot-" + threads.size())
              .start(() -> serve(worker)));
    }
  }

  /** Jobs at work. */
  synchronized int running() {
    return running.size();
  }

  /** Jobs in the queue. */
  synchronized int waiting() {
    return waiting.size();
  }

  /**
   * Has a job done, and passes on what it says. The client hears something at least every half a
   * second.
   *
   * @throws ApiException if the queue is full or the server goes down, or the work fails
   * @throws IOException if the client is gone
   */
  <R> R run(Job<W, R> job, Reply reply, Pieces pieces) throws IOException {
    submit(job);
    try {
      while (true) {
        switch (job.next(PING_MILLIS)) {
          case null -> reply.ping();
          case Job.Piece<R> piece -> pieces.write(piece.text());
          case Job.Done<R> done -> {
            return done.result();
          }
          case Job.Failed<R> failed -> throw failure(failed.cause());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw ApiException.shuttingDown();
    } finally {
      withdraw(job);
    }
  }

  private static ApiException failure(Throwable cause) {
    if (cause instanceof ApiException error) {
      return error;
    }
    ApiException error = new ApiException(500, "failed", "the work failed: " + cause.getMessage());
    error.initCause(cause);
    return error;
  }

  private synchronized void submit(Job<W, ?> job) {
    if (closed) {
      throw ApiException.shuttingDown();
    }
    if (running.size() + waiting.size() >= capacity) {
      throw new ApiException(
              429,
              "queue_full",
              "all slots are at work and " + waiting.size() + " requests wait; try again later")
          .header("Retry-After", "1");
    }
    waiting.add(job);
    notifyAll();
  }

  private synchronized void withdraw(Job<W, ?> job) {
    job.cancel();
    waiting.remove(job);
  }

  private void serve(W worker) {
    for (Job<W, ?> job = take(); job != null; job = take()) {
      serve(job, worker);
    }
  }

  /** The slot is free before the client can know of the end. */
  private <R> void serve(Job<W, R> job, W worker) {
    Job.Event<R> end = job.run(worker);
    synchronized (this) {
      running.remove(job);
    }
    job.end(end);
  }

  private synchronized Job<W, ?> take() {
    try {
      while (waiting.isEmpty() && !closed) {
        wait();
      }
    } catch (InterruptedException e) {
      return null;
    }
    Job<W, ?> job = waiting.poll();
    if (job != null) {
      running.add(job);
    }
    return job;
  }

  /** Takes no more jobs, ends those that there are, and the threads. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      running.forEach(Job::cancel);
      for (Job<W, ?> job = waiting.poll(); job != null; job = waiting.poll()) {
        job.end(new Job.Failed<>(ApiException.shuttingDown()));
      }
      notifyAll();
    }
    try {
      for (Thread thread : threads) {
        thread.join(PATIENCE_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
