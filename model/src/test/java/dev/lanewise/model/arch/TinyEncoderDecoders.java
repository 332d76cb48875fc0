package dev.lanewise.model.arch;

import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Gguf;
import dev.lanewise.model.checkpoint.GgufWriter;
import dev.lanewise.model.checkpoint.HuggingFace;
import dev.lanewise.model.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32;

/**
 * Encoder–decoders of a few kilobytes for tests. The weights follow from the tensors' names, so
 * that anyone can make the same model elsewhere: see {@link #values}.
 */
public final class TinyEncoderDecoders {
  private static final int VOCAB = 24;
  private static final int DIM = 16;
  private static final int HIDDEN = 20;

  /** The {@code config.json} of the BART. */
  public static final String BART_CONFIG =
      """
      {"model_type": "bart", "vocab_size": 24, "d_model": 16, "max_position_embeddings": 12,
       "encoder_layers": 1, "encoder_attention_heads": 2, "encoder_ffn_dim": 20,
       "decoder_layers": 2, "decoder_attention_heads": 4, "decoder_ffn_dim": 20,
       "activation_function": "gelu", "scale_embedding": true,
       "decoder_start_token_id": 2, "eos_token_id": 2, "num_beams": 7}
      """;

  /** Its {@code generation_config.json}. */
  public static final String BART_GENERATION =
      """
      {"decoder_start_token_id": 2, "eos_token_id": 2, "forced_bos_token_id": 0,
       "forced_eos_token_id": 2, "no_repeat_ngram_size": 2, "bad_words_ids": [[7], [4, 5]],
       "num_beams": 4, "length_penalty": 2.0, "early_stopping": true, "max_length": 12}
      """;

  private TinyEncoderDecoders() {}

  /** A source for either model; its last token ends a sequence of T5. */
  public static int[] source() {
    return new int[] {5, 17, 9, 3, 22, 14, 8, 11, 1};
  }

  /** A gated T5 of 2 + 1 blocks as a GGUF file. */
  public static GgufWriter t5() {
    return t5("t5");
  }

  /** The same by the name of another architecture. */
  static GgufWriter t5(String architecture) {
    GgufWriter writer =
        new GgufWriter()
            .string("general.architecture", architecture)
            .uint32(architecture + ".embedding_length", DIM)
            .uint32(architecture + ".feed_forward_length", HIDDEN)
            .uint32(architecture + ".block_count", 2)
            .uint32(architecture + ".decoder_block_count", 1)
            .uint32(architecture + ".attention.head_count", 2)
            .uint32(architecture + ".attention.key_length", 6)
            .uint32(architecture + ".attention.value_length", 6)
            .uint32(architecture + ".attention.relative_buckets_count", 8)
            .float32(architecture + ".attention.layer_norm_epsilon", 1e-6f)
            .float32(architecture + ".attention.layer_norm_rms_epsilon", 1e-6f)
            .uint32(architecture + ".decoder_start_token_id", 0)
            .uint32("tokenizer.ggml.eos_token_id", 1);
    Map<String, int[]> shapes = new TreeMap<>();
    shapes.put("token_embd.weight", new int[] {VOCAB, DIM});
    shapes.put("output.weight", new int[] {VOCAB, DIM});
    for (String block : new String[] {"enc.blk.0", "enc.blk.1", "dec.blk.0"}) {
      putT5Attention(shapes, block + ".attn");
      shapes.put(block + ".ffn_norm.weight", new int[] {DIM});
      shapes.put(block + ".ffn_gate.weight", new int[] {HIDDEN, DIM});
      shapes.put(block + ".ffn_up.weight", new int[] {HIDDEN, DIM});
      shapes.put(block + ".ffn_down.weight", new int[] {DIM, HIDDEN});
    }
    putT5Attention(shapes, "dec.blk.0.cross_attn");
    for (String stack : new String[] {"enc", "dec"}) {
      shapes.put(stack + ".blk.0.attn_rel_b.weight", new int[] {8, 2});
      shapes.put(stack + ".output_norm.weight", new int[] {DIM});
    }
    shapes.forEach((name, shape) -> writer.tensor(name, values(name, shape), longs(shape)));
    return writer;
  }

  private static void putT5Attention(Map<String, int[]> shapes, String name) {
    shapes.put(name + "_norm.weight", new int[] {DIM});
    shapes.put(name + "_q.weight", new int[] {12, DIM});
    shapes.put(name + "_k.weight", new int[] {12, DIM});
    shapes.put(name + "_v.weight", new int[] {12, DIM});
    shapes.put(name + "_o.weight", new int[] {DIM, 12});
  }

  /** The tensors of a BART of 1 + 2 blocks, by the hub's names. */
  public static SafetensorsWriter bart() {
    Map<String, int[]> shapes = new TreeMap<>();
    shapes.put("model.shared.weight", new int[] {VOCAB, DIM});
    shapes.put("final_logits_bias", new int[] {1, VOCAB});
    putBartStack(shapes, "model.encoder", 1);
    putBartStack(shapes, "model.decoder", 2);
    for (int i = 0; i < 2; i++) {
      putBartAttention(shapes, "model.decoder.layers." + i + ".encoder_attn");
    }
    SafetensorsWriter writer = new SafetensorsWriter();
    shapes.forEach((name, shape) -> writer.tensor(name, values(name, shape), shape));
    return writer;
  }

  private static void putBartStack(Map<String, int[]> shapes, String stack, int nLayers) {
    shapes.put(stack + ".embed_positions.weight", new int[] {14, DIM});
    putWithBias(shapes, stack + ".layernorm_embedding", DIM);
    for (int i = 0; i < nLayers; i++) {
      putBartLayer(shapes, stack + ".layers." + i);
    }
  }

  /** A layer of either stack, without what looks at the source. */
  static void putBartLayer(Map<String, int[]> shapes, String layer) {
    putBartAttention(shapes, layer + ".self_attn");
    putWithBias(shapes, layer + ".fc1", HIDDEN, DIM);
    putWithBias(shapes, layer + ".fc2", DIM, HIDDEN);
    putWithBias(shapes, layer + ".final_layer_norm", DIM);
  }

  /** Attention with its norm. */
  static void putBartAttention(Map<String, int[]> shapes, String name) {
    for (String projection : new String[] {"q_proj", "k_proj", "v_proj", "out_proj"}) {
      putWithBias(shapes, name + "." + projection, DIM, DIM);
    }
    putWithBias(shapes, name + "_layer_norm", DIM);
  }

  /** A weight and a bias for its rows. */
  static void putWithBias(Map<String, int[]> shapes, String name, int... shape) {
    shapes.put(name + ".weight", shape);
    shapes.put(name + ".bias", new int[] {shape[0]});
  }

  /** Writes and opens the T5. */
  public static Checkpoint openT5(Path folder) {
    return Gguf.open(t5().write(folder.resolve("t5.gguf")));
  }

  /** Writes and opens the BART. */
  public static Checkpoint openBart(Path folder) {
    return openBart(folder, bart(), BART_CONFIG, BART_GENERATION);
  }

  /** Writes and opens the BART with another {@code generation_config.json}. */
  public static Checkpoint openBart(Path folder, String generation) {
    return openBart(folder, bart(), BART_CONFIG, generation);
  }

  /** Writes and opens a BART with its configurations changed. */
  static Checkpoint openBart(
      Path folder, SafetensorsWriter tensors, String config, String generation) {
    try {
      Files.writeString(folder.resolve("config.json"), config);
      Files.writeString(folder.resolve("generation_config.json"), generation);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    tensors.write(folder.resolve("model.safetensors"));
    return HuggingFace.open(folder);
  }

  /** A folder of the hub with a model of float32 tensors of these shapes. */
  static HuggingFace open(Path folder, String config, Map<String, int[]> shapes) {
    SafetensorsWriter tensors = new SafetensorsWriter();
    shapes.forEach((name, shape) -> tensors.tensor(name, values(name, shape), shape));
    tensors.write(folder.resolve("model.safetensors"));
    try {
      Files.writeString(folder.resolve("config.json"), config);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return HuggingFace.open(folder);
  }

  /** The same tensors in a GGUF file, by its names. */
  static void put(GgufWriter gguf, Map<String, int[]> shapes, UnaryOperator<String> names) {
    shapes.forEach(
        (name, shape) -> gguf.tensor(names.apply(name), values(name, shape), longs(shape)));
  }

  /**
   * The values of a tensor: Knuth's linear congruential numbers, started with the CRC-32 of its
   * name; matrices from −a to a, where a = 3 / √columns, vectors half of that around 1 (weights) or
   * 0 (biases).
   */
  public static float[] values(String name, int... shape) {
    CRC32 crc = new CRC32();
    crc.update(name.getBytes(StandardCharsets.UTF_8));
    long state = crc.getValue();
    boolean vector = shape.length == 1 || shape[0] == 1;
    double width = vector ? 1 : 6 / Math.sqrt(shape[shape.length - 1]);
    double middle = vector && name.endsWith(".weight") ? 1 : 0;
    int n = 1;
    for (int size : shape) {
      n *= size;
    }
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      state = state * 6364136223846793005L + 1442695040888963407L;
      double uniform = (state >>> 40) / (double) (1 << 24);
      values[i] = (float) (middle + width * (uniform - 0.5));
    }
    return values;
  }

  private static long[] longs(int[] shape) {
    long[] longs = new long[shape.length];
    for (int i = 0; i < shape.length; i++) {
      longs[i] = shape[i];
    }
    return longs;
  }
}
