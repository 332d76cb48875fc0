package dev.lanewise.model.cli;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.GgufBuilder;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code lanewise aot-training}, for the launcher: a short run with everything that most runs need,
 * from which the JVM makes its cache of loaded classes. It takes no model but writes one of a few
 * kilobytes, with weights that are all 0.
 */
final class TrainingCommand implements Command {
  private static final int DIM = 64;

  /**
   * Every printable character of ASCII, the byte-level letter for a space, a pair, and what ends.
   */
  private static final int VOCABULARY = 97;

  private final Arguments arguments =
      new Arguments("aot-training", "", "Runs once through what most runs need.");

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) throws IOException {
    Path file = Files.createTempFile("lanewise-training", ".gguf");
    try {
      model().write(file);
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

  /** A Llama of one layer. */
  private static GgufBuilder model() {
    String layer = "blk.0.";
    GgufBuilder model =
        new GgufBuilder()
            .string("general.architecture", "llama")
            .uint32("llama.embedding_length", DIM)
            .uint32("llama.feed_forward_length", DIM)
            .uint32("llama.block_count", 1)
            .uint32("llama.context_length", 64)
            .uint32("llama.attention.head_count", 1)
            .float32("llama.attention.layer_norm_rms_epsilon", 1e-5f)
            .string("tokenizer.ggml.model", "gpt2")
            .uint32("tokenizer.ggml.eos_token_id", VOCABULARY - 1)
            .strings("tokenizer.ggml.tokens", tokens())
            .strings("tokenizer.ggml.merges", List.of("l l"))
            .tensor("token_embd.weight", matrix(VOCABULARY))
            .tensor("output.weight", matrix(VOCABULARY));
    for (String name : List.of("output_norm", layer + "attn_norm", layer + "ffn_norm")) {
      model.tensor(name + ".weight", Matrix.of(new float[DIM], 1, DIM));
    }
    for (String name :
        List.of("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")) {
      model.tensor(layer + name + ".weight", matrix(DIM));
    }
    return model;
  }

  private static Matrix matrix(int rows) {
    return Matrix.of(new float[rows * DIM], rows, DIM, DType.Q8_0);
  }

  private static List<String> tokens() {
    List<String> tokens = new ArrayList<>();
    for (char c = '!'; c <= '~'; c++) {
      tokens.add(String.valueOf(c));
    }
    tokens.addAll(List.of("\u0120", "ll", "<end>"));
    return tokens;
  }
}
