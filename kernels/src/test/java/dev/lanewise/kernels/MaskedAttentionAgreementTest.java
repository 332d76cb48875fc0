package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Attention beyond the causal kind: what models other than language models ask for. */
class MaskedAttentionAgreementTest {
  private static final int UNLIMITED = AttentionShape.UNLIMITED;
  private static final int[][] HEADS = {{1, 1}, {4, 2}, {3, 3}, {6, 1}};
  private static final int[] DIMS = {1, 7, 8, 33, 64, 80, 96};

  /** Rows, keys and position: self-attention, cross-attention, caches, and keys out of reach. */
  private static final int[][] LENGTHS = {
    {1, 1, 0},
    {1, 90, 89},
    {5, 70, 65},
    {8, 8, 0},
    {9, 200, 0},
    {33, 3, 0},
    {67, 67, 0},
    {70, 131, 61},
    {130, 64, 0},
    {150, 150, 0},
    {40, 20, 10},
    {12, 5, 30}
  };

  /** So many keys that few rows read them part by part. */
  private static final int[][] MANY_KEYS = {{1, 1200, 1199}, {2, 700, 0}, {5, 1500, 1495}};

  /** The kinds of bias, each with the strides that its shape needs. */
  enum Bias {
    NONE {
      @Override
      AttentionMask of(AttentionShape shape, int batch, int rows, int keys, int position) {
        return AttentionMask.NONE;
      }
    },
    SHARED {
      @Override
      AttentionMask of(AttentionShape shape, int batch, int rows, int keys, int position) {
        return AttentionMask.bias(numbers(rows * keys), keys);
      }
    },
    PER_HEAD {
      @Override
      AttentionMask of(AttentionShape shape, int batch, int rows, int keys, int position) {
        return AttentionMask.biasPerHead(numbers(shape.nHeads() * rows * keys), rows, keys);
      }
    },
    PER_SEQUENCE {
      @Override
      AttentionMask of(AttentionShape shape, int batch, int rows, int keys, int position) {
        return AttentionMask.bias(numbers(batch * rows * keys), keys).withStrides(rows * keys, 0);
      }
    },
    ONE_ROW_FOR_ALL {
      @Override
      AttentionMask of(AttentionShape shape, int batch, int rows, int keys, int position) {
        return new AttentionMask(null, numbers(batch * keys), 0, keys, 0, 0);
      }
    },
    RELATIVE {
      @Override
      AttentionMask of(AttentionShape shape, int batch, int rows, int keys, int position) {
        return AttentionMask.relative(numbers(shape.nHeads() * (rows + keys - 1)), rows, keys);
      }
    },
    ALIBI {
      @Override
      AttentionMask of(AttentionShape shape, int batch, int rows, int keys, int position) {
        float[] slopes = new float[shape.nHeads()];
        for (int h = 0; h < slopes.length; h++) {
          slopes[h] = (float) Math.pow(2, -h - 1);
        }
        return AttentionMask.alibi(slopes, rows, keys, position);
      }
    },
    LOWEST {
      @Override
      AttentionMask of(AttentionShape shape, int batch, int rows, int keys, int position) {
        float[] bias = new float[rows * keys];
        for (int i = 0; i < bias.length; i++) {
          bias[i] = i / keys % 3 == 2 || i % 5 < 2 ? -Float.MAX_VALUE : 0f; // whole rows, or some
        }
        return AttentionMask.bias(bias, keys);
      }
    },
    VISIBLE {
      @Override
      AttentionMask of(AttentionShape shape, int batch, int rows, int keys, int position) {
        Random random = new Random(5);
        boolean[] visible = new boolean[rows * keys];
        for (int i = 0; i < visible.length; i++) {
          visible[i] = i / keys % 4 != 3 && random.nextBoolean(); // each fourth row sees nothing
        }
        return AttentionMask.visible(visible, keys);
      }
    },
    BLOCKS {
      @Override
      AttentionMask of(AttentionShape shape, int batch, int rows, int keys, int position) {
        boolean[] visible = new boolean[rows * keys];
        for (int i = 0; i < visible.length; i++) {
          visible[i] = (position + i / keys) / 37 == i % keys / 37;
        }
        return AttentionMask.visible(visible, keys);
      }
    },
    BLOCKS_PER_HEAD {
      @Override
      AttentionMask of(AttentionShape shape, int batch, int rows, int keys, int position) {
        float[] bias = numbers(shape.nHeads() * rows * keys);
        for (int i = 0; i < bias.length; i++) {
          int head = i / keys / rows;
          int block = i / keys % rows / 21 + head;
          boolean seen = head % 3 != 2 && i % keys / 37 % 3 == block % 3; // each third sees nothing
          bias[i] = seen ? bias[i] : Float.NEGATIVE_INFINITY;
        }
        return AttentionMask.biasPerHead(bias, rows, keys);
      }
    },
    PADDED_ALIBI {
      @Override
      AttentionMask of(AttentionShape shape, int batch, int rows, int keys, int position) {
        boolean[] tokens = new boolean[batch * keys];
        for (int b = 0; b < batch; b++) {
          Arrays.fill(tokens, b * keys + b * keys / 3, (b + 1) * keys, true); // padded on the left
        }
        return ALIBI
            .of(shape, batch, rows, keys, position)
            .plus(
                AttentionMask.visible(tokens, 0).withStrides(keys, 0),
                batch,
                shape.nHeads(),
                rows,
                keys);
      }
    };

    abstract AttentionMask of(AttentionShape shape, int batch, int rows, int keys, int position);

    private static float[] numbers(int n) {
      return Fill.NORMAL.array(n, new Random(n));
    }
  }

  /** All lengths and biases; heads, widths, windows, caps and batches take turns. */
  static Stream<Arguments> cases() {
    int[][] windows = {{UNLIMITED, UNLIMITED}, {UNLIMITED, 0}, {20, 0}, {3, 11}, {0, 0}, {70, 70}};
    return cases(LENGTHS, DIMS, windows);
  }

  /** The same with many keys, for values so wide that they do not cancel to nothing. */
  static Stream<Arguments> casesOfManyKeys() {
    int[][] windows = {{UNLIMITED, UNLIMITED}, {UNLIMITED, 0}, {600, 0}, {20, 0}};
    return cases(MANY_KEYS, new int[] {64, 33, 96}, windows);
  }

  private static Stream<Arguments> cases(int[][] manyLengths, int[] dims, int[][] windows) {
    List<Arguments> all = new ArrayList<>();
    for (int[] lengths : manyLengths) {
      for (Bias bias : Bias.values()) {
        for (int[] window : windows) {
          int turn = all.size();
          int[] heads = HEADS[turn * 5 % HEADS.length];
          AttentionShape shape =
              AttentionShape.of(heads[0], heads[1], dims[turn % dims.length])
                  .withValueDim(dims[turn * 3 / 2 % dims.length])
                  .within(window[0], window[1])
                  .withSoftCap(turn % 4 == 1 ? 2f : 0f);
          int batch = 1 + turn % 3;
          AttentionMask mask = bias.of(shape, batch, lengths[0], lengths[1], lengths[2]);
          if (turn % 2 == 1) {
            mask = mask.withLengths(lengths[1], lengths[1] / 2, 0);
          }
          all.add(Arguments.of(shape, bias, mask, batch, lengths[0], lengths[1], lengths[2]));
        }
      }
    }
    return all.stream();
  }

  @ParameterizedTest(name = "{0} {1} batch={3} rows={4} keys={5} position={6}")
  @MethodSource({"cases", "casesOfManyKeys"})
  void everyKindOfMask(
      AttentionShape shape,
      Bias bias,
      AttentionMask mask,
      int batch,
      int rows,
      int keys,
      int position) {
    new AttentionCase(shape, mask, batch, rows, keys, position).check();
  }

  @ParameterizedTest(name = "dim={0}")
  @ValueSource(ints = {1, 7, 33, 64, 80, 96, 256})
  void everyWidth(int dim) {
    AttentionShape shape = AttentionShape.of(2, 1, dim).withValueDim(96 - dim % 96);
    new AttentionCase(shape, AttentionMask.NONE, 2, 50, 90, 0).check();
    new AttentionCase(shape, AttentionMask.NONE, 2, 3, 90, 0).check();
  }

  /** Scores far below and far beyond the cap. */
  @ParameterizedTest(name = "rows={0} cap={1}")
  @CsvSource({"3, 0.5", "3, 30", "40, 0.5", "40, 30", "40, 1000"})
  void softCaps(int rows, float cap) {
    for (float size : new float[] {1e-6f, 0.1f, 1f, 30f}) {
      AttentionShape shape = AttentionShape.of(2, 2, 32).withSoftCap(cap);
      AttentionCase c = new AttentionCase(shape, AttentionMask.NONE, 1, rows, 100, 0);
      for (int i = 0; i < c.q.length; i++) {
        c.q[i] *= size;
      }
      c.check();
    }
  }

  /** Biases so large, of one sign, that maxima rise or fall all the way. */
  @ParameterizedTest(name = "rows={0} slope={1}")
  @CsvSource({"3, 0.3", "3, -0.3", "40, 0.3", "40, -0.3", "40, 0.01"})
  void steepBiases(int rows, float slope) {
    float[] slopes = {slope, -slope};
    AttentionMask mask = AttentionMask.alibi(slopes, rows, 300, 0);
    new AttentionCase(AttentionShape.of(2, 2, 32), mask, 1, rows, 300, 0).check();
  }

  /** Biases so large that what scores are rounded to beside them counts. */
  @ParameterizedTest(name = "rows={0} keys={1} bias={2}")
  @CsvSource({
    "1, 6, -1000",
    "1, 130, -10000",
    "40, 6, -10000",
    "40, 130, -1000",
    "40, 130, -10000",
    "40, 130, 10000"
  })
  void largeBiases(int rows, int keys, float bias) {
    float[] biases = Fill.NORMAL.array(rows * keys, new Random(rows));
    for (int i = 0; i < biases.length; i++) {
      biases[i] += bias;
    }
    AttentionShape shape = AttentionShape.of(2, 1, 64);
    new AttentionCase(shape, AttentionMask.bias(biases, keys), 2, rows, keys, 0).checkRounded();
  }

  /** A key hidden by −∞ may score anything, as long as its value is finite. */
  @ParameterizedTest(name = "rows={0}")
  @ValueSource(ints = {1, 5, 9, 70})
  void minusInfinityHidesWhateverTheScore(int rows) {
    int keys = 100;
    float[] bias = new float[keys];
    AttentionMask mask = new AttentionMask(null, bias, 0, 0, 0, 0);
    AttentionShape shape = AttentionShape.of(4, 2, 24);
    AttentionCase awkward = new AttentionCase(shape, mask, 1, rows, keys, 0);
    AttentionCase plain = new AttentionCase(shape, mask, 1, rows, keys, 0);
    float[] scores = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};
    int width = shape.keyWidth();
    for (int key = 1; key < keys; key += 5) {
      bias[key] = Float.NEGATIVE_INFINITY;
      Arrays.fill(awkward.k, key * width, (key + 1) * width, scores[key % 3]);
    }
    for (Kernels kernels : Implementations.all()) {
      assertArrayEquals(plain.run(kernels), awkward.run(kernels), kernels::description);
    }
    plain.check();
  }

  /**
   * Keys that a bias hides from every query of some heads at the beginning, in the middle and at
   * the end may score anything, and those beyond all windows have any value, too.
   */
  @ParameterizedTest(name = "rows={0}")
  @ValueSource(ints = {1, 5, 9, 70, 200})
  void wholeBlocksAreHiddenWhateverTheScore(int rows) {
    int keys = 600;
    AttentionShape shape = AttentionShape.of(4, 2, 24).within(250, 260);
    float[] bias = Fill.NORMAL.array(shape.nHeads() * rows * keys, new Random(rows));
    AttentionMask mask = AttentionMask.biasPerHead(bias, rows, keys);
    AttentionCase awkward = new AttentionCase(shape, mask, 1, rows, keys, 290);
    AttentionCase plain = new AttentionCase(shape, mask, 1, rows, keys, 290);
    int headDim = shape.headDim();
    for (int key = 0; key < keys; key++) {
      boolean hidden = key < 150 || (key >= 190 && key < 470) || key >= 490;
      for (int i = key; i < bias.length && hidden; i += keys) {
        int head = i / keys / rows;
        bias[i] =
            head < 2 ? Float.NEGATIVE_INFINITY : bias[i]; // those of the first keys and values
      }
      if (hidden) {
        int at = key * shape.keyWidth();
        Arrays.fill(
            awkward.k, at, at + headDim, key % 2 == 0 ? Float.NaN : Float.POSITIVE_INFINITY);
      }
    }
    awkward.fillKeys(0, 0, 290 - 250, Float.NaN);
    awkward.fillKeys(0, Math.min(keys, 290 + rows + 260), keys, Float.NEGATIVE_INFINITY);
    for (Kernels kernels : Implementations.all()) {
      assertArrayEquals(plain.run(kernels), awkward.run(kernels), kernels::description);
    }
    plain.check();
  }

  /** Whatever stands in keys and values that no query sees, the output is the same. */
  @ParameterizedTest(name = "{0}")
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void whatIsNotSeenDoesNotCount(float bad) {
    int[][] cases = {{1, 80, 79}, {6, 80, 74}, {64, 300, 100}, {100, 200, 30}};
    for (int[] lengths : cases) {
      int rows = lengths[0];
      int keys = lengths[1];
      int position = lengths[2];
      AttentionShape shape = AttentionShape.of(4, 2, 24).withValueDim(20).within(30, 5);
      AttentionMask mask = AttentionMask.lengths(keys, keys - 10);
      AttentionCase c = new AttentionCase(shape, mask, 2, rows, keys, position);
      c.check();
      c.fillKeys(0, 0, Math.max(0, position - 30), bad);
      c.fillKeys(0, Math.min(keys, position + rows + 5), keys, bad);
      c.fillKeys(1, 0, Math.max(0, position - 30), bad);
      c.fillKeys(1, Math.min(keys - 10, position + rows + 5), keys, bad);
      c.check();
    }
  }

  /** One query's keys hold not-a-numbers, which reach those that see them and no other. */
  @ParameterizedTest(name = "rows={0} before={1} after={2}")
  @CsvSource({"40, 5, 0", "100, 5, 7", "100, 2147483647, 0", "64, 0, 2147483647"})
  void badValuesReachThoseWhoSeeThem(int rows, int before, int after) {
    AttentionShape shape = AttentionShape.of(2, 1, 16).within(before, after);
    AttentionCase c = new AttentionCase(shape, AttentionMask.NONE, 1, rows, rows, 0);
    int bad = rows / 2;
    c.fillKeys(0, bad, bad + 1, Float.NaN);
    for (Kernels kernels : Implementations.all()) {
      float[] y = c.run(kernels);
      for (int i = 0; i < y.length; i++) {
        int row = i / shape.outputWidth();
        boolean sees = row - bad <= before && bad - row <= after;
        assertEquals(sees, Float.isNaN(y[i]), kernels.description() + " row " + row);
      }
    }
  }

  /** Lengths of 0, queries beyond a window, and rows that a mask hides altogether. */
  @ParameterizedTest(name = "rows={0}")
  @ValueSource(ints = {1, 5, 8, 70})
  void whoSeesNothingGivesZero(int rows) {
    AttentionShape full = AttentionShape.of(4, 2, 24).withValueDim(10);
    AttentionMask hidden = AttentionMask.visible(new boolean[rows * 50], 50);
    List<AttentionCase> cases =
        List.of(
            new AttentionCase(full, AttentionMask.lengths(0, 0), 2, rows, 50, 0),
            new AttentionCase(full, AttentionMask.NONE, 1, rows, 0, 0),
            new AttentionCase(full.within(10, 0), AttentionMask.NONE, 1, rows, 50, 60),
            new AttentionCase(full, hidden, 1, rows, 50, 0));
    for (AttentionCase c : cases) {
      for (Kernels kernels : Implementations.all()) {
        for (float value : c.run(kernels)) {
          assertEquals(0f, value, kernels::description);
        }
      }
    }
  }

  /** Windows begin anywhere, and tiles are as high as there is work. */
  @Test
  void anotherSequenceBesideAWindowedOneChangesNothing() {
    AttentionShape shape = AttentionShape.of(3, 1, 32).within(200, 150);
    AttentionCase both = new AttentionCase(shape, AttentionMask.NONE, 2, 512, 512, 0);
    AttentionCase alone = new AttentionCase(shape, AttentionMask.NONE, 1, 512, 512, 0);
    System.arraycopy(both.q, 0, alone.q, 0, alone.q.length);
    System.arraycopy(both.k, 0, alone.k, 0, 512 * shape.keyWidth());
    System.arraycopy(both.v, 0, alone.v, 0, 512 * shape.valueWidth());
    alone.check();
    for (Kernels kernels : Implementations.all()) {
      float[] found = alone.run(kernels);
      assertArrayEquals(
          found, Arrays.copyOf(both.run(kernels), found.length), kernels.description());
    }
  }

  /** More queries than may wait to be put together from their parts. */
  @Test
  void manyQueriesPartByPartAreThoseOfOne() {
    AttentionShape shape = AttentionShape.of(128, 1, 4).withValueDim(64);
    int keys = 1930;
    AttentionCase all = new AttentionCase(shape, AttentionMask.NONE, 20, 7, keys, 0);
    AttentionCase last = new AttentionCase(shape, AttentionMask.NONE, 1, 7, keys, 0);
    System.arraycopy(all.q, 19 * last.q.length, last.q, 0, last.q.length);
    System.arraycopy(all.k, 19 * keys * 4, last.k, 0, keys * 4);
    System.arraycopy(all.v, 19 * keys * 64, last.v, 0, keys * 64);
    Kernels kernels = Implementations.all().getLast();
    float[] found = last.run(kernels);
    float[] y = all.run(kernels);
    assertArrayEquals(found, Arrays.copyOfRange(y, y.length - found.length, y.length));
  }

  /** More heads than pieces that a team shares out. */
  @Test
  void moreHeadsThanPieces() {
    new AttentionCase(AttentionShape.of(70_000, 70_000, 1), AttentionMask.NONE, 1, 1, 2, 0).check();
  }

  /** A short sequence has the same bits beside one whose keys are read part by part. */
  @ParameterizedTest(name = "rows={0}")
  @ValueSource(ints = {1, 5})
  void manyKeysOfOtherSequencesChangeNothing(int rows) {
    AttentionShape shape = AttentionShape.of(6, 3, 64);
    int[] lengths = {1200, 100, 411, 0};
    AttentionMask mask = AttentionMask.NONE.withLengths(lengths);
    AttentionCase all = new AttentionCase(shape, mask, lengths.length, rows, 1200, 0);
    all.check();
    for (Kernels kernels : Implementations.all()) {
      float[] y = all.run(kernels);
      for (int i = 0; i < lengths.length; i++) {
        AttentionMask own = AttentionMask.NONE.withLengths(lengths[i]);
        AttentionCase alone = new AttentionCase(shape, own, 1, rows, 500 + 700 / (i + 1), 0);
        System.arraycopy(all.q, i * alone.q.length, alone.q, 0, alone.q.length);
        int keys = lengths[i];
        int at = i * 1200;
        System.arraycopy(all.k, at * shape.keyWidth(), alone.k, 0, keys * shape.keyWidth());
        System.arraycopy(all.v, at * shape.valueWidth(), alone.v, 0, keys * shape.valueWidth());
        float[] found = alone.run(kernels);
        assertArrayEquals(
            Arrays.copyOfRange(y, i * found.length, (i + 1) * found.length),
            found,
            kernels.description() + " sequence " + i);
      }
    }
  }
}
