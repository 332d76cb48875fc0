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
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a model costs: numbers that are stored, kept in memory, read and computed with. Together
 * with a machine's {@link Roofline} they tell the best that it can do.
 *
 * @param parameters numbers in all tensors
 * @param tensorBytes what they take in the file
 * @param fileBytes how long the file is, or the files of weights are together
 * @param memoryBytes what they take once the model is loaded
 * @param bytesPerToken weights that are read for each token that is generated; of experts, those of
 *     the few that it passes through
 * @param flopsPerToken operations for each token that is generated, those of attention aside: a
 *     multiplication and an addition with each of these weights
 * @param flopsPerPromptToken the same for those of a prompt, without what a language model does for
 *     the last of them alone: the logits, and its last block but for keys and values
 * @param context what is remembered of a text
 */
public record ModelCost(
    long parameters,
    long tensorBytes,
    long fileBytes,
    long memoryBytes,
    double bytesPerToken,
    double flopsPerToken,
    double flopsPerPromptToken,
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

  private static final Pattern BLOCK = Pattern.compile("(?:^|\\.)(?:blk|layers|h)\\.(\\d{1,6})\\.");

  /**
   * The cost of a model as it is.
   *
   * @throws LanewiseException if the model is of no architecture that is known here
   */
  public static ModelCost of(Checkpoint model) {
    return of(model, model.fileBytes(), UnaryOperator.identity());
  }

  /** The cost of a model if {@link ModelQuantiser} had made its file. */
  private static ModelCost of(Checkpoint model, boolean converted, Quantisation quantisation) {
    Function<TensorInfo, DType> types = ModelQuantiser.types(model, converted, quantisation);
    return of(
        model,
        ModelQuantiser.fileBytes(model, converted, quantisation),
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
      ModelCost other = of(gguf, !ModelQuantiser.isGguf(model), each);
      if (other.tensorBytes() < tensorBytes) {
        smaller.put(each, other);
      }
    }
    return smaller;
  }

  private static ModelCost of(Checkpoint model, long fileBytes, UnaryOperator<TensorInfo> stored) {
    ContextCost context = Architectures.contextCost(model);
    boolean generates = context.contextLength() > 0;
    boolean tied = generates && OUTPUTS.stream().noneMatch(model::has);
    int last = generates ? lastBlock(model) : -1;
    ToDoubleFunction<TensorInfo> shares = Architectures.shares(model);
    long parameters = 0;
    long tensorBytes = 0;
    long memoryBytes = 0;
    double bytesPerToken = 0;
    double flopsPerToken = 0;
    double flopsPerPromptToken = 0;
    long dim = 0;
    for (TensorInfo each : model.tensors().values()) {
      TensorInfo tensor = stored.apply(each);
      long bytes = memoryBytes(tensor);
      parameters += tensor.elements();
      tensorBytes += tensor.bytes();
      memoryBytes += bytes;
      boolean multiplied = !ends(tensor, TABLES) || (tied && ends(tensor, TIED));
      if (tensor.shape().size() > 1 && multiplied) {
        double share = shares.applyAsDouble(each);
        bytesPerToken += share * bytes;
        double flops = 2 * share * tensor.elements();
        flopsPerToken += flops;
        boolean makesLogits = ends(tensor, TABLES) || OUTPUTS.contains(tensor.name());
        boolean forLast = generates && (makesLogits || block(tensor.name()) == last);
        flopsPerPromptToken += forLast ? 0 : flops;
      }
      dim = ends(tensor, TIED) ? tensor.shape().getLast() : dim;
    }
    if (last >= 0) { // whose keys and values are as many numbers as those of any other block
      flopsPerPromptToken += 2.0 * dim * context.bytes(1) / Float.BYTES / (last + 1);
    }
    return new ModelCost(
        parameters,
        tensorBytes,
        fileBytes,
        memoryBytes,
        bytesPerToken,
        flopsPerToken,
        flopsPerPromptToken,
        context);
  }

  private static int lastBlock(Checkpoint model) {
    return model.tensors().keySet().stream().mapToInt(ModelCost::block).max().orElse(-1);
  }

  /** The number of the block that a tensor belongs to, or −1 for none. */
  private static int block(String name) {
    Matcher block = BLOCK.matcher(name);
    return block.find() ? Integer.parseInt(block.group(1)) : -1;
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

  /** Bits of the tensors for each parameter. */
  public double bitsPerParameter() {
    return 8.0 * tensorBytes / parameters;
  }

  /** Bytes of weights in memory, and of keys and values of so many tokens. */
  public long memoryBytes(int tokens) {
    return memoryBytes + context.bytes(tokens);
  }

  /** Tokens of a prompt per second that a machine cannot exceed, by its arithmetic. */
  public double promptTokensPerSecond(Roofline limits) {
    return limits.gflops() * 1e9 / flopsPerPromptToken;
  }

  /**
   * Tokens per second that a machine cannot exceed when it generates one by one, by what it reads:
   * the weights, and the keys and values of those before.
   *
   * @param tokens how many there are before
   */
  public double tokensPerSecond(Roofline limits, int tokens) {
    double bytes = bytesPerToken + context.bytes(tokens);
    return Math.min(limits.gflops() * 1e9 / flopsPerToken, limits.gbytesPerSecond() * 1e9 / bytes);
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
