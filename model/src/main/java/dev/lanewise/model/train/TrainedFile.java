package dev.lanewise.model.train;

import dev.lanewise.model.checkpoint.GgmlType;
import dev.lanewise.model.checkpoint.GgufBuilder;
import dev.lanewise.model.tokenizer.BytePairParts;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;

/** What was learnt as a GGUF file of a GPT-2. */
final class TrainedFile {
  private static final String ARCHITECTURE = "gpt2";
  private static final String TOKENIZER = "tokenizer.ggml.";

  /** llama.cpp's number for files whose tensors are all float32. */
  private static final int ALL_F32 = 0;

  /** Numbers that are encoded at a time. */
  private static final int PIECE = 1 << 14;

  private TrainedFile() {}

  /** Puts the sizes of a model. */
  static void describe(GgufBuilder file, TrainingShape shape) {
    String key = ARCHITECTURE + ".";
    file.string("general.architecture", ARCHITECTURE)
        .uint32("general.file_type", ALL_F32)
        .uint32(key + "context_length", shape.positions())
        .uint32(key + "embedding_length", shape.dim())
        .uint32(key + "feed_forward_length", shape.hidden())
        .uint32(key + "block_count", shape.layers())
        .uint32(key + "attention.head_count", shape.heads())
        .float32(key + "attention.layer_norm_epsilon", shape.epsilon());
  }

  /** Puts a tokenizer. */
  static void describe(GgufBuilder file, BytePairParts tokenizer) {
    file.string(TOKENIZER + "model", "gpt2")
        .string(TOKENIZER + "pre", tokenizer.words())
        .strings(TOKENIZER + "tokens", tokenizer.tokens())
        .int32s(
            TOKENIZER + "token_type",
            tokenizer.kinds().stream().mapToInt(Integer::intValue).toArray())
        .strings(TOKENIZER + "merges", tokenizer.merges())
        .bool(TOKENIZER + "add_bos_token", tokenizer.begins());
    id(file, "bos_token_id", tokenizer.begin());
    id(file, "eos_token_id", tokenizer.end());
    id(file, "unknown_token_id", tokenizer.unknown());
  }

  private static void id(GgufBuilder file, String key, int id) {
    if (id >= 0) {
      file.uint32(TOKENIZER + key, id);
    }
  }

  /** Writes a file with what was said of it, and these tensors. */
  static void write(Path path, GgufBuilder file, List<Parameter> parameters) {
    for (Parameter parameter : parameters) {
      long cols = parameter.cols();
      file.tensor(
          parameter.name(),
          GgmlType.F32,
          parameter.rows() == 1 ? List.of(cols) : List.of((long) parameter.rows(), cols),
          out -> encode(parameter.values(), out));
    }
    file.writeNew(path);
  }

  private static void encode(float[] values, OutputStream out) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * PIECE).order(ByteOrder.LITTLE_ENDIAN);
    for (int from = 0; from < values.length; from += PIECE) {
      int n = Math.min(PIECE, values.length - from);
      bytes.asFloatBuffer().put(values, from, n);
      out.write(bytes.array(), 0, Float.BYTES * n);
    }
  }
}
