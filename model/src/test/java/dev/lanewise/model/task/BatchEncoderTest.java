package dev.lanewise.model.task;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.TextEncoder;
import dev.lanewise.model.tokenizer.TokenSequence;
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
  private static List<TokenSequence> sequences(int count) {
    SplittableRandom random = new SplittableRandom(7);
    List<TokenSequence> sequences = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int length = 1 + random.nextInt(model.maxLength());
      sequences.add(sequence(random.ints(length, 0, 16).toArray()));
    }
    return sequences;
  }

  /** Half of the tokens of the second type. */
  private static TokenSequence sequence(int... ids) {
    int[] types = new int[ids.length];
    Arrays.fill(types, ids.length / 2, ids.length, 1);
    int[] none = new int[ids.length];
    return new TokenSequence(ids, types, types, none, none);
  }

  /** The hidden states of each sequence. */
  private static float[][] states(List<TokenSequence> all, int threads) {
    float[][] states = new float[all.size()][];
    try (BatchEncoder encoder = new BatchEncoder(model, threads)) {
      encoder.encode(
          all,
          BatchProgress.NONE,
          (encoding, sequences) -> {
            for (int i = 0; i < sequences.length; i++) {
              int from = i * encoding.length() * model.dim();
              int n = all.get(sequences[i]).size() * model.dim();
              states[sequences[i]] = Arrays.copyOfRange(encoding.hiddenStates(), from, from + n);
            }
          });
    }
    return states;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void aSequenceHasTheSameBitsAloneAndAmongMany(int threads) {
    List<TokenSequence> all = sequences(300);
    float[][] together = states(all, threads);
    for (int i = 0; i < all.size(); i++) {
      assertArrayEquals(states(List.of(all.get(i)), 1)[0], together[i], "sequence " + i);
    }
  }

  @Test
  void batchesAreOfSimilarLengthAndTellHowTheyGetOn() {
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
      encoder.encode(sequences(300), progress, (encoding, _) -> longest.add(encoding.length()));
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
          () -> encoder.encode(sequences(300), progress, (_, _) -> batches[0]++));
    }
    assertEquals(1, batches[0]);
  }

  @Test
  void badSequencesAreRefused() {
    try (BatchEncoder encoder = new BatchEncoder(model, 1)) {
      for (int[] bad : new int[][] {{}, {16}, {-1}, new int[13]}) {
        assertThrows(
            LanewiseException.class,
            () -> encoder.encode(List.of(sequence(bad)), BatchProgress.NONE, (_, _) -> {}));
      }
    }
  }
}
