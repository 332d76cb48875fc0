package dev.lanewise.model.arch;

import static java.util.stream.Collectors.joining;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.Architecture.Kind;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Metadata;
import dev.lanewise.model.checkpoint.TensorInfo;
import dev.lanewise.model.nn.RotaryEmbedding.Pairs;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/** {@link Architecture} → loader, one line each. */
public final class Architectures {
  private static final String DECODER_BLOCKS = "decoder_block_count";
  private static final String QUANTISED_BY = "quantization_config.quant_method";
  private static final Set<String> FLOATS = Set.of("F64", "F32", "F16", "BF16");

  private Architectures() {}

  /**
   * The causal language model in a checkpoint.
   *
   * @throws LanewiseException if the architecture is none of a causal language model that is known
   *     here, the model was made to tell something else, or the checkpoint does not fit it
   */
  public static CausalModel load(Checkpoint checkpoint) {
    return new Decoder(decoder(checkpoint, languageModel(checkpoint)));
  }

  /** The architecture of a checkpoint that holds a language model; refused if it holds none. */
  static Architecture languageModel(Checkpoint checkpoint) {
    Architecture architecture = architecture(checkpoint, Kind.CAUSAL);
    HeadKind head = HeadKind.named(checkpoint.metadata(), () -> HeadKind.NONE);
    if (head != HeadKind.NONE) {
      throw new LanewiseException(
          "%s: the model has %s and does not continue texts; it is one for %s"
              .formatted(checkpoint.file(), head.description(), head.command()));
    }
    return architecture;
  }

  private static DecoderStack decoder(Checkpoint checkpoint, Architecture architecture) {
    return switch (architecture) {
      case GEMMA -> Gemma.load(checkpoint, Gemma.Version.GEMMA);
      case GEMMA2 -> Gemma.load(checkpoint, Gemma.Version.GEMMA2);
      case GEMMA3 -> Gemma.load(checkpoint, Gemma.Version.GEMMA3);
      case GPT2 -> Gpt2.load(checkpoint);
      case GRANITE -> Granite.load(checkpoint);
      case LLAMA -> Llama.load(checkpoint, Pairs.ADJACENT);
      case OLMO2 -> Olmo2.load(checkpoint);
      case PHI3 -> Phi3.load(checkpoint);
      case QWEN -> Llama.load(checkpoint, Pairs.HALVES);
      case STARCODER2 -> Starcoder2.load(checkpoint);
      default -> throw without(architecture);
    };
  }

  /** Of the numbers of each tensor, the share that a token meets: 1, or less of experts. */
  public static ToDoubleFunction<TensorInfo> shares(Checkpoint checkpoint) {
    double share = Experts.share(checkpoint);
    return share == 1 ? tensor -> 1 : tensor -> Experts.own(tensor) ? share : 1;
  }

  /**
   * The encoder of texts in a checkpoint. A decoder is taken as one, with the head that it has for
   * something else than to continue texts, or without.
   *
   * @throws LanewiseException if the architecture is none of a text encoder or a decoder that is
   *     known here, or the checkpoint does not fit it
   */
  public static TextEncoder loadTextEncoder(Checkpoint checkpoint) {
    Architecture architecture = architecture(checkpoint, Kind.TEXT_ENCODER, Kind.CAUSAL);
    return switch (architecture) {
      case BART -> Bart.loadEncoder(checkpoint, Bart.Variant.BART);
      case BERT ->
          JinaBert.isIn(checkpoint)
              ? JinaBert.load(checkpoint)
              : Bert.load(checkpoint, BertFamily.BERT);
      case DEBERTA -> Deberta.load(checkpoint);
      case DISTILBERT -> Bert.load(checkpoint, BertFamily.DISTILBERT);
      case ELECTRA -> Bert.load(checkpoint, BertFamily.ELECTRA);
      case GEMMA_EMBEDDING ->
          DecoderEncoder.of(Gemma.load(checkpoint, Gemma.Version.GEMMA3), checkpoint);
      case GTE -> Gte.load(checkpoint);
      case JINA_BERT -> JinaBert.load(checkpoint);
      case MBART -> Bart.loadEncoder(checkpoint, Bart.Variant.MBART);
      case MODERN_BERT -> ModernBert.load(checkpoint);
      case MPNET -> Bert.load(checkpoint, BertFamily.MPNET);
      case NOMIC_BERT -> NomicBert.load(checkpoint);
      case ROBERTA -> Bert.load(checkpoint, BertFamily.ROBERTA);
      case ROBERTA_PRE_NORM -> Bert.load(checkpoint, BertFamily.ROBERTA_PRE_NORM);
      case T5, T5_ENCODER -> T5.loadEncoder(checkpoint);
      case XLM_ROBERTA_XL -> Bert.load(checkpoint, BertFamily.XLM_ROBERTA_XL);
      default -> DecoderEncoder.of(decoder(checkpoint, architecture), checkpoint);
    };
  }

  /** Whether a checkpoint says that it holds an encoder of texts. */
  public static boolean isTextEncoder(Checkpoint checkpoint) {
    Metadata metadata = checkpoint.metadata();
    Architecture architecture = Architecture.named(metadata.string(Architecture.key(metadata), ""));
    return architecture != null && kind(architecture, metadata) == Kind.TEXT_ENCODER;
  }

  /**
   * The encoder of images in a checkpoint.
   *
   * @throws LanewiseException if the architecture is none of an image encoder that is known here,
   *     or the checkpoint does not fit it
   */
  public static ImageEncoder loadImageEncoder(Checkpoint checkpoint) {
    Architecture architecture = architecture(checkpoint, Kind.IMAGE_ENCODER);
    return switch (architecture) {
      case DEIT -> Vit.loadDeit(checkpoint);
      case VIT -> Vit.load(checkpoint);
      default -> throw without(architecture);
    };
  }

  /**
   * The encoder–decoder in a checkpoint.
   *
   * @throws LanewiseException if the architecture is unknown or the checkpoint does not fit it
   */
  public static EncoderDecoderModel loadEncoderDecoder(Checkpoint checkpoint) {
    Architecture architecture = architecture(checkpoint, Kind.ENCODER_DECODER);
    return switch (architecture) {
      case BART -> Bart.load(checkpoint, Bart.Variant.BART);
      case MARIAN -> Bart.load(checkpoint, Bart.Variant.MARIAN);
      case MBART -> Bart.load(checkpoint, Bart.Variant.MBART);
      case PEGASUS -> Bart.load(checkpoint, Bart.Variant.PEGASUS);
      case T5 -> T5.load(checkpoint);
      default -> throw without(architecture);
    };
  }

  /**
   * What the model in a checkpoint remembers of a text, which only language models do from one call
   * to the next.
   *
   * @throws LanewiseException if the architecture is unknown, or sizes do not go together
   */
  public static ContextCost contextCost(Checkpoint checkpoint) {
    Architecture architecture = architecture(checkpoint, Kind.values());
    boolean causal = kind(architecture, checkpoint.metadata()) == Kind.CAUSAL;
    return causal ? DecoderConfig.contextCost(checkpoint) : ContextCost.NONE;
  }

  /** What the checkpoint says it holds; refused if that is of none of the kinds. */
  private static Architecture architecture(Checkpoint checkpoint, Kind... kinds) {
    Metadata metadata = checkpoint.metadata();
    String key = Architecture.key(metadata);
    String name = metadata.string(key);
    Architecture architecture = Architecture.named(name);
    Kind kind = architecture == null ? null : kind(architecture, metadata);
    if (kind == null || !List.of(kinds).contains(kind)) {
      String modelClass = HeadKind.modelClass(metadata);
      throw new LanewiseException(
          "%s: %s is '%s'%s%s; %s known here: %s"
              .formatted(
                  checkpoint.file(),
                  key,
                  name,
                  kind == null ? "" : ", " + kind.description(),
                  modelClass.isEmpty() ? "" : " (" + modelClass + ")",
                  kinds.length == Kind.values().length ? "models" : kinds[0].plural(),
                  Arrays.stream(kinds)
                      .flatMap(wanted -> wanted.names().stream())
                      .collect(joining(", "))));
    }
    if (GgufNames.in(metadata)) {
      refuseMoreBlocks(checkpoint);
    } else {
      refuseQuantised(checkpoint);
    }
    return architecture;
  }

  /** What a model does: encoder–decoders may have become encoders of texts. */
  private static Kind kind(Architecture architecture, Metadata metadata) {
    boolean encodes =
        switch (architecture) {
          case BART, MBART -> Bart.hasHead(metadata);
          case T5 -> HeadKind.modelClass(metadata).endsWith("EncoderModel");
          default -> false;
        };
    return encodes ? Kind.TEXT_ENCODER : architecture.kind();
  }

  /** Refuses a folder of the hub whose weights are no floats, as some library left them. */
  private static void refuseQuantised(Checkpoint checkpoint) {
    String method = checkpoint.metadata().string(QUANTISED_BY, "");
    boolean floats =
        checkpoint.tensors().values().stream().allMatch(tensor -> FLOATS.contains(tensor.type()));
    if (!method.isEmpty() && !floats) {
      throw new LanewiseException(
          "%s: %s is '%s': weights that it quantised do not run here; take the model as it was before,"
                  .formatted(checkpoint.file(), QUANTISED_BY, method)
              + " or as a GGUF file");
    }
  }

  /** Refuses a GGUF file with blocks that would be left out, unlike those of a hub's file. */
  private static void refuseMoreBlocks(Checkpoint checkpoint) {
    Hyperparameters h = new Hyperparameters(checkpoint, Map.of());
    for (String blocks : List.of("blk.", "enc.blk.", "dec.blk.")) {
      boolean ofDecoder = blocks.startsWith("dec.") && h.has(DECODER_BLOCKS);
      String key = ofDecoder ? DECODER_BLOCKS : "block_count";
      int count = h.size(key, Hyperparameters.MAX_LAYERS);
      String next = blocks + count + ".";
      for (String tensor : checkpoint.tensors().keySet()) {
        if (tensor.startsWith(next)) {
          throw h.wrong(key, count, "more, for there is a tensor " + tensor);
        }
      }
    }
  }

  private static AssertionError without(Architecture architecture) {
    return new AssertionError(architecture + " has no loader");
  }
}
