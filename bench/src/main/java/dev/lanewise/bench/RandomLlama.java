package dev.lanewise.bench;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.model.checkpoint.GgufBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.random.RandomGenerator;

/**
 * Writes a small Llama with random weights as a GGUF file, without a tokenizer. Its widths are
 * multiples of 256, which blocks of every type divide.
 */
final class RandomLlama {
  private static final int DIM = 256;
  private static final int HIDDEN_DIM = 512;
  private static final int LAYERS = 2;
  private static final int HEADS = 4;
  private static final int KV_HEADS = 2;
  private static final int VOCAB_SIZE = 512;
  private static final int CONTEXT_LENGTH = 4096;

  private final GgufBuilder model = new GgufBuilder();
  private final DType dtype;
  private final RandomGenerator random;

  private RandomLlama(DType dtype, RandomGenerator random) {
    this.dtype = dtype;
    this.random = random;
  }

  /** Writes the file; its matrices are of the given type. */
  static void write(Path file, DType dtype, RandomGenerator random) throws IOException {
    RandomLlama llama = new RandomLlama(dtype, random);
    llama.addMetadata();
    llama.addTensors();
    llama.model.write(file);
  }

  private void addMetadata() {
    model
        .string("general.architecture", "llama")
        .uint32("llama.context_length", CONTEXT_LENGTH)
        .uint32("llama.embedding_length", DIM)
        .uint32("llama.block_count", LAYERS)
        .uint32("llama.feed_forward_length", HIDDEN_DIM)
        .uint32("llama.attention.head_count", HEADS)
        .uint32("llama.attention.head_count_kv", KV_HEADS)
        .float32("llama.attention.layer_norm_rms_epsilon", 1e-5f);
  }

  private void addTensors() {
    int kvWidth = DIM / HEADS * KV_HEADS;
    addMatrix("token_embd", VOCAB_SIZE, DIM);
    addNorm("output_norm");
    for (int i = 0; i < LAYERS; i++) {
      String block = "blk." + i + ".";
      addNorm(block + "attn_norm");
      addMatrix(block + "attn_q", DIM, DIM);
      addMatrix(block + "attn_k", kvWidth, DIM);
      addMatrix(block + "attn_v", kvWidth, DIM);
      addMatrix(block + "attn_output", DIM, DIM);
      addNorm(block + "ffn_norm");
      addMatrix(block + "ffn_gate", HIDDEN_DIM, DIM);
      addMatrix(block + "ffn_up", HIDDEN_DIM, DIM);
      addMatrix(block + "ffn_down", DIM, HIDDEN_DIM);
    }
  }

  private void addMatrix(String name, int rows, int cols) {
    model.tensor(name + ".weight", RandomOperands.matrix(dtype, rows, cols, random));
  }

  private void addNorm(String name) {
    model.tensor(name + ".weight", Matrix.of(RandomOperands.array(DIM, random), 1, DIM));
  }
}
