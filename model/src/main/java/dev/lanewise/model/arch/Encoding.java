package dev.lanewise.model.arch;

import dev.lanewise.kernels.AttentionMask;
import dev.lanewise.kernels.Kernels;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.nn.Head;
import dev.lanewise.model.nn.Norm;
import dev.lanewise.model.nn.Projections;
import dev.lanewise.model.nn.RelativePositions;
import dev.lanewise.model.nn.Workspace;
import java.util.Arrays;
import java.util.function.Supplier;

/**
 * What an encoder made of a batch of sequences: the hidden state of each token, and what pooling
 * and the head make of them.
 *
 * <p>It belongs to a session and holds its last batch. The arrays it hands out are its own, may be
 * longer than said, and are overwritten by the next batch or the next call of the same method.
 */
public final class Encoding {
  /**
   * Most tokens that pass through the layers together, unless one sequence is longer: enough to
   * share the reading of the weights, few enough for the activations to stay in the caches.
   */
  static final int MAX_ROWS = 1024;

  /** Below this a vector has no direction; it stays as it is, as in PyTorch. */
  private static final double MIN_NORM = 1e-12;

  private final EncoderStack stack;
  private final Kernels kernels;
  private final RelativePositions.Masks masks; // null where nothing is added to scores
  private Workspace ws;

  private int[] lengths = {};
  private int length;
  private int[] read = {}; // [sequences] the token that the pooler or the head reads, or -1
  private float[] hidden = {}; // [sequences × length × dim]
  private float[] inputs = {}; // [sequences × inputs] what the pooler or the head reads
  private float[] between = {}; // [rows × width] inside the head
  private float[] pooled = {}; // [sequences × dim]
  private final float[][] dense; // [sequences × width] behind each layer that follows
  private float[] poolerOutput = {}; // [sequences × poolerWidth]
  private float[] logits = {}; // [rows × outputs]

  Encoding(EncoderStack stack, Kernels kernels) {
    this.stack = stack;
    this.kernels = kernels;
    ws = stack.workspace(1);
    masks = stack.positions() == null ? null : stack.positions().newMasks();
    dense = new float[stack.dense().size()][0];
  }

  /** How many sequences were encoded. */
  public int sequences() {
    return lengths.length;
  }

  /** Tokens of each sequence, with its padding. */
  public int length() {
    return length;
  }

  /** The states after the last layer, [sequences × length × dim]; 0 where there is padding. */
  public float[] hiddenStates() {
    return hidden;
  }

  /**
   * One vector for each sequence, [sequences × embeddingDim]: what pooling makes of its states, and
   * the layers behind it of that.
   */
  public float[] pooled(Pooling pooling) {
    int dim = stack.sizes().dim();
    pooled = grown(pooled, steadySequences(), dim);
    for (int i = 0; i < sequences(); i++) {
      pooling.pool(hidden, i * length * dim, lengths[i], dim, pooled, i * dim);
    }
    return dense.length == 0 ? pooled : guarded(this::throughLayers);
  }

  private float[] throughLayers() {
    float[] x = pooled;
    for (int i = 0; i < dense.length; i++) {
      Projections layer = stack.dense().get(i);
      dense[i] = grown(dense[i], steadySequences(), layer.outputs());
      layer.forward(kernels, x, new float[][] {dense[i]}, steadySequences());
      x = dense[i];
    }
    return x;
  }

  /** As {@link #pooled}, each vector of length 1. */
  public float[] embeddings(Pooling pooling) {
    float[] vectors = pooled(pooling);
    int dim = dense.length == 0 ? stack.sizes().dim() : stack.dense().getLast().outputs();
    for (int i = 0; i < sequences(); i++) {
      double squares = 0;
      for (int j = i * dim; j < (i + 1) * dim; j++) {
        squares += (double) vectors[j] * vectors[j];
      }
      double norm = Math.max(MIN_NORM, Math.sqrt(squares));
      for (int j = i * dim; j < (i + 1) * dim; j++) {
        vectors[j] = (float) (vectors[j] / norm);
      }
    }
    return vectors;
  }

  /**
   * What the pooler makes of a token of each sequence, the first in most models, [sequences ×
   * poolerWidth].
   *
   * @throws LanewiseException if the model has no pooler
   */
  public float[] poolerOutput() {
    Projections pooler = stack.heads().pooler();
    if (pooler == null) {
      throw new LanewiseException(
          stack.file() + " has no pooler; pool the hidden states instead (mean, cls or last)");
    }
    return guarded(
        () -> {
          poolerOutput = grown(poolerOutput, steadySequences(), pooler.outputs());
          float[] x = tokensRead(pooler.inputs());
          pooler.forward(kernels, x, new float[][] {poolerOutput}, steadySequences());
          return poolerOutput;
        });
  }

  /**
   * The scores of the head: [sequences × outputs], or [sequences × length × outputs] where each
   * token has its own, which mean nothing where there is padding.
   *
   * @throws LanewiseException if the model has no head, or a score is not finite
   */
  public float[] logits() {
    Head head = head();
    boolean ofTokens = stack.heads().kind().ofTokens();
    int rows = ofTokens ? Math.multiplyExact(sequences(), length) : sequences();
    return guarded(
        () ->
            finite(
                ofTokens
                    ? scores(head, hidden, rows)
                    : scores(head, headInputs(head.inputs()), steadySequences()),
                rows * head.outputs()));
  }

  /**
   * The scores of one token, [outputs]: cheaper than those of all, if there are many.
   *
   * @throws LanewiseException if the head does not score tokens, there is no such token, or a score
   *     is not finite
   */
  public float[] logits(int sequence, int token) {
    Head head = head();
    if (!stack.heads().kind().ofTokens()) {
      throw new LanewiseException(
          "%s has %s; a single token has no scores"
              .formatted(stack.file(), stack.heads().kind().description()));
    }
    if (sequence < 0 || sequence >= sequences() || token < 0 || token >= lengths[sequence]) {
      throw new LanewiseException(
          "there is no token %d in sequence %d of %d".formatted(token, sequence, sequences()));
    }
    return guarded(
        () -> {
          inputs = grown(inputs, 1, head.inputs());
          int from = (sequence * length + token) * head.inputs();
          System.arraycopy(hidden, from, inputs, 0, head.inputs());
          return finite(scores(head, inputs, 1), head.outputs());
        });
  }

  private Head head() {
    if (stack.heads().head() == null) {
      throw new LanewiseException(
          stack.file() + " has no head that scores anything; pool its hidden states instead");
    }
    return stack.heads().head();
  }

  /** The scores, of which no class may be chosen if one of them is none. */
  private float[] finite(float[] scores, int n) {
    for (int i = 0; i < n; i++) {
      if (!Float.isFinite(scores[i])) {
        throw new LanewiseException(
            "%s: a score is %s; the model file is damaged or its numbers overflow"
                .formatted(stack.file(), scores[i]));
      }
    }
    return scores;
  }

  private float[] scores(Head head, float[] x, int rows) {
    between = grown(between, rows, head.width());
    logits = grown(logits, rows, head.outputs());
    head.forward(kernels, x, between, logits, rows);
    return logits;
  }

  /**
   * Rows that a head is applied to: no fewer than would have kernels take a shorter way, to other
   * bits.
   */
  private int steadySequences() {
    return Math.max(sequences(), TokenBatch.STEADY_LENGTH);
  }

  /** {@code n} numbers of each sequence that a head of sequences reads. */
  private float[] headInputs(int n) {
    Pooling pooling = stack.heads().pooling();
    if (pooling == null) {
      return tokensRead(n);
    }
    inputs = grown(inputs, steadySequences(), n);
    for (int i = 0; i < sequences(); i++) {
      pooling.pool(hidden, i * length * n, lengths[i], n, inputs, i * n);
    }
    return inputs;
  }

  /** {@code n} numbers of each sequence, from the token that is read on: of one, or of more. */
  private float[] tokensRead(int n) {
    inputs = grown(inputs, steadySequences(), n);
    for (int i = 0; i < sequences(); i++) {
      if (read[i] < 0) {
        throw new LanewiseException(
            "sequence %d has no token that marks its end, by which %s scores it"
                .formatted(i, stack.file()));
      }
      int from = (i * length + read[i]) * stack.sizes().dim();
      System.arraycopy(hidden, from, inputs, i * n, n);
    }
    return inputs;
  }

  /**
   * Encodes sequences.
   *
   * @param lengths tokens of each
   * @param length tokens of each with padding
   * @param read the token of each whose state the pooler or the head reads; -1 for none
   */
  void run(EncoderStack.Embedding embedding, int[] lengths, int length, int[] read) {
    this.lengths = new int[0]; // nothing is held should the batch fail
    hidden = grown(hidden, lengths.length, length, stack.sizes().dim());
    pass(embedding, lengths, length, stack.sizes().nLayers(), stack.norm(), hidden);
    this.lengths = lengths.clone();
    this.length = length;
    this.read = read;
  }

  /**
   * The residual stream after a number of blocks, [sequences × length × dim].
   *
   * @param layers 0 gives the embedding, all of them what the last norm receives
   */
  float[] states(EncoderStack.Embedding embedding, int[] lengths, int length, int layers) {
    if (layers < 0 || layers > stack.sizes().nLayers()) {
      throw new LanewiseException(
          "there is no state after block %d: %s has %d"
              .formatted(layers, stack.file(), stack.sizes().nLayers()));
    }
    float[] states = grown(new float[0], lengths.length, length, stack.sizes().dim());
    pass(embedding, lengths, length, layers, null, states);
    return states;
  }

  /** Sequences by groups of about {@link #MAX_ROWS} tokens, each no longer than its longest. */
  private void pass(
      EncoderStack.Embedding embedding,
      int[] lengths,
      int length,
      int layers,
      Norm norm,
      float[] states) {
    int perGroup = Math.max(1, MAX_ROWS / length);
    guarded(
        () -> {
          for (int first = 0; first < lengths.length; first += perGroup) {
            int end = Math.min(first + perGroup, lengths.length);
            int[] group = Arrays.copyOfRange(lengths, first, end);
            int most = Arrays.stream(group).max().getAsInt();
            int longest = Math.max(most, Math.min(length, TokenBatch.STEADY_LENGTH));
            reserve(group.length * longest);
            embedding.embed(ws, first, group.length, longest);
            layers(group, longest, layers, norm);
            keep(group, longest, states, first, length);
          }
          return states;
        });
  }

  private void reserve(int rows) {
    if (rows > ws.rows) {
      int more = ws.grownRows(rows, MAX_ROWS);
      BlockSizes sizes = stack.sizes();
      int width = Math.max(sizes.widestHiddenDim(), sizes.attention().queryWidth());
      require(more, Math.max(width, sizes.dim()));
      ws = stack.workspace(more);
    }
  }

  private void layers(int[] lengths, int longest, int layers, Norm norm) {
    boolean padded = Arrays.stream(lengths).anyMatch(n -> n < longest);
    AttentionMask all = masks == null ? AttentionMask.NONE : masks.at(0, longest);
    AttentionMask mask = padded ? all.withLengths(lengths) : all;
    for (int layer = 0; layer < layers; layer++) {
      stack.blocks()[layer].forward(kernels, ws, mask, lengths.length, longest);
    }
    if (norm != null) {
      norm.forward(kernels, ws.x, ws.x, lengths.length * longest);
    }
  }

  /** Moves the group's states from [group × longest × dim] to where they belong; 0 for padding. */
  private void keep(int[] group, int longest, float[] states, int first, int length) {
    int dim = stack.sizes().dim();
    for (int i = 0; i < group.length; i++) {
      int to = (first + i) * length * dim;
      int n = group[i] * dim;
      System.arraycopy(ws.x, i * longest * dim, states, to, n);
      Arrays.fill(states, to + n, to + length * dim, 0);
    }
  }

  private <T> T guarded(Supplier<T> work) {
    return stack.memory().guarded(work);
  }

  /** The array, or a longer one if it does not hold a product of sizes. */
  private float[] grown(float[] array, int... sizes) {
    int elements = require(sizes);
    return array.length >= elements ? array : new float[elements];
  }

  /** A product of sizes; refused if no array is so long. */
  private int require(int... sizes) {
    long elements = 1;
    for (int size : sizes) {
      elements *= size;
      if (elements > DecoderSession.MAX_ARRAY) {
        throw new LanewiseException(
            "%s: an array of %s numbers is too long; encode fewer or shorter sequences at a time"
                .formatted(stack.file(), Arrays.toString(sizes)));
      }
    }
    return (int) elements;
  }
}
