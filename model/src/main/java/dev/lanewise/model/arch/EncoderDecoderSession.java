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
import java.util.ArrayDeque;
import java.util.Arrays;

/** Sources, the texts in the making, and the buffers of both. */
final class EncoderDecoderSession implements EncoderDecoderModel.Session {
  private final EncoderDecoder model;
  private final EncoderDecoder.TargetStack decoder;
  private final Kernels kernels;
  private final int contextLength;
  private final RelativePositions.Masks encoderMasks; // null where nothing is added to scores
  private final RelativePositions.Masks decoderMasks;
  private final ArrayDeque<KvCache> free = new ArrayDeque<>(); // of texts that were given up
  private final float[][] toLogits = {{}};
  private CrossCache source; // null before the first
  private Workspace ws;

  // Of each text.
  private int texts;
  private CrossCache[] sources = {};
  private KvCache[] caches = {};
  private AttentionMask[] masks = {};

  // For reordering.
  private CrossCache[] nextSources = {};
  private KvCache[] nextCaches = {};
  private boolean[] taken = {};

  EncoderDecoderSession(EncoderDecoder model, Kernels kernels, int contextLength) {
    this.model = model;
    this.kernels = kernels;
    this.contextLength = contextLength;
    decoder = model.decoder;
    DecoderSession.checkContext(
        model.memory, contextLength, model.contextLength(), decoder.sizes().attention().keyWidth());
    encoderMasks = masks(model.encoder.positions());
    decoderMasks = masks(decoder.positions());
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
  public int contextLength() {
    return contextLength;
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
    DecoderSession.checkIds(ids, 0, n, model.sourceVocabSize());
    source = null;
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
      int width = decoder.sizes().attention().keyWidth();
      source = new CrossCache(kernels, decoder.blocks(), work.x, n, width);
    } catch (InternalError | IllegalStateException e) {
      throw model.memory.translated(e);
    } finally {
      Reference.reachabilityFence(model);
    }
    return work.x;
  }

  @Override
  public void begin(int count) {
    if (source == null) {
      throw new LanewiseException(
          "nothing was encoded yet: "
              + model.memory.file()
              + " makes a text of a source; encode that first");
    }
    int most = DecoderSession.MAX_ARRAY / model.vocabSize() - texts;
    if (count < 1 || count > most) {
      throw new LanewiseException(
          "texts to begin: " + count + "; there must be at least 1 and at most " + most);
    }
    makeRoom(texts + count);
    for (int i = 0; i < count; i++) {
      sources[texts] = source;
      caches[texts++] = emptyCache();
    }
  }

  private void makeRoom(int wanted) {
    if (wanted > ws.rows) {
      ws = workspace(decoder.sizes(), ws.grownRows(wanted, DecoderSession.MAX_ROWS));
    }
    if (wanted > caches.length) {
      int rows = Math.min(ws.rows, DecoderSession.MAX_ARRAY / model.vocabSize());
      sources = Arrays.copyOf(sources, rows);
      masks = new AttentionMask[rows];
      nextSources = new CrossCache[rows];
      nextCaches = new KvCache[rows];
      taken = new boolean[rows];
      toLogits[0] = new float[rows * model.vocabSize()];
      caches = Arrays.copyOf(caches, rows); // last: there may be no memory for the others
    }
  }

  private KvCache emptyCache() {
    KvCache cache = free.poll();
    if (cache == null) {
      EncoderDecoder.Sizes sizes = decoder.sizes();
      return new KvCache(sizes.nLayers(), sizes.attention().keyWidth(), contextLength);
    }
    cache.rewind(0);
    return cache;
  }

  @Override
  public float[] forward(int[] ids) {
    model.memory.requireOpen();
    if (texts == 0) {
      throw new LanewiseException("there is no text to continue; begin one");
    }
    DecoderSession.checkIds(ids, 0, texts, model.vocabSize());
    for (int i = 0; i < texts; i++) {
      DecoderSession.checkRoom(1, caches[i], model.contextLength());
    }
    try {
      for (int i = 0; i < texts; i++) {
        caches[i].reserve(1);
        masks[i] = mask(decoderMasks, caches[i].position(), 1);
      }
      decoder.embedding().forwardEach(kernels, ids, caches, texts, ws);
      for (int layer = 0; layer < decoder.blocks().length; layer++) {
        decoder.blocks()[layer].forwardEach(kernels, ws, caches, sources, masks, layer, texts);
      }
      if (decoder.norm() != null) {
        decoder.norm().forward(kernels, ws.x, ws.x, texts);
      }
      model.lmHead.forward(kernels, ws.x, toLogits, texts);
    } catch (InternalError | IllegalStateException e) {
      throw model.memory.translated(e);
    } finally {
      Reference.reachabilityFence(model);
    }
    for (int i = 0; i < texts; i++) {
      caches[i].advance(1);
    }
    return toLogits[0];
  }

  /**
   * The first that goes on from a parent takes the parent's cache; others copy it into the caches
   * of those from which nobody goes on.
   */
  @Override
  public void reorder(int[] parents, int count) {
    Arrays.fill(taken, false);
    for (int i = 0; i < count; i++) {
      int parent = parents[i];
      nextSources[i] = sources[parent];
      nextCaches[i] = taken[parent] ? null : caches[parent];
      taken[parent] = true;
    }
    for (int i = 0; i < texts; i++) {
      if (!taken[i]) {
        free.push(caches[i]);
      }
    }
    for (int i = 0; i < count; i++) {
      if (nextCaches[i] == null) {
        nextCaches[i] = emptyCache();
        nextCaches[i].copyFrom(caches[parents[i]]);
      }
    }
    CrossCache[] sourcesBefore = sources;
    sources = nextSources;
    nextSources = sourcesBefore;
    Arrays.fill(nextSources, null);
    KvCache[] cachesBefore = caches;
    caches = nextCaches;
    nextCaches = cachesBefore;
    texts = count;
  }
}
