package dev.lanewise.model.task;

import dev.lanewise.kernels.DType;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.TensorInfo;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;

/**
 * In which types a model's matrices are stored: each names the type that most of them get, as
 * llama.cpp names its files. Norms, biases, and matrices that are small and decide much stay as
 * they are.
 *
 * <p>Where the name says fewer than six bits, the matrix that makes the logits gets six, or eight
 * where its rows are no blocks of 256. In {@link #Q4_K_M} the values' projections and those out of
 * the feed-forward layer get six bits too, in the first eighth of the blocks, in the last, and in
 * every third between. Rows that are no blocks of a type get the next larger type whose blocks they
 * are. Source of these choices: llama.cpp's {@code llama-quant.cpp}. What it gives Q5_K gets Q4_K
 * here, for Q5_K is read but not written: in Q4_K_S the values' projections of the first four
 * blocks and the matrices out of the feed-forward layer of the first eighth, in Q4_K_M projections
 * of queries, keys and values in one.
 */
public enum Quantisation {
  F32(DType.F32, 0),
  F16(DType.F16, 1),
  BF16(DType.BF16, 32),
  Q8_0(DType.Q8_0, 7),
  Q6_K(DType.Q6_K, 18),
  Q5_1(DType.Q5_1, 9),
  Q5_0(DType.Q5_0, 8),
  Q4_K_M(DType.Q4_K, 15),
  Q4_K_S(DType.Q4_K, 14),
  Q4_1(DType.Q4_1, 3),
  Q4_0(DType.Q4_0, 2);

  private static final String WEIGHT = ".weight";

  /** Parts of the names of matrices that stay as they are. */
  private static final List<String> KEPT =
      List.of("_norm", "ffn_gate_inp", "position_embd", "token_types", "attn_rel_b", "patch_embd");

  /** Of a matrix that anyone would multiply. */
  private static final int MOST_COLUMNS = 1 << 24;

  /** What makes the logits, unless the embedding does. */
  private static final String OUTPUT = "output.weight";

  private static final String EMBEDDING = "token_embd.weight";

  private final DType type;
  private final int fileType;

  Quantisation(DType type, int fileType) {
    this.type = type;
    this.fileType = fileType;
  }

  /** What GGUF files say under {@code general.file_type}. */
  int fileType() {
    return fileType;
  }

  /** The type that each tensor of a GGUF file gets; null for those that stay as they are. */
  Function<TensorInfo, DType> types(Checkpoint model) {
    boolean tied = !model.has(OUTPUT);
    int nLayers = layers(model.tensors().keySet());
    return tensor -> takes(tensor) ? typeOf(tensor, tied, nLayers) : null;
  }

  /** Whether a tensor of a GGUF file is a matrix that gets another type. */
  private static boolean takes(TensorInfo tensor) {
    return tensor.shape().size() > 1
        && isReadable(tensor)
        && tensor.name().endsWith(WEIGHT)
        && KEPT.stream().noneMatch(tensor.name()::contains);
  }

  /** Whether the numbers of a tensor can be read, row by row. */
  static boolean isReadable(TensorInfo tensor) {
    return tensor.dtype().isPresent()
        && !tensor.shape().isEmpty()
        && tensor.shape().getLast() > 0
        && tensor.shape().getLast() <= MOST_COLUMNS;
  }

  /**
   * The type of such a matrix.
   *
   * @param tied whether the embedding makes the logits too
   * @param nLayers blocks of the model
   */
  private DType typeOf(TensorInfo tensor, boolean tied, int nLayers) {
    boolean makesLogits = tensor.name().equals(tied ? EMBEDDING : OUTPUT);
    boolean more = this == Q4_K_M && getsMoreBits(tensor.name(), nLayers);
    boolean six = more || (makesLogits && bits(type) < bits(DType.Q6_K));
    return fitting(six ? DType.Q6_K : type, tensor.shape().getLast());
  }

  private static boolean getsMoreBits(String name, int nLayers) {
    if (!name.endsWith("attn_v" + WEIGHT) && !name.contains("ffn_down")) {
      return false;
    }
    int layer = layer(name);
    int eighth = nLayers / 8;
    return layer < eighth || layer >= 7 * nLayers / 8 || (layer - eighth) % 3 == 2;
  }

  /** Blocks of the model whose tensors have these names. */
  private static int layers(Collection<String> names) {
    return 1 + names.stream().mapToInt(Quantisation::layer).max().orElse(-1);
  }

  /** The number of the block that a tensor belongs to, or -1 for none. */
  private static int layer(String name) {
    int start = name.indexOf("blk.") + "blk.".length();
    int end = name.indexOf('.', start);
    boolean numbered =
        start >= "blk.".length()
            && end > start
            && end - start < 9
            && name.chars().skip(start).limit(end - start).allMatch(c -> c >= '0' && c <= '9');
    return numbered ? Integer.parseInt(name, start, end, 10) : -1;
  }

  private static DType fitting(DType type, long cols) {
    if (cols % type.blockSize() == 0) {
      return type;
    }
    return switch (type) {
      case Q4_K -> fitting(DType.Q5_0, cols);
      case Q6_K -> fitting(DType.Q8_0, cols);
      default -> DType.F16;
    };
  }

  /** Bits of storage per element. */
  static double bits(DType type) {
    return 8.0 * type.bytes(type.blockSize()) / type.blockSize();
  }
}
