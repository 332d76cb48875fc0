package dev.lanewise.model.task;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.TextEncoder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many sequences in batches: all of them, in their places, whatever is beside them. */
class BatchEncoderTest {
  @TempDir private static Path folder;
  private static TextEncoder model;

  @BeforeAll
  static void load() {
    model = TextModel.load(TinyTextModel.write(folder)).encoder();
  }

  /** Sequences of every length that the model takes in, in random order. */
  private static int[][] sequences(int count) {
    SplittableRandom random = new SplittableRandom(7);
    int[][] ids = new int[count][];
    for (int i = 0; i < count; i++) {
      ids[i] = random.ints(1 + random.nextInt(model.maxLength()), 0, 16).toArray();
    }
    return ids;
  }

  /** The hidden states of each sequence. */
  private static float[][] states(int[][] ids, int threads) {
    float[][] states = new float[ids.length][];
    try (BatchEncoder encoder = new BatchEncoder(model, threads)) {
      encoder.encode(
          ids,
          null,
          BatchProgress.NONE,
          (encoding, sequences) -> {
            for (int i = 0; i < sequences.length; i++) {
              int from = i * encoding.length() * model.dim();
              int n = ids[sequences[i]].length * model.dim();
              states[sequences[i]] = Arrays.copyOfRange(encoding.hiddenStates(), from, from + n);
            }
          });
    }
    return states;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void aSequenceHasTheSameBitsAloneAndAmongMany(int threads) {
    int[][] ids = sequences(300);
    float[][] together = states(ids, threads);
    for (int i = 0; i < ids.length; i++) {
      assertArrayEquals(states(new int[][] {ids[i]}, 1)[0], together[i], "sequence " + i);
    }
  }

  @Test
  void batchesAreOfSimilarLengthAndTellHowTheyGetOn() {
    int[][] ids = sequences(300);
    List<String> updates = new ArrayList<>();
    List<Integer> longest = new ArrayList<>();
    BatchProgress progress =
        new BatchProgress() {
          @Override
          public void update(int done, int total) {
            updates.add(done + " of " + total);
          }
        };
    try (BatchEncoder encoder = new BatchEncoder(model, 1)) {
      encoder.encode(ids, null, progress, (encoding, _) -> longest.add(encoding.length()));
    }
    assertTrue(longest.size() > 1, "one batch only");
    assertEquals(longest.stream().sorted((a, b) -> b - a).toList(), longest);
    assertEquals(longest.size(), updates.size());
    assertEquals("300 of 300", updates.getLast());
  }

  @Test
  void nothingIsBegunOnceItIsCancelled() {
    int[] batches = new int[1];
    BatchProgress progress =
        new BatchProgress() {
          @Override
          public boolean cancelled() {
            return batches[0] == 1;
          }
        };
    try (BatchEncoder encoder = new BatchEncoder(model, 1)) {
      assertThrows(
          CancellationException.class,
          () -> encoder.encode(sequences(300), null, progress, (_, _) -> batches[0]++));
    }
    assertEquals(1, batches[0]);
  }

  @Test
  void badSequencesAreRefused() {
    try (BatchEncoder encoder = new BatchEncoder(model, 1)) {
      for (int[] bad : new int[][] {{}, {16}, {-1}, new int[13]}) {
        assertThrows(
            LanewiseException.class,
            () -> encoder.encode(new int[][] {bad}, null, BatchProgress.NONE, (_, _) -> {}));
      }
    }
  }
}
