package dev.lanewise.model.speed;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.arch.EmbeddingConfig;
import dev.lanewise.model.arch.TextEncoder;
import dev.lanewise.model.arch.TokenBatch;
import dev.lanewise.model.task.TextModel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * How many sequences of one length an encoder embeds per second, from token ids to vectors: {@code
 * bench embed}.
 */
public final class EncoderSpeed {
  /** Warm-up and measurement together, if one batch takes less. */
  private static final long BUDGET_NANOS = 9_000_000_000L;

  private final TextModel model;
  private final int batch;
  private final int length;

  /**
   * What to measure.
   *
   * @param batch sequences that are encoded together
   * @param length tokens of each, those that begin and end it included; not more than the encoder
   *     takes in
   */
  public EncoderSpeed(TextModel model, int batch, int length) {
    this.model = model;
    this.batch = batch;
    this.length = length;
  }

  /**
   * The result, by name, in the order in which it is shown.
   *
   * @param threads to work with
   * @param warmUpSeconds longest warm-up
   * @param count of samples, or 0: for two seconds
   * @param notes receives what is to be known about the result
   */
  public Map<String, Object> measure(
      int threads, double warmUpSeconds, int count, Consumer<String> notes) {
    EmbeddingConfig config = EmbeddingConfig.of(model.metadata());
    Samples samples;
    String description;
    try (Parallel team = Parallel.of(threads)) {
      Kernels kernels = Kernels.best(team);
      description = kernels.description();
      TextEncoder.Session session = model.encoder().newSession(kernels);
      TokenBatch tokens = randomTokens();
      Runnable call = () -> session.encode(tokens).embeddings(config.pooling());
      long start = System.nanoTime();
      call.run();
      long end = System.nanoTime();
      samples =
          Samples.of(
              call,
              (double) (end - start),
              new Samples.Limits(warmUpSeconds * 1e9, count, end + BUDGET_NANOS));
    }
    if (!samples.steady()) {
      notes.accept("the time was not steady after the warm-up");
    }
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("sequences_per_second", perSecond(samples.median()));
    result.put("sequences_per_second_min", perSecond(samples.longest()));
    result.put("sequences_per_second_max", perSecond(samples.shortest()));
    result.put("samples", samples.count());
    result.put("batch", batch);
    result.put("length", length);
    result.put("threads", threads);
    result.put("implementation", description);
    return result;
  }

  private double perSecond(double nanos) {
    return batch / (nanos * 1e-9);
  }

  private TokenBatch randomTokens() {
    SplittableRandom random = new SplittableRandom(1);
    int[][] ids = new int[batch][length];
    for (int[] sequence : ids) {
      for (int t = 0; t < length; t++) {
        sequence[t] = random.nextInt(model.encoder().vocabSize());
      }
    }
    return TokenBatch.of(ids);
  }
}
