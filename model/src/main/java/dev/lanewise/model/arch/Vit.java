package dev.lanewise.model.arch;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.PatchShape;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Metadata;
import dev.lanewise.model.checkpoint.Weights;
import dev.lanewise.model.nn.EncoderBlock;
import dev.lanewise.model.nn.Head;
import dev.lanewise.model.nn.Linear;
import dev.lanewise.model.nn.Projections;
import java.util.List;
import java.util.Map;

/**
 * The vision transformer (Dosovitskiy et al. 2020, arXiv:2010.11929): the patches of an image as
 * tokens with learned positions, behind a token for its class, and blocks whose norms stand before
 * the layers.
 *
 * <p>DeiT (Touvron et al. 2020, arXiv:2012.12877) adds a second token, which learned from a
 * teacher; a head for each of the two, and their mean.
 */
final class Vit {
  private static final Map<String, String> HUB_TENSORS =
      GgufNames.table(
          "embeddings.cls_token", "class_embd",
          "embeddings.distillation_token", "distillation_embd",
          "embeddings.position_embeddings", "position_embd",
          "embeddings.patch_embeddings.projection", "patch_embd",
          "encoder.layer.{}.layernorm_before", "blk.{}.attn_norm",
          "encoder.layer.{}.attention.attention.query", "blk.{}.attn_q",
          "encoder.layer.{}.attention.attention.key", "blk.{}.attn_k",
          "encoder.layer.{}.attention.attention.value", "blk.{}.attn_v",
          "encoder.layer.{}.attention.output.dense", "blk.{}.attn_output",
          "encoder.layer.{}.layernorm_after", "blk.{}.ffn_norm",
          "encoder.layer.{}.intermediate.dense", "blk.{}.ffn_up",
          "encoder.layer.{}.output.dense", "blk.{}.ffn_down",
          // As the layers are called in memory since transformers 5, and in what is exported there.
          "layers.{}.layernorm_before", "blk.{}.attn_norm",
          "layers.{}.attention.q_proj", "blk.{}.attn_q",
          "layers.{}.attention.k_proj", "blk.{}.attn_k",
          "layers.{}.attention.v_proj", "blk.{}.attn_v",
          "layers.{}.attention.o_proj", "blk.{}.attn_output",
          "layers.{}.layernorm_after", "blk.{}.ffn_norm",
          "layers.{}.mlp.fc1", "blk.{}.ffn_up",
          "layers.{}.mlp.fc2", "blk.{}.ffn_down",
          "layernorm", "output_norm",
          "pooler.dense", "pooler",
          "classifier", "cls.output",
          "cls_classifier", "cls.first",
          "distillation_classifier", "cls.second");

  private static final int MAX_CHANNELS = 16;
  private static final int MAX_EXTENT = 1 << 12;

  private final EncoderConfig config;
  private final Hyperparameters h;
  private final Weights weights;
  private final boolean distilled; // DeiT

  private Vit(Checkpoint checkpoint, boolean distilled) {
    config = EncoderConfig.of(checkpoint);
    h = config.parameters();
    weights = Weights.of(checkpoint);
    this.distilled = distilled;
  }

  static ImageEncoder load(Checkpoint file) {
    return new Vit(GgufNames.of(file, HUB_TENSORS, "vit."), false).load();
  }

  static ImageEncoder loadDeit(Checkpoint file) {
    return new Vit(GgufNames.of(file, HUB_TENSORS, "deit."), true).load();
  }

  private ImageEncoder load() {
    EncoderBlock[] blocks = new EncoderBlock[config.nLayers()];
    boolean qkvBias = h.flag("qkv_bias", true);
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = EncoderWeights.preNormBlock(weights.at("blk." + i), config, qkvBias);
    }
    HeadKind kind = HeadKind.named(h.metadata(), this::kindOfTensors);
    Head head = kind == HeadKind.IMAGE_CLASSES ? head() : null;
    return new ImageEncoder(
        embedding(),
        new EncoderStack(
            weights.memory(),
            config,
            blocks,
            EncoderWeights.norm(weights, "output_norm", config),
            EncoderStack.Heads.of(kind, head, h).with(pooler()),
            List.of()));
  }

  /** The positions take in the bias of the filters, and the tokens added their own positions. */
  private ImageEncoder.Parts embedding() {
    PatchShape shape = patchShape();
    int dim = config.dim();
    int added = distilled ? 2 : 1;
    Matrix position = weights.matrix("position_embd", added + shape.count(), dim);
    float[] positions = new float[Math.multiplyExact(shape.count(), dim)];
    float[] bias = weights.vector("patch_embd.bias", dim);
    for (int i = 0; i < shape.count(); i++) {
      position.row(added + i, positions, i * dim);
      addTo(positions, i * dim, bias);
    }
    float[] tokens = new float[added * dim];
    for (int i = 0; i < added; i++) {
      position.row(i, tokens, i * dim);
      addTo(tokens, i * dim, weights.vector(i == 0 ? "class_embd" : "distillation_embd", dim));
    }
    int size = shape.size();
    Matrix filters = weights.filters("patch_embd.weight", dim, shape.channels(), size, size);
    return new ImageEncoder.Parts(
        shape, Projections.of(new Linear(filters, null)), positions, tokens);
  }

  private static void addTo(float[] sums, int from, float[] x) {
    for (int j = 0; j < x.length; j++) {
      sums[from + j] += x[j];
    }
  }

  private PatchShape patchShape() {
    int[] image = extent("image_size");
    int[] patch = extent("patch_size");
    if (patch[0] != patch[1] || patch[0] > image[0] || patch[0] > image[1]) {
      throw h.wrong(
          "patch_size",
          patch[0] + " x " + patch[1],
          "a square within the image of " + image[0] + " x " + image[1]);
    }
    return new PatchShape(
        h.size("num_channels", 3, MAX_CHANNELS), image[0], image[1], patch[0], patch[0]);
  }

  /** Rows and columns, of which squares state but one number. */
  private int[] extent(String key) {
    Metadata m = h.metadata();
    if (!m.isArray(key)) {
      int size = h.size(key, MAX_EXTENT);
      return new int[] {size, size};
    }
    int[] sizes = m.integers(key);
    if (sizes.length != 2) {
      throw h.wrong(key, m.describe(key), "one number or two");
    }
    for (int size : sizes) {
      h.within(key, size, 1, MAX_EXTENT);
    }
    return sizes;
  }

  private Projections pooler() {
    if (!weights.has("pooler.weight")) {
      return null;
    }
    int width = h.size("pooler_output_size", config.dim(), Hyperparameters.MAX_DIM);
    Activation f = h.activation("pooler_act", Activation.TANH);
    return Projections.of(f, EncoderWeights.linear(weights, "pooler", width, config.dim()));
  }

  private HeadKind kindOfTensors() {
    boolean classes = weights.has("cls.output.weight") || weights.has("cls.first.weight");
    return classes ? HeadKind.IMAGE_CLASSES : HeadKind.NONE;
  }

  private Head head() {
    if (distilled && weights.has("cls.first.weight")) {
      return meanOfTwo();
    }
    int classes = weights.rows("cls.output.weight", Hyperparameters.MAX_VOCAB);
    return Head.linear(EncoderWeights.linear(weights, "cls.output", classes, config.dim()));
  }

  /** [W₁ / 2 | W₂ / 2] and (b₁ + b₂) / 2: one product with the states of both tokens. */
  private Head meanOfTwo() {
    int dim = config.dim();
    int classes = weights.rows("cls.first.weight", Hyperparameters.MAX_VOCAB);
    float[] weight = new float[Math.multiplyExact(2 * dim, classes)];
    float[] bias = weights.vector("cls.first.bias", classes);
    addTo(bias, 0, weights.vector("cls.second.bias", classes));
    Matrix first = weights.matrix("cls.first.weight", classes, dim);
    Matrix second = weights.matrix("cls.second.weight", classes, dim);
    for (int i = 0; i < classes; i++) {
      first.row(i, weight, 2 * i * dim);
      second.row(i, weight, (2 * i + 1) * dim);
    }
    halve(weight);
    halve(bias);
    return Head.linear(new Linear(Matrix.of(weight, classes, 2 * dim), bias));
  }

  private static void halve(float[] x) {
    for (int i = 0; i < x.length; i++) {
      x[i] /= 2;
    }
  }
}
