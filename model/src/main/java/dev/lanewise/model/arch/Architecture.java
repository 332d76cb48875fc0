package dev.lanewise.model.arch;

import dev.lanewise.model.checkpoint.Metadata;
import java.util.ArrayList;
import java.util.List;

/** The architectures that can be loaded, each with the names that files give it. */
enum Architecture {
  GEMMA(Kind.CAUSAL, "gemma"),
  GEMMA2(Kind.CAUSAL, "gemma2"),
  GEMMA3(Kind.CAUSAL, "gemma3", "gemma3_text"),
  GPT2(Kind.CAUSAL, "gpt2"),
  GRANITE(Kind.CAUSAL, "granite"),
  LLAMA(Kind.CAUSAL, "llama", "mistral", "mixtral", "smollm3"),
  OLMO2(Kind.CAUSAL, "olmo2", "olmo3"),
  PHI3(Kind.CAUSAL, "phi3"),
  QWEN(Kind.CAUSAL, "qwen2", "qwen3", "qwen3_moe", "qwen3moe"),
  STARCODER2(Kind.CAUSAL, "starcoder2"),

  BERT(Kind.TEXT_ENCODER, "bert"),
  DEBERTA(Kind.TEXT_ENCODER, "deberta-v2"),
  DISTILBERT(Kind.TEXT_ENCODER, "distilbert"),
  ELECTRA(Kind.TEXT_ENCODER, "electra"),
  GEMMA_EMBEDDING(Kind.TEXT_ENCODER, "gemma-embedding"),
  GTE(Kind.TEXT_ENCODER, "gte", "new"),
  JINA_BERT(Kind.TEXT_ENCODER, "jina-bert-v2"),
  MODERN_BERT(Kind.TEXT_ENCODER, "modern-bert", "modernbert"),
  MPNET(Kind.TEXT_ENCODER, "mpnet"),
  NOMIC_BERT(Kind.TEXT_ENCODER, "nomic-bert", "nomic_bert"),
  ROBERTA(Kind.TEXT_ENCODER, "camembert", "roberta", "xlm-roberta"),
  ROBERTA_PRE_NORM(Kind.TEXT_ENCODER, "roberta-prelayernorm"),
  T5_ENCODER(Kind.TEXT_ENCODER, "t5encoder"),
  XLM_ROBERTA_XL(Kind.TEXT_ENCODER, "xlm-roberta-xl"),

  DEIT(Kind.IMAGE_ENCODER, "deit"),
  VIT(Kind.IMAGE_ENCODER, "vit"),

  BART(Kind.ENCODER_DECODER, "bart"),
  MARIAN(Kind.ENCODER_DECODER, "marian"),
  MBART(Kind.ENCODER_DECODER, "mbart"),
  PEGASUS(Kind.ENCODER_DECODER, "pegasus"),
  T5(Kind.ENCODER_DECODER, "mt5", "t5");

  /** What a model does, in the words of messages. */
  enum Kind {
    CAUSAL("language models", "a language model that continues texts"),
    TEXT_ENCODER("text encoders", "an encoder of texts"),
    IMAGE_ENCODER("image encoders", "an encoder of images"),
    ENCODER_DECODER("encoder-decoders", "an encoder-decoder that turns one text into another");

    private final String plural;
    private final String description;

    Kind(String plural, String description) {
      this.plural = plural;
      this.description = description;
    }

    /** All of them. */
    String plural() {
      return plural;
    }

    /** One of them. */
    String description() {
      return description;
    }

    /** The names of its architectures. */
    List<String> names() {
      List<String> names = new ArrayList<>();
      for (Architecture architecture : Architecture.values()) {
        if (architecture.kind == this) {
          names.addAll(architecture.names);
        }
      }
      return names;
    }
  }

  private final Kind kind;
  private final List<String> names;

  Architecture(Kind kind, String... names) {
    this.kind = kind;
    this.names = List.of(names);
  }

  /** The key with which a checkpoint names its architecture. */
  static String key(Metadata metadata) {
    return GgufNames.in(metadata) ? GgufNames.ARCHITECTURE : "model_type";
  }

  /** The architecture of a name, or null if it is not known. */
  static Architecture named(String name) {
    for (Architecture architecture : values()) {
      if (architecture.names.contains(name)) {
        return architecture;
      }
    }
    return null;
  }

  /** What its models do. */
  Kind kind() {
    return kind;
  }
}
