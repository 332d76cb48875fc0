package dev.lanewise.bench;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.model.checkpoint.GgmlType;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

  // The GGUF specification's numbers of metadata types, and its default alignment of tensors.
  private static final int UINT32 = 4;
  private static final int FLOAT32 = 6;
  private static final int STRING = 8;
  private static final int ALIGNMENT = 32;

  /** Room for all names and sizes. */
  private static final int MAX_HEADER = 1 << 14;

  private record Tensor(String name, Matrix values) {
    long paddedSize() {
      return values.data().byteSize() + padding(values.data().byteSize());
    }
  }

  private final ByteBuffer header = ByteBuffer.allocate(MAX_HEADER).order(ByteOrder.LITTLE_ENDIAN);
  private final List<Tensor> tensors = new ArrayList<>();
  private final DType dtype;
  private final RandomGenerator random;

  private RandomLlama(DType dtype, RandomGenerator random) {
    this.dtype = dtype;
    this.random = random;
  }

  /** Writes the file; its matrices are of the given type. */
  static void write(Path file, DType dtype, RandomGenerator random) throws IOException {
    RandomLlama llama = new RandomLlama(dtype, random);
    llama.addTensors();
    llama.putHeader();
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
      out.write(llama.header.array(), 0, llama.header.position());
      for (Tensor tensor : llama.tensors) {
        byte[] bytes = tensor.values.data().toArray(ValueLayout.JAVA_BYTE);
        out.write(bytes);
        out.write(new byte[padding(bytes.length)]);
      }
    }
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
    tensors.add(new Tensor(name + ".weight", RandomOperands.matrix(dtype, rows, cols, random)));
  }

  private void addNorm(String name) {
    tensors.add(new Tensor(name + ".weight", Matrix.of(RandomOperands.array(DIM, random), 1, DIM)));
  }

  /** Magic, version, counts; metadata; names, shapes, types and offsets of the tensors. */
  private void putHeader() {
    header.put("GGUF".getBytes(StandardCharsets.US_ASCII)).putInt(3);
    header.putLong(tensors.size()).putLong(8);
    putKey("general.architecture", STRING);
    putString("llama");
    putSize("llama.context_length", CONTEXT_LENGTH);
    putSize("llama.embedding_length", DIM);
    putSize("llama.block_count", LAYERS);
    putSize("llama.feed_forward_length", HIDDEN_DIM);
    putSize("llama.attention.head_count", HEADS);
    putSize("llama.attention.head_count_kv", KV_HEADS);
    putKey("llama.attention.layer_norm_rms_epsilon", FLOAT32);
    header.putFloat(1e-5f);
    long offset = 0;
    for (Tensor tensor : tensors) {
      Matrix values = tensor.values;
      putString(tensor.name);
      if (values.rows() == 1) {
        header.putInt(1).putLong(values.cols());
      } else {
        header.putInt(2).putLong(values.cols()).putLong(values.rows());
      }
      header.putInt(GgmlType.valueOf(values.dtype().name()).id()).putLong(offset);
      offset += tensor.paddedSize();
    }
    header.put(new byte[padding(header.position())]);
  }

  private void putSize(String key, int value) {
    putKey(key, UINT32);
    header.putInt(value);
  }

  private void putKey(String key, int type) {
    putString(key);
    header.putInt(type);
  }

  private void putString(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    header.putLong(bytes.length).put(bytes);
  }

  private static int padding(long size) {
    return (int) (-size & (ALIGNMENT - 1));
  }
}
