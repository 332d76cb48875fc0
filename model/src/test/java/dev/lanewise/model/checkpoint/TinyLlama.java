package dev.lanewise.model.checkpoint;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** Complete Llama models of a few hundred kilobytes or less, with random weights, for tests. */
public final class TinyLlama {
  /** Dimensions of the model. */
  public record Shape(
      int dim, int layers, int heads, int kvHeads, int hiddenDim, int contextLength) {
    /** Large enough for every kernel's main loop; about 330 kB. */
    public static final Shape NORMAL = new Shape(64, 2, 4, 2, 96, 128);

    /** As small as a model gets, for tests that read it thousands of times; about 20 kB. */
    public static final Shape SMALLEST = new Shape(8, 1, 2, 1, 12, 32);
  }

  /** The kind of tokenizer in the file. */
  public enum Vocabulary {
    /** SentencePiece BPE with scores and byte tokens, as in Llama 2: BOS is put in front. */
    SPM,
    /** Byte-level BPE with merges, as in GPT-2. */
    GPT2
  }

  private static final int NORMAL_TOKEN = 1;
  private static final int UNKNOWN_TOKEN = 2;
  private static final int CONTROL_TOKEN = 3;
  private static final int BYTE_TOKEN = 6;

  private static final String[] SPM_PIECES = {
    "▁t", "er", "in", "▁a", "en", "on", "▁th", "▁the", "at", "es", "▁s", "he", "an", "or", "▁w",
    "nd", "▁and", "ed", "re", "it", "▁,", "is", "▁to", "ing", "▁h", "▁hello", "▁world"
  };

  private static final String[] MERGES = {
    "t h", "th e", "Ġ the", "a n", "an d", "Ġ and", "i n", "in g", "e r", "o n", "r e", "Ġ t",
    "Ġ a", "h e", "l l", "he ll", "hell o", "Ġ hello", "Ġ w", "o r", "l d", "Ġw or", "Ġwor ld"
  };

  private TinyLlama() {}

  /** Writes a model of the normal shape with a SentencePiece vocabulary. */
  public static Path write(Path path, long seed) {
    return writer(Shape.NORMAL, Vocabulary.SPM, seed).write(path);
  }

  /** Writes a model of the normal shape. */
  public static Path write(Path path, Vocabulary vocabulary, long seed) {
    return writer(Shape.NORMAL, vocabulary, seed).write(path);
  }

  /** A model that can still be changed before it is written. */
  public static GgufWriter writer(Shape shape, Vocabulary vocabulary, long seed) {
    GgufWriter writer =
        new GgufWriter()
            .string("general.architecture", "llama")
            .string("general.name", "tiny llama")
            .uint32("llama.context_length", shape.contextLength())
            .uint32("llama.embedding_length", shape.dim())
            .uint32("llama.block_count", shape.layers())
            .uint32("llama.feed_forward_length", shape.hiddenDim())
            .uint32("llama.attention.head_count", shape.heads())
            .uint32("llama.attention.head_count_kv", shape.kvHeads())
            .float32("llama.attention.layer_norm_rms_epsilon", 1e-5f)
            .float32("llama.rope.freq_base", 10000f)
            .uint32("llama.rope.dimension_count", shape.dim() / shape.heads());
    int vocabSize =
        switch (vocabulary) {
          case SPM -> putSpm(writer);
          case GPT2 -> putGpt2(writer);
        };
    writer.uint32("llama.vocab_size", vocabSize);
    putTensors(writer, shape, vocabSize, new SplittableRandom(seed));
    return writer;
  }

  private static void putTensors(
      GgufWriter writer, Shape shape, int vocabSize, RandomGenerator random) {
    int dim = shape.dim();
    int kvDim = dim / shape.heads() * shape.kvHeads();
    putMatrix(writer, "token_embd.weight", vocabSize, dim, random);
    for (int i = 0; i < shape.layers(); i++) {
      String block = "blk." + i + ".";
      putNorm(writer, block + "attn_norm.weight", dim, random);
      putMatrix(writer, block + "attn_q.weight", dim, dim, random);
      putMatrix(writer, block + "attn_k.weight", kvDim, dim, random);
      putMatrix(writer, block + "attn_v.weight", kvDim, dim, random);
      putMatrix(writer, block + "attn_output.weight", dim, dim, random);
      putNorm(writer, block + "ffn_norm.weight", dim, random);
      putMatrix(writer, block + "ffn_gate.weight", shape.hiddenDim(), dim, random);
      putMatrix(writer, block + "ffn_up.weight", shape.hiddenDim(), dim, random);
      putMatrix(writer, block + "ffn_down.weight", dim, shape.hiddenDim(), random);
    }
    putNorm(writer, "output_norm.weight", dim, random);
    putMatrix(writer, "output.weight", vocabSize, dim, random);
  }

  /** Entries of variance 1 / cols, so that activations keep their size from layer to layer. */
  private static void putMatrix(
      GgufWriter writer, String name, int rows, int cols, RandomGenerator random) {
    float[] values = new float[rows * cols];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() / Math.sqrt(cols));
    }
    writer.tensor(name, values, rows, cols);
  }

  private static void putNorm(GgufWriter writer, String name, int dim, RandomGenerator random) {
    float[] values = new float[dim];
    for (int i = 0; i < dim; i++) {
      values[i] = (float) (1 + 0.1 * random.nextGaussian());
    }
    writer.tensor(name, values, dim);
  }

  private static int putSpm(GgufWriter writer) {
    List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
    List<Integer> types = new ArrayList<>(List.of(UNKNOWN_TOKEN, CONTROL_TOKEN, CONTROL_TOKEN));
    for (int i = 0; i < 256; i++) {
      tokens.add("<0x%02X>".formatted(i));
      types.add(BYTE_TOKEN);
    }
    tokens.addAll(Arrays.asList(SPM_PIECES));
    tokens.add("▁");
    for (char c = 'a'; c <= 'z'; c++) {
      tokens.add(String.valueOf(c));
    }
    int firstPiece = types.size();
    float[] scores = new float[tokens.size()];
    for (int i = firstPiece; i < scores.length; i++) {
      scores[i] = firstPiece - i;
      types.add(NORMAL_TOKEN);
    }
    putTokens(writer, "llama", "default", tokens, types);
    writer.float32s("tokenizer.ggml.scores", scores);
    writer.uint32("tokenizer.ggml.bos_token_id", 1);
    writer.uint32("tokenizer.ggml.eos_token_id", 2);
    writer.uint32("tokenizer.ggml.unknown_token_id", 0);
    writer.bool("tokenizer.ggml.add_bos_token", true);
    writer.bool("tokenizer.ggml.add_eos_token", false);
    return tokens.size();
  }

  private static int putGpt2(GgufWriter writer) {
    List<String> tokens = new ArrayList<>();
    List<Integer> types = new ArrayList<>();
    for (int i = 0; i < 256; i++) {
      tokens.add(byteCharacter(i));
    }
    for (String merge : MERGES) {
      tokens.add(merge.replace(" ", ""));
    }
    while (types.size() < tokens.size()) {
      types.add(NORMAL_TOKEN);
    }
    tokens.add("<|endoftext|>");
    types.add(CONTROL_TOKEN);
    putTokens(writer, "gpt2", "gpt-2", tokens, types);
    writer.strings("tokenizer.ggml.merges", MERGES);
    writer.uint32("tokenizer.ggml.bos_token_id", tokens.size() - 1);
    writer.uint32("tokenizer.ggml.eos_token_id", tokens.size() - 1);
    writer.bool("tokenizer.ggml.add_bos_token", false);
    return tokens.size();
  }

  private static void putTokens(
      GgufWriter writer, String model, String pre, List<String> tokens, List<Integer> types) {
    writer.string("tokenizer.ggml.model", model);
    writer.string("tokenizer.ggml.pre", pre);
    writer.strings("tokenizer.ggml.tokens", tokens.toArray(new String[0]));
    writer.int32s(
        "tokenizer.ggml.token_type", types.stream().mapToInt(Integer::intValue).toArray());
  }

  /**
   * The character that stands for a byte in GPT-2's vocabulary: the byte itself if Latin-1 can show
   * it, else one from U+0100 on, counting the bytes that it cannot.
   */
  private static String byteCharacter(int value) {
    int hidden = 0;
    for (int i = 0; i < value; i++) {
      hidden += isShown(i) ? 0 : 1;
    }
    return Character.toString(isShown(value) ? value : 256 + hidden);
  }

  private static boolean isShown(int value) {
    return (value >= '!' && value <= '~') || (value >= 0xA1 && value <= 0xFF && value != 0xAD);
  }
}
