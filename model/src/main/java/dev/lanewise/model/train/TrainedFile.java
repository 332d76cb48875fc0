package dev.lanewise.model.train;

import dev.lanewise.model.checkpoint.GgmlType;
import dev.lanewise.model.checkpoint.GgufBuilder;
import dev.lanewise.model.tokenizer.ByteCharacters;
import dev.lanewise.model.tokenizer.Vocabulary;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
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

  /**
   * Puts a tokenizer that merges nothing: each of these bytes is a token. Behind them stands the
   * one that begins and ends a text, as GPT-2 has it: llama.cpp takes the twelfth for that where a
   * file names none.
   *
   * @return how many tokens there are
   */
  static int describe(GgufBuilder file, byte[] bytes) {
    List<String> tokens = new ArrayList<>();
    for (byte value : bytes) {
      tokens.add(String.valueOf(ByteCharacters.character(value & 0xFF)));
    }
    int end = tokens.size();
    tokens.add("<|endoftext|>");
    int[] kinds = new int[tokens.size()];
    Arrays.fill(kinds, Vocabulary.NORMAL);
    kinds[end] = Vocabulary.CONTROL;
    file.string(TOKENIZER + "model", "gpt2")
        .string(TOKENIZER + "pre", "gpt-2")
        .strings(TOKENIZER + "tokens", tokens)
        .int32s(TOKENIZER + "token_type", kinds)
        .strings(TOKENIZER + "merges", List.of())
        .uint32(TOKENIZER + "bos_token_id", end)
        .uint32(TOKENIZER + "eos_token_id", end);
    return tokens.size();
  }

  /** Puts these tensors, with the values that they have when the file is written. */
  static void put(GgufBuilder file, List<Parameter> parameters) {
    for (Parameter parameter : parameters) {
      long cols = parameter.cols();
      file.tensor(
          parameter.name(),
          GgmlType.F32,
          parameter.rows() == 1 ? List.of(cols) : List.of((long) parameter.rows(), cols),
          out -> encode(parameter.values(), out));
    }
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
