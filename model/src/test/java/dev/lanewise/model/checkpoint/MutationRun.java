package dev.lanewise.model.checkpoint;

import dev.lanewise.model.LanewiseException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/**
 * Opens mutants one after the other and loads all that is in them. Each must load or end in a
 * {@link LanewiseException} that names the file, before the deadline.
 */
public final class MutationRun {
  /** What the file of every mutant is called. */
  private static final String FILE = "mutant";

  private static final long POLL_MILLIS = 50;

  private final Mutator mutator;
  private final BiFunction<String, MemorySegment, Checkpoint> open;
  private final Consumer<Checkpoint> loadEverything;
  private final long deadlineMillis;
  private final AtomicLong seed = new AtomicLong();
  private long loaded;
  private volatile Throwable failure;

  /** Where broken files come from. */
  public interface Mutator {
    /** Length of the longest mutant. */
    int maxBytes();

    /** The mutant of this seed. */
    byte[] mutant(long seed);
  }

  /**
   * A run.
   *
   * @param open what opens a file of a name
   * @param loadEverything what to do with a mutant that could be opened; throws only {@link
   *     LanewiseException}
   * @param deadlineMillis most time for one mutant
   */
  public MutationRun(
      Mutator mutator,
      BiFunction<String, MemorySegment, Checkpoint> open,
      Consumer<Checkpoint> loadEverything,
      long deadlineMillis) {
    this.mutator = mutator;
    this.open = open;
    this.loadEverything = loadEverything;
    this.deadlineMillis = deadlineMillis;
  }

  /**
   * Runs the mutants of the seeds {@code [from, to)}.
   *
   * @param progressEvery print a line each time so many are done; 0 for never
   * @return how many of them loaded
   * @throws AssertionError if one failed otherwise or took too long; its message has the seed
   */
  public long run(long from, long to, int progressEvery) throws InterruptedException {
    seed.set(from);
    Thread worker = new Thread(() -> work(from, to, progressEvery), "mutants");
    worker.setDaemon(true);
    worker.start();
    long watched = from;
    long since = System.nanoTime();
    while (worker.isAlive()) {
      worker.join(POLL_MILLIS);
      long current = seed.get();
      long now = System.nanoTime();
      if (current != watched) {
        watched = current;
        since = now;
      } else if (worker.isAlive() && now - since > 1_000_000 * deadlineMillis) {
        AssertionError late =
            new AssertionError(
                "the mutant of seed " + current + " took more than " + deadlineMillis + " ms");
        late.setStackTrace(worker.getStackTrace());
        throw late;
      }
    }
    if (failure != null) {
      throw new AssertionError("the mutant of seed " + seed.get() + ": " + failure, failure);
    }
    return loaded;
  }

  private void work(long from, long to, int progressEvery) {
    try (Arena arena = Arena.ofShared()) {
      // One buffer for all mutants; each sees only its own length of it.
      MemorySegment memory = arena.allocate(mutator.maxBytes(), 64);
      for (long next = from; next < to; next++) {
        seed.set(next);
        load(memory, mutator.mutant(next));
        if (progressEvery > 0 && (next + 1 - from) % progressEvery == 0) {
          System.out.println((next + 1 - from) + " mutants, of which " + loaded + " loaded");
        }
      }
    } catch (Throwable e) {
      failure = e;
    }
  }

  private void load(MemorySegment memory, byte[] mutant) {
    MemorySegment.copy(MemorySegment.ofArray(mutant), 0, memory, 0, mutant.length);
    try {
      loadEverything.accept(open.apply(FILE, memory.asSlice(0, mutant.length).asReadOnly()));
      loaded++;
    } catch (LanewiseException e) {
      if (!e.getMessage().contains(FILE)) {
        throw new AssertionError("the message does not name the file: " + e.getMessage(), e);
      }
    }
  }
}
