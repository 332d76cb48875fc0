package dev.lanewise.model.task;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Roofline;
import dev.lanewise.kernels.quant.Interleaved;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.Architectures;
import dev.lanewise.model.arch.ContextCost;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.TensorInfo;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;

/**
 * What a model costs: numbers that are stored, kept in memory, read and computed with. Together
 * with a machine's {@link Roofline} they tell the best that it can do.
 *
 * @param parameters numbers in all tensors
 * @param fileBytes what they take in the file
 * @param memoryBytes what they take once the model is loaded
 * @param bytesPerToken weights that are read for each token that is generated; of experts, those of
 *     the few that it passes through
 * @param flopsPerToken operations for each token, those of attention aside: a multiplication and an
 *     addition with each of these weights
 * @param context what is remembered of a text
 */
public record ModelCost(
    long parameters,
    long fileBytes,
    long memoryBytes,
    double bytesPerToken,
    double flopsPerToken,
    ContextCost context) {
  /**
   * Tokens to train with for each parameter, where a given number of operations shall make the best
   * model (Hoffmann et al. 2022, arXiv:2203.15556, table 3).
   */
  private static final double TRAINING_TOKENS = 20;

  /** Operations of training for each parameter and token (Kaplan et al. 2020, arXiv:2001.08361). */
  private static final double TRAINING_FLOPS = 6;

  /** Of float32 and of 16 bits; others have been made smaller already. */
  private static final double BITS_OF_FLOATS = 16;

  /** How the names of matrices end of which a token needs one row, in GGUF files and on the hub. */
  private static final List<String> TABLES =
      List.of(
          "token_embd.weight",
          "position_embd.weight",
          "token_types.weight",
          "embed_tokens.weight",
          "tok_embeddings.weight",
          "embed_positions.weight",
          "wte.weight",
          "wpe.weight",
          "shared.weight",
          "word_embeddings.weight",
          "position_embeddings.weight",
          "token_type_embeddings.weight");

  /** Of these, what also makes a language model's logits if it has no matrix for that. */
  private static final List<String> TIED =
      List.of("token_embd.weight", "embed_tokens.weight", "wte.weight");

  private static final List<String> OUTPUTS = List.of("output.weight", "lm_head.weight");

  /**
   * The cost of a model as it is.
   *
   * @throws LanewiseException if the model is of no architecture that is known here
   */
  public static ModelCost of(Checkpoint model) {
    return of(model, UnaryOperator.identity());
  }

  /** The cost of a model if {@link ModelQuantiser} had made its file. */
  private static ModelCost of(Checkpoint model, Quantisation quantisation) {
    Function<TensorInfo, DType> types = quantisation.types(model);
    return of(
        model,
        tensor -> {
          DType type = types.apply(tensor);
          return type == null ? tensor : tensor.withType(type);
        });
  }

  /** The cost of a model of floats in each {@link Quantisation} that makes it smaller. */
  public Map<Quantisation, ModelCost> quantised(Checkpoint model) {
    Map<Quantisation, ModelCost> smaller = new EnumMap<>(Quantisation.class);
    if (bitsPerParameter() < BITS_OF_FLOATS) {
      return smaller;
    }
    Checkpoint gguf;
    try {
      gguf = ModelQuantiser.asGguf(model);
    } catch (LanewiseException e) {
      return smaller; // no file of it can be made
    }
    for (Quantisation each : Quantisation.values()) {
      ModelCost other = of(gguf, each);
      if (other.fileBytes() < fileBytes) {
        smaller.put(each, other);
      }
    }
    return smaller;
  }

  private static ModelCost of(Checkpoint model, UnaryOperator<TensorInfo> stored) {
    ContextCost context = Architectures.contextCost(model);
    boolean tied = context.contextLength() > 0 && OUTPUTS.stream().noneMatch(model::has);
    ToDoubleFunction<TensorInfo> shares = Architectures.shares(model);
    long parameters = 0;
    long fileBytes = 0;
    long memoryBytes = 0;
    double bytesPerToken = 0;
    double flopsPerToken = 0;
    for (TensorInfo each : model.tensors().values()) {
      TensorInfo tensor = stored.apply(each);
      long bytes = memoryBytes(tensor);
      parameters += tensor.elements();
      fileBytes += tensor.bytes();
      memoryBytes += bytes;
      boolean multiplied = !ends(tensor, TABLES) || (tied && ends(tensor, TIED));
      if (tensor.shape().size() > 1 && multiplied) {
        double share = shares.applyAsDouble(each);
        bytesPerToken += share * bytes;
        flopsPerToken += 2 * share * tensor.elements();
      }
    }
    return new ModelCost(parameters, fileBytes, memoryBytes, bytesPerToken, flopsPerToken, context);
  }

  private static boolean ends(TensorInfo tensor, List<String> names) {
    return names.stream().anyMatch(tensor.name()::endsWith);
  }

  /** Matrices are copied to interleaved rows. */
  private static long memoryBytes(TensorInfo tensor) {
    DType type = tensor.dtype().orElse(null);
    if (type == null || tensor.shape().size() < 2) {
      return tensor.bytes();
    }
    long cols = tensor.shape().getLast();
    long rows = tensor.elements() / cols;
    boolean copied =
        rows <= Integer.MAX_VALUE
            && cols <= Integer.MAX_VALUE
            && Interleaved.holds(type, (int) cols);
    return copied ? Interleaved.bytes(type, (int) rows, (int) cols) : tensor.bytes();
  }

  /** Bits of the file for each parameter. */
  public double bitsPerParameter() {
    return 8.0 * fileBytes / parameters;
  }

  /** Bytes of weights in memory, and of keys and values of so many tokens. */
  public long memoryBytes(int tokens) {
    return memoryBytes + context.bytes(tokens);
  }

  /** Tokens of a prompt per second that a machine cannot exceed, by its arithmetic. */
  public double promptTokensPerSecond(Roofline limits) {
    return limits.gflops() * 1e9 / flopsPerToken;
  }

  /**
   * Tokens per second that a machine cannot exceed when it generates one by one, by what it reads:
   * the weights, and the keys and values of those before.
   *
   * @param tokens how many there are before
   */
  public double tokensPerSecond(Roofline limits, int tokens) {
    double bytes = bytesPerToken + context.bytes(tokens);
    return Math.min(promptTokensPerSecond(limits), limits.gbytesPerSecond() * 1e9 / bytes);
  }

  /** Tokens to train such a model with from nothing. */
  public double trainingTokens() {
    return TRAINING_TOKENS * parameters;
  }

  /** Operations of training it with as many. */
  public double trainingFlops() {
    return TRAINING_FLOPS * parameters * trainingTokens();
  }
}
