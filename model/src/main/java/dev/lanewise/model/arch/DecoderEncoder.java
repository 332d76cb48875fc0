package dev.lanewise.model.arch;

import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Metadata;
import dev.lanewise.model.checkpoint.Weights;
import dev.lanewise.model.nn.Head;

/**
 * A decoder read as an encoder of texts, with the heads that the hub's models have: one matrix on
 * the last norm. Of a sequence that is classified it reads the last token, which alone has seen all
 * others (Radford et al. 2018, "Improving Language Understanding by Generative Pre-Training").
 */
final class DecoderEncoder {
  private static final String CLASSES = "cls.output";
  private static final String SPAN = "span";

  private final DecoderStack stack;
  private final DecoderConfig config;
  private final Weights w;

  private DecoderEncoder(DecoderStack stack) {
    this.stack = stack;
    config = stack.config();
    w = stack.weights();
  }

  /**
   * The encoder.
   *
   * @param checkpoint what the decoder was made of
   */
  static TextEncoder of(DecoderStack stack, Checkpoint checkpoint) {
    return new DecoderEncoder(stack).encoder(checkpoint);
  }

  private TextEncoder encoder(Checkpoint checkpoint) {
    Metadata metadata = config.parameters().metadata();
    int padding = metadata.integer("pad_token_id", TextEncoder.NO_PADDING);
    return new TextEncoder(
        new TextEncoder.Parts(
            stack.embedding(),
            null,
            TextEncoder.NO_PADDING,
            config.contextLength(),
            (ids, from, tokens) -> lastBut(padding, ids, from, tokens)),
        new EncoderStack(
                w.memory(),
                config,
                stack.blocks(),
                stack.norm(),
                EncoderStack.Heads.of(kind(), head(), config.parameters()),
                DenseModules.of(checkpoint, config.dim()))
            .with(stack.ropes()));
  }

  /** The last token that is none of padding, even if it is the text's; the first if all are. */
  private static int lastBut(int padding, int[] ids, int from, int tokens) {
    int last = tokens - 1;
    while (last > 0 && ids[from + last] == padding) {
      last--;
    }
    return last;
  }

  private HeadKind kind() {
    return HeadKind.named(config.parameters().metadata(), this::kindOfTensors);
  }

  private HeadKind kindOfTensors() {
    if (w.has(SPAN + ".weight")) {
      return HeadKind.ANSWER_SPAN;
    }
    if (!w.has(CLASSES + ".weight")) {
      return HeadKind.NONE;
    }
    return w.has(CLASSES + ".bias") ? HeadKind.TOKEN_CLASSES : HeadKind.SEQUENCE_CLASSES;
  }

  /** The head, or null if there is none that the model is named after. */
  private Head head() {
    return switch (kind()) {
      case SEQUENCE_CLASSES, TOKEN_CLASSES -> head(CLASSES);
      case ANSWER_SPAN -> head(SPAN);
      case NONE, MASKED_TOKENS, IMAGE_CLASSES -> null;
    };
  }

  private Head head(String name) {
    String weight = name + ".weight";
    if (!w.has(weight)) {
      return null; // exported for the hidden states
    }
    int rows = name.equals(SPAN) ? HeadKind.SPAN_SCORES : w.rows(weight, Hyperparameters.MAX_VOCAB);
    return Head.linear(DecoderWeights.linear(w, name, rows, config.dim()));
  }
}
