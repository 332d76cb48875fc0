package dev.lanewise.model.nn;

import dev.lanewise.kernels.AttentionMask;
import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.kernels.Epilogue;
import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.MatrixView;

/**
 * DeBERTa's attention (He et al. 2020, arXiv:2006.03654): beside what query and key mean to each
 * other, a score tells what the query means to the distance of the two, and the key to the same
 * distance. Distances have vectors of their own, from −span to span − 1; far ones share them (He et
 * al. 2021, arXiv:2111.09543).
 */
public final class DisentangledAttention implements SelfAttention {
  /**
   * How distances become vectors.
   *
   * @param span how many vectors there are on either side: the first is that of −span
   * @param buckets twice the distance from which on several share a vector; 0 if none do
   * @param maxDistance distances from here on share the last vector
   */
  public record Distances(int span, int buckets, int maxDistance) {
    /** The number of the vector of a distance, which is that of the query less that of the key. */
    int vector(int distance) {
      return Math.clamp(bucket(distance) + (long) span, 0, 2 * span - 1);
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

  private final Projections qkvProj;
  private final Projections oProj;
  private final float[] positionKeys; // null where queries do not look at distances
  private final float[] positionQueries; // null where keys do not
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
    this.positionKeys = positionKeys;
    this.positionQueries = positionQueries;
    this.shape = shape;
    this.distances = distances;
  }

  @Override
  public void forward(
      Kernels kernels, float[] x, Workspace ws, AttentionMask mask, int batch, int length) {
    int rows = batch * length;
    qkvProj.forward(kernels, x, ws.toQkv, rows);
    int perSequence = Math.multiplyExact(shape.nHeads(), Math.multiplyExact(length, length));
    float[] bias = ws.spare(0, Math.multiplyExact(batch, perSequence));
    int[] vectors = vectors(length);
    for (int i = 0; i < batch; i++) {
      bias(kernels, ws, vectors, i, length, bias, i * perSequence);
    }
    AttentionMask biased =
        new AttentionMask(mask.lengths(), bias, 0, perSequence, length * length, length);
    kernels.attention(ws.q, ws.k, ws.v, biased, ws.attended, shape, batch, length, length, 0);
    oProj.forward(kernels, ws.attended, ws.toOut, rows);
  }

  /** The numbers of the vectors of distances from 1 − length to length − 1. */
  private int[] vectors(int length) {
    int[] vectors = new int[2 * length - 1];
    for (int i = 0; i < vectors.length; i++) {
      vectors[i] = distances.vector(i - (length - 1));
    }
    return vectors;
  }

  /** bias[h, i, j] = scale · (q[i, h] · key of i − j + k[j, h] · query of i − j) of a sequence. */
  private void bias(
      Kernels kernels,
      Workspace ws,
      int[] vectors,
      int sequence,
      int length,
      float[] bias,
      int to) {
    int first = vectors[0];
    int width = vectors[vectors.length - 1] - first + 1;
    float[] byQuery = scores(kernels, ws.q, positionKeys, ws, 1, sequence, length, first, width);
    float[] byKey = scores(kernels, ws.k, positionQueries, ws, 2, sequence, length, first, width);
    float scale = shape.scale();
    for (int h = 0; h < shape.nHeads(); h++) {
      for (int i = 0; i < length; i++) {
        int query = (h * length + i) * width - first;
        for (int j = 0; j < length; j++) {
          int vector = vectors[i - j + length - 1];
          float sum = byQuery == null ? 0 : byQuery[query + vector];
          if (byKey != null) {
            sum += byKey[(h * length + j) * width - first + vector];
          }
          bias[to++] = scale * sum;
        }
      }
    }
  }

  /** Of rows of a sequence and vectors of distances, [nHeads × length × width]; null for none. */
  private float[] scores(
      Kernels kernels,
      float[] rows,
      float[] positions,
      Workspace ws,
      int spare,
      int sequence,
      int length,
      int first,
      int width) {
    if (positions == null) {
      return null;
    }
    int heads = shape.nHeads();
    int dim = shape.headDim();
    int stride = heads * dim;
    float[] scores = ws.spare(spare, Math.multiplyExact(heads * length, width));
    kernels.gemm(
        new MatrixView(rows, sequence * length * stride, heads, dim, length, dim, stride, 1),
        new MatrixView(positions, first * stride, heads, dim, dim, width, 1, stride),
        MatrixView.ofBatch(scores, heads, length, width),
        Epilogue.NONE);
    return scores;
  }
}
