package dev.lanewise.model.nn;

import dev.lanewise.kernels.AttentionMask;
import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.kernels.Epilogue;
import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.MatrixView;
import java.util.Arrays;

/**
 * DeBERTa's attention (He et al. 2020, arXiv:2006.03654): beside what query and key mean to each
 * other, a score tells what the query means to the distance of the two, and the key to the same
 * distance. Distances have vectors of their own, from 1 − span to span; far ones share them (He et
 * al. 2021, arXiv:2111.09543).
 */
public final class DisentangledAttention implements SelfAttention {
  /**
   * How distances become vectors. A distance is that of a key from its query: less than 0 for what
   * stands before it.
   *
   * @param span how many vectors there are on either side: the first is that of 1 − span
   * @param buckets twice the distance from which on several share a vector; 0 if none do
   * @param maxDistance distances from here on share the last vector
   */
  public record Distances(int span, int buckets, int maxDistance) {
    /** The number of the vector of a distance. */
    int vector(int distance) {
      return Math.clamp(bucket(distance) + span - 1L, 0, 2 * span - 1);
    }

    private int bucket(int distance) {
      int middle = buckets / 2;
      int far = Math.abs(distance);
      if (buckets == 0 || far <= middle) {
        return distance;
      }
      // In float32 throughout, as models were trained.
      float log =
          (float) Math.log((float) far / middle)
              / (float) Math.log((float) ((maxDistance - 1.0) / middle));
      int bucket = (int) Math.ceil(log * (middle - 1)) + middle;
      return distance > 0 ? bucket : -bucket;
    }
  }

  /**
   * The vectors that sequences of a length look at.
   *
   * @param first of them
   * @param numbers for distances from 1 − length to length − 1, counted from the first
   * @param near up to here, on either side, each distance has its own vector, one behind the other
   * @param pitch from one row of products with these vectors to the next: an odd number of lines of
   *     the processor's cache, less one number, so that what a query reads of all keys' rows is not
   *     meant for the same few places there
   */
  private record Reach(int first, int[] numbers, int near, int pitch) {
    private static final int LINE = 16; // floats

    static Reach of(Distances distances, int length) {
      int[] numbers = new int[2 * length - 1];
      int first = distances.vector(1 - length);
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = distances.vector(i - (length - 1)) - first;
      }
      int zero = length - 1;
      int near = 0;
      while (near < zero
          && numbers[zero + near + 1] == numbers[zero + near] + 1
          && numbers[zero - near - 1] == numbers[zero - near] - 1) {
        near++;
      }
      int width = numbers[numbers.length - 1] + 1;
      int lines = (width + LINE) / LINE;
      return new Reach(first, numbers, near, (lines | 1) * LINE - 1);
    }

    int length() {
      return (numbers.length + 1) / 2;
    }

    int width() {
      return numbers[numbers.length - 1] + 1;
    }
  }

  private final Projections qkvProj;
  private final Projections oProj;
  private final float[] positionKeys; // scaled; null where queries do not look at distances
  private final float[] positionQueries; // scaled; null where keys do not
  private final AttentionShape shape;
  private final Distances distances;

  /**
   * A layer of these weights.
   *
   * @param q [nHeads · headDim × dim]
   * @param k [nHeads · headDim × dim]
   * @param v [nHeads · headDim × dim]
   * @param o [dim × nHeads · headDim]
   * @param positionKeys [2 · span × nHeads · headDim] what distances are to queries; null for
   *     nothing
   * @param positionQueries likewise what they are to keys
   */
  public DisentangledAttention(
      Linear q,
      Linear k,
      Linear v,
      Linear o,
      float[] positionKeys,
      float[] positionQueries,
      AttentionShape shape,
      Distances distances) {
    qkvProj = Projections.of(q, k, v);
    oProj = Projections.of(o);
    this.positionKeys = scaled(positionKeys, shape.scale());
    this.positionQueries = scaled(positionQueries, shape.scale());
    this.shape = shape;
    this.distances = distances;
  }

  private static float[] scaled(float[] x, float scale) {
    if (x == null) {
      return null;
    }
    float[] scaled = x.clone();
    for (int i = 0; i < x.length; i++) {
      scaled[i] *= scale;
    }
    return scaled;
  }

  @Override
  public void forward(
      Kernels kernels, float[] x, Workspace ws, AttentionMask mask, int batch, int length) {
    int rows = batch * length;
    qkvProj.forward(kernels, x, ws.toQkv, rows);
    int perSequence = Math.multiplyExact(shape.nHeads(), Math.multiplyExact(length, length));
    float[] bias = ws.spare(0, Math.multiplyExact(batch, perSequence));
    Reach reach = Reach.of(distances, length);
    for (int i = 0; i < batch; i++) {
      float[] byQuery = products(kernels, ws.q, positionKeys, ws, 1, i, reach);
      float[] byKey = products(kernels, ws.k, positionQueries, ws, 2, i, reach);
      int sequence = i * perSequence;
      kernels
          .team()
          .run(
              shape.nHeads(),
              (head, _) -> bias(byQuery, byKey, head * length, reach, bias, sequence));
    }
    AttentionMask biased =
        new AttentionMask(mask.lengths(), bias, 0, perSequence, length * length, length);
    kernels.attention(ws.q, ws.k, ws.v, biased, ws.attended, shape, batch, length, length, 0);
    oProj.forward(kernels, ws.attended, ws.toOut, rows);
  }

  /** Rows of a sequence · vectors of distances, [nHeads × length × pitch]; null for none. */
  private float[] products(
      Kernels kernels,
      float[] rows,
      float[] vectors,
      Workspace ws,
      int spare,
      int sequence,
      Reach reach) {
    if (vectors == null) {
      return null;
    }
    int heads = shape.nHeads();
    int dim = shape.headDim();
    int stride = heads * dim;
    int length = reach.length();
    int width = reach.width();
    int pitch = reach.pitch();
    int perHead = Math.multiplyExact(length, pitch);
    float[] products = ws.spare(spare, Math.multiplyExact(heads, perHead));
    kernels.gemm(
        new MatrixView(rows, sequence * length * stride, heads, dim, length, dim, stride, 1),
        new MatrixView(vectors, reach.first() * stride, heads, dim, dim, width, 1, stride),
        new MatrixView(products, 0, heads, perHead, length, width, pitch, 1),
        Epilogue.NONE);
    return products;
  }

  /**
   * bias[i, j] = byQuery[i, vector of j − i] + byKey[j, vector of j − i] of a head.
   *
   * @param row the head's first, in the products and in the bias of the sequence
   * @param to where the bias of the sequence begins
   */
  private static void bias(
      float[] byQuery, float[] byKey, int row, Reach reach, float[] bias, int to) {
    int length = reach.length();
    for (int i = 0; i < length; i++) {
      int line = to + (row + i) * length;
      if (byQuery == null) {
        Arrays.fill(bias, line, line + length, 0);
      } else {
        take(byQuery, (row + i) * reach.pitch(), i, reach, bias, line);
      }
      if (byKey != null) {
        add(byKey, row * reach.pitch(), i, reach, bias, line);
      }
    }
  }

  /** y[j] = x[vector of j − i]. */
  private static void take(float[] x, int from, int i, Reach reach, float[] y, int to) {
    int[] numbers = reach.numbers();
    int length = reach.length();
    int zero = length - 1 - i;
    int start = Math.max(0, i - reach.near());
    int end = Math.min(length, i + reach.near() + 1);
    for (int j = 0; j < start; j++) {
      y[to + j] = x[from + numbers[zero + j]];
    }
    System.arraycopy(x, from + numbers[zero + start], y, to + start, end - start);
    for (int j = end; j < length; j++) {
      y[to + j] = x[from + numbers[zero + j]];
    }
  }

  /** y[j] += x[j, vector of j − i]. */
  private static void add(float[] x, int from, int i, Reach reach, float[] y, int to) {
    int[] numbers = reach.numbers();
    int length = reach.length();
    int pitch = reach.pitch();
    int zero = length - 1 - i;
    int start = Math.max(0, i - reach.near());
    int end = Math.min(length, i + reach.near() + 1);
    for (int j = 0; j < start; j++) {
      y[to + j] += x[from + j * pitch + numbers[zero + j]];
    }
    int near = from + numbers[zero + start] - start;
    for (int j = start; j < end; j++) {
      y[to + j] += x[near + j * (pitch + 1)];
    }
    for (int j = end; j < length; j++) {
      y[to + j] += x[from + j * pitch + numbers[zero + j]];
    }
  }
}
