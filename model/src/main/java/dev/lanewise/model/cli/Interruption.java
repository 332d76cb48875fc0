package dev.lanewise.model.cli;

import java.util.function.BooleanSupplier;

/**
 * Ctrl-C: ends a running generation, and holds the JVM's exit back until its statistics are out.
 * Registers itself as a shutdown hook; the JVM's own exit code after SIGINT is 130.
 */
final class Interruption extends Thread implements BooleanSupplier, AutoCloseable {
  /** What {@link Main} returns after Ctrl-C, as shells expect it. */
  static final int EXIT_CODE = 130;

  /** A slice of a prompt on a large model can take this long; a hang may not take longer. */
  private static final long PATIENCE_MILLIS = 15_000;

  private volatile boolean raised;
  private boolean busy;

  private Interruption() {
    super("lanewise-interruption");
  }

  /** Listens from now on. */
  static Interruption install() {
    Interruption interruption = new Interruption();
    Runtime.getRuntime().addShutdownHook(interruption);
    return interruption;
  }

  /** Whether Ctrl-C was pressed. */
  @Override
  public boolean getAsBoolean() {
    return raised;
  }

  /** Waits for it. */
  synchronized void await() throws InterruptedException {
    while (!raised) {
      wait();
    }
  }

  /** From here on, an exit waits for {@link #leave}. */
  synchronized void enter() {
    busy = true;
  }

  /** All is printed; an exit waits no longer. */
  synchronized void leave() {
    busy = false;
    notifyAll();
  }

  /** Runs when the JVM goes down. */
  @Override
  public synchronized void run() {
    raised = true;
    notifyAll();
    long end = System.currentTimeMillis() + PATIENCE_MILLIS;
    try {
      for (long left = PATIENCE_MILLIS; busy && left > 0; left = end - System.currentTimeMillis()) {
        wait(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Stops listening. */
  @Override
  public void close() {
    leave();
    if (!raised) {
      try {
        Runtime.getRuntime().removeShutdownHook(this);
      } catch (IllegalStateException e) {
        // The exit began just now: there is nothing to remove, and nothing left to wait for.
        raised = true;
      }
    }
  }
}
