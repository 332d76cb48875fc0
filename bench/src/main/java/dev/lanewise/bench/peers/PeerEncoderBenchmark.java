package dev.lanewise.bench.peers;

import dev.lanewise.bench.Contender;
import dev.lanewise.bench.ModelBenchmark;
import dev.lanewise.bench.PeerBenchmark;
import dev.lanewise.bench.Work;
import dev.lanewise.kernels.Kernels;
import dev.lanewise.model.WholeFile;
import dev.lanewise.model.arch.Architectures;
import dev.lanewise.model.arch.TextEncoder;
import dev.lanewise.model.arch.TokenBatch;
import dev.lanewise.model.checkpoint.Checkpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** A whole encoder of texts, from token ids to the hidden states of all tokens. */
public class PeerEncoderBenchmark extends PeerBenchmark {
  /** Most that an array holds. */
  private static final int MAX_BYTES = Integer.MAX_VALUE - 8;

  /** Which implementation runs. */
  @Param({"simd", "onnxruntime"})
  String implementation;

  /** An ONNX file of BERT's kind, or a catalogue name of one. */
  @Param("all-minilm-l6-v2-onnx")
  String model;

  /** Texts and the tokens of each; none is padded. */
  @Param({"1x16", "1x128", "8x32", "32x128"})
  String shape;

  @Override
  protected String implementation() {
    return implementation;
  }

  private Path file() {
    Path path = ModelBenchmark.resolve(model);
    return Files.isDirectory(path) ? path.resolve("model.onnx") : path;
  }

  /**
   * Every matrix of the blocks is read once and multiplied with every token, in attention every
   * token with those of its text; of the tables a row is read for each token, and its state is
   * written. Norms and activations are small beside that, and left out.
   */
  @Override
  protected Work work() {
    int[] sizes = sizes(shape, 2);
    int tokens = Math.multiplyExact(sizes[0], sizes[1]);
    Checkpoint file = Checkpoint.open(file());
    Work matrices =
        ModelBenchmark.forward(
            file, tokens, matrix -> matrix.name().contains("encoder.layer.") ? tokens : 0);
    double dim = file.metadata().integer("hidden_size");
    double attention = 4 * dim * tokens * sizes[1] * file.metadata().integer("num_hidden_layers");
    double states = 2 * Float.BYTES * dim * tokens;
    return new Work(matrices.flops() + attention, matrices.bytes() + states, tokens);
  }

  @Override
  protected Contender contender(Kernels kernels, int threads, RandomGenerator random) {
    int[] sizes = sizes(shape, 2);
    int length = sizes[1];
    Path file = file();
    Checkpoint checkpoint = Checkpoint.open(file);
    int[][] ids = new int[sizes[0]][];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = random.ints(length, 0, checkpoint.metadata().integer("vocab_size")).toArray();
    }
    return switch (implementation) {
      case "reference", "simd" ->
          new Lanewise(Architectures.loadTextEncoder(checkpoint), kernels, TokenBatch.of(ids));
      case "onnxruntime" -> {
        long[] all = Arrays.stream(ids).flatMapToInt(Arrays::stream).asLongStream().toArray();
        long[] ones = new long[all.length];
        Arrays.fill(ones, 1);
        long dim = checkpoint.metadata().integer("hidden_size");
        yield new OnnxRuntime(
                WholeFile.read(file, MAX_BYTES),
                threads,
                "last_hidden_state",
                ids.length,
                length,
                dim)
            .with("input_ids", all, ids.length, length)
            .with("attention_mask", ones, ids.length, length)
            .with("token_type_ids", new long[all.length], ids.length, length);
      }
      default -> throw unknown();
    };
  }

  /** Lanewise's encoder. */
  private static final class Lanewise implements Contender {
    private final TextEncoder encoder;
    private final TextEncoder.Session session;
    private final TokenBatch batch;
    private float[] states;

    Lanewise(TextEncoder encoder, Kernels kernels, TokenBatch batch) {
      this.encoder = encoder;
      session = encoder.newSession(kernels);
      this.batch = batch;
    }

    @Override
    public void run() {
      states = session.encode(batch).hiddenStates();
    }

    @Override
    public float[] output() {
      return states;
    }

    @Override
    public void close() {
      encoder.close();
    }
  }

  /** The states of all tokens. */
  @Benchmark
  public Contender encode() {
    return run();
  }
}
