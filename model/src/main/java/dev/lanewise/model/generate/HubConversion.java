package dev.lanewise.model.generate;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.DecoderConversion;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.ConvertedCheckpoint;
import dev.lanewise.model.checkpoint.GgufBuilder;
import dev.lanewise.model.checkpoint.HuggingFace;
import dev.lanewise.model.tokenizer.GgufVocabulary;
import dev.lanewise.model.tokenizer.Tokenizer;
import dev.lanewise.model.tokenizer.TokenizerFiles;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Language models in folders of the Hugging Face hub as GGUF files hold them: sizes and tensors,
 * tokenizer, chat templates and suggested sampling in one.
 */
public final class HubConversion {
  private static final String TOKENIZER = "tokenizer.ggml.";
  private static final String TEMPLATE = "tokenizer.chat_template";
  private static final String DEFAULT = "default";

  private HubConversion() {}

  /**
   * The same model by GGUF's names.
   *
   * @param file a folder, or the weights in one
   * @throws LanewiseException if something of it is not converted here; the message names it
   */
  public static Checkpoint of(Checkpoint file) {
    if (!(file instanceof HuggingFace hub)) {
      throw new LanewiseException(file.file() + ": is no folder of the hub");
    }
    ConvertedCheckpoint converted = DecoderConversion.of(hub);
    GgufBuilder keys = converted.keys();
    Path name = hub.folder().toAbsolutePath().normalize().getFileName();
    if (name != null) {
      keys.string("general.name", name.toString());
    }
    SuggestedSampling.convert(hub.metadata(), keys);
    String architecture = converted.metadata().string("general.architecture");
    int size = Math.toIntExact(converted.tensor("token_embd.weight").shape().getFirst());
    GgufVocabulary vocabulary = GgufVocabulary.of(hub.folder(), architecture, size);
    tokenizer(vocabulary, keys);
    Tokenizer tokenizer = GgufTokenizer.of(converted.metadata()); // or it is damaged
    requireSameTokens(vocabulary, tokenizer, hub.folder(), architecture);
    addEnds(vocabulary, tokenizer, hub, keys);
    chatTemplates(HubChatTemplates.chatTemplates(hub.folder()), keys);
    return converted;
  }

  private static void tokenizer(GgufVocabulary vocabulary, GgufBuilder keys) {
    keys.string(TOKENIZER + "model", vocabulary.model())
        .string(TOKENIZER + "pre", vocabulary.pre())
        .strings(TOKENIZER + "tokens", vocabulary.tokens());
    if (vocabulary.scores() != null) {
      keys.float32s(TOKENIZER + "scores", vocabulary.scores());
    }
    keys.int32s(TOKENIZER + "token_type", vocabulary.kinds());
    if (vocabulary.merges() != null) {
      keys.strings(TOKENIZER + "merges", vocabulary.merges());
    }
    vocabulary.ids().forEach((role, id) -> keys.uint32(TOKENIZER + idKey(role), id));
    vocabulary.flags().forEach((name, value) -> keys.flag(TOKENIZER + flagKey(name), value));
  }

  /**
   * Refuses tokens that the folder's tokenizer finds in a text where the file's does not, or with
   * white space beside them. Phi-3's and Phi-4's are told of only: other converters let them be.
   */
  private static void requireSameTokens(
      GgufVocabulary vocabulary, Tokenizer found, Path folder, String architecture) {
    List<String> tokens = vocabulary.foundOtherwise();
    if (tokens.isEmpty()) {
      return; // and need not be compared
    }
    Tokenizer wanted = TokenizerFiles.load(folder);
    List<String> others =
        tokens.stream().filter(token -> !isFoundAlike(token, wanted, found)).toList();
    if (others.isEmpty()) {
      return;
    }
    String message =
        ("%s: lstrip, rstrip or single_word of %d added tokens, such as '%s', is true,"
                + " which GGUF files cannot say")
            .formatted(folder.resolve("tokenizer.json"), others.size(), others.getFirst());
    if (!architecture.equals("phi3")) {
      throw new LanewiseException(message + "; such a model is not converted here");
    }
    System.getLogger(HubConversion.class.getName())
        .log(System.Logger.Level.WARNING, message + ": white space beside them will stay in texts");
  }

  private static boolean isFoundAlike(String token, Tokenizer wanted, Tokenizer found) {
    try {
      return Stream.of("o" + token + "o", "o " + token + " o")
          .allMatch(text -> Arrays.equals(wanted.encode(text, true), found.encode(text, true)));
    } catch (LanewiseException e) {
      return false; // one of them has to spell it and cannot
    }
  }

  /** Says what else ends a generation, under keys that are free. */
  private static void addEnds(
      GgufVocabulary vocabulary, Tokenizer tokenizer, HuggingFace hub, GgufBuilder keys) {
    int[] others =
        Arrays.stream(vocabulary.ends())
            .filter(id -> !tokenizer.isEndOfGeneration(id))
            .distinct()
            .toArray();
    List<String> free =
        Stream.of("eom", "eot").filter(role -> !vocabulary.ids().containsKey(role)).toList();
    if (others.length > free.size()) {
      throw new LanewiseException(
          ("%s: eos_token_id lists %d tokens, such as %d, besides the ends that GGUF"
                  + " files know, which can name %d more; shorten the list in"
                  + " generation_config.json or config.json")
              .formatted(hub.folder(), others.length, others[0], free.size()));
    }
    for (int i = 0; i < others.length; i++) {
      keys.uint32(TOKENIZER + idKey(free.get(i)), others[i]);
    }
  }

  /** GGUF's names of roles, one of which it misspells. */
  private static String idKey(String role) {
    return switch (role) {
      case "unk" -> "unknown_token_id";
      case "sep" -> "seperator_token_id";
      case "pad" -> "padding_token_id";
      default -> role + "_token_id";
    };
  }

  private static String flagKey(String name) {
    return name.equals("space_prefix") ? "add_space_prefix" : "add_" + name + "_token";
  }

  private static void chatTemplates(Map<String, String> templates, GgufBuilder keys) {
    List<String> others =
        templates.keySet().stream().filter(name -> !name.equals(DEFAULT)).toList();
    for (String name : others) {
      keys.string(TEMPLATE + "." + name, templates.get(name));
    }
    if (!others.isEmpty()) {
      keys.strings(TEMPLATE + "s", others);
    }
    if (templates.containsKey(DEFAULT)) {
      keys.string(TEMPLATE, templates.get(DEFAULT));
    }
  }
}
