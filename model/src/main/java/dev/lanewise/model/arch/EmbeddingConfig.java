package dev.lanewise.model.arch;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.Architecture.Kind;
import dev.lanewise.model.checkpoint.Metadata;

/**
 * How the makers of an encoder want embeddings made of its hidden states: as {@code modules.json}
 * of Sentence Transformers says, or {@code pooling_type} of a GGUF file. Where nothing is said it
 * is the mean, or of a decoder the last token, if that alone has seen all others, and vectors have
 * length 1.
 *
 * @param pooling of the hidden states
 * @param normalised whether vectors are brought to length 1
 * @param maxLength most tokens of a text, those that begin and end it included; {@link
 *     Integer#MAX_VALUE} if it is not said
 * @param lowerCase whether texts are put into small letters, whatever the tokenizer does
 */
public record EmbeddingConfig(
    Pooling pooling, boolean normalised, int maxLength, boolean lowerCase) {
  private static final String MODE = "pooling_mode";
  private static final String LONGEST = "tokenizer_config.model_max_length";

  /**
   * What a checkpoint says.
   *
   * @throws LanewiseException if it asks for something that is not known here
   */
  public static EmbeddingConfig of(Metadata metadata) {
    if (GgufNames.in(metadata)) {
      return new EmbeddingConfig(ofGguf(metadata), true, Integer.MAX_VALUE, false);
    }
    return metadata.has("modules.0.type")
        ? new Modules(metadata).read()
        : new EmbeddingConfig(usual(metadata), true, longest(metadata), false);
  }

  /**
   * Whether a checkpoint is a language model that does not say how embeddings are made of it, as
   * those that were trained for them do.
   */
  public static boolean isGuess(Metadata metadata) {
    boolean said =
        GgufNames.in(metadata)
            ? metadata.integer(poolingKey(metadata), 0) != 0
            : metadata.has("modules.0.type");
    return !said && usual(metadata) == Pooling.LAST;
  }

  /** What a GGUF file calls its pooling. */
  private static String poolingKey(Metadata metadata) {
    return metadata.string(GgufNames.ARCHITECTURE) + ".pooling_type";
  }

  private static Pooling usual(Metadata metadata) {
    Architecture architecture = Architecture.named(metadata.string(Architecture.key(metadata), ""));
    boolean decoder = architecture != null && architecture.kind() == Kind.CAUSAL;
    return decoder && !DecoderConfig.looksAhead(metadata) ? Pooling.LAST : Pooling.MEAN;
  }

  /** Most tokens that the tokenizer's configuration lets through; some say a number beyond all. */
  public static int longest(Metadata metadata) {
    double length = metadata.number(LONGEST, Integer.MAX_VALUE);
    return length >= 1 && length < Integer.MAX_VALUE ? (int) length : Integer.MAX_VALUE;
  }

  /** The numbers are those of llama.cpp. */
  private static Pooling ofGguf(Metadata metadata) {
    String key = poolingKey(metadata);
    int type = metadata.integer(key, 0);
    return switch (type) {
      case 0 -> usual(metadata); // none is named
      case 1 -> Pooling.MEAN;
      case 2 -> Pooling.CLS;
      case 3 -> Pooling.LAST;
      case 4 ->
          throw new LanewiseException(
              "%s: %s is 4: the model ranks texts and makes no embeddings"
                  .formatted(metadata.file(), key));
      default ->
          throw new LanewiseException(
              "%s: %s is %d, which is not known here: 1 (mean), 2 (first token), 3 (last token)"
                  .formatted(metadata.file(), key, type));
    };
  }

  /** The list of steps: the encoder, pooling, perhaps layers, and often one that normalises. */
  private static final class Modules {
    private final Metadata metadata;
    private Pooling pooling = Pooling.MEAN;
    private boolean normalised;
    private int maxLength;
    private boolean lowerCase;

    Modules(Metadata metadata) {
      this.metadata = metadata;
      maxLength = longest(metadata);
    }

    EmbeddingConfig read() {
      for (int i = 0; metadata.has("modules." + i + ".type"); i++) {
        String module = "modules." + i + ".";
        String type = metadata.string(module + "type");
        switch (type.substring(type.lastIndexOf('.') + 1)) {
          case "Transformer" -> {
            maxLength(module + "config.max_seq_length");
            lowerCase = metadata.flag(module + "config.do_lower_case", false);
          }
          case "Pooling" -> pooling = pooling(module + "config.");
          case "Dense" -> {
            if (normalised) {
              throw unknown("Dense behind Normalize");
            }
          }
          case "Normalize" -> normalised = true;
          default -> throw unknown(type);
        }
      }
      return new EmbeddingConfig(pooling, normalised, maxLength, lowerCase);
    }

    private LanewiseException unknown(String type) {
      return new LanewiseException(
          "%s: embeddings are made with %s, as modules.json or the graph of an ONNX file says, which is"
                  .formatted(metadata.file(), type)
              + " not known here; known are Transformer, Pooling, Dense, Normalize");
    }

    private void maxLength(String key) {
      maxLength = metadata.integer(key, maxLength);
      if (maxLength < 1) {
        throw new LanewiseException(
            "%s: %s is %d; it must be at least 1".formatted(metadata.file(), key, maxLength));
      }
    }

    /**
     * Newer files name the mode, older ones have a flag for each. Several at once would mean that
     * their vectors are joined, which is not known here.
     */
    private Pooling pooling(String config) {
      if (!metadata.flag(config + "include_prompt", true)) {
        throw new LanewiseException(
            "%s: %sinclude_prompt is false: to pool without the prompt is not known here"
                .formatted(metadata.file(), config));
      }
      String mode = config + MODE;
      if (metadata.has(mode)) {
        return metadata.isText(mode)
            ? named(mode + " is " + metadata.string(mode), metadata.string(mode))
            : named(mode + " is a list", "");
      }
      Pooling found = null;
      for (String key : metadata.keys()) {
        if (key.startsWith(mode + "_") && metadata.flag(key, false)) {
          String name = found == null ? key.substring(mode.length() + 1) : "";
          found = named(key + " is set" + (found == null ? "" : " besides another"), name);
        }
      }
      return found == null ? Pooling.MEAN : found;
    }

    private Pooling named(String what, String name) {
      return switch (name) {
        case "mean", "mean_tokens" -> Pooling.MEAN;
        case "cls", "cls_token" -> Pooling.CLS;
        case "lasttoken" -> Pooling.LAST;
        case "max", "max_tokens" -> Pooling.MAX;
        case "mean_sqrt_len_tokens" -> Pooling.MEAN_SQRT_LENGTH;
        case "weightedmean", "weightedmean_tokens" -> Pooling.WEIGHTED_MEAN;
        default ->
            throw new LanewiseException(
                "%s: %s; known here is one of %s"
                    .formatted(
                        metadata.file(),
                        what,
                        "cls, lasttoken, max, mean, mean_sqrt_len_tokens, weightedmean"));
      };
    }
  }
}
