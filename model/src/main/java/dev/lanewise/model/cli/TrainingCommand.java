package dev.lanewise.model.cli;

import dev.lanewise.model.LanewiseException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * {@code lanewise aot-training}, for the launcher: a short run with everything that most runs need,
 * from which the JVM makes its cache of loaded classes. It takes no model but writes one of a few
 * kilobytes, with weights that are all 0.
 */
final class TrainingCommand implements Command {
  private static final int DIM = 64;
  private static final int PADDED = 32;
  private static final int UINT32 = 4;
  private static final int FLOAT32 = 6;
  private static final int STRING = 8;
  private static final int ARRAY = 9;
  private static final int TYPE_F32 = 0;
  private static final int TYPE_Q8_0 = 8;

  /**
   * Every printable character of ASCII, the byte-level letter for a space, a pair, and what ends.
   */
  private static final int VOCABULARY = 97;

  private final Arguments arguments =
      new Arguments("aot-training", "", "Runs once through what most runs need.");
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private int offset;

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) throws IOException {
    Path file = Files.createTempFile("lanewise-training", ".gguf");
    try {
      Files.write(file, model());
      generate(file, "--special");
      generate(file, "--json");
      return Main.OK;
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private static void generate(Path file, String option) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    PrintStream errors = new PrintStream(err, false, StandardCharsets.UTF_8);
    String[] args = {
      "generate", "--raw", option, "-m", file.toString(), "-p", "Hello, world", "-n", "8"
    };
    PrintStream out = new PrintStream(new ByteArrayOutputStream(), false, StandardCharsets.UTF_8);
    if (Main.run(args, new ByteArrayInputStream(new byte[0]), out, errors) != Main.OK) {
      throw new LanewiseException("training failed: " + err.toString(StandardCharsets.UTF_8));
    }
  }

  /** A Llama of one layer as a GGUF file. */
  private byte[] model() {
    String layer = "blk.0.";
    put("GGUF");
    put(3);
    put(12L);
    put(11L);
    text("general.architecture", "llama");
    number("llama.embedding_length", DIM);
    number("llama.feed_forward_length", DIM);
    number("llama.block_count", 1);
    number("llama.context_length", 64);
    number("llama.attention.head_count", 1);
    key("llama.attention.layer_norm_rms_epsilon", FLOAT32);
    put(Float.floatToIntBits(1e-5f));
    text("tokenizer.ggml.model", "gpt2");
    number("tokenizer.ggml.eos_token_id", VOCABULARY - 1);
    strings("tokenizer.ggml.tokens", VOCABULARY);
    for (char c = '!'; c <= '~'; c++) {
      string(String.valueOf(c));
    }
    string("\u0120");
    string("ll");
    string("<end>");
    strings("tokenizer.ggml.merges", 1);
    string("l l");
    tensor("token_embd.weight", VOCABULARY);
    tensor("output.weight", VOCABULARY);
    vector("output_norm.weight");
    vector(layer + "attn_norm.weight");
    vector(layer + "ffn_norm.weight");
    for (String name : List.of("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate")) {
      tensor(layer + name + ".weight", DIM);
    }
    tensor(layer + "ffn_up.weight", DIM);
    tensor(layer + "ffn_down.weight", DIM);
    bytes.writeBytes(new byte[PADDED - bytes.size() % PADDED + offset]);
    return bytes.toByteArray();
  }

  private void tensor(String name, int rows) {
    string(name);
    put(2);
    put((long) DIM);
    put((long) rows);
    place(TYPE_Q8_0, rows * (DIM / 32) * 34);
  }

  private void vector(String name) {
    string(name);
    put(1);
    put((long) DIM);
    place(TYPE_F32, DIM * 4);
  }

  private void place(int type, int size) {
    put(type);
    put((long) offset);
    offset += (size + PADDED - 1) / PADDED * PADDED;
  }

  private void number(String name, int value) {
    key(name, UINT32);
    put(value);
  }

  private void text(String name, String value) {
    key(name, STRING);
    string(value);
  }

  private void strings(String name, int count) {
    key(name, ARRAY);
    put(STRING);
    put((long) count);
  }

  private void key(String name, int type) {
    string(name);
    put(type);
  }

  private void string(String value) {
    put((long) value.getBytes(StandardCharsets.UTF_8).length);
    put(value);
  }

  private void put(String value) {
    bytes.writeBytes(value.getBytes(StandardCharsets.UTF_8));
  }

  private void put(int value) {
    bytes.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
  }

  private void put(long value) {
    bytes.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
  }
}
