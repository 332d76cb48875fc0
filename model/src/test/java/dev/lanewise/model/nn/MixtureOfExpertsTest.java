package dev.lanewise.model.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.Parallel;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MixtureOfExpertsTest {
  private static final int DIM = 64;
  private static final int HIDDEN = 96;
  private static final int COUNT = 8;
  private static final int USED = 3;
  private static final int ROWS = 37;
  private static final int RUNS = 50;

  private final SplittableRandom random = new SplittableRandom(7);
  private final Matrix router = matrix(COUNT, DIM, DType.F32);
  private final List<Matrix[]> experts = new ArrayList<>(); // gate, up, down
  private final float[] x = random(ROWS * DIM);

  MixtureOfExpertsTest() {
    for (int i = 0; i < COUNT; i++) {
      DType dtype = i % 2 == 0 ? DType.Q8_0 : DType.F32;
      experts.add(
          new Matrix[] {
            matrix(HIDDEN, DIM, dtype), matrix(HIDDEN, DIM, dtype), matrix(DIM, HIDDEN, dtype)
          });
    }
  }

  private float[] random(int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) random.nextDouble(-1, 1);
    }
    return values;
  }

  private Matrix matrix(int rows, int cols, DType dtype) {
    return Matrix.of(random(rows * cols), rows, cols, dtype).interleaved();
  }

  private MixtureOfExperts layer(Matrix router, boolean normalised) {
    List<FeedForward> layers = new ArrayList<>();
    for (Matrix[] w : experts) {
      Linear gate = new Linear(w[0], null);
      layers.add(
          FeedForward.gated(Activation.SILU, gate, new Linear(w[1], null), new Linear(w[2], null)));
    }
    return new MixtureOfExperts(new Linear(router, null), layers, USED, normalised);
  }

  private static Workspace workspace(int rows) {
    return new Workspace(rows, DIM, HIDDEN, AttentionShape.of(1, 1, DIM));
  }

  private static float[] forward(MixtureOfExperts layer, float[] x, int threads) {
    int rows = x.length / DIM;
    Workspace ws = workspace(rows);
    try (Parallel team = Parallel.of(threads)) {
      layer.forward(Kernels.best(team), x, ws, rows);
    }
    return ws.out;
  }

  private static double[] times(Matrix w, double[] x) {
    double[] y = new double[w.rows()];
    float[] row = new float[w.cols()];
    for (int r = 0; r < y.length; r++) {
      w.row(r, row, 0);
      for (int c = 0; c < row.length; c++) {
        y[r] += row[c] * x[c];
      }
    }
    return y;
  }

  /** The formula, in float64. */
  private double[] exact(int row, boolean normalised) {
    double[] in = IntStream.range(0, DIM).mapToDouble(i -> x[row * DIM + i]).toArray();
    double[] logits = times(router, in);
    double all = Arrays.stream(logits).map(Math::exp).sum();
    int[] chosen =
        IntStream.range(0, COUNT)
            .boxed()
            .sorted(Comparator.comparingDouble(e -> -logits[e]))
            .limit(USED)
            .mapToInt(e -> e)
            .toArray();
    double sum = Arrays.stream(chosen).mapToDouble(e -> Math.exp(logits[e])).sum();
    double[] y = new double[DIM];
    for (int e : chosen) {
      double[] gate = times(experts.get(e)[0], in);
      double[] up = times(experts.get(e)[1], in);
      double[] hidden = new double[HIDDEN];
      for (int i = 0; i < HIDDEN; i++) {
        hidden[i] = gate[i] / (1 + Math.exp(-gate[i])) * up[i];
      }
      double[] out = times(experts.get(e)[2], hidden);
      for (int i = 0; i < DIM; i++) {
        y[i] += Math.exp(logits[e]) / (normalised ? sum : all) * out[i];
      }
    }
    return y;
  }

  /** Sums of 96 products of numbers up to about 100, each of sums of 64. */
  private static void assertClose(double wanted, float found) {
    assertEquals(wanted, found, 2e-4 + 1e-5 * Math.abs(wanted));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void rowsGoThroughTheExpertsThatTheRouterPrefers(boolean normalised) {
    float[] y = forward(layer(router, normalised), x, 1);
    for (int r = 0; r < ROWS; r++) {
      double[] wanted = exact(r, normalised);
      for (int i = 0; i < DIM; i++) {
        assertClose(wanted[i], y[r * DIM + i]);
      }
    }
  }

  @Test
  void aRowGivesTheSameAloneAndAmongOthers() {
    MixtureOfExperts layer = layer(router, true);
    float[] all = forward(layer, x, 1);
    for (int r = 0; r < ROWS; r++) {
      float[] alone = forward(layer, Arrays.copyOfRange(x, r * DIM, (r + 1) * DIM), 1);
      for (int i = 0; i < DIM; i++) {
        assertClose(alone[i], all[r * DIM + i]);
      }
    }
  }

  @Test
  void anyNumberOfThreadsGivesTheSameBits() {
    MixtureOfExperts layer = layer(router, true);
    assertArrayEquals(forward(layer, x, 1), forward(layer, x, 2));
    float[] one = Arrays.copyOf(x, DIM);
    assertArrayEquals(forward(layer, one, 1), forward(layer, one, 2));
  }

  @Test
  void ofEqualWeightsTheFirstCount() {
    Matrix none = Matrix.of(new float[COUNT * DIM], COUNT, DIM);
    float[] y = forward(layer(none, false), x, 1);
    experts.subList(USED, COUNT).clear();
    Matrix few = Matrix.of(new float[USED * DIM], USED, DIM);
    float[] all = forward(layer(few, false), x, 1);
    for (int i = 0; i < y.length; i++) {
      assertClose(all[i] * USED / COUNT, y[i]);
    }
  }

  @Test
  void whatIsNoNumberStaysInItsRow() {
    float[] odd = x.clone();
    odd[DIM + 3] = Float.NaN;
    odd[3 * DIM] = Float.POSITIVE_INFINITY;
    MixtureOfExperts layer = layer(router, true);
    float[] wanted = forward(layer, x, 1);
    float[] y = forward(layer, odd, 1);
    for (int r = 0; r < ROWS; r++) {
      for (int i = 0; i < DIM; i++) {
        float found = y[r * DIM + i];
        if (r == 1 || r == 3) {
          assertTrue(Float.isNaN(found), "row " + r);
        } else {
          assertClose(wanted[r * DIM + i], found);
        }
      }
    }
  }

  /** The kernels' plain loops do, always as much; the layer adds nothing to that. */
  @Test
  void allocatesNothingOnceItsBuffersAreThere() {
    Projections routing = Projections.of(new Linear(router, null));
    float[][] weights = {new float[COUNT]};
    int[] chosen = new int[USED];
    FeedForward expert =
        FeedForward.gated(
            Activation.SILU,
            new Linear(experts.get(0)[0], null),
            new Linear(experts.get(0)[1], null),
            new Linear(experts.get(0)[2], null));
    MixtureOfExperts layer = layer(router, true);
    Workspace ws = workspace(1);
    try (Parallel team = Parallel.of(1)) {
      Kernels kernels = Kernels.reference(team);
      long kernelsAlone =
          leastAllocated(
              () -> {
                routing.forward(kernels, x, weights, 1);
                kernels.softmax(weights[0], weights[0], 1, COUNT);
                kernels.topK(weights[0], COUNT, chosen);
                for (int i = 0; i < USED; i++) {
                  expert.forward(kernels, x, ws, 1);
                }
              });
      assertEquals(kernelsAlone, leastAllocated(() -> layer.forward(kernels, x, ws, 1)));
    }
  }

  private static long leastAllocated(Runnable work) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long least = Long.MAX_VALUE;
    for (int i = 0; i < RUNS; i++) {
      long start = threads.getCurrentThreadAllocatedBytes();
      work.run();
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - start);
    }
    return least;
  }
}
