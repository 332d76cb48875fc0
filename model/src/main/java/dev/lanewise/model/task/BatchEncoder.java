package dev.lanewise.model.task;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.Encoding;
import dev.lanewise.model.arch.TextEncoder;
import dev.lanewise.model.arch.TokenBatch;
import java.util.Arrays;
import java.util.concurrent.CancellationException;

/**
 * Puts any number of sequences through an encoder, in batches of similar length so that little is
 * computed for padding.
 *
 * <p>The hidden states of a sequence have the same bits whatever else is encoded with it, and
 * whatever the number of threads.
 *
 * <p>Owns threads and buffers and serves one caller at a time.
 */
public final class BatchEncoder implements AutoCloseable {
  /**
   * Most tokens of a batch with its padding, unless a single sequence is longer: enough to share
   * the reading of the weights among them.
   */
  private static final int BATCH_TOKENS = 1024;

  private final Parallel team;
  private final TextEncoder.Session session;

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
    team = Parallel.of(threads);
    session = encoder.newSession(Kernels.best(team));
  }

  /**
   * Encodes sequences, the longest first.
   *
   * @param ids token ids of each, with the tokens that begin and end it
   * @param types of the tokens of each, or null for all of the first type
   * @throws LanewiseException if a sequence is empty or too long, or an id or a type is out of
   *     range
   * @throws CancellationException if the progress says so, or the thread is interrupted
   */
  public void encode(int[][] ids, int[][] types, BatchProgress progress, Sink sink) {
    int[] order = byLength(ids);
    for (int from = 0, to; from < order.length; from = to) {
      if (progress.cancelled() || Thread.currentThread().isInterrupted()) {
        throw new CancellationException(from + " of " + ids.length + " texts were done");
      }
      int longest = ids[order[from]].length;
      to = Math.min(order.length, from + Math.max(1, BATCH_TOKENS / Math.max(1, longest)));
      int[] batch = Arrays.copyOfRange(order, from, to);
      TokenBatch tokens = TokenBatch.of(rows(ids, batch), rows(types, batch)).steady();
      sink.accept(session.encode(tokens), batch);
      progress.update(to, order.length);
    }
  }

  /** The numbers of the sequences, the longest first; of equal ones the first comes first. */
  private static int[] byLength(int[][] ids) {
    long[] keys = new long[ids.length];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = ((long) -ids[i].length << 32) | i;
    }
    Arrays.sort(keys);
    return Arrays.stream(keys).mapToInt(key -> (int) key).toArray();
  }

  private static int[][] rows(int[][] all, int[] numbers) {
    return all == null ? null : Arrays.stream(numbers).mapToObj(i -> all[i]).toArray(int[][]::new);
  }

  /** Ends the threads. */
  @Override
  public void close() {
    team.close();
  }
}
