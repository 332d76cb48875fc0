package dev.lanewise.model.arch;

import dev.lanewise.kernels.AttentionMask;
import dev.lanewise.kernels.Kernels;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.nn.CrossCache;
import dev.lanewise.model.nn.EncoderBlock;
import dev.lanewise.model.nn.KvCache;
import dev.lanewise.model.nn.RelativePositions;
import dev.lanewise.model.nn.Workspace;
import java.lang.ref.Reference;
import java.util.Arrays;

/** A source, the text in the making, and the buffers of both. */
final class EncoderDecoderSession extends CachedSession implements EncoderDecoderModel.Session {
  private final EncoderDecoder model;
  private final EncoderDecoder.TargetStack decoder;
  private final Kernels kernels;
  private final CrossCache source;
  private final RelativePositions.Masks encoderMasks; // null where nothing is added to scores
  private final RelativePositions.Masks decoderMasks;
  private final float[] logits;
  private final float[][] toLogits;
  private Workspace ws;
  private Beams beams;

  EncoderDecoderSession(EncoderDecoder model, Kernels kernels, int contextLength) {
    super(
        model.memory,
        model,
        model.decoder.sizes().nLayers(),
        model.decoder.sizes().attention().keyWidth(),
        contextLength);
    this.model = model;
    this.kernels = kernels;
    decoder = model.decoder;
    source = new CrossCache(decoder.sizes().nLayers(), decoder.sizes().attention().keyWidth());
    encoderMasks = masks(model.encoder.positions());
    decoderMasks = masks(decoder.positions());
    logits = new float[model.vocabSize()];
    toLogits = new float[][] {logits};
    ws = workspace(decoder.sizes(), 1);
  }

  private static RelativePositions.Masks masks(RelativePositions positions) {
    return positions == null ? null : positions.newMasks();
  }

  private static AttentionMask mask(RelativePositions.Masks masks, int position, int rows) {
    return masks == null ? AttentionMask.NONE : masks.at(position, rows);
  }

  private static Workspace workspace(EncoderDecoder.Sizes sizes, int rows) {
    return new Workspace(rows, sizes.dim(), sizes.hiddenDim(), sizes.attention());
  }

  @Override
  public float[] encode(int[] ids) {
    model.memory.requireOpen();
    EncoderDecoder.SourceStack encoder = model.encoder;
    int n = ids.length;
    if (n == 0 || n > model.sourceLength()) {
      throw new LanewiseException(
          "a source of %d tokens is not possible: %s takes 1 to %d"
              .formatted(n, model.memory.file(), model.sourceLength()));
    }
    checkIds(ids, 0, n, model.sourceVocabSize());
    source.clear();
    cache.rewind(0);
    // As large as the source and used once, so it is not kept.
    Workspace work = workspace(encoder.sizes(), n);
    AttentionMask mask = mask(encoderMasks, 0, n);
    try {
      encoder.embedding().forward(kernels, ids, 0, n, 0, work);
      for (EncoderBlock block : encoder.blocks()) {
        block.forward(kernels, work, mask, 1, n);
      }
      if (encoder.norm() != null) {
        encoder.norm().forward(kernels, work.x, work.x, n);
      }
      source.fill(kernels, decoder.blocks(), work.x, n);
    } catch (InternalError | IllegalStateException e) {
      throw model.memory.translated(e);
    } finally {
      Reference.reachabilityFence(model);
    }
    return work.x;
  }

  @Override
  public EncoderDecoderModel.Hypotheses hypotheses(int count) {
    requireSource();
    int most = MAX_ARRAY / model.vocabSize();
    if (count < 1 || count > most) {
      throw new LanewiseException(
          "hypotheses: " + count + "; there must be at least 1 and at most " + most);
    }
    if (beams == null || beams.caches.length != count) {
      beams = new Beams(count);
    }
    beams.clear();
    return beams;
  }

  private void requireSource() {
    if (source.length() == 0) {
      throw new LanewiseException(
          "nothing was encoded yet: "
              + model.memory.file()
              + " makes a text of a source; encode that first");
    }
  }

  @Override
  void check(int[] ids, int from, int to) {
    requireSource();
    super.check(ids, from, to);
  }

  @Override
  float[] stream() {
    return ws.x;
  }

  @Override
  void embed(int[] ids, int from, int rows) {
    makeRoom(rows);
    decoder.embedding().forward(kernels, ids, from, rows, cache.position(), ws);
  }

  private void makeRoom(int rows) {
    if (rows > ws.rows) {
      ws = workspace(decoder.sizes(), ws.grownRows(rows, MAX_ROWS));
    }
  }

  @Override
  void block(int layer, int rows) {
    AttentionMask mask = mask(decoderMasks, cache.position(), rows);
    decoder.blocks()[layer].forward(kernels, ws, cache, source, mask, layer, rows);
  }

  @Override
  float[] logits(int row) {
    int dim = decoder.sizes().dim();
    System.arraycopy(ws.x, row * dim, ws.out, 0, dim);
    head(toLogits, 1);
    return logits;
  }

  /** to[0] = lmHead · norm(ws.out), [rows × vocabSize]. */
  private void head(float[][] to, int rows) {
    if (decoder.norm() != null) {
      decoder.norm().forward(kernels, ws.out, ws.out, rows);
    }
    model.lmHead.forward(kernels, ws.out, to, rows);
  }

  /** Texts side by side: every product with the weights serves all of them. */
  private final class Beams implements EncoderDecoderModel.Hypotheses {
    private KvCache[] caches;
    private KvCache[] reordered;
    private final boolean[] taken;
    private final float[] logits;
    private final float[][] toLogits;

    Beams(int count) {
      caches = new KvCache[count];
      for (int i = 0; i < count; i++) {
        caches[i] =
            new KvCache(
                decoder.sizes().nLayers(), decoder.sizes().attention().keyWidth(), contextLength());
      }
      reordered = new KvCache[count];
      taken = new boolean[count];
      logits = new float[count * model.vocabSize()];
      toLogits = new float[][] {logits};
    }

    void clear() {
      for (KvCache held : caches) {
        held.rewind(0);
      }
    }

    @Override
    public int position() {
      return caches[0].position();
    }

    @Override
    public float[] forward(int[] ids) {
      model.memory.requireOpen();
      int count = caches.length;
      int position = position();
      checkRoom(1, caches[0]);
      checkIds(ids, 0, count, model.vocabSize());
      makeRoom(count);
      try {
        for (KvCache held : caches) {
          held.reserve(1);
        }
        decoder.embedding().forwardEach(kernels, ids, count, position, ws);
        AttentionMask mask = mask(decoderMasks, position, 1);
        for (int layer = 0; layer < decoder.blocks().length; layer++) {
          decoder.blocks()[layer].forwardEach(kernels, ws, caches, source, mask, layer);
        }
        System.arraycopy(ws.x, 0, ws.out, 0, count * ws.dim);
        head(toLogits, count);
      } catch (InternalError | IllegalStateException e) {
        throw model.memory.translated(e);
      } finally {
        Reference.reachabilityFence(model);
      }
      for (KvCache held : caches) {
        held.advance(1);
      }
      return logits;
    }

    /**
     * The first that goes on from a parent takes the parent's cache; others copy it into the caches
     * of those from which nobody goes on.
     */
    @Override
    public void reorder(int[] parents) {
      Arrays.fill(taken, false);
      for (int i = 0; i < caches.length; i++) {
        boolean first = !taken[parents[i]];
        reordered[i] = first ? caches[parents[i]] : null;
        taken[parents[i]] = true;
      }
      int free = 0;
      for (int i = 0; i < caches.length; i++) {
        if (reordered[i] == null) {
          while (taken[free]) {
            free++;
          }
          reordered[i] = caches[free++];
          reordered[i].copyFrom(caches[parents[i]]);
        }
      }
      KvCache[] before = caches;
      caches = reordered;
      reordered = before;
    }
  }
}
