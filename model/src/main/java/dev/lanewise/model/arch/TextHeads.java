package dev.lanewise.model.arch;

import dev.lanewise.kernels.Matrix;
import dev.lanewise.model.checkpoint.Weights;
import dev.lanewise.model.nn.Head;
import dev.lanewise.model.nn.Linear;
import dev.lanewise.model.nn.Projections;

/**
 * The pooler and the head of a text encoder. GGUF's names of their tensors are {@code cls} and
 * {@code cls.output}; heads that it does not know go by {@code span} and {@code mlm} here.
 */
final class TextHeads {
  private static final String DECODER = "mlm.decoder.weight";

  private final Weights w;
  private final EncoderConfig config;
  private final BertFamily family;
  private final HeadKind kind;

  TextHeads(Weights weights, EncoderConfig config, BertFamily family) {
    w = weights;
    this.config = config;
    this.family = family;
    HeadKind named = HeadKind.named(config.parameters().metadata(), this::kindOfTensors);
    kind = named == HeadKind.NONE || w.has(tensor(named)) ? named : kindOfTensors();
  }

  /**
   * A tensor without which there is no such head: what is exported for its hidden states keeps the
   * configuration of the whole.
   */
  private static String tensor(HeadKind kind) {
    return switch (kind) {
      case ANSWER_SPAN -> "span.weight";
      case MASKED_TOKENS -> "mlm.weight";
      case SEQUENCE_CLASSES, TOKEN_CLASSES -> "cls.output.weight";
      case NONE, IMAGE_CLASSES -> "";
    };
  }

  EncoderStack.Heads load() {
    return EncoderStack.Heads.of(kind, head(), config.parameters()).with(pooler());
  }

  private HeadKind kindOfTensors() {
    if (w.has("span.weight")) {
      return HeadKind.ANSWER_SPAN;
    }
    if (w.has("mlm.weight")) {
      return HeadKind.MASKED_TOKENS;
    }
    if (!w.has("cls.output.weight")) {
      return HeadKind.NONE;
    }
    if (w.has("cls.weight") || w.has("pooler.weight")) {
      return HeadKind.SEQUENCE_CLASSES;
    }
    // llama.cpp's converter leaves out BERT's pooler, and what is left of its head tells nothing.
    return config.parameters().ofHub() ? HeadKind.TOKEN_CLASSES : HeadKind.NONE;
  }

  /** The pooler, or null for none. */
  private Projections pooler() {
    String name = poolerName();
    return name == null
        ? null
        : Projections.of(
            family.poolerActivation(config.parameters()),
            EncoderWeights.linear(w, name, config.dim(), config.dim()));
  }

  /** GGUF has one name for BERT's pooler and for the first layer of a head. */
  private String poolerName() {
    if (w.has("pooler.weight")) {
      return "pooler";
    }
    boolean shared = !config.parameters().ofHub() && family != BertFamily.DISTILBERT;
    return shared && w.has("cls.weight") ? "cls" : null;
  }

  /** The head, or null for none. */
  private Head head() {
    return switch (kind) {
      case NONE, IMAGE_CLASSES -> null;
      case MASKED_TOKENS -> maskedTokens();
      case SEQUENCE_CLASSES -> sequenceClasses();
      case TOKEN_CLASSES -> Head.linear(output("cls.output", classes()));
      case ANSWER_SPAN -> Head.linear(output("span", HeadKind.SPAN_SCORES));
    };
  }

  private int classes() {
    return w.rows("cls.output.weight", Hyperparameters.MAX_VOCAB);
  }

  private Linear output(String name, int rows) {
    return EncoderWeights.linear(w, name, rows, config.dim());
  }

  private Head sequenceClasses() {
    Linear out = output("cls.output", classes());
    Hyperparameters h = config.parameters();
    String dense = h.ofHub() && family.classifiesWithPooler() ? "pooler" : "cls";
    return Head.dense(output(dense, config.dim()), family.classifierActivation(h), null, out);
  }

  /**
   * The last matrix is the embedding's, and its bias the head's own, unless it brings others. Nomic
   * BERT's have no biases.
   */
  private Head maskedTokens() {
    String matrix = w.has(DECODER) ? DECODER : GgufNames.EMBEDDING;
    int vocabSize = w.rows(GgufNames.EMBEDDING, Hyperparameters.MAX_VOCAB);
    int width = family.embeddingDim(config);
    String bias = w.has("mlm.decoder.bias") ? "mlm.decoder.bias" : "mlm.output.bias";
    Matrix weight = w.interleaved(matrix, vocabSize, width);
    return Head.dense(
        DecoderWeights.linear(w, "mlm", width, config.dim()),
        family.maskedActivation(config.activation()),
        EncoderWeights.norm(w, "mlm.norm", config, width),
        new Linear(weight, w.optionalVector(bias, vocabSize)));
  }
}
