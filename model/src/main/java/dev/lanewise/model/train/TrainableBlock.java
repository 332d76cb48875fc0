package dev.lanewise.model.train;

/**
 * A pre-normalised block of GPT-2: x + attention(norm(x)), and then x + feedForward(norm(x)). The
 * names of its parameters are GGUF's.
 */
final class TrainableBlock {
  private final Workbench bench;
  private final float[] x;
  private final float[] middle;
  private final float[] y;
  private final TrainableNorm attentionNorm;
  private final TrainableLinear projections;
  private final TrainableAttention attention;
  private final TrainableLinear output;
  private final TrainableNorm norm;
  private final TrainableLinear up;
  private final TrainableGelu gelu;
  private final TrainableLinear down;

  /**
   * What the layers of a block return, which the way back needs. Blocks without a way back share
   * one.
   *
   * @param normal [rows × dim] of the first norm
   * @param projections [rows × 3 · dim] queries, keys and values
   * @param attended [rows × dim] of attention
   * @param middle [rows × dim] the residual stream between attention and the feed-forward layer
   * @param normalMiddle [rows × dim] of the second norm
   * @param wide [rows × hidden] within the feed-forward layer
   * @param active [rows × hidden] the same behind GELU
   */
  record Buffers(
      float[] normal,
      float[] projections,
      float[] attended,
      float[] middle,
      float[] normalMiddle,
      float[] wide,
      float[] active) {
    static Buffers of(TrainingShape shape) {
      int n = shape.rows() * shape.dim();
      int wide = shape.rows() * shape.hidden();
      return new Buffers(
          new float[n],
          new float[3 * n],
          new float[n],
          new float[n],
          new float[n],
          new float[wide],
          new float[wide]);
    }
  }

  /**
   * @param x [rows × dim] the residual stream as it comes in
   * @param y [rows × dim] where it is to be as it goes out; the same if there is no way back
   */
  TrainableBlock(
      Workbench bench,
      TrainableAttention.Scratch scratch,
      Buffers buffers,
      Parameters parameters,
      int number,
      float[] x,
      float[] y) {
    this.bench = bench;
    this.x = x;
    this.y = y;
    int dim = bench.dim();
    int hidden = bench.shape().hidden();
    middle = buffers.middle();

    String name = "blk." + number + ".";
    attentionNorm = norm(parameters, name + "attn_norm", x, buffers.normal());
    projections =
        new TrainableLinear(
            bench,
            parameters.matrix(name + "attn_qkv.weight", 3 * dim, dim),
            parameters.vector(name + "attn_qkv.bias", 3 * dim),
            buffers.normal(),
            buffers.projections(),
            bench.projections(),
            bench.branch());
    attention = new TrainableAttention(bench, scratch, buffers.projections(), buffers.attended());
    output =
        new TrainableLinear(
            bench,
            parameters.matrix(name + "attn_output.weight", dim, dim),
            parameters.vector(name + "attn_output.bias", dim),
            buffers.attended(),
            middle,
            bench.stream(),
            bench.branch());
    norm = norm(parameters, name + "ffn_norm", middle, buffers.normalMiddle());
    up =
        new TrainableLinear(
            bench,
            parameters.matrix(name + "ffn_up.weight", hidden, dim),
            parameters.vector(name + "ffn_up.bias", hidden),
            buffers.normalMiddle(),
            buffers.wide(),
            bench.wide(),
            bench.branch());
    gelu = new TrainableGelu(bench, buffers.wide(), buffers.active());
    down =
        new TrainableLinear(
            bench,
            parameters.matrix(name + "ffn_down.weight", dim, hidden),
            parameters.vector(name + "ffn_down.bias", dim),
            buffers.active(),
            y,
            bench.stream(),
            bench.wide());
  }

  private TrainableNorm norm(Parameters parameters, String name, float[] from, float[] to) {
    return new TrainableNorm(
        bench,
        parameters.vector(name + ".weight", bench.dim()),
        parameters.vector(name + ".bias", bench.dim()),
        from,
        to);
  }

  void forward() {
    attentionNorm.forward();
    projections.forward();
    attention.forward();
    output.forward();
    bench.kernels().add(x, middle, x.length);
    norm.forward();
    up.forward();
    gelu.forward();
    down.forward();
    bench.kernels().add(middle, y, y.length);
  }

  /** Turns the gradient of y, in {@link Workbench#stream}, into that of x. */
  void backward() {
    down.backward();
    gelu.backward();
    up.backward();
    norm.backward();
    output.backward();
    attention.backward();
    projections.backward();
    attentionNorm.backward();
  }
}
