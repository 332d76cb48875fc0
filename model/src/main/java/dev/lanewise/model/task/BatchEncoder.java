package dev.lanewise.model.task;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.SingleCaller;
import dev.lanewise.model.arch.Encoding;
import dev.lanewise.model.arch.TextEncoder;
import dev.lanewise.model.arch.TokenBatch;
import dev.lanewise.model.tokenizer.PaddedBatch;
import dev.lanewise.model.tokenizer.TokenSequence;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * Puts any number of sequences through an encoder, in batches of similar length so that little is
 * computed for padding.
 *
 * <p>The hidden states of a sequence and its scores have the same bits whatever else is encoded
 * with it, and whatever the number of threads. Mixtures of experts are an exception: how many
 * tokens an expert gets depends on all that are encoded, and for a few of them kernels take shorter
 * ways.
 *
 * <p>Owns threads and buffers and serves one caller at a time.
 */
public final class BatchEncoder implements AutoCloseable {
  /**
   * Most tokens of a batch with its padding, unless a single sequence is longer: enough to share
   * the reading of the weights among them.
   */
  private static final int BATCH_TOKENS = 1024;

  private final TextEncoder owned; // null if it is someone else's
  private final Parallel team;
  private final TextEncoder.Session session;
  private final boolean typed;
  private final int outputs;
  private final SingleCaller caller = new SingleCaller("this encoder of texts");

  /** Receives batch after batch. */
  @FunctionalInterface
  public interface Sink {
    /**
     * Takes what it needs of a batch.
     *
     * @param encoding valid during the call
     * @param sequences the number of each of its sequences among all
     */
    void accept(Encoding encoding, int[] sequences);
  }

  /**
   * A session with threads of its own.
   *
   * @param threads threads that compute, the caller's included
   */
  public BatchEncoder(TextEncoder encoder, int threads) {
    this(encoder, encoder.types() > 1, threads, false);
  }

  /**
   * A session with threads of its own, and maybe with weights of its own.
   *
   * @param ownsModel whether the model is closed with it
   */
  BatchEncoder(TextModel model, int threads, boolean ownsModel) {
    this(model.encoder(), model.takesTypes(), threads, ownsModel);
  }

  private BatchEncoder(TextEncoder encoder, boolean typed, int threads, boolean owns) {
    owned = owns ? encoder : null;
    team = Parallel.of(threads);
    session = team.closedUnless(() -> encoder.newSession(Kernels.best(team)));
    this.typed = typed;
    outputs = encoder.outputs();
  }

  /**
   * Encodes sequences, the longest first. Types of tokens are left out where the model knows none.
   *
   * @throws LanewiseException if a sequence is empty or too long, or an id or a type is out of
   *     range
   * @throws CancellationException if the progress says so, or the thread is interrupted
   * @throws IllegalStateException if it is closed or at work
   */
  public void encode(List<TokenSequence> sequences, BatchProgress progress, Sink sink) {
    caller.enter();
    try {
      encodeAll(sequences, progress, sink);
    } finally {
      caller.leave();
    }
  }

  /**
   * The logits of sequences in their order, [sequences][outputs], by a head that scores sequences.
   *
   * @throws LanewiseException as {@link #encode} does, or if a logit is not finite
   * @throws CancellationException if the progress says so, or the thread is interrupted
   * @throws IllegalStateException if it is closed or at work
   */
  float[][] logits(List<TokenSequence> sequences, BatchProgress progress) {
    float[][] logits = new float[sequences.size()][];
    encode(
        sequences,
        progress,
        (encoding, numbers) -> {
          float[] rows = encoding.logits();
          for (int i = 0; i < numbers.length; i++) {
            logits[numbers[i]] = Arrays.copyOfRange(rows, i * outputs, (i + 1) * outputs);
          }
        });
    return logits;
  }

  private void encodeAll(List<TokenSequence> sequences, BatchProgress progress, Sink sink) {
    int[] order = byLength(sequences);
    for (int from = 0, to; from < order.length; from = to) {
      if (progress.cancelled() || Thread.currentThread().isInterrupted()) {
        throw new CancellationException(from + " of " + order.length + " texts were done");
      }
      int longest = sequences.get(order[from]).size();
      to = Math.min(order.length, from + Math.max(1, BATCH_TOKENS / Math.max(1, longest)));
      int[] numbers = Arrays.copyOfRange(order, from, to);
      sink.accept(session.encode(batch(sequences, numbers)), numbers);
      progress.update(to, order.length);
    }
  }

  /** The numbers of the sequences, the longest first; of equal ones the first comes first. */
  private static int[] byLength(List<TokenSequence> sequences) {
    long[] keys = new long[sequences.size()];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = ((long) -sequences.get(i).size() << 32) | i;
    }
    Arrays.sort(keys);
    return Arrays.stream(keys).mapToInt(key -> (int) key).toArray();
  }

  private TokenBatch batch(List<TokenSequence> sequences, int[] numbers) {
    List<TokenSequence> rows = Arrays.stream(numbers).mapToObj(sequences::get).toList();
    PaddedBatch padded = PaddedBatch.of(rows, 0);
    return new TokenBatch(
            padded.ids(),
            typed ? padded.types() : null,
            rows.stream().mapToInt(TokenSequence::size).toArray(),
            padded.length())
        .steady();
  }

  /** Ends the threads. The encoder is not closed. */
  @Override
  public void close() {
    caller.close();
    team.close();
    if (owned != null) {
      owned.close();
    }
  }
}
