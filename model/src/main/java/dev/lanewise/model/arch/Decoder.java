package dev.lanewise.model.arch;

import dev.lanewise.kernels.Activation;
import dev.lanewise.kernels.Kernels;
import dev.lanewise.model.checkpoint.FileMemory;
import dev.lanewise.model.nn.Linear;
import dev.lanewise.model.nn.Projections;

/** A decoder-only transformer that continues texts: embedding, blocks, norm, head. */
final class Decoder implements CausalModel {
  final FileMemory memory;
  final DecoderConfig config;
  final DecoderStack stack;
  final Projections lmHead; // [vocabSize × dim]; of capped logits tanh(logit / cap)

  Decoder(DecoderStack stack) {
    this.stack = stack;
    config = stack.config();
    config.requireCausal();
    memory = stack.weights().memory();
    Linear logits = DecoderWeights.lmHead(stack.weights(), config);
    lmHead = lmHead(logits.times(stack.logitScale()), stack.logitCap());
  }

  private static Projections lmHead(Linear logits, float cap) {
    return cap > 0
        ? Projections.of(Activation.TANH, logits.times(1 / cap))
        : Projections.of(logits);
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
    return new DecoderSession(this, kernels, contextLength);
  }

  @Override
  public void close() {
    memory.close();
  }
}
