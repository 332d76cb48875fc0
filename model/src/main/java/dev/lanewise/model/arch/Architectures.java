package dev.lanewise.model.arch;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Metadata;
import dev.lanewise.model.nn.RotaryEmbedding.Pairs;
import java.util.List;

/** Architecture name → loader, one line each. */
public final class Architectures {
  private static final String CAUSAL =
      "gemma3, gpt2, llama (Llama, SmolLM2, TinyLlama …), mistral, phi3, qwen2, qwen3, smollm3,"
          + " starcoder2";
  private static final String TEXT_ENCODERS =
      "bert (BERT, MiniLM, BGE, E5 …), camembert, distilbert, roberta, roberta-prelayernorm,"
          + " xlm-roberta, xlm-roberta-xl";
  private static final String IMAGE_ENCODERS = "deit, vit";
  private static final String ENCODER_DECODER = "bart, marian, mbart, mt5, pegasus, t5";

  private Architectures() {}

  /**
   * The causal language model in a checkpoint.
   *
   * @throws LanewiseException if the architecture is none of a causal language model that is known
   *     here, or the checkpoint does not fit it
   */
  public static CausalModel load(Checkpoint checkpoint) {
    return switch (name(checkpoint)) {
      case "gemma3", "gemma3_text" -> Gemma3.load(checkpoint);
      case "gpt2" -> Gpt2.load(checkpoint);
      case "llama", "mistral" -> Llama.load(checkpoint, Pairs.ADJACENT);
      case "phi3" -> Phi3.load(checkpoint);
      case "qwen2", "qwen3", "smollm3" -> Llama.load(checkpoint, Pairs.HALVES);
      case "starcoder2" -> Starcoder2.load(checkpoint);
      default -> throw unknown(checkpoint, "language models", CAUSAL);
    };
  }

  /**
   * The encoder of texts in a checkpoint.
   *
   * @throws LanewiseException if the architecture is none of a text encoder that is known here, or
   *     the checkpoint does not fit it
   */
  public static TextEncoder loadTextEncoder(Checkpoint checkpoint) {
    return switch (name(checkpoint)) {
      case "bert" -> Bert.load(checkpoint, BertFamily.BERT);
      case "distilbert" -> Bert.load(checkpoint, BertFamily.DISTILBERT);
      case "camembert", "roberta", "xlm-roberta" -> Bert.load(checkpoint, BertFamily.ROBERTA);
      case "roberta-prelayernorm" -> Bert.load(checkpoint, BertFamily.ROBERTA_PRE_NORM);
      case "xlm-roberta-xl" -> Bert.load(checkpoint, BertFamily.XLM_ROBERTA_XL);
      default -> throw unknown(checkpoint, "text encoders", TEXT_ENCODERS);
    };
  }

  /**
   * The encoder of images in a checkpoint.
   *
   * @throws LanewiseException if the architecture is none of an image encoder that is known here,
   *     or the checkpoint does not fit it
   */
  public static ImageEncoder loadImageEncoder(Checkpoint checkpoint) {
    return switch (name(checkpoint)) {
      case "deit" -> Vit.loadDeit(checkpoint);
      case "vit" -> Vit.load(checkpoint);
      default -> throw unknown(checkpoint, "image encoders", IMAGE_ENCODERS);
    };
  }

  /**
   * The encoder–decoder in a checkpoint.
   *
   * @throws LanewiseException if the architecture is unknown or the checkpoint does not fit it
   */
  public static EncoderDecoderModel loadEncoderDecoder(Checkpoint checkpoint) {
    return switch (name(checkpoint)) {
      case "bart" -> Bart.load(checkpoint, Bart.Variant.BART);
      case "marian" -> Bart.load(checkpoint, Bart.Variant.MARIAN);
      case "mbart" -> Bart.load(checkpoint, Bart.Variant.MBART);
      case "pegasus" -> Bart.load(checkpoint, Bart.Variant.PEGASUS);
      case "mt5", "t5" -> T5.load(checkpoint);
      default -> throw unknown(checkpoint, "encoder-decoders", ENCODER_DECODER);
    };
  }

  /** GGUF's key, or the hub's. */
  private static String key(Metadata metadata) {
    return GgufNames.in(metadata) ? GgufNames.ARCHITECTURE : "model_type";
  }

  private static String name(Checkpoint checkpoint) {
    return checkpoint.metadata().string(key(checkpoint.metadata()));
  }

  private static LanewiseException unknown(Checkpoint checkpoint, String kind, String known) {
    String name = name(checkpoint);
    return new LanewiseException(
        "%s: %s is '%s'%s; %s known here: %s"
            .formatted(
                checkpoint.file(), key(checkpoint.metadata()), name, kindOf(name), kind, known));
  }

  /** What an architecture is that was asked for as something else. */
  private static String kindOf(String name) {
    if (names(CAUSAL).contains(name)) {
      return ", a language model that continues texts";
    }
    if (names(ENCODER_DECODER).contains(name)) {
      return ", an encoder-decoder that turns one text into another";
    }
    if (names(TEXT_ENCODERS).contains(name)) {
      return ", an encoder of texts";
    }
    return names(IMAGE_ENCODERS).contains(name) ? ", an encoder of images" : "";
  }

  private static List<String> names(String list) {
    return List.of(list.replaceAll(" \\(.*?\\)", "").split(", "));
  }
}
