package dev.lanewise.model.arch;

import dev.lanewise.kernels.AttentionShape;
import dev.lanewise.kernels.Kernels;
import dev.lanewise.model.checkpoint.FileMemory;
import dev.lanewise.model.checkpoint.Weights;
import dev.lanewise.model.nn.CrossDecoderBlock;
import dev.lanewise.model.nn.Embedding;
import dev.lanewise.model.nn.EncoderBlock;
import dev.lanewise.model.nn.Linear;
import dev.lanewise.model.nn.Norm;
import dev.lanewise.model.nn.Projections;
import dev.lanewise.model.nn.RelativePositions;
import java.util.List;

/**
 * An encoder–decoder transformer, of the parts that an architecture made of a checkpoint: a stack
 * for the source, a stack for the target, and a head.
 */
final class EncoderDecoder implements EncoderDecoderModel {
  /**
   * The sizes of a stack.
   *
   * @param dim width of the residual stream, the same in both stacks
   * @param hiddenDim width of the feed-forward layer
   * @param length most tokens
   */
  record Sizes(int dim, int hiddenDim, int nLayers, AttentionShape attention, int length)
      implements BlockSizes {
    /** The most tokens whose states still fit an array each, up to {@code length}. */
    @Override
    public int length() {
      int widest = Math.max(Math.max(dim, hiddenDim), attention.queryWidth());
      return Math.min(length, DecoderSession.MAX_ARRAY / widest);
    }
  }

  /**
   * The encoder.
   *
   * @param norm after the last block; null for none
   * @param positions added to the scores; null for none
   */
  record SourceStack(
      Sizes sizes,
      Embedding embedding,
      EncoderBlock[] blocks,
      Norm norm,
      RelativePositions positions) {}

  /**
   * The decoder and its head.
   *
   * @param norm after the last block; null for none
   * @param positions added to the scores; null for none
   * @param lmHead [vocabSize × dim]
   */
  record TargetStack(
      Sizes sizes,
      Embedding embedding,
      CrossDecoderBlock[] blocks,
      Norm norm,
      RelativePositions positions,
      Linear lmHead) {}

  /** Where the embedding that both stacks share may be: under one name of several. */
  private static final List<String> SHARED_EMBEDDINGS =
      List.of(GgufNames.EMBEDDING, "enc." + GgufNames.EMBEDDING, "dec." + GgufNames.EMBEDDING);

  final FileMemory memory;
  final SourceStack encoder;
  final TargetStack decoder;
  final Projections lmHead;
  private final GenerationConfig generationConfig;

  EncoderDecoder(
      FileMemory memory,
      SourceStack encoder,
      TargetStack decoder,
      GenerationConfig generationConfig) {
    this.memory = memory;
    this.encoder = encoder;
    this.decoder = decoder;
    this.generationConfig = generationConfig;
    lmHead = Projections.of(decoder.lmHead());
  }

  /** The name of a stack's own embedding, or of the one that both share. */
  static String embedding(Weights weights, String stack) {
    String own = stack + "." + GgufNames.EMBEDDING;
    return weights.has(own)
        ? own
        : SHARED_EMBEDDINGS.stream().filter(weights::has).findFirst().orElse(GgufNames.EMBEDDING);
  }

  @Override
  public int vocabSize() {
    return decoder.lmHead().weight().rows();
  }

  @Override
  public int sourceVocabSize() {
    return encoder.embedding().vocabSize();
  }

  @Override
  public int contextLength() {
    return decoder.sizes().length();
  }

  @Override
  public int sourceLength() {
    return encoder.sizes().length();
  }

  @Override
  public long bytesPerToken() {
    return 2L * Float.BYTES * decoder.sizes().nLayers() * decoder.sizes().attention().keyWidth();
  }

  @Override
  public int dim() {
    return decoder.sizes().dim();
  }

  @Override
  public GenerationConfig generationConfig() {
    return generationConfig;
  }

  @Override
  public Session newSession(Kernels kernels, int contextLength) {
    return new EncoderDecoderSession(this, kernels, contextLength);
  }

  @Override
  public void close() {
    memory.close();
  }
}
