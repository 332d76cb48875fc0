package dev.lanewise.model.arch;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.MappedFile;
import dev.lanewise.model.checkpoint.Weights;
import dev.lanewise.model.nn.Attention;
import dev.lanewise.model.nn.FeedForward;
import dev.lanewise.model.nn.KvCache;
import dev.lanewise.model.nn.RmsNorm;
import dev.lanewise.model.nn.RotaryEmbedding;
import dev.lanewise.model.nn.Workspace;

/**
 * Llama (Touvron et al. 2023, arXiv:2302.13971 and arXiv:2307.09288; Llama 3: arXiv:2407.21783),
 * the architecture also of SmolLM2, Mistral and TinyLlama: pre-normalised blocks of attention with
 * rotary positions and a SwiGLU feed-forward layer. Tensor names are GGUF's.
 */
final class Llama implements CausalModel {
  /** Most tokens that pass through the layers together: enough to keep the kernels busy. */
  private static final int MAX_ROWS = 512;

  private final String file;
  private final LlamaConfig config;
  private final RotaryEmbedding rope;
  private final Matrix embedding; // [vocabSize × dim]
  private final Block[] blocks;
  private final RmsNorm norm;
  private final Matrix[]
      lmHead; // [vocabSize × dim], the embedding's weights where the two are tied

  private record Block(
      RmsNorm attentionNorm, Attention attention, RmsNorm feedForwardNorm, FeedForward ff) {}

  Llama(Checkpoint checkpoint) {
    file = checkpoint.file();
    config = LlamaConfig.of(checkpoint);
    rope = new RotaryEmbedding(config.rotaryDim(), config.ropeBase(), config.ropeDivisors());
    Weights weights = Weights.of(checkpoint);
    embedding = weights.matrix("token_embd.weight", config.vocabSize(), config.dim());
    norm = norm(weights, "output_norm.weight");
    lmHead =
        new Matrix[] {
          weights.interleaved(
              weights.has("output.weight") ? "output.weight" : "token_embd.weight",
              config.vocabSize(),
              config.dim())
        };
    blocks = new Block[config.nLayers()];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = block(weights.at("blk." + i));
    }
  }

  private Block block(Weights w) {
    int dim = config.dim();
    int hiddenDim = config.hiddenDim();
    int queryWidth = config.attention().queryWidth();
    int kvWidth = config.attention().keyWidth();
    if (w.has("attn_q.bias") || w.has("attn_output.bias") || w.has("ffn_down.bias")) {
      throw new LanewiseException(
          file + ": " + w.path("*.bias") + " is present; a llama here has no biases");
    }
    return new Block(
        norm(w, "attn_norm.weight"),
        new Attention(
            w.interleaved("attn_q.weight", queryWidth, dim),
            w.interleaved("attn_k.weight", kvWidth, dim),
            w.interleaved("attn_v.weight", kvWidth, dim),
            w.interleaved("attn_output.weight", dim, queryWidth),
            config.attention(),
            config.rotaryDim()),
        norm(w, "ffn_norm.weight"),
        new FeedForward(
            w.interleaved("ffn_gate.weight", hiddenDim, dim),
            w.interleaved("ffn_up.weight", hiddenDim, dim),
            w.interleaved("ffn_down.weight", dim, hiddenDim)));
  }

  private RmsNorm norm(Weights w, String name) {
    return new RmsNorm(w.vector(name, config.dim()), config.epsilon());
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
  public Session newSession(Kernels kernels, int contextLength) {
    if (contextLength < 1 || contextLength > config.contextLength()) {
      throw new LanewiseException(
          "a context of %d tokens is not possible: %s holds 1 to %d"
              .formatted(contextLength, file, config.contextLength()));
    }
    long cacheFloats = (long) contextLength * config.attention().keyWidth();
    if (cacheFloats > Integer.MAX_VALUE - 8) {
      throw new LanewiseException(
          "a context of %d tokens is too long for one array of keys; ask for at most %d"
              .formatted(contextLength, (Integer.MAX_VALUE - 8) / config.attention().keyWidth()));
    }
    return new LlamaSession(kernels, contextLength);
  }

  private final class LlamaSession implements Session {
    private final Kernels kernels;
    private final KvCache cache;
    private final float[] logits = new float[config.vocabSize()];
    private final float[][] toLogits = {logits};
    private Workspace ws;

    LlamaSession(Kernels kernels, int contextLength) {
      this.kernels = kernels;
      cache = new KvCache(config.nLayers(), config.attention().keyWidth(), contextLength);
      ws = workspace(1);
    }

    private Workspace workspace(int rows) {
      return new Workspace(
          rows, config.dim(), config.hiddenDim(), config.rotaryDim(), config.attention());
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
      advance(ids, from, to, null);
      return logits;
    }

    @Override
    public void forwardAll(int[] ids, int from, int to, LogitsSink sink) {
      advance(ids, from, to, sink);
    }

    private void advance(int[] ids, int from, int to, LogitsSink sink) {
      check(ids, from, to);
      try {
        for (int i = from; i < to; i += MAX_ROWS) {
          int rows = Math.min(MAX_ROWS, to - i);
          layers(ids, i, rows, sink == null);
          if (sink != null) {
            for (int r = 0; r < rows; r++) {
              head(r);
              sink.accept(i + r, logits, 0);
            }
          } else if (i + rows == to) {
            head(0);
          }
          cache.advance(rows);
        }
      } catch (InternalError e) {
        throw MappedFile.translated(file, e);
      }
    }

    /**
     * ws.x = the residual stream after the last block, [rows × dim].
     *
     * @param lastOnly of the last row alone, [1 × dim]
     */
    private void layers(int[] ids, int from, int rows, boolean lastOnly) {
      if (rows > ws.rows) {
        ws = workspace(Math.min(MAX_ROWS, Math.max(rows, 2 * ws.rows)));
      }
      cache.reserve(rows);
      for (int r = 0; r < rows; r++) {
        embedding.row(ids[from + r], ws.x, r * config.dim());
      }
      rope.angles(cache.position(), rows, ws.cos, ws.sin);
      for (int layer = 0; layer < blocks.length; layer++) {
        Block block = blocks[layer];
        block.attentionNorm.forward(kernels, ws.x, ws.normed, rows);
        if (lastOnly && rows > 1 && layer == blocks.length - 1) {
          block.attention.forwardLast(kernels, ws, cache, layer, rows);
          rows = 1;
        } else {
          block.attention.forward(kernels, ws, cache, layer, rows);
        }
        kernels.add(ws.out, ws.x, rows * config.dim());
        block.feedForwardNorm.forward(kernels, ws.x, ws.normed, rows);
        block.ff.forward(kernels, ws, rows);
        kernels.add(ws.out, ws.x, rows * config.dim());
      }
    }

    /** logits = lmHead · norm(row r of ws.x). */
    private void head(int r) {
      System.arraycopy(ws.x, r * config.dim(), ws.out, 0, config.dim());
      norm.forward(kernels, ws.out, ws.out, 1);
      kernels.gemm(ws.out, lmHead, toLogits, 1);
    }

    private void check(int[] ids, int from, int to) {
      if (to - from > cache.contextLength() - cache.position()) {
        throw new LanewiseException(
            "%d tokens after %d do not fit a context of %d tokens; shorten the text or ask for a"
                    .formatted(to - from, cache.position(), cache.contextLength())
                + " longer context (the model allows "
                + config.contextLength()
                + ")");
      }
      for (int i = from; i < to; i++) {
        if (ids[i] < 0 || ids[i] >= config.vocabSize()) {
          throw new LanewiseException(
              "token id "
                  + ids[i]
                  + " is out of range: the model knows 0 to "
                  + (config.vocabSize() - 1));
        }
      }
    }
  }
}
