package dev.lanewise.model.train;

import dev.lanewise.model.LanewiseException;

/**
 * The sizes of a model that is trained, and of the steps.
 *
 * @param layers blocks
 * @param heads of a block
 * @param dim width of the hidden states
 * @param hidden width of the feed-forward layers
 * @param positions tokens that the model sees at most
 * @param vocabSize tokens that it knows
 * @param epsilon added to variances
 * @param tied whether the embedding of tokens is the output, too
 * @param frozen first blocks that keep their weights, and with them the embeddings
 * @param context tokens of a window
 * @param batch windows of a step
 */
record TrainingShape(
    int layers,
    int heads,
    int dim,
    int hidden,
    int positions,
    int vocabSize,
    float epsilon,
    boolean tied,
    int frozen,
    int context,
    int batch) {
  /** Most blocks, so that the parameters make no more pieces than a team of threads takes. */
  private static final int MAX_LAYERS = 1024;

  /** Most tokens of a step, so that they can be shared out in pieces of rows. */
  private static final int MAX_ROWS = 1 << 19;

  /** Most elements of an array, and most parameters. */
  private static final int MAX_ELEMENTS = 1 << 30;

  /** Of the heap an eighth is left, and so much, for what comes and goes. */
  private static final int OTHERS = 8;

  private static final long ROOM = 32 << 20;

  private static final long MEGABYTE = 1_000_000;

  /**
   * Checks the sizes.
   *
   * @throws LanewiseException if they are too large for arrays, or more blocks are frozen than are
   *     there
   */
  TrainingShape {
    long rows = (long) batch * context;
    long widest = Math.max(Math.max(3L * dim, hidden), Math.max(context, vocabSize));
    if (rows > MAX_ROWS
        || rows * widest > MAX_ELEMENTS
        || layers > MAX_LAYERS
        || parameters(layers, dim, hidden, positions, vocabSize, tied) > MAX_ELEMENTS) {
      throw new LanewiseException(
          ("%d layers of width %d with %d tokens, and %d windows of %d tokens: too"
                  + " large to be trained here; make one of them smaller")
              .formatted(layers, dim, vocabSize, batch, context));
    }
    if (frozen > layers) {
      throw new LanewiseException(
          "frozen %d: the model has %d layers only".formatted(frozen, layers));
    }
  }

  /** Tokens of a step. */
  int rows() {
    return batch * context;
  }

  /** Whether the embeddings keep their weights. */
  boolean keepsEmbeddings() {
    return frozen > 0;
  }

  /** Numbers that the model consists of. */
  long parameters() {
    return parameters(layers, dim, hidden, positions, vocabSize, tied);
  }

  private static long parameters(
      long layers, int dim, int hidden, int positions, int vocabSize, boolean tied) {
    long output = tied ? 0 : (long) vocabSize * dim;
    return embeddings(dim, positions, vocabSize) + layers * block(dim, hidden) + 2L * dim + output;
  }

  private static long embeddings(int dim, long positions, int vocabSize) {
    return (positions + vocabSize) * dim;
  }

  /** Matrices of attention and of the feed-forward layer, their biases, and two norms. */
  private static long block(long dim, int hidden) {
    return 4 * dim * dim + 2 * dim * hidden + 4 * dim + hidden + dim + 4 * dim;
  }

  /** Numbers that are learnt. */
  long trained() {
    long kept = embeddings(dim, positions, vocabSize) + frozen * block(dim, hidden);
    return parameters() - (keepsEmbeddings() ? kept : 0);
  }

  /** Numbers that a forward pass leaves for the way back, and those of the way back. */
  private long activations() {
    long block = 8L * dim + 2L * hidden;
    long kept = (layers - frozen) * block + (frozen > 0 ? block - dim : 0);
    long shared = 11L * dim + hidden + 2L * vocabSize + 2L * context;
    return rows() * (kept + shared);
  }

  /** Bytes of the heap that a training takes. */
  long memory() {
    return Float.BYTES * (parameters() + 3 * trained() + activations());
  }

  /**
   * Insists on a heap that holds it all.
   *
   * @param model what is trained, for the message
   * @param text bytes that the text and its tokens take
   * @param heap bytes that the heap may have
   * @throws LanewiseException if it does not; the message says what would help
   */
  void requireMemory(Object model, long text, long heap) {
    long needed = memory() + memory() / OTHERS + ROOM + text;
    if (needed <= heap) {
      return;
    }
    long gigabytes = Math.ceilDiv(needed, 1L << 30);
    throw new LanewiseException(
        ("%s: training takes %d MB of the Java heap: %d for the weights, %d for their gradients, %d"
             + " for AdamW's two moments and %d for the activations of %d tokens; with the text's"
             + " %d and what else is there the limit of %d MB is too low. Raise it"
             + " (LANEWISE_JAVA_OPTS=-Xmx%dg), or take fewer or shorter windows, or freeze layers")
            .formatted(
                model,
                memory() / MEGABYTE,
                Float.BYTES * parameters() / MEGABYTE,
                Float.BYTES * trained() / MEGABYTE,
                2 * Float.BYTES * trained() / MEGABYTE,
                Float.BYTES * activations() / MEGABYTE,
                rows(),
                text / MEGABYTE,
                heap / MEGABYTE,
                gigabytes));
  }
}
