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
   * @param x [rows × dim] the residual stream as it comes in
   * @param y [rows × dim] where it is to be as it goes out
   */
  TrainableBlock(
      Workbench bench,
      TrainableAttention.Scratch scratch,
      Parameters parameters,
      int number,
      float[] x,
      float[] y) {
    this.bench = bench;
    this.x = x;
    this.y = y;
    int dim = bench.dim();
    int hidden = bench.options().hidden();
    float[] normal = new float[x.length];
    float[] qkv = new float[3 * x.length];
    float[] attended = new float[x.length];
    middle = new float[x.length];
    float[] normalMiddle = new float[x.length];
    float[] wide = new float[bench.rows() * hidden];
    float[] active = new float[wide.length];

    String name = "blk." + number + ".";
    attentionNorm = norm(parameters, name + "attn_norm", x, normal);
    projections =
        new TrainableLinear(
            bench,
            parameters.matrix(name + "attn_qkv.weight", 3 * dim, dim),
            parameters.vector(name + "attn_qkv.bias", 3 * dim, 0),
            normal,
            qkv,
            bench.projections(),
            bench.branch());
    attention = new TrainableAttention(bench, scratch, qkv, attended);
    output =
        new TrainableLinear(
            bench,
            parameters.residualMatrix(name + "attn_output.weight", dim, dim),
            parameters.vector(name + "attn_output.bias", dim, 0),
            attended,
            middle,
            bench.stream(),
            bench.branch());
    norm = norm(parameters, name + "ffn_norm", middle, normalMiddle);
    up =
        new TrainableLinear(
            bench,
            parameters.matrix(name + "ffn_up.weight", hidden, dim),
            parameters.vector(name + "ffn_up.bias", hidden, 0),
            normalMiddle,
            wide,
            bench.wide(),
            bench.branch());
    gelu = new TrainableGelu(bench, wide, active);
    down =
        new TrainableLinear(
            bench,
            parameters.residualMatrix(name + "ffn_down.weight", dim, hidden),
            parameters.vector(name + "ffn_down.bias", dim, 0),
            active,
            y,
            bench.stream(),
            bench.wide());
  }

  private TrainableNorm norm(Parameters parameters, String name, float[] from, float[] to) {
    return new TrainableNorm(
        bench,
        parameters.vector(name + ".weight", bench.dim(), 1),
        parameters.vector(name + ".bias", bench.dim(), 0),
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
