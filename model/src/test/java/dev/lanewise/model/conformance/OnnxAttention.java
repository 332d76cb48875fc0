package dev.lanewise.model.conformance;

import dev.lanewise.kernels.AttentionMask;
import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.kernels.Epilogue;
import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.MatrixView;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** ONNX's Attention, opset 23 and later, over {@link Kernels#attention}. */
final class OnnxAttention {
  private static final float HIDDEN = Float.NEGATIVE_INFINITY;

  private final OnnxNode node;
  private final Kernels kernels;
  private final boolean heads4d;
  private final int batch;
  private final int rows;
  private final int keys;
  private final int past;
  private final AttentionShape shape;
  private final Tensor q; // [batch, rows, heads, headDim]
  private final Tensor k; // [batch, kvHeads, keys, headDim], those of the past first
  private final Tensor v;
  private final float[] bias; // [batch, heads, rows, keys]

  OnnxAttention(OnnxNode node, Kernels kernels) {
    this.node = node;
    this.kernels = kernels;
    heads4d = node.input(0).rank() == 4;
    Tensor queries = byHead(node.input(0), "q_num_heads");
    k = withPast(byHead(node.input(1), "kv_num_heads"), 4);
    v = withPast(byHead(node.input(2), "kv_num_heads"), 5);
    q = queries.permuted(0, 2, 1, 3);
    batch = q.dim(0);
    rows = q.dim(1);
    keys = k.dim(2);
    past = node.hasInput(4) ? node.input(4).dim(2) : 0;
    AttentionShape plain =
        AttentionShape.of(q.dim(2), k.dim(1), q.dim(3))
            .withValueDim(v.dim(3))
            .withSoftCap(node.number("softcap", 0));
    int before = window("left_window_size");
    int after = window("right_window_size");
    boolean causal = node.attributes().integer("is_causal", 0) != 0;
    float scale = node.number("scale", 0);
    shape = (scale == 0 ? plain : plain.withScale(scale)).within(before, causal ? 0 : after);
    bias = node.hasInput(3) ? bias(node.input(3)) : null;
  }

  private int window(String name) {
    int size = node.attributes().integer(name, -1);
    return size < 0 ? AttentionShape.UNLIMITED : size;
  }

  /** [batch, heads, length, width] of either layout. */
  private Tensor byHead(Tensor x, String heads) {
    if (heads4d) {
      return x;
    }
    int n = node.attributes().integer(heads);
    return x.reshaped(x.dim(0), x.dim(1), n, x.dim(2) / n).permuted(0, 2, 1, 3);
  }

  private Tensor withPast(Tensor now, int input) {
    if (!node.hasInput(input)) {
      return now;
    }
    Tensor before = node.input(input);
    int lines = now.dim(0) * now.dim(1);
    int a = before.dim(2) * before.dim(3);
    int b = now.dim(2) * now.dim(3);
    float[] all = new float[lines * (a + b)];
    for (int i = 0; i < lines; i++) {
      System.arraycopy(before.data(), i * a, all, i * (a + b), a);
      System.arraycopy(now.data(), i * b, all, i * (a + b) + a, b);
    }
    return Tensor.of(all, now.dim(0), now.dim(1), before.dim(2) + now.dim(2), now.dim(3));
  }

  /** The mask as numbers to add; keys beyond its end are hidden. */
  private float[] bias(Tensor mask) {
    float[] numbers = mask.data().clone();
    if (mask.type().equals("BOOL")) {
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = numbers[i] == 0 ? HIDDEN : 0;
      }
    }
    int width = mask.dim(-1);
    int[] to = {batch, shape.nHeads(), rows, width == 1 ? keys : width};
    float[] narrow = Tensor.of(numbers, mask.shape()).broadcast(to).data();
    if (to[3] == keys) {
      return narrow;
    }
    float[] wide = new float[batch * shape.nHeads() * rows * keys];
    Arrays.fill(wide, HIDDEN);
    for (int i = 0; i < batch * shape.nHeads() * rows; i++) {
      System.arraycopy(narrow, i * width, wide, i * keys, width);
    }
    return wide;
  }

  Map<Integer, Tensor> run() {
    int width = shape.outputWidth();
    float[] y = new float[batch * rows * width];
    if (node.hasInput(6)) {
      int[] lengths = node.input(6).ints();
      for (int b = 0; b < batch; b++) {
        attendUpTo(lengths[b], b, y);
      }
    } else {
      AttentionMask mask = AttentionMask.NONE;
      if (bias != null) {
        int heads = shape.nHeads();
        mask = AttentionMask.bias(bias, keys).withStrides(heads * rows * keys, rows * keys);
      }
      kernels.attention(q.data(), cache(k), cache(v), mask, y, shape, batch, rows, keys, past);
    }
    Map<Integer, Tensor> outputs = new TreeMap<>();
    Tensor result = Tensor.of(y, batch, rows, shape.nHeads(), shape.valueDim());
    outputs.put(0, heads4d ? result.permuted(0, 2, 1, 3) : result.reshaped(batch, rows, width));
    outputs.put(1, k);
    outputs.put(2, v);
    if (node.hasOutput(3)) {
      outputs.put(3, scores());
    }
    return outputs;
  }

  /** [batch, keys, kvHeads, width]. */
  private static float[] cache(Tensor x) {
    return x.permuted(0, 2, 1, 3).data();
  }

  /**
   * One sequence whose first {@code length} keys count: its queries stand before the end of those.
   * Queries that would stand before the first key see nothing.
   */
  private void attendUpTo(int length, int b, float[] y) {
    int position = length - rows;
    int skipped = shape.after() == 0 ? Math.clamp(-position, 0, rows) : 0;
    int n = rows - skipped;
    float[] queries =
        slice(q.data(), (b * rows + skipped) * shape.queryWidth(), n * shape.queryWidth());
    float[] out = new float[n * shape.outputWidth()];
    AttentionMask mask = AttentionMask.NONE;
    if (bias != null) {
      int offset = (b * shape.nHeads() * rows + skipped) * keys;
      mask = new AttentionMask(null, bias, offset, 0, rows * keys, keys);
    }
    kernels.attention(
        queries,
        slice(cache(k), b * keys * shape.keyWidth(), keys * shape.keyWidth()),
        slice(cache(v), b * keys * shape.valueWidth(), keys * shape.valueWidth()),
        mask.withLengths(length),
        out,
        shape,
        1,
        n,
        keys,
        Math.max(0, position + skipped));
    System.arraycopy(out, 0, y, (b * rows + skipped) * shape.outputWidth(), out.length);
  }

  private static float[] slice(float[] x, int from, int n) {
    return Arrays.copyOfRange(x, from, from + n);
  }

  /** q · Kᵀ · scale as far as the node asks: capped, masked, or as probabilities. */
  private Tensor scores() {
    int heads = shape.nHeads();
    int n = rows * keys;
    float[] scores = new float[batch * heads * n];
    float[] byHead = q.permuted(0, 2, 1, 3).data();
    for (int i = 0; i < batch * heads; i++) {
      int kv = (i / heads * k.dim(1)) + i % heads / shape.groupSize();
      float[] product = new float[n];
      kernels.gemm(
          MatrixView.of(
              slice(byHead, i * rows * shape.headDim(), rows * shape.headDim()),
              rows,
              shape.headDim()),
          MatrixView.of(
                  slice(k.data(), kv * keys * shape.headDim(), keys * shape.headDim()),
                  keys,
                  shape.headDim())
              .transposed(),
          MatrixView.of(product, rows, keys),
          Epilogue.NONE.withAlpha(shape.scale()));
      System.arraycopy(product, 0, scores, i * n, n);
    }
    int mode = node.attributes().integer("qk_matmul_output_mode", 0);
    for (int i = 0; i < scores.length; i++) {
      if (mode >= 1 && shape.softCap() > 0) {
        scores[i] = (float) (shape.softCap() * Math.tanh(scores[i] / shape.softCap()));
      }
      if (mode >= 2) {
        int position = past + i / keys % rows;
        int key = i % keys;
        boolean seen = key >= shape.firstKey(position) && key < shape.endKey(position, keys);
        scores[i] = seen ? scores[i] + (bias == null ? 0 : bias[i]) : HIDDEN;
      }
    }
    if (mode == 3) {
      kernels.softmax(scores, scores, batch * heads * rows, keys);
    }
    return Tensor.of(scores, batch, heads, rows, keys);
  }
}
