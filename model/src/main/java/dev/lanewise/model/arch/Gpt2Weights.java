package dev.lanewise.model.arch;

import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Metadata;
import dev.lanewise.model.checkpoint.TensorInfo;
import dev.lanewise.model.checkpoint.Weights;

/**
 * What a GPT-2 has learnt, for those who train it further: the sizes of a checkpoint with GGUF's
 * names, and its weights in float32, whatever their types in the file.
 */
public final class Gpt2Weights {
  private static final String NAME = "gpt2";
  private static final String OUTPUT = "output.weight";

  private final Weights weights;
  private final DecoderConfig config;
  private final boolean tied;

  private Gpt2Weights(Checkpoint checkpoint) {
    weights = Weights.of(checkpoint);
    config = DecoderConfig.of(checkpoint);
    tied = isTied(checkpoint);
  }

  /**
   * Those of a checkpoint, which must stay open as long as they are read.
   *
   * @throws LanewiseException if it is of another architecture, its heads have another width than
   *     those of GPT-2s, or its sizes contradict each other
   */
  public static Gpt2Weights of(Checkpoint file) {
    requireGpt2(file);
    Gpt2Weights weights = new Gpt2Weights(file);
    weights.requireTrainable();
    return weights;
  }

  /**
   * Insists on a GPT-2, whatever its tensors are called.
   *
   * @throws LanewiseException if the checkpoint is of another architecture
   */
  public static void requireGpt2(Checkpoint file) {
    Metadata metadata = file.metadata();
    String key = Architecture.key(metadata);
    String name = metadata.string(key);
    if (!name.equals(NAME)) {
      throw new LanewiseException(
          "%s: %s is '%s', but only a model of '%s' can be trained further"
              .formatted(file.file(), key, name, NAME));
    }
  }

  private void requireTrainable() {
    config.requireCausal();
    AttentionShape heads = config.attention();
    if (heads.queryWidth() != config.dim() || heads.keyWidth() != config.dim()) {
      throw new LanewiseException(
          "%s: %d heads of width %d, %d for keys, do not part a width of %d, as it must be for a model that is to be trained"
              .formatted(
                  config.parameters().metadata().file(),
                  heads.nHeads(),
                  heads.headDim(),
                  heads.nKvHeads(),
                  config.dim()));
    }
  }

  /**
   * Whether the embedding of tokens is the output, too. Older conversions have it twice in the
   * file.
   */
  private boolean isTied(Checkpoint checkpoint) {
    if (!weights.has(OUTPUT)) {
      return true;
    }
    TensorInfo tokens = weights.tensor(GgufNames.EMBEDDING);
    TensorInfo output = weights.tensor(OUTPUT);
    return tokens.type().equals(output.type())
        && checkpoint.data(tokens).mismatch(checkpoint.data(output)) < 0;
  }

  /** Blocks. */
  public int layers() {
    return config.nLayers();
  }

  /** Attention heads of a block. */
  public int heads() {
    return config.attention().nHeads();
  }

  /** Width of the hidden states. */
  public int dim() {
    return config.dim();
  }

  /** Width of the feed-forward layers. */
  public int hiddenDim() {
    return config.hiddenDim();
  }

  /** Tokens that the model sees at most. */
  public int contextLength() {
    return config.contextLength();
  }

  /** Tokens that the model knows. */
  public int vocabSize() {
    return config.vocabSize();
  }

  /** What norms add to a variance. */
  public float epsilon() {
    return config.parameters().epsilon("attention.layer_norm_epsilon");
  }

  /** Whether the output is the embedding of tokens. */
  public boolean tied() {
    return tied;
  }

  /**
   * Reads a tensor.
   *
   * @param name GGUF's
   * @param rows output features, or 1 for a vector
   * @param values receives [rows × cols]
   * @throws LanewiseException if the tensor is missing, of another shape, or of a type without a
   *     kernel
   */
  public void read(String name, int rows, int cols, float[] values) {
    if (rows == 1) {
      System.arraycopy(weights.vector(name, cols), 0, values, 0, cols);
    } else {
      Matrix matrix = weights.matrix(name, rows, cols);
      for (int i = 0; i < rows; i++) {
        matrix.row(i, values, i * cols);
      }
    }
  }
}
