package dev.lanewise.model.train;

import dev.lanewise.model.arch.TinyEncoderDecoders;
import dev.lanewise.model.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A GPT-2 of 2 layers and width 8 in a folder of the hub, with a byte-pair tokenizer of 18 tokens
 * and a spare. The weights follow from the hub's names ({@link TinyEncoderDecoders#values}).
 */
final class TinyGpt2 {
  /** Has all letters of the vocabulary, and {@code <|endoftext|>} within. */
  static final String TEXT = "the cat sat on the mat.<|endoftext|>the man then sat. ";

  /** Its tokens. */
  static final int[] TOKENS = {
    12, 10, 2, 13, 10, 8, 13, 10, 7, 6, 14, 16, 0, 17, 12, 15, 1, 6, 14, 6, 10, 8, 13, 0, 10
  };

  static final int END = 17;
  static final int VOCABULARY = 19;

  static final String CONFIG =
      """
      {"model_type": "gpt2", "n_embd": 8, "n_head": 2, "n_layer": 2, "n_positions": 12,
       "n_inner": 20, "vocab_size": 19, "bos_token_id": 17, "eos_token_id": 17}
      """;

  static final String TOKENIZER =
      """
      {"added_tokens": [{"id": 17, "content": "<|endoftext|>", "special": true}],
       "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
       "post_processor": {"type": "ByteLevel", "trim_offsets": false},
       "decoder": {"type": "ByteLevel"},
       "model": {"type": "BPE",
         "vocab": {".": 0, "a": 1, "c": 2, "e": 3, "h": 4, "m": 5, "n": 6, "o": 7, "s": 8, "t": 9,
           "Ġ": 10, "th": 11, "the": 12, "at": 13, "Ġthe": 14, "Ġm": 15, "Ġmat": 16},
         "merges": ["t h", "th e", "a t", "Ġ the", "Ġ m", "Ġm at"]}}
      """;

  private TinyGpt2() {}

  /** Writes the folder. */
  static Path write(Path folder, boolean tied) {
    return write(folder, tied, CONFIG, TOKENIZER);
  }

  /** Writes the folder with other files beside the weights. */
  static Path write(Path folder, boolean tied, String config, String tokenizer) {
    SafetensorsWriter tensors = new SafetensorsWriter();
    put(tensors, "transformer.wte.weight", VOCABULARY, 8);
    put(tensors, "transformer.wpe.weight", 12, 8);
    putWithBias(tensors, "transformer.ln_f", 8);
    for (int i = 0; i < 2; i++) {
      String block = "transformer.h." + i + ".";
      putWithBias(tensors, block + "ln_1", 8);
      putWithBias(tensors, block + "attn.c_attn", 8, 24);
      putWithBias(tensors, block + "attn.c_proj", 8, 8);
      putWithBias(tensors, block + "ln_2", 8);
      putWithBias(tensors, block + "mlp.c_fc", 8, 20);
      putWithBias(tensors, block + "mlp.c_proj", 20, 8);
    }
    if (!tied) {
      put(tensors, "lm_head.weight", VOCABULARY, 8);
    }
    tensors.write(folder.resolve("model.safetensors"));
    String tie = "{\"tie_word_embeddings\": " + tied + ", ";
    try {
      Files.writeString(folder.resolve("config.json"), config.replace("{", tie));
      Files.writeString(folder.resolve("tokenizer.json"), tokenizer);
      Files.writeString(
          folder.resolve("tokenizer_config.json"), "{\"bos_token\": \"<|endoftext|>\"}");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return folder;
  }

  /** A matrix has its inputs first, as PyTorch's Conv1D. */
  private static void putWithBias(SafetensorsWriter tensors, String name, int... shape) {
    put(tensors, name + ".weight", shape);
    put(tensors, name + ".bias", shape[shape.length - 1]);
  }

  private static void put(SafetensorsWriter tensors, String name, int... shape) {
    tensors.tensor(name, TinyEncoderDecoders.values(name, shape), shape);
  }

  /** The text over and over. */
  static TrainingText text() {
    return TrainingText.of("a text", TEXT.repeat(20).getBytes(StandardCharsets.UTF_8));
  }
}
