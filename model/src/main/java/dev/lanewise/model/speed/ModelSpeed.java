package dev.lanewise.model.speed;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.arch.CausalModel;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * How many tokens per second a language model reads and writes: {@code bench -m MODEL}. Every run
 * begins with an empty context.
 */
public final class ModelSpeed {
  /** Compilers need so many runs and so much time before two equal times mean anything. */
  private static final int MIN_WARM_UPS = 3;

  private static final double MIN_WARM_UP_SECONDS = 2;

  private final double warmUpSeconds;
  private final int repetitions;
  private final Consumer<String> notes;

  /**
   * How to measure.
   *
   * @param warmUpSeconds longest warm-up of a test
   * @param repetitions measured runs of each test
   * @param notes receives what is to be known about the results
   */
  public ModelSpeed(double warmUpSeconds, int repetitions, Consumer<String> notes) {
    this.warmUpSeconds = warmUpSeconds;
    this.repetitions = repetitions;
    this.notes = notes;
  }

  /**
   * One test.
   *
   * @param test {@code ppP}: a prompt of P tokens at once, or {@code tgN}: N tokens one by one
   * @param mean of the runs' tokens per second
   * @param deviation their sample standard deviation; 0 for a single run
   */
  public record Result(String test, double mean, double deviation) {
    static Result of(String test, double[] speeds) {
      double sum = 0;
      for (double speed : speeds) {
        sum += speed;
      }
      double mean = sum / speeds.length;
      double squares = 0;
      for (double speed : speeds) {
        squares += (speed - mean) * (speed - mean);
      }
      double deviation = speeds.length < 2 ? 0 : Math.sqrt(squares / (speeds.length - 1));
      return new Result(test, mean, deviation);
    }
  }

  /**
   * Measures a model with random tokens.
   *
   * @param threads to work with
   * @param prompt tokens to read at once; 0: not measured
   * @param count tokens to feed one by one; 0: not measured
   */
  public List<Result> measure(CausalModel model, int threads, int prompt, int count) {
    int context = Math.max(1, Math.max(prompt, count));
    List<Result> results = new ArrayList<>();
    try (Parallel team = Parallel.of(threads)) {
      Kernels kernels = Kernels.best(team);
      notes.accept(kernels.description() + ", " + team.threads() + " threads");
      CausalModel.Session session = model.newSession(kernels, context);
      int[] ids = randomIds(context, model.vocabSize());
      if (prompt > 0) {
        results.add(measure("pp" + prompt, prompt, prompt, ids, session));
      }
      if (count > 0) {
        results.add(measure("tg" + count, count, 1, ids, session));
      }
    }
    return results;
  }

  private static int[] randomIds(int n, int vocabSize) {
    SplittableRandom random = new SplittableRandom(1);
    int[] ids = new int[n];
    for (int i = 0; i < n; i++) {
      ids[i] = random.nextInt(vocabSize);
    }
    return ids;
  }

  private Result measure(
      String test, int tokens, int step, int[] ids, CausalModel.Session session) {
    double total = 0;
    double last = 0;
    boolean steady = false;
    for (int i = 0; i == 0 || (!steady && total < warmUpSeconds); i++) {
      double seconds = seconds(tokens, step, ids, session);
      total += seconds;
      steady =
          i + 1 >= MIN_WARM_UPS
              && total >= MIN_WARM_UP_SECONDS
              && Math.abs(seconds - last) <= Samples.STEADY * last;
      last = seconds;
    }
    if (!steady) {
      notes.accept(test + ": the time was not steady after the warm-up");
    }
    double[] speeds = new double[repetitions];
    for (int i = 0; i < speeds.length; i++) {
      speeds[i] = tokens / seconds(tokens, step, ids, session);
    }
    return Result.of(test, speeds);
  }

  /** Time to feed tokens from an empty context, {@code step} at once. */
  private static double seconds(int tokens, int step, int[] ids, CausalModel.Session session) {
    session.rewind(0);
    long start = System.nanoTime();
    for (int i = 0; i < tokens; i += step) {
      session.forward(ids, i, i + step);
    }
    return (System.nanoTime() - start) * 1e-9;
  }
}
