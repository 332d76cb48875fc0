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

  /** Steps of hypotheses so far. */
  int steps;

  /**
   * @param weights [last][next], not negative
   */
  BigramModel(double[][] weights, GenerationConfig config) {
    this.weights = weights;
    this.config = config;
  }

  /** A configuration that forbids and forces nothing. */
  static GenerationConfig config(int start, Integer... ends) {
    return new GenerationConfig(
        start,
        Arrays.asList(ends),
        GenerationConfig.NONE,
        GenerationConfig.NONE,
        List.of(),
        List.of(),
        0,
        0,
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
  public Session newSession(Kernels kernels, int contextLength) {
    return new BigramSession(contextLength);
  }

  private void row(int last, float[] logits, int at) {
    for (int i = 0; i < weights.length; i++) {
      logits[at + i] = (float) Math.log(weights[last][i]);
    }
  }

  private final class BigramSession implements Session {
    private final int contextLength;
    private final float[] logits = new float[weights.length];
    private int position;

    BigramSession(int contextLength) {
      this.contextLength = contextLength;
    }

    @Override
    public float[] encode(int[] ids) {
      position = 0;
      return new float[ids.length];
    }

    @Override
    public Hypotheses hypotheses(int count) {
      return new BigramHypotheses(count);
    }

    @Override
    public int position() {
      return position;
    }

    @Override
    public int contextLength() {
      return contextLength;
    }

    @Override
    public float[] forward(int[] ids, int from, int to) {
      position += to - from;
      row(ids[to - 1], logits, 0);
      return logits;
    }

    @Override
    public void forwardAll(int[] ids, int from, int to, LogitsSink sink) {
      for (int i = from; i < to; i++) {
        sink.accept(i, forward(ids, i, i + 1));
      }
    }

    @Override
    public float[] hiddenStates(int[] ids, int from, int to, int layers) {
      throw new UnsupportedOperationException("a table has no states");
    }

    @Override
    public void rewind(int position) {
      this.position = position;
    }
  }

  private final class BigramHypotheses implements Hypotheses {
    private final float[] logits;
    private int position;

    BigramHypotheses(int count) {
      logits = new float[count * weights.length];
    }

    @Override
    public int position() {
      return position;
    }

    @Override
    public float[] forward(int[] ids) {
      steps++;
      position++;
      for (int i = 0; i < ids.length; i++) {
        row(ids[i], logits, i * weights.length);
      }
      return logits;
    }

    @Override
    public void reorder(int[] parents) {}
  }
}
