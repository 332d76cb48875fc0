package dev.lanewise.model.cli;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.GgufBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code lanewise class-archive}, for the launcher: a short run with everything that most runs
 * need, from whose classes the JVM makes its archive. It takes no model but writes one of some
 * kilobytes, with weights that are all 0.
 */
final class ClassArchiveCommand implements Command {
  private static final int DIM = 64;

  /** Columns of the matrix whose type has the longest blocks. */
  private static final int HIDDEN_DIM = 256;

  /**
   * Every printable character of ASCII, the byte-level letters for a space and a line feed, a pair,
   * and what ends.
   */
  private static final int VOCABULARY = 98;

  private final Arguments arguments =
      new Arguments("class-archive", "", "Runs once through what most runs need.");

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) throws IOException {
    Path file = Files.createTempFile("lanewise-class-archive", ".gguf");
    try {
      model().write(file);
      generate(file, "--raw", "--special");
      generate(file, "--json");
      return Main.OK;
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private static void generate(Path file, String... options) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    PrintStream errors = new PrintStream(err, false, StandardCharsets.UTF_8);
    List<String> args = new ArrayList<>(List.of("generate", "-m", file.toString(), "-n", "8"));
    args.addAll(List.of("-p", "Hello, world"));
    args.addAll(List.of(options));
    PrintStream out = new PrintStream(new ByteArrayOutputStream(), false, StandardCharsets.UTF_8);
    InputStream nothing = InputStream.nullInputStream();
    if (Main.run(args.toArray(String[]::new), nothing, out, errors) != Main.OK) {
      throw new LanewiseException("the run failed: " + err.toString(StandardCharsets.UTF_8));
    }
  }

  /** A Llama of one layer, with matrices of the types that are met most. */
  private static GgufBuilder model() {
    String layer = "blk.0.";
    GgufBuilder model =
        new GgufBuilder()
            .string("general.architecture", "llama")
            .uint32("llama.embedding_length", DIM)
            .uint32("llama.feed_forward_length", HIDDEN_DIM)
            .uint32("llama.block_count", 1)
            .uint32("llama.context_length", 128)
            .uint32("llama.attention.head_count", 1)
            .float32("llama.attention.layer_norm_rms_epsilon", 1e-5f)
            .string("tokenizer.ggml.model", "gpt2")
            .string("tokenizer.ggml.pre", "smollm")
            .uint32("tokenizer.ggml.eos_token_id", VOCABULARY - 1)
            .strings("tokenizer.ggml.tokens", tokens())
            .strings("tokenizer.ggml.merges", List.of("l l"))
            .string("tokenizer.chat_template", "<|im_start|>user\n<|im_end|>")
            .tensor("token_embd.weight", matrix(VOCABULARY, DIM, DType.Q8_0))
            .tensor("output.weight", matrix(VOCABULARY, DIM, DType.Q4_1))
            .tensor(layer + "attn_q.weight", matrix(DIM, DIM, DType.Q4_0))
            .tensor(layer + "attn_k.weight", matrix(DIM, DIM, DType.Q5_0))
            .tensor(layer + "attn_v.weight", matrix(DIM, DIM, DType.F16))
            .tensor(layer + "attn_output.weight", matrix(DIM, DIM, DType.F32))
            .tensor(layer + "ffn_gate.weight", matrix(HIDDEN_DIM, DIM, DType.Q8_0))
            .tensor(layer + "ffn_up.weight", matrix(HIDDEN_DIM, DIM, DType.Q8_0))
            .tensor(layer + "ffn_down.weight", matrix(DIM, HIDDEN_DIM, DType.Q4_K));
    for (String name : List.of("output_norm", layer + "attn_norm", layer + "ffn_norm")) {
      model.tensor(name + ".weight", matrix(1, DIM, DType.F32));
    }
    return model;
  }

  private static Matrix matrix(int rows, int cols, DType dtype) {
    return Matrix.of(new float[rows * cols], rows, cols, dtype);
  }

  private static List<String> tokens() {
    List<String> tokens = new ArrayList<>();
    for (char c = '!'; c <= '~'; c++) {
      tokens.add(String.valueOf(c));
    }
    tokens.addAll(List.of("\u0120", "\u010A", "ll", "<end>"));
    return tokens;
  }
}
