package dev.lanewise.kernels;

import dev.lanewise.kernels.reference.Checks;
import java.util.Arrays;

/**
 * What differs from one call of attention to the next: how many keys of each sequence count, and
 * what is added to the scores.
 *
 * <p>The bias of query i and key j, for head h of sequence b, lies at {@code offset + b ·
 * batchStride + h · headStride + i · rowStride + j}. A stride of 0 shares it; a row stride of −1
 * makes it depend on the distance j − i alone, in memory that grows with the length and not with
 * its square. A bias of −∞ hides a key, whatever its score.
 *
 * @param lengths keys of each sequence that count, or null for all
 * @param bias what is added to the scores, or null for nothing
 * @param offset of the bias of query 0 and key 0
 * @param batchStride distance from one sequence to the next
 * @param headStride distance from one head to the next
 * @param rowStride distance from one query to the next; may be negative
 */
public record AttentionMask(
    int[] lengths, float[] bias, int offset, int batchStride, int headStride, int rowStride) {
  /** All keys count, and nothing is added. */
  public static final AttentionMask NONE = new AttentionMask(null, null, 0, 0, 0, 0);

  /** Only the first keys of each sequence count: padding. */
  public static AttentionMask lengths(int... lengths) {
    return NONE.withLengths(lengths);
  }

  /** One bias for all sequences and heads: [rows × keys]. */
  public static AttentionMask bias(float[] bias, int keys) {
    return new AttentionMask(null, bias, 0, 0, 0, keys);
  }

  /** A bias for each head: [nHeads × rows × keys]. */
  public static AttentionMask biasPerHead(float[] bias, int rows, int keys) {
    return new AttentionMask(null, bias, 0, 0, Math.multiplyExact(rows, keys), keys);
  }

  /**
   * A bias for each head and distance: [nHeads × (rows + keys − 1)], where element {@code rows − 1
   * + j − i} of a head belongs to query i and key j. T5's relative positions (Raffel et al. 2019,
   * arXiv:1910.10683) are such.
   */
  public static AttentionMask relative(float[] bias, int rows, int keys) {
    return new AttentionMask(
        null, bias, Math.max(0, rows - 1), 0, Math.max(0, rows + keys - 1), -1);
  }

  /**
   * ALiBi: −slope · (position + i − j) for query i and key j of each head, for causal attention.
   * Press et al. 2021, arXiv:2108.12409.
   *
   * @param slopes [nHeads]
   * @param position of the first query among the keys
   */
  public static AttentionMask alibi(float[] slopes, int rows, int keys, int position) {
    int width = Math.max(0, rows + keys - 1);
    float[] bias = new float[Math.multiplyExact(slopes.length, width)];
    for (int h = 0; h < slopes.length; h++) {
      for (int d = 0; d < width; d++) {
        bias[h * width + d] = slopes[h] * (d - (rows - 1) - position);
      }
    }
    return relative(bias, rows, keys);
  }

  /** One boolean mask for all sequences and heads: [rows × keys], true where a query sees a key. */
  public static AttentionMask visible(boolean[] visible, int keys) {
    float[] bias = new float[visible.length];
    for (int i = 0; i < bias.length; i++) {
      bias[i] = visible[i] ? 0 : Float.NEGATIVE_INFINITY;
    }
    return bias(bias, keys);
  }

  /**
   * Both masks: the sum of their biases, which hides what either hides, for the keys that count in
   * both. A mask and ALiBi, say, or T5's positions and padding on the left. The sum is as large as
   * it must be: what both share among sequences, heads or queries it shares, too.
   *
   * @throws IllegalArgumentException if a bias is too small for as many sequences, heads, queries
   *     and keys
   */
  public AttentionMask plus(AttentionMask other, int batch, int heads, int rows, int keys) {
    int[] both = shorter(lengths, other.lengths);
    if (bias != null) {
      Checks.bias(this, heads, batch, rows, keys);
    }
    if (other.bias != null) {
      Checks.bias(other, heads, batch, rows, keys);
    }
    if (bias == null || other.bias == null) {
      return (bias == null ? other : this).withLengths(both);
    }
    int nSequences = batchStride == 0 && other.batchStride == 0 ? 1 : batch;
    int nHeads = headStride == 0 && other.headStride == 0 ? 1 : heads;
    int nRows = rowStride == 0 && other.rowStride == 0 ? 1 : rows;
    int size =
        Math.multiplyExact(Math.multiplyExact(nSequences, nHeads), Math.multiplyExact(nRows, keys));
    float[] sum = new float[size];
    for (int line = 0, to = 0; to < size; line++, to += keys) {
      int sequence = line / nRows / nHeads;
      int head = line / nRows % nHeads;
      int a = biasAt(sequence, head, line % nRows);
      int b = other.biasAt(sequence, head, line % nRows);
      for (int j = 0; j < keys; j++) {
        sum[to + j] = sum(bias[a + j], other.bias[b + j]);
      }
    }
    return new AttentionMask(
        both,
        sum,
        0,
        nSequences == 1 ? 0 : nHeads * nRows * keys,
        nHeads == 1 ? 0 : nRows * keys,
        nRows == 1 ? 0 : keys);
  }

  /** Two of the lowest floats, as masks are also written, must not become −∞. */
  private static float sum(float a, float b) {
    boolean hidden = a == Float.NEGATIVE_INFINITY || b == Float.NEGATIVE_INFINITY;
    return hidden ? Float.NEGATIVE_INFINITY : Math.max(a + b, -Float.MAX_VALUE);
  }

  private static int[] shorter(int[] a, int[] b) {
    if (a == null || b == null) {
      return a == null ? b : a;
    }
    int[] shorter = new int[Math.min(a.length, b.length)];
    Arrays.setAll(shorter, i -> Math.min(a[i], b[i]));
    return shorter;
  }

  /** The same bias, with lengths. */
  public AttentionMask withLengths(int... lengths) {
    return new AttentionMask(lengths, bias, offset, batchStride, headStride, rowStride);
  }

  /** The same bias with other strides between sequences and between heads. */
  public AttentionMask withStrides(int batchStride, int headStride) {
    return new AttentionMask(lengths, bias, offset, batchStride, headStride, rowStride);
  }

  /** Keys of a sequence that count, of {@code keys} that there are. */
  public int length(int sequence, int keys) {
    return lengths == null ? keys : Math.min(lengths[sequence], keys);
  }

  /** Where the bias of query {@code row} and key 0 lies. */
  public int biasAt(int sequence, int head, int row) {
    return offset + sequence * batchStride + head * headStride + row * rowStride;
  }

  @Override
  public String toString() {
    return "AttentionMask[lengths=%s, bias=%s]"
        .formatted(Arrays.toString(lengths), bias == null ? "none" : bias.length + " numbers");
  }
}
