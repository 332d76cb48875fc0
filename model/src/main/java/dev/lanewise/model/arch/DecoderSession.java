package dev.lanewise.model.arch;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.FileMemory;
import dev.lanewise.model.nn.KvCache;
import dev.lanewise.model.nn.RotaryEmbedding;
import dev.lanewise.model.nn.Workspace;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.Objects;

/**
 * A sequence that a {@link Decoder} continues: tokens are checked, pass through the layers in
 * slices, and are counted as held.
 */
final class DecoderSession implements CausalModel.Session {
  /** Most tokens that pass through the layers together: enough to keep the kernels busy. */
  static final int MAX_ROWS = 512;

  /** Longest array that every JVM can make. */
  static final int MAX_ARRAY = Integer.MAX_VALUE - 8;

  private final Decoder model;
  private final DecoderConfig config;
  private final DecoderStack stack;
  private final FileMemory memory;
  private final Kernels kernels;
  private final KvCache cache; // keys and values of the tokens held
  private final float[] logits;
  private final float[][] toLogits;
  private final int[] held; // tokens in the cache; none if their number changes no frequency
  private int length; // of the sequence, the tokens that are coming included
  private Workspace ws;

  /**
   * An empty session.
   *
   * @param contextLength most tokens
   * @throws LanewiseException if the model or an array cannot hold as many
   */
  DecoderSession(Decoder model, Kernels kernels, int contextLength) {
    this.model = model;
    this.kernels = Objects.requireNonNull(kernels, "kernels");
    config = model.config;
    stack = model.stack;
    memory = model.memory;
    int width = config.attention().keyWidth();
    checkContext(memory, contextLength, config.contextLength(), width);
    cache = new KvCache(config.nLayers(), width, contextLength);
    logits = new float[config.vocabSize()];
    toLogits = new float[][] {logits};
    boolean grows = Arrays.stream(stack.ropes()).anyMatch(rope -> rope.isLong(contextLength));
    held = new int[grows ? contextLength : 0];
    ws = workspace(1);
  }

  private Workspace workspace(int rows) {
    return new Workspace(
        rows, config.dim(), config.widestHiddenDim(), config.attention(), stack.ropes());
  }

  /** Refuses a context that is longer than the model's, or than an array of such keys. */
  static void checkContext(FileMemory memory, int contextLength, int most, int width) {
    ContextCost.require(contextLength, memory.file(), most);
    if (contextLength > MAX_ARRAY / width) {
      throw new LanewiseException(
          "a context of %d tokens is too long for one array of keys; ask for at most %d"
              .formatted(contextLength, MAX_ARRAY / width));
    }
  }

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
        blocksForLast(rows);
        if (i + rows == to) {
          logits = logits(0);
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
        blocks(config.nLayers(), rows);
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
    if (layers < 0 || layers > config.nLayers()) {
      throw new LanewiseException(
          "there is no state after block %d: %s has %d"
              .formatted(layers, memory.file(), config.nLayers()));
    }
    int dim = config.dim();
    float[] states = new float[Math.multiplyExact(to - from, dim)];
    int start = cache.position();
    try {
      extend(ids, from, to);
      for (int i = from; i < to; i += MAX_ROWS) {
        int rows = Math.min(MAX_ROWS, to - i);
        begin(ids, i, rows);
        blocks(layers, rows);
        System.arraycopy(ws.x, 0, states, (i - from) * dim, rows * dim);
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

  /**
   * Tells of tokens that follow those held. These pass through the layers again where the sequence
   * becomes so long, or so short, that its rotary frequencies are others.
   */
  private void extend(int[] ids, int from, int to) {
    if (held.length == 0) {
      return;
    }
    int position = cache.position();
    System.arraycopy(ids, from, held, position, to - from);
    int before = length;
    length = position + to - from;
    for (RotaryEmbedding rope : stack.ropes()) {
      if (rope.isLong(before) != rope.isLong(length)) {
        cache.rewind(0);
        hold(position);
        return;
      }
    }
  }

  /** Puts the first n of the tokens held into the cache, which was emptied. */
  private void hold(int n) {
    for (int i = 0; i < n; i += MAX_ROWS) {
      int rows = Math.min(MAX_ROWS, n - i);
      begin(held, i, rows);
      blocks(config.nLayers(), rows);
      cache.advance(rows);
    }
  }

  /** ws.x = embedding of tokens that follow those held. */
  private void begin(int[] ids, int from, int rows) {
    cache.reserve(rows);
    if (rows > ws.rows) {
      ws = workspace(ws.grownRows(rows, MAX_ROWS));
    }
    stack.embedding().forward(kernels, ids, from, rows, cache.position(), ws);
    for (RotaryEmbedding rope : stack.ropes()) {
      rope.prepare(cache.position(), 0, rows, length, ws);
    }
  }

  private void blocks(int layers, int rows) {
    for (int layer = 0; layer < layers; layer++) {
      stack.blocks()[layer].forward(kernels, ws, cache, layer, rows);
    }
  }

  /** All blocks, where nobody asks for any row but the last, which becomes the first. */
  private void blocksForLast(int rows) {
    int last = config.nLayers() - 1;
    blocks(rows == 1 ? last + 1 : last, rows);
    if (rows > 1) {
      stack.blocks()[last].forwardLast(kernels, ws, cache, last, rows);
    }
  }

  /** [vocabSize] what the head makes of a row of the stream. */
  private float[] logits(int row) {
    System.arraycopy(ws.x, row * config.dim(), ws.out, 0, config.dim());
    stack.norm().forward(kernels, ws.out, ws.out, 1);
    model.lmHead.forward(kernels, ws.out, toLogits, 1);
    float cap = stack.logitCap();
    if (cap > 0) {
      for (int i = 0; i < logits.length; i++) {
        logits[i] *= cap; // which were tanh(logit / cap)
      }
    }
    return logits;
  }

  /** Refuses tokens that do not fit or that the model does not know. */
  private void check(int[] ids, int from, int to) {
    Objects.checkFromToIndex(from, to, ids.length);
    checkRoom(to - from, cache, config.contextLength());
    checkIds(ids, from, to, config.vocabSize());
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
