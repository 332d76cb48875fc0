package dev.lanewise.model.speed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is warmed up and what is measured, on a clock that calls alone move. */
class SamplesTest {
  /** Until then a row takes a hundred times as long. */
  private static final long COMPILED = 800_000_000;

  /** Rows of each call. */
  private final List<Integer> calls = new ArrayList<>();

  private long now;

  /** Samples of a call whose rows take so long, within six seconds. */
  private Samples samples(int rows, double nanosPerRow, int count) {
    return Samples.of(
        n -> {
          calls.add(n);
          now += (long) (n * nanosPerRow * (now < COMPILED ? 100 : 1));
        },
        rows,
        new Samples.Limits(2.5e9, count, now + 6_000_000_000L, () -> now));
  }

  @Test
  void aShortCallIsRepeated() {
    Samples samples = samples(100, 100, 0); // 10 µs
    assertEquals(100, calls.getLast());
    assertTrue(samples.steady());
    assertEquals(2000, samples.count()); // two seconds in samples of a millisecond
    assertEquals(10_000, samples.median());
    assertEquals(10_000, samples.longest());
  }

  @Test
  void aLongCallIsWarmedUpInPartAndMeasuredAsAWhole() {
    Samples samples = samples(8192, 100_000, 0); // 0.8 s, and 82 s before it is compiled
    assertEquals(Samples.FEW_ROWS, calls.getFirst());
    assertTrue(samples.steady());
    assertEquals(8192, samples.rows());
    assertEquals(3, samples.count());
    assertEquals(List.of(8192, 8192, 8192), calls.subList(calls.size() - 3, calls.size()));
    assertFalse(calls.subList(0, calls.size() - 3).contains(8192));
    assertEquals(819_200_000, samples.longest(), 1);
    assertTrue(now < 6e9);
  }

  @Test
  void aCallThatThereIsNoTimeForIsMeasuredInPart() {
    Samples samples = samples(8192, 600_000, 0); // 5 s
    assertTrue(samples.steady());
    assertEquals(2, samples.count());
    assertTrue(samples.rows() > Samples.FEW_ROWS && samples.rows() < 4096);
    assertEquals(4_915_200_000.0, samples.median(), 10); // for all rows
    assertTrue(now <= 6e9);
  }

  @Test
  void aCallThatCannotBeShortenedIsTheOnlySampleIfThereIsNoTimeForAnother() {
    Samples samples = samples(1, 4e7, 0); // 4 s before it is compiled
    assertEquals(List.of(1), calls);
    assertEquals(4e9, samples.median());
    assertEquals(1, samples.rows());
    assertFalse(samples.steady());
  }

  @Test
  void asManySamplesAreTakenAsAreWanted() {
    assertEquals(3, samples(100, 100, 3).count());
    assertEquals(5, samples(8192, 1_000_000, 5).count());
  }
}
