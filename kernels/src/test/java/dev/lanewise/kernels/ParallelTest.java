package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ParallelTest {
  private static final int[] COUNTS = {0, 1, 2, 3, 7, 64, 1000, Parallel.MAX_COUNT};

  @ParameterizedTest(name = "{0} threads")
  @ValueSource(ints = {1, 2, 3, 8})
  void everyIndexExactlyOnce(int threads) {
    try (Parallel team = Parallel.of(threads)) {
      assertEquals(threads, team.threads());
      for (int count : COUNTS) {
        AtomicIntegerArray runs = new AtomicIntegerArray(count);
        team.run(count, (index, _) -> runs.incrementAndGet(index));
        for (int i = 0; i < count; i++) {
          assertEquals(1, runs.get(i), "index " + i + " of " + count);
        }
      }
    }
  }

  /** What the pieces wrote, plain writes included, is there when run returns. */
  @ParameterizedTest(name = "{0} threads")
  @ValueSource(ints = {2, 3})
  void manyOperationsInARow(int threads) {
    try (Parallel team = Parallel.of(threads)) {
      int[] sums = new int[5];
      int repeats = 20_000;
      for (int r = 0; r < repeats; r++) {
        team.run(sums.length, (index, _) -> sums[index] += index + 1);
      }
      for (int i = 0; i < sums.length; i++) {
        assertEquals(repeats * (i + 1), sums[i]);
      }
    }
  }

  /** It waits in another way than one that has a processor for each. */
  @Test
  void aTeamOfMoreThreadsThanProcessors() {
    int threads = Runtime.getRuntime().availableProcessors() + 5;
    manyOperationsInARow(threads);
    everyIndexExactlyOnce(threads);
  }

  @Test
  void isClosedIfWhatNeedsItCannotBeMade() {
    Parallel team = Parallel.of(2);
    assertEquals(3, team.closedUnless(() -> 3));
    team.run(1, (_, _) -> {});
    UnsupportedOperationException failure = new UnsupportedOperationException();
    assertSame(
        failure,
        assertThrows(
            UnsupportedOperationException.class,
            () ->
                team.closedUnless(
                    () -> {
                      throw failure;
                    })));
    assertThrows(IllegalStateException.class, () -> team.run(1, (_, _) -> {}));
  }

  /** Workers that have gone to sleep wake up. */
  @Test
  void operationsWithPausesBetween() {
    try (Parallel team = Parallel.of(3)) {
      for (int r = 0; r < 50; r++) {
        LockSupport.parkNanos(2_000_000);
        AtomicInteger runs = new AtomicInteger();
        team.run(20, (_, _) -> runs.incrementAndGet());
        assertEquals(20, runs.get());
      }
    }
  }

  /** A thread whose mark stays would not wait any more, but ask again and again. */
  @Test
  void anInterruptedWorkerWaitsAllTheSame() throws InterruptedException {
    try (Parallel team = Parallel.of(2)) {
      CountDownLatch both = new CountDownLatch(2);
      Thread caller = Thread.currentThread();
      AtomicReference<Thread> worker = new AtomicReference<>();
      team.run(
          2,
          (_, _) -> {
            if (Thread.currentThread() != caller) {
              worker.set(Thread.currentThread());
            }
            both.countDown();
            awaitQuietly(both);
          });
      Thread idle = worker.get();
      for (int i = 0; i < 3; i++) {
        idle.interrupt();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (idle.isInterrupted() || idle.getState() != Thread.State.WAITING) {
          assertTrue(System.nanoTime() < deadline, "the worker does not come to rest");
          Thread.sleep(1);
        }
      }
      AtomicInteger runs = new AtomicInteger();
      team.run(20, (_, _) -> runs.incrementAndGet());
      assertEquals(20, runs.get());
    }
  }

  @ParameterizedTest(name = "{0} threads")
  @ValueSource(ints = {1, 2, 3})
  void workersDoOnePieceAtATime(int threads) {
    try (Parallel team = Parallel.of(threads)) {
      AtomicIntegerArray busy = new AtomicIntegerArray(threads);
      AtomicBoolean clash = new AtomicBoolean();
      team.run(
          500,
          (_, worker) -> {
            if (busy.incrementAndGet(worker) != 1) {
              clash.set(true);
            }
            LockSupport.parkNanos(1);
            busy.decrementAndGet(worker);
          });
      assertFalse(clash.get());
    }
  }

  /** Two pieces that wait for each other can only end if two threads take part. */
  @Test
  void piecesRunAtTheSameTime() {
    try (Parallel team = Parallel.of(2)) {
      CountDownLatch both = new CountDownLatch(2);
      Set<Integer> workers = ConcurrentHashMap.newKeySet();
      team.run(
          2,
          (_, worker) -> {
            workers.add(worker);
            both.countDown();
            awaitQuietly(both);
          });
      assertEquals(Set.of(0, 1), workers);
    }
  }

  @ParameterizedTest(name = "{0} threads, piece {1} of {2} fails")
  @CsvSource({"1, 0, 1", "1, 3, 5", "2, 0, 2", "2, 1, 2", "2, 99, 100", "3, 50, 100", "3, 0, 1"})
  void failuresReachTheCallerAndTheTeamStaysUsable(int threads, int bad, int count) {
    try (Parallel team = Parallel.of(threads)) {
      for (Throwable thrown : new Throwable[] {new IllegalStateException("x"), new Error("y")}) {
        Throwable caught =
            assertThrows(
                Throwable.class,
                () ->
                    team.run(
                        count,
                        (index, _) -> {
                          if (index == bad) {
                            switch (thrown) {
                              case Error error -> throw error;
                              case RuntimeException exception -> throw exception;
                              default -> throw new AssertionError(thrown);
                            }
                          }
                        }));
        assertSame(thrown, caught);
        AtomicInteger runs = new AtomicInteger();
        team.run(count, (_, _) -> runs.incrementAndGet());
        assertEquals(count, runs.get());
      }
    }
  }

  @ParameterizedTest(name = "{0} threads")
  @ValueSource(ints = {1, 2})
  void nestedOperationsAreRefused(int threads) {
    try (Parallel team = Parallel.of(threads)) {
      Parallel.Task nested = (_, _) -> team.run(2, (_, _) -> {});
      Exception e = assertThrows(IllegalStateException.class, () -> team.run(2, nested));
      assertTrue(e.getMessage().contains("one caller"), e::getMessage);
      AtomicInteger runs = new AtomicInteger();
      team.run(3, (_, _) -> runs.incrementAndGet());
      assertEquals(3, runs.get());
    }
  }

  @Test
  void aClosedTeamRefusesAndItsThreadsEnd() throws InterruptedException {
    Parallel team = Parallel.of(3);
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    CountDownLatch all = new CountDownLatch(3);
    team.run(
        3,
        (_, _) -> {
          threads.add(Thread.currentThread());
          all.countDown();
          awaitQuietly(all);
        });
    assertEquals(3, threads.size());
    team.close();
    team.close();
    assertThrows(IllegalStateException.class, () -> team.run(1, (_, _) -> {}));
    threads.remove(Thread.currentThread());
    for (Thread thread : threads) {
      assertTrue(thread.isDaemon());
      thread.join();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 1025, Integer.MIN_VALUE})
  void impossibleTeamsAreRefused(int threads) {
    assertThrows(IllegalArgumentException.class, () -> Parallel.of(threads));
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, Parallel.MAX_COUNT + 1, Integer.MIN_VALUE})
  void impossibleCountsAreRefused(int count) {
    try (Parallel team = Parallel.of(1)) {
      assertThrows(IllegalArgumentException.class, () -> team.run(count, (_, _) -> {}));
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
