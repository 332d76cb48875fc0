package dev.lanewise.kernels;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * A team of threads that share out the pieces of one operation after another.
 *
 * <p>Generating a token forks and joins some two hundred times, so a fork must cost about a
 * microsecond: workers that find no work spin for {@value #SPIN_NANOS} ns before they park, which
 * bridges the gap between two operations, and an idle team costs nothing. Pieces are handed out one
 * by one, so a thread that the system holds up delays one piece only. Where a team has more threads
 * than there are processors, a thread that waits yields its processor instead of spinning, as it
 * would hold up those that work.
 *
 * <p>A team serves one caller at a time. Its threads are daemons; {@link #close} ends them.
 */
public final class Parallel implements AutoCloseable {
  /** One operation, cut into pieces. */
  @FunctionalInterface
  public interface Task {
    /**
     * Does one piece.
     *
     * @param index 0 to count − 1; every index is run exactly once
     * @param worker 0 to threads − 1; no two pieces run at once with the same worker
     */
    void run(int index, int worker);
  }

  /** Most pieces of one operation. */
  public static final int MAX_COUNT = 0xFFFF;

  /** Longer than the serial work between two operations, shorter than anyone would notice. */
  private static final long SPIN_NANOS = 100_000;

  private static final int SPINS_PER_CLOCK_READING = 64;

  private static final VarHandle TICKET;
  private static final VarHandle DONE;
  private static final VarHandle BUSY;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      TICKET = lookup.findVarHandle(Parallel.class, "ticket", long.class);
      DONE = lookup.findVarHandle(Parallel.class, "done", int.class);
      BUSY = lookup.findVarHandle(Parallel.class, "busy", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Worker[] workers;

  /** Whether there are fewer processors than threads. */
  private final boolean crowded;

  /**
   * The operation's number (32 bits), its count of pieces (16) and the next piece to hand out (16)
   * in one word: whoever advances it by compare-and-set has a piece of just that operation, so a
   * worker that wakes up late can never take a piece of an operation that is over.
   */
  private volatile long ticket;

  /** The operation in progress; written before {@link #ticket} and read after it. */
  private Task task;

  private volatile int done;
  private volatile Throwable failure;
  private volatile boolean closed;

  @SuppressWarnings("unused") // through BUSY
  private volatile boolean busy;

  private Parallel(int threads) {
    crowded = threads > Runtime.getRuntime().availableProcessors();
    workers = new Worker[threads - 1];
    for (int i = 0; i < workers.length; i++) {
      workers[i] = new Worker(i + 1);
    }
    closedUnless(
        () -> {
          for (Worker worker : workers) {
            worker.start();
          }
          return this;
        });
  }

  /**
   * A team of the given number of threads, the caller's included.
   *
   * @throws IllegalArgumentException if {@code threads} is not between 1 and 1024
   */
  public static Parallel of(int threads) {
    if (threads < 1 || threads > 1024) {
      throw new IllegalArgumentException("threads must be between 1 and 1024, got " + threads);
    }
    return new Parallel(threads);
  }

  /** What some work makes that needs this team. If it fails, the team is closed. */
  public <T> T closedUnless(Supplier<T> work) {
    try {
      return work.get();
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** The threads that work, the caller's included. */
  public int threads() {
    return workers.length + 1;
  }

  /**
   * Runs the pieces 0 to count − 1 and returns when all are done. If pieces throw, the caller gets
   * what one of them threw, once none runs any more; the others may or may not have been run. The
   * team stays usable.
   *
   * @throws IllegalArgumentException if {@code count} is negative or above {@link #MAX_COUNT}
   * @throws IllegalStateException if the team is closed or in the middle of another operation
   */
  public void run(int count, Task task) {
    if (count < 0 || count > MAX_COUNT) {
      throw new IllegalArgumentException("count must be 0 to " + MAX_COUNT + ", got " + count);
    }
    Objects.requireNonNull(task, "task");
    if (closed) {
      throw new IllegalStateException("this team of threads is closed");
    }
    if (!BUSY.compareAndSet(this, false, true)) {
      throw new IllegalStateException("a team of threads serves one caller at a time");
    }
    try {
      if (workers.length == 0 || count <= 1) {
        for (int i = 0; i < count; i++) {
          task.run(i, 0);
        }
      } else {
        fork(count, task);
        work(ticket >>> 32, 0);
        join(count);
      }
    } finally {
      busy = false;
    }
  }

  private void fork(int count, Task task) {
    this.task = task;
    done = 0;
    ticket = ((ticket >>> 32) + 1) << 32 | (long) count << 16;
    for (Worker worker : workers) {
      if (worker.parked) {
        LockSupport.unpark(worker);
      }
    }
  }

  private void join(int count) {
    for (int spins = 1; done < count; spins++) {
      if (crowded || spins % 4096 == 0) {
        Thread.yield(); // a worker was taken off its processor in the middle of a piece
      } else {
        Thread.onSpinWait();
      }
    }
    task = null;
    Throwable thrown = failure;
    if (thrown != null) {
      failure = null;
      Parallel.<RuntimeException>rethrow(thrown);
    }
  }

  @SuppressWarnings("unchecked") // a piece throws unchecked exceptions only; this keeps their type
  private static <T extends Throwable> void rethrow(Throwable thrown) throws T {
    throw (T) thrown;
  }

  /** Takes pieces of the given operation until none is left. */
  private void work(long operation, int worker) {
    while (true) {
      long seen = ticket;
      if (seen >>> 32 != operation) {
        return;
      }
      int index = (int) seen & 0xFFFF;
      if (index >= ((int) (seen >>> 16) & 0xFFFF)) {
        return;
      }
      Task current = task;
      if (TICKET.compareAndSet(this, seen, seen + 1)) {
        try {
          current.run(index, worker);
        } catch (Throwable t) { // handed to the caller, whatever it is
          failure = t;
        }
        DONE.getAndAdd(this, 1);
      }
    }
  }

  /** Ends the team's threads. An operation in progress is finished by its caller. */
  @Override
  public void close() {
    closed = true;
    for (Worker worker : workers) {
      LockSupport.unpark(worker);
    }
  }

  private final class Worker extends Thread {
    private final int number;
    private volatile boolean parked;

    Worker(int number) {
      super("lanewise-" + number);
      this.number = number;
      setDaemon(true);
    }

    @Override
    public void run() {
      long last = 0;
      while (!closed) {
        last = awaitOperationAfter(last);
        work(last, number);
      }
    }

    private long awaitOperationAfter(long last) {
      long operation = ticket >>> 32;
      if (operation != last) {
        return operation;
      }
      long start = System.nanoTime();
      for (int spins = 1; ; spins++) {
        operation = ticket >>> 32;
        if (operation != last || closed) {
          return operation;
        }
        if (crowded) {
          Thread.yield();
        } else {
          Thread.onSpinWait();
        }
        if (spins % SPINS_PER_CLOCK_READING == 0 && System.nanoTime() - start > SPIN_NANOS) {
          parked = true;
          while ((operation = ticket >>> 32) == last && !closed) {
            LockSupport.park(Parallel.this);
            boolean _ = Thread.interrupted(); // a task's doing: parking would no longer wait
          }
          parked = false;
          return operation;
        }
      }
    }
  }
}
