package dev.lanewise.model.arch;

import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.GgufWriter;
import dev.lanewise.model.checkpoint.HuggingFace;
import dev.lanewise.model.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The {@link TinyDecoder} with mixtures of four experts, of which a token passes through two. The
 * weights follow from the names that the hub has for them ({@link TinyEncoderDecoders#values}).
 */
public final class TinyMixture {
  /** The {@code config.json} of a Mixtral. */
  static final String MIXTRAL =
      TinyDecoder.SIZES
          + """
          "mixtral", "num_local_experts": 4, "num_experts_per_tok": 2, "rope_theta": 10000.0}\
          """;

  /** The one of a Qwen 3, whose experts are wider than its layers without experts. */
  static final String QWEN =
      TinyDecoder.SIZES
          + """
          "qwen3_moe", "num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 24,
          "norm_topk_prob": true}\
          """;

  private static final int DIM = 16;
  private static final int HEAD_DIM = 4;
  private static final int COUNT = 4;
  private static final List<Integer> BLOCKS = List.of(0, 1);

  private static final Map<String, String> OF_MIXTRAL =
      Map.of("gate_proj", "w1", "up_proj", "w3", "down_proj", "w2");

  private final boolean mixtral;
  private final String config;
  private final Map<String, int[]> shapes; // of all tensors but the experts', by the hub's names

  /** With mixtures in some blocks. */
  private TinyMixture(String config, List<Integer> mixtures) {
    this.config = config;
    mixtral = config.contains("mixtral");
    shapes = new TreeMap<>(TinyDecoder.shapes(config));
    for (int block : BLOCKS) {
      if (!mixtral) {
        shapes.put("model.layers." + block + ".self_attn.q_norm.weight", new int[] {HEAD_DIM});
        shapes.put("model.layers." + block + ".self_attn.k_norm.weight", new int[] {HEAD_DIM});
      }
    }
    for (int block : mixtures) {
      shapes.keySet().removeIf(name -> name.startsWith("model.layers." + block + ".mlp."));
      shapes.put(mixture(block) + "gate.weight", new int[] {COUNT, DIM});
    }
  }

  /** What the names of a block's mixture begin with. */
  private String mixture(int block) {
    return "model.layers." + block + (mixtral ? ".block_sparse_moe." : ".mlp.");
  }

  private String name(int block, int expert, String projection) {
    String name = mixtral ? OF_MIXTRAL.get(projection) : projection;
    return mixture(block) + "experts." + expert + "." + name + ".weight";
  }

  private int[] shape(String projection) {
    int hiddenDim = mixtral ? 20 : 24;
    return projection.equals("down_proj") ? new int[] {DIM, hiddenDim} : new int[] {hiddenDim, DIM};
  }

  private float[] values(int block, int expert, String projection) {
    return TinyEncoderDecoders.values(name(block, expert, projection), shape(projection));
  }

  /** Matrices of all experts, one below the other. */
  private float[] stacked(int block, String... projections) {
    float[] all = {};
    for (int i = 0; i < COUNT; i++) {
      for (String projection : projections) {
        all = joined(all, values(block, i, projection));
      }
    }
    return all;
  }

  private static float[] joined(float[] a, float[] b) {
    float[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }

  /** Writes and opens a folder of the hub where all blocks have mixtures. */
  static Checkpoint open(Path folder, String config) {
    return open(folder, config, BLOCKS);
  }

  /** Writes and opens a folder of the hub where some blocks have mixtures. */
  static Checkpoint open(Path folder, String config, List<Integer> mixtures) {
    TinyMixture model = new TinyMixture(config, mixtures);
    Map<String, int[]> all = new TreeMap<>(model.shapes);
    for (int block : mixtures) {
      for (int i = 0; i < COUNT; i++) {
        for (String projection : OF_MIXTRAL.keySet()) {
          all.put(model.name(block, i, projection), model.shape(projection));
        }
      }
    }
    return TinyEncoderDecoders.open(folder, config, all);
  }

  /** The same with two tensors for all experts of a block. */
  static Checkpoint openFused(Path folder, String config) {
    TinyMixture model = new TinyMixture(config, BLOCKS);
    SafetensorsWriter tensors = new SafetensorsWriter();
    model.shapes.forEach(
        (name, shape) ->
            tensors.tensor(
                name.replace("block_sparse_moe", "mlp"),
                TinyEncoderDecoders.values(name, shape),
                shape));
    for (int block : BLOCKS) {
      String experts = "model.layers." + block + ".mlp.experts.";
      int hiddenDim = model.shape("gate_proj")[0];
      tensors
          .tensor(
              experts + "gate_up_proj",
              model.stacked(block, "gate_proj", "up_proj"),
              COUNT,
              2 * hiddenDim,
              DIM)
          .tensor(experts + "down_proj", model.stacked(block, "down_proj"), COUNT, DIM, hiddenDim);
    }
    tensors.write(folder.resolve("model.safetensors"));
    try {
      Files.writeString(folder.resolve("config.json"), config);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return HuggingFace.open(folder);
  }

  /** A Qwen 3 as a GGUF file. */
  public static GgufWriter gguf() {
    return gguf(QWEN);
  }

  /** A GGUF file with a tensor for each projection of all experts. */
  static GgufWriter gguf(String config) {
    TinyMixture model = new TinyMixture(config, BLOCKS);
    GgufWriter writer = model.ggufWithoutExperts();
    for (int block : BLOCKS) {
      for (String projection : OF_MIXTRAL.keySet()) {
        int[] shape = model.shape(projection);
        writer.tensor(
            ggufName(block, projection) + "_exps.weight",
            model.stacked(block, projection),
            COUNT,
            shape[0],
            shape[1]);
      }
    }
    return writer;
  }

  /** A GGUF file as they were at first, with a tensor for each projection of each expert. */
  static GgufWriter ggufOfMatrices(String config) {
    TinyMixture model = new TinyMixture(config, BLOCKS);
    GgufWriter writer = model.ggufWithoutExperts();
    for (int block : BLOCKS) {
      for (int i = 0; i < COUNT; i++) {
        for (String projection : OF_MIXTRAL.keySet()) {
          int[] shape = model.shape(projection);
          String name = ggufName(block, projection) + "." + i + ".weight";
          writer.tensor(name, model.values(block, i, projection), shape[0], shape[1]);
        }
      }
    }
    return writer;
  }

  private static String ggufName(int block, String projection) {
    return "blk." + block + ".ffn_" + projection.replace("_proj", "");
  }

  private GgufWriter ggufWithoutExperts() {
    String architecture = mixtral ? "llama" : "qwen3moe";
    GgufWriter writer = TinyDecoder.gguf(architecture, config);
    for (String tensor : writer.tensorNames()) {
      if (tensor.contains("ffn_") && !tensor.contains("norm")) {
        writer.removeTensor(tensor);
      }
    }
    for (int block : BLOCKS) {
      String name = mixture(block) + "gate.weight";
      float[] router = TinyEncoderDecoders.values(name, COUNT, DIM);
      writer.tensor("blk." + block + ".ffn_gate_inp.weight", router, COUNT, DIM);
      for (String projection : List.of("q", "k")) {
        String norm = "model.layers." + block + ".self_attn." + projection + "_norm.weight";
        String matrix = "model.layers." + block + ".self_attn." + projection + "_proj.weight";
        String attention = "blk." + block + ".attn_" + projection;
        if (mixtral) {
          int rows = shapes.get(matrix)[0];
          float[] values = TinyEncoderDecoders.values(matrix, rows, DIM);
          writer.tensor(attention + ".weight", adjacent(values), rows, DIM);
        } else {
          float[] values = TinyEncoderDecoders.values(norm, HEAD_DIM);
          writer.tensor(attention + "_norm.weight", values, HEAD_DIM);
        }
      }
    }
    return writer
        .uint32(architecture + ".expert_count", COUNT)
        .uint32(architecture + ".expert_used_count", 2)
        .uint32(architecture + ".expert_feed_forward_length", shape("gate_proj")[0]);
  }

  /** Rows of heads in the order of GGUF's Llama, where those that rotate together are adjacent. */
  private static float[] adjacent(float[] halves) {
    int pairs = HEAD_DIM / 2;
    float[] rows = new float[halves.length];
    for (int row = 0; row < rows.length / DIM; row++) {
      int at = row % HEAD_DIM;
      int to = row - at + 2 * (at % pairs) + at / pairs;
      System.arraycopy(halves, row * DIM, rows, to * DIM, DIM);
    }
    return rows;
  }
}
