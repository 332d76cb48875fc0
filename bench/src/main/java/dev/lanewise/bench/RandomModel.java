package dev.lanewise.bench;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.model.checkpoint.GgufBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.random.RandomGenerator;

/**
 * Writes a small model with random weights as a GGUF file, without a tokenizer. Its widths are
 * multiples of 256, which blocks of every type divide.
 */
final class RandomModel {
  private static final int DIM = 256;
  private static final int HIDDEN_DIM = 512;
  private static final int LAYERS = 2;
  private static final int HEADS = 4;
  private static final int KV_HEADS = 2;
  private static final int VOCAB_SIZE = 512;
  private static final int CONTEXT_LENGTH = 4096;
  private static final float EPSILON = 1e-5f;

  private final GgufBuilder model = new GgufBuilder();
  private final DType dtype;
  private final RandomGenerator random;

  private RandomModel(String architecture, DType dtype, RandomGenerator random) {
    this.dtype = dtype;
    this.random = random;
    model
        .string("general.architecture", architecture)
        .uint32(architecture + ".context_length", CONTEXT_LENGTH)
        .uint32(architecture + ".embedding_length", DIM)
        .uint32(architecture + ".block_count", LAYERS)
        .uint32(architecture + ".feed_forward_length", HIDDEN_DIM)
        .uint32(architecture + ".attention.head_count", HEADS);
  }

  /** Writes a Llama; its matrices are of the given type. */
  static void writeLlama(Path file, DType dtype, RandomGenerator random) throws IOException {
    RandomModel llama = new RandomModel("llama", dtype, random);
    llama.addLlama();
    llama.model.write(file);
  }

  /** Writes a BERT; its matrices are of the given type. */
  static void writeBert(Path file, DType dtype, RandomGenerator random) throws IOException {
    RandomModel bert = new RandomModel("bert", dtype, random);
    bert.addBert();
    bert.model.write(file);
  }

  private void addLlama() {
    model
        .uint32("llama.attention.head_count_kv", KV_HEADS)
        .float32("llama.attention.layer_norm_rms_epsilon", EPSILON);
    int kvWidth = DIM / HEADS * KV_HEADS;
    addMatrix("token_embd", VOCAB_SIZE, DIM);
    addVector("output_norm.weight", DIM);
    for (int i = 0; i < LAYERS; i++) {
      String block = "blk." + i + ".";
      addVector(block + "attn_norm.weight", DIM);
      addMatrix(block + "attn_q", DIM, DIM);
      addMatrix(block + "attn_k", kvWidth, DIM);
      addMatrix(block + "attn_v", kvWidth, DIM);
      addMatrix(block + "attn_output", DIM, DIM);
      addVector(block + "ffn_norm.weight", DIM);
      addMatrix(block + "ffn_gate", HIDDEN_DIM, DIM);
      addMatrix(block + "ffn_up", HIDDEN_DIM, DIM);
      addMatrix(block + "ffn_down", DIM, HIDDEN_DIM);
    }
  }

  private void addBert() {
    model.float32("bert.attention.layer_norm_epsilon", EPSILON);
    addMatrix("token_embd", VOCAB_SIZE, DIM);
    addMatrix("position_embd", CONTEXT_LENGTH, DIM);
    addNorm("token_embd_norm");
    for (int i = 0; i < LAYERS; i++) {
      String block = "blk." + i + ".";
      addLinear(block + "attn_q", DIM, DIM);
      addLinear(block + "attn_k", DIM, DIM);
      addLinear(block + "attn_v", DIM, DIM);
      addLinear(block + "attn_output", DIM, DIM);
      addNorm(block + "attn_output_norm");
      addLinear(block + "ffn_up", HIDDEN_DIM, DIM);
      addLinear(block + "ffn_down", DIM, HIDDEN_DIM);
      addNorm(block + "layer_output_norm");
    }
  }

  private void addLinear(String name, int rows, int cols) {
    addMatrix(name, rows, cols);
    addVector(name + ".bias", rows);
  }

  private void addNorm(String name) {
    addVector(name + ".weight", DIM);
    addVector(name + ".bias", DIM);
  }

  private void addMatrix(String name, int rows, int cols) {
    model.tensor(name + ".weight", RandomOperands.matrix(dtype, rows, cols, random));
  }

  private void addVector(String name, int n) {
    model.tensor(name, Matrix.of(RandomOperands.array(n, random), 1, n));
  }
}
