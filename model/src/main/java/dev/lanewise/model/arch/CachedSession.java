package dev.lanewise.model.arch;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.FileMemory;
import dev.lanewise.model.nn.KvCache;
import java.lang.ref.Reference;

/**
 * What the sessions of all decoders have in common: tokens are checked, pass through the layers in
 * slices, and are counted as held. Subclasses say what the layers are.
 */
abstract class CachedSession implements CausalModel.Session {
  /** Most tokens that pass through the layers together: enough to keep the kernels busy. */
  static final int MAX_ROWS = 512;

  /** Longest array that every JVM can make. */
  static final int MAX_ARRAY = Integer.MAX_VALUE - 8;

  /** Keys and values of the tokens held. */
  final KvCache cache;

  private final FileMemory memory;
  private final CausalModel model;
  private final int nLayers;

  /**
   * An empty session.
   *
   * @param width of a token's keys in one layer
   * @param contextLength most tokens
   * @throws LanewiseException if the model or an array cannot hold as many
   */
  CachedSession(FileMemory memory, CausalModel model, int nLayers, int width, int contextLength) {
    this.memory = memory;
    this.model = model;
    this.nLayers = nLayers;
    checkContext(memory, contextLength, model.contextLength(), width);
    cache = new KvCache(nLayers, width, contextLength);
  }

  /** Refuses a context that is longer than the model's, or than an array of such keys. */
  static void checkContext(FileMemory memory, int contextLength, int most, int width) {
    if (contextLength < 1 || contextLength > most) {
      throw new LanewiseException(
          "a context of %d tokens is not possible: %s holds 1 to %d"
              .formatted(contextLength, memory.file(), most));
    }
    if (contextLength > MAX_ARRAY / width) {
      throw new LanewiseException(
          "a context of %d tokens is too long for one array of keys; ask for at most %d"
              .formatted(contextLength, MAX_ARRAY / width));
    }
  }

  /** The residual stream, [rows × dim]. */
  abstract float[] stream();

  /** Told of tokens that follow those held before they are embedded. */
  void extend(int[] ids, int from, int to) {}

  /** stream = embedding of tokens that follow those held, of whom there is room for rows. */
  abstract void embed(int[] ids, int from, int rows);

  /** stream = block(stream), for tokens that follow those held. */
  abstract void block(int layer, int rows);

  /**
   * All blocks, where nobody asks for any row but the last.
   *
   * @return where it is now
   */
  int blocksForLast(int rows) {
    blocks(nLayers, rows);
    return rows - 1;
  }

  /** [vocabSize] what the head makes of a row of the stream. */
  abstract float[] logits(int row);

  @Override
  public int position() {
    return cache.position();
  }

  @Override
  public int contextLength() {
    return cache.contextLength();
  }

  @Override
  public void rewind(int position) {
    if (position < 0 || position > cache.position()) {
      throw new LanewiseException(
          "cannot go back to token " + position + " of a sequence of " + cache.position());
    }
    cache.rewind(position);
  }

  @Override
  public float[] forward(int[] ids, int from, int to) {
    if (from >= to) {
      throw new LanewiseException("there are no tokens to continue; give at least one");
    }
    memory.requireOpen();
    check(ids, from, to);
    try {
      extend(ids, from, to);
      float[] logits = null;
      for (int i = from; i < to; i += MAX_ROWS) {
        int rows = Math.min(MAX_ROWS, to - i);
        begin(ids, i, rows);
        int last = blocksForLast(rows);
        if (i + rows == to) {
          logits = logits(last);
        }
        cache.advance(rows);
      }
      return logits;
    } catch (InternalError | IllegalStateException e) {
      throw memory.translated(e);
    } finally {
      Reference.reachabilityFence(memory);
    }
  }

  @Override
  public void forwardAll(int[] ids, int from, int to, CausalModel.LogitsSink sink) {
    memory.requireOpen();
    check(ids, from, to);
    try {
      extend(ids, from, to);
      for (int i = from; i < to; i += MAX_ROWS) {
        int rows = Math.min(MAX_ROWS, to - i);
        begin(ids, i, rows);
        blocks(nLayers, rows);
        for (int r = 0; r < rows; r++) {
          sink.accept(i + r, logits(r));
        }
        cache.advance(rows);
      }
    } catch (InternalError | IllegalStateException e) {
      throw memory.translated(e);
    } finally {
      Reference.reachabilityFence(memory);
    }
  }

  @Override
  public float[] hiddenStates(int[] ids, int from, int to, int layers) {
    memory.requireOpen();
    check(ids, from, to);
    if (layers < 0 || layers > nLayers) {
      throw new LanewiseException(
          "there is no state after block %d: %s has %d".formatted(layers, memory.file(), nLayers));
    }
    int dim = model.dim();
    float[] states = new float[Math.multiplyExact(to - from, dim)];
    int start = cache.position();
    try {
      extend(ids, from, to);
      for (int i = from; i < to; i += MAX_ROWS) {
        int rows = Math.min(MAX_ROWS, to - i);
        begin(ids, i, rows);
        blocks(layers, rows);
        System.arraycopy(stream(), 0, states, (i - from) * dim, rows * dim);
        cache.advance(rows);
      }
    } catch (InternalError | IllegalStateException e) {
      throw memory.translated(e);
    } finally {
      Reference.reachabilityFence(memory);
      cache.rewind(start);
    }
    return states;
  }

  /** Puts the first n of these tokens into a cache that holds none. */
  void hold(int[] ids, int n) {
    for (int i = 0; i < n; i += MAX_ROWS) {
      int rows = Math.min(MAX_ROWS, n - i);
      begin(ids, i, rows);
      blocks(nLayers, rows);
      cache.advance(rows);
    }
  }

  private void blocks(int layers, int rows) {
    for (int layer = 0; layer < layers; layer++) {
      block(layer, rows);
    }
  }

  private void begin(int[] ids, int from, int rows) {
    cache.reserve(rows);
    embed(ids, from, rows);
  }

  /** Refuses tokens that do not fit or that the model does not know. */
  void check(int[] ids, int from, int to) {
    checkRoom(to - from, cache, model.contextLength());
    checkIds(ids, from, to, model.vocabSize());
  }

  /** Refuses tokens that do not fit, of which the model allows {@code most}. */
  static void checkRoom(int tokens, KvCache cache, int most) {
    if (tokens > cache.contextLength() - cache.position()) {
      throw new LanewiseException(
          "%d tokens after %d do not fit a context of %d tokens; shorten the text or ask for a"
                  .formatted(tokens, cache.position(), cache.contextLength())
              + " longer context (the model allows "
              + most
              + ")");
    }
  }

  static void checkIds(int[] ids, int from, int to, int vocabSize) {
    for (int i = from; i < to; i++) {
      if (ids[i] < 0 || ids[i] >= vocabSize) {
        throw new LanewiseException(
            "token id " + ids[i] + " is out of range: the model knows 0 to " + (vocabSize - 1));
      }
    }
  }
}
