package dev.lanewise.model.arch;

import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Metadata;
import dev.lanewise.model.checkpoint.TensorInfo;
import dev.lanewise.model.checkpoint.Weights;
import java.util.Arrays;

/**
 * The sizes of a Llama, read from GGUF metadata and checked.
 *
 * @param dim width of the residual stream
 * @param hiddenDim width of the feed-forward layer
 * @param rotaryDim rotated elements of each head
 * @param ropeBase base of the rotary frequencies
 * @param ropeDivisors [rotaryDim / 2] scaling of the rotary frequencies
 */
record LlamaConfig(
    int dim,
    int hiddenDim,
    int nLayers,
    int vocabSize,
    int contextLength,
    AttentionShape attention,
    float epsilon,
    int rotaryDim,
    double ropeBase,
    float[] ropeDivisors) {
  private static final int MAX_DIM = 1 << 20;
  private static final int MAX_LAYERS = 4096;
  private static final int MAX_HEADS = 1 << 14;
  private static final int MAX_CONTEXT = 1 << 27;
  private static final int MAX_VOCAB = 1 << 24;

  static LlamaConfig of(Checkpoint checkpoint) {
    Metadata m = checkpoint.metadata();
    refuse(m, "llama.expert_count", "mixtures of experts");
    refuse(m, "llama.leave_out_layers", "left-out layers");
    int dim = within(m, "llama.embedding_length", m.integer("llama.embedding_length"), MAX_DIM);
    int hiddenDim =
        within(m, "llama.feed_forward_length", m.integer("llama.feed_forward_length"), MAX_DIM);
    int nLayers = within(m, "llama.block_count", m.integer("llama.block_count"), MAX_LAYERS);
    int context = within(m, "llama.context_length", m.integer("llama.context_length"), MAX_CONTEXT);
    int nHeads =
        within(m, "llama.attention.head_count", m.integer("llama.attention.head_count"), MAX_HEADS);
    int nKvHeads =
        within(
            m,
            "llama.attention.head_count_kv",
            m.integer("llama.attention.head_count_kv", nHeads),
            nHeads);
    if (nHeads % nKvHeads != 0) {
      throw wrong(m, "llama.attention.head_count_kv", nKvHeads, "a divisor of " + nHeads);
    }
    if (!m.has("llama.attention.key_length") && dim % nHeads != 0) {
      throw wrong(m, "llama.attention.head_count", nHeads, "a divisor of " + dim);
    }
    int headDim =
        within(
            m,
            "llama.attention.key_length",
            m.integer("llama.attention.key_length", dim / nHeads),
            MAX_DIM);
    int valueDim = m.integer("llama.attention.value_length", headDim);
    if (valueDim != headDim) {
      throw wrong(m, "llama.attention.value_length", valueDim, "the key length, " + headDim);
    }
    int rotaryDim = m.integer("llama.rope.dimension_count", headDim);
    if (rotaryDim < 2 || rotaryDim > headDim || rotaryDim % 2 != 0) {
      throw wrong(m, "llama.rope.dimension_count", rotaryDim, "even, from 2 to " + headDim);
    }
    double epsilon = m.number("llama.attention.layer_norm_rms_epsilon");
    if (!(epsilon > 0 && epsilon < 1)) {
      throw wrong(m, "llama.attention.layer_norm_rms_epsilon", epsilon, "between 0 and 1");
    }
    double base = m.number("llama.rope.freq_base", 10_000);
    if (!(base >= 1 && base <= 1e12)) {
      throw wrong(m, "llama.rope.freq_base", base, "from 1 to 1e12");
    }
    return new LlamaConfig(
        dim,
        hiddenDim,
        nLayers,
        vocabSize(checkpoint),
        context,
        AttentionShape.of(nHeads, nKvHeads, headDim).causal(),
        (float) epsilon,
        rotaryDim,
        base,
        ropeDivisors(checkpoint, rotaryDim));
  }

  /** The rows of the embedding; the file's own counts must agree with it. */
  private static int vocabSize(Checkpoint checkpoint) {
    Metadata m = checkpoint.metadata();
    TensorInfo embedding = checkpoint.tensor("token_embd.weight");
    if (embedding.shape().size() != 2) {
      throw new LanewiseException(
          m.file() + ": tensor token_embd.weight is " + embedding.describe() + ", not a matrix");
    }
    long rows = embedding.shape().get(0);
    if (rows > MAX_VOCAB) {
      throw new LanewiseException(
          m.file() + ": tensor token_embd.weight has " + rows + " rows, more than " + MAX_VOCAB);
    }
    int vocabSize = (int) rows;
    if (m.integer("llama.vocab_size", vocabSize) != vocabSize) {
      throw wrong(
          m,
          "llama.vocab_size",
          m.integer("llama.vocab_size"),
          vocabSize + ", the rows of token_embd.weight");
    }
    if (m.has("tokenizer.ggml.tokens")) {
      int tokens = m.strings("tokenizer.ggml.tokens").size();
      if (tokens != vocabSize) {
        throw new LanewiseException(
            m.file()
                + ": tokenizer.ggml.tokens has "
                + tokens
                + " entries, but token_embd.weight has "
                + vocabSize
                + " rows");
      }
    }
    return vocabSize;
  }

  /** Scaling {@code linear} divides all frequencies alike; {@code llama3} comes as a tensor. */
  private static float[] ropeDivisors(Checkpoint checkpoint, int rotaryDim) {
    Metadata m = checkpoint.metadata();
    Weights weights = Weights.of(checkpoint);
    if (weights.has("rope_freqs.weight")) {
      float[] divisors = weights.vector("rope_freqs.weight", rotaryDim / 2);
      for (float divisor : divisors) {
        if (!(divisor > 0 && divisor < Float.POSITIVE_INFINITY)) {
          throw new LanewiseException(
              m.file() + ": tensor rope_freqs.weight holds " + divisor + "; all must be above 0");
        }
      }
      return divisors;
    }
    float[] divisors = new float[rotaryDim / 2];
    Arrays.fill(divisors, 1f);
    String legacy = "llama.rope.scale_linear";
    String type = m.string("llama.rope.scaling.type", m.has(legacy) ? "linear" : "none");
    switch (type) {
      case "none" -> {}
      case "linear" -> {
        String key = m.has("llama.rope.scaling.factor") ? "llama.rope.scaling.factor" : legacy;
        double factor = m.number(key, 1);
        if (!(factor > 0 && factor <= 1e6)) {
          throw wrong(m, key, factor, "above 0 and at most 1e6");
        }
        Arrays.fill(divisors, (float) factor);
      }
      default ->
          throw new LanewiseException(
              m.file()
                  + ": llama.rope.scaling.type is '"
                  + type
                  + "'; known here: none, linear, and llama3 through tensor rope_freqs.weight");
    }
    return divisors;
  }

  private static void refuse(Metadata m, String key, String what) {
    if (m.has(key) && m.integer(key) != 0) {
      throw new LanewiseException(m.file() + ": " + key + " is set, but " + what + " do not run");
    }
  }

  private static int within(Metadata m, String key, int value, int max) {
    if (value < 1 || value > max) {
      throw wrong(m, key, value, "from 1 to " + max);
    }
    return value;
  }

  private static LanewiseException wrong(Metadata m, String key, Object value, String wanted) {
    return new LanewiseException(m.file() + ": " + key + " is " + value + "; it must be " + wanted);
  }
}
