package dev.lanewise.model.generate;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.model.arch.EncoderDecoderModel;
import dev.lanewise.model.arch.GenerationConfig;
import java.util.Arrays;
import java.util.List;

/**
 * An encoder–decoder for tests whose next token depends on the last one alone: its logits are the
 * logarithms of given weights. It counts its steps.
 */
final class BigramModel implements EncoderDecoderModel {
  private final double[][] weights;
  private final GenerationConfig config;

  /** Steps so far. */
  int steps;

  /** Sources encoded so far. */
  int encoded;

  /** What it says that a token takes. */
  long bytesPerToken = 1;

  /** Most texts of a step. */
  int most;

  /**
   * @param weights [last][next], not negative
   */
  BigramModel(double[][] weights, GenerationConfig config) {
    this.weights = weights;
    this.config = config;
  }

  /** A configuration that forbids and forces nothing. */
  static GenerationConfig config(int start, Integer... ends) {
    return config(0, start, Arrays.asList(ends));
  }

  /** A configuration that forbids nothing but runs of so many tokens of the source. */
  static GenerationConfig config(int ngramOfSource, int start, List<Integer> ends) {
    return new GenerationConfig(
        start,
        ends,
        GenerationConfig.NONE,
        GenerationConfig.NONE,
        List.of(),
        List.of(),
        0,
        ngramOfSource,
        1,
        0,
        0,
        1,
        1,
        GenerationConfig.Stopping.WHEN_UNLIKELY,
        false);
  }

  @Override
  public int vocabSize() {
    return weights.length;
  }

  @Override
  public int contextLength() {
    return 100;
  }

  @Override
  public int dim() {
    return 1;
  }

  @Override
  public int sourceVocabSize() {
    return vocabSize();
  }

  @Override
  public int sourceLength() {
    return 100;
  }

  @Override
  public GenerationConfig generationConfig() {
    return config;
  }

  @Override
  public long bytesPerToken() {
    return bytesPerToken;
  }

  @Override
  public void close() {}

  @Override
  public Session newSession(Kernels kernels, int contextLength) {
    return new BigramSession(contextLength);
  }

  private final class BigramSession implements Session {
    private final int contextLength;
    private float[] logits = {};
    private int texts;

    BigramSession(int contextLength) {
      this.contextLength = contextLength;
    }

    @Override
    public int contextLength() {
      return contextLength;
    }

    @Override
    public float[] encode(int[] ids) {
      encoded++;
      return new float[ids.length];
    }

    @Override
    public void begin(int count) {
      texts += count;
      most = Math.max(most, texts);
      logits = new float[texts * weights.length];
    }

    @Override
    public float[] forward(int[] ids) {
      steps++;
      for (int i = 0; i < texts; i++) {
        for (int next = 0; next < weights.length; next++) {
          logits[i * weights.length + next] = (float) Math.log(weights[ids[i]][next]);
        }
      }
      return logits;
    }

    @Override
    public void reorder(int[] parents, int count) {
      texts = count;
    }
  }
}
