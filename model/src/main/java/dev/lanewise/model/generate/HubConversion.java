package dev.lanewise.model.generate;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.DecoderConversion;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.ConvertedCheckpoint;
import dev.lanewise.model.checkpoint.GgufBuilder;
import dev.lanewise.model.checkpoint.HuggingFace;
import dev.lanewise.model.tokenizer.GgufVocabulary;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

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
    tokenizer(GgufVocabulary.of(hub.folder(), architecture, size), keys);
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
