package dev.lanewise.model.arch;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.model.checkpoint.FileMemory;
import dev.lanewise.model.nn.Linear;
import dev.lanewise.model.nn.Projections;
import dev.lanewise.model.nn.RotaryEmbedding;
import dev.lanewise.model.nn.Workspace;
import java.util.Arrays;

/** A decoder-only transformer that continues texts: embedding, blocks, norm, head. */
final class Decoder implements CausalModel {
  private final FileMemory memory;
  private final DecoderConfig config;
  private final DecoderStack stack;
  private final Projections lmHead; // [vocabSize × dim]

  Decoder(DecoderStack stack) {
    this.stack = stack;
    config = stack.config();
    config.requireCausal();
    memory = stack.weights().memory();
    lmHead = Projections.of(new Linear(DecoderWeights.lmHead(stack.weights(), config), null));
  }

  @Override
  public int vocabSize() {
    return config.vocabSize();
  }

  @Override
  public int contextLength() {
    return config.contextLength();
  }

  @Override
  public int dim() {
    return config.dim();
  }

  @Override
  public Session newSession(Kernels kernels, int contextLength) {
    return new DecoderSession(kernels, contextLength);
  }

  @Override
  public void close() {
    memory.close();
  }

  private final class DecoderSession extends CachedSession {
    private final Kernels kernels;
    private final float[] logits = new float[config.vocabSize()];
    private final float[][] toLogits = {logits};
    private final int[] held; // tokens in the cache; none if their number changes no frequency
    private int length; // of the sequence, the tokens that are coming included
    private Workspace ws;

    DecoderSession(Kernels kernels, int contextLength) {
      super(memory, Decoder.this, config.nLayers(), config.attention().keyWidth(), contextLength);
      this.kernels = kernels;
      boolean grows = Arrays.stream(stack.ropes()).anyMatch(rope -> rope.isLong(contextLength));
      held = new int[grows ? contextLength : 0];
      ws = workspace(1);
    }

    private Workspace workspace(int rows) {
      return new Workspace(
          rows, config.dim(), config.hiddenDim(), config.attention(), stack.ropes());
    }

    @Override
    float[] stream() {
      return ws.x;
    }

    /**
     * Tokens already in the cache pass through the layers again where the sequence becomes so long,
     * or so short, that its rotary frequencies are others.
     */
    @Override
    void extend(int[] ids, int from, int to) {
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
          hold(held, position);
          return;
        }
      }
    }

    @Override
    void embed(int[] ids, int from, int rows) {
      if (rows > ws.rows) {
        ws = workspace(ws.grownRows(rows, MAX_ROWS));
      }
      stack.embedding().forward(kernels, ids, from, rows, cache.position(), ws);
      for (RotaryEmbedding rope : stack.ropes()) {
        rope.prepare(cache.position(), 0, rows, length, ws);
      }
    }

    @Override
    void block(int layer, int rows) {
      stack.blocks()[layer].forward(kernels, ws, cache, layer, rows);
    }

    @Override
    int blocksForLast(int rows) {
      if (rows == 1) {
        return super.blocksForLast(rows);
      }
      int last = config.nLayers() - 1;
      for (int layer = 0; layer < last; layer++) {
        block(layer, rows);
      }
      stack.blocks()[last].forwardLast(kernels, ws, cache, last, rows);
      return 0;
    }

    @Override
    float[] logits(int row) {
      System.arraycopy(ws.x, row * config.dim(), ws.out, 0, config.dim());
      stack.norm().forward(kernels, ws.out, ws.out, 1);
      lmHead.forward(kernels, ws.out, toLogits, 1);
      float cap = stack.logitCap();
      if (cap > 0) {
        for (int i = 0; i < logits.length; i++) {
          logits[i] = (float) (cap * Math.tanh(logits[i] / cap));
        }
      }
      return logits;
    }
  }
}
