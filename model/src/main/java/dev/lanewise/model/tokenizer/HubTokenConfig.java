package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the small files beside a vocabulary say of it in a folder of the Hugging Face hub's layout:
 * {@code tokenizer_config.json}, {@code special_tokens_map.json}, {@code added_tokens.json}, {@code
 * config.json} and {@code generation_config.json}, each of which may be missing.
 */
final class HubTokenConfig {
  /** Classes that say nothing of how texts are cut. */
  private static final List<String> GENERIC = List.of("", "pretrained", "auto");

  private static final Set<String> ROBERTA = Set.of("roberta", "bart", "longformer", "led", "mvp");

  /** Families whose classes put the end of a sequence behind texts, if they are told to. */
  private static final Set<String> ENDED = Set.of("llama", "mistral", "qwen2");

  /** The roles that tokens have, as the files name them. */
  private static final List<String> ROLES =
      List.of(
          "bos_token",
          "eos_token",
          "unk_token",
          "sep_token",
          "pad_token",
          "cls_token",
          "mask_token");

  private final JsonView tokenizer;
  private final JsonView specials;
  private final JsonView added;
  private final JsonView model;
  private final JsonView generation;

  /**
   * Reads the files.
   *
   * @throws LanewiseException if one cannot be read or is no JSON
   */
  HubTokenConfig(Path folder) {
    tokenizer = read(folder, "tokenizer_config.json");
    specials = read(folder, "special_tokens_map.json");
    added = read(folder, "added_tokens.json");
    model = read(folder, "config.json");
    generation = read(folder, "generation_config.json");
  }

  private static JsonView read(Path folder, String name) {
    Path path = folder.resolve(name);
    return Files.exists(path) ? Json.readConfig(path) : new JsonView(path.toString(), "", Map.of());
  }

  /**
   * The family of the tokenizer, in small letters and without punctuation: {@code bert}, {@code
   * xlmroberta}, {@code debertav2}; empty if nothing says it. A class of tokenizers goes before the
   * type of the model.
   */
  String family() {
    for (JsonView source : List.of(tokenizer, model)) {
      String name = plain(source.string("tokenizer_class", ""));
      name = name.replaceFirst("fast$", "").replaceFirst("tokenizer$", "");
      if (!GENERIC.contains(name)) {
        return name;
      }
    }
    return plain(model.string("model_type", ""));
  }

  /** Whether the tokenizer's class is the generic one, which takes a file as it is. */
  boolean isGeneric() {
    String named = tokenizer.string("tokenizer_class", model.string("tokenizer_class", ""));
    return plain(named).startsWith("pretrained");
  }

  /** Whether the family is RoBERTa's, or one with the same tokenizer. */
  boolean isRoberta() {
    return ROBERTA.contains(family());
  }

  /**
   * The token that texts end with beyond what a {@code tokenizer.json} says: that of decoders which
   * were made to embed, whose files leave it to {@code add_eos_token}. Version 4 of the library
   * transformers and its like add it, version 5 does not, and whose vectors are read from the last
   * token are others without it. Empty for none.
   */
  String addedEnd() {
    boolean wanted = !isGeneric() && ENDED.contains(family()) && flag("add_eos_token", false);
    return wanted ? token("eos_token", "") : "";
  }

  private static String plain(String name) {
    return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
  }

  /** The ids that end a generation: {@code generation_config.json} goes first. */
  int[] ends() {
    for (JsonView source : List.of(generation, model)) {
      if (source.has("eos_token_id")) {
        JsonView ids = source.at("eos_token_id");
        return ids.value() instanceof List<?>
            ? ids.items().stream().mapToInt(JsonView::integer).toArray()
            : new int[] {ids.integer()};
      }
    }
    return new int[0];
  }

  /** The one id that {@code config.json} has under a key, or −1. */
  int modelId(String key) {
    return model.has(key) && model.at(key).value() instanceof Long ? model.integer(key) : -1;
  }

  /** Whether a space goes before every text, if {@code tokenizer_config.json} says it. */
  Optional<Boolean> prefixSpace() {
    return has("add_prefix_space")
        ? Optional.of(flag("add_prefix_space", false))
        : Optional.empty();
  }

  /** Tokens by their ids, as older {@code tokenizer_config.json}s list them; empty for none. */
  JsonView addedTokens() {
    return tokenizer.has("added_tokens_decoder")
        ? tokenizer.at("added_tokens_decoder")
        : new JsonView(tokenizer.source(), "", Map.of());
  }

  /** Ids by the tokens of {@code added_tokens.json}; empty for none. */
  JsonView addedIds() {
    return added;
  }

  /** Whether {@code tokenizer_config.json} has a value under a key. */
  boolean has(String key) {
    return tokenizer.has(key);
  }

  /** Whether something is so, by {@code tokenizer_config.json}. */
  boolean flag(String key, boolean fallback) {
    return tokenizer.flag(key, fallback);
  }

  /** A whole number of {@code tokenizer_config.json}. */
  int integer(String key, int fallback) {
    return tokenizer.integer(key, fallback);
  }

  /** A string of {@code tokenizer_config.json}. */
  String string(String key, String fallback) {
    return tokenizer.string(key, fallback);
  }

  /**
   * Whether texts that are too long lose their beginnings.
   *
   * @param fallback the side where they are cut if {@code tokenizer_config.json} names none
   */
  boolean cutsBeginnings(String fallback) {
    String side = tokenizer.string("truncation_side", fallback).toLowerCase(Locale.ROOT);
    if (!side.equals("left") && !side.equals("right")) {
      throw tokenizer.failure("has the truncation_side " + side + ", expected left or right");
    }
    return side.equals("left");
  }

  /** How the token of a role is spelled, such as that of {@code "unk_token"}. */
  String token(String role, String fallback) {
    for (JsonView source : List.of(tokenizer, specials)) {
      if (source.has(role)) {
        return content(source.at(role));
      }
    }
    return fallback;
  }

  private static String content(JsonView token) {
    return token.value() instanceof Map<?, ?> ? token.string("content") : token.string();
  }

  /**
   * The tokens that were added to a vocabulary, and those of it that have a role, as a {@code
   * tokenizer.json} lists them under {@code added_tokens}.
   *
   * @param ids of the vocabulary's pieces
   * @param roles spellings of the roles that the family has, where no file says other ones
   */
  List<Map<String, Object>> added(Map<String, Integer> ids, Map<String, String> roles) {
    Map<Long, Map<String, Object>> tokens = new LinkedHashMap<>();
    Map<String, Integer> all = new LinkedHashMap<>(ids);
    for (String content : added.keys()) {
      all.put(content, added.integer(content));
      enter(tokens, all, content, Map.of("special", false));
    }
    for (String role : ROLES) {
      String content = token(role, roles.getOrDefault(role, ""));
      enter(tokens, all, content, Map.of("special", true, "lstrip", stripsLeft(role, content)));
    }
    for (JsonView source : List.of(tokenizer, specials)) {
      if (source.has("additional_special_tokens")) {
        for (JsonView token : source.at("additional_special_tokens").items()) {
          enter(tokens, all, content(token), Map.of("special", true));
        }
      }
    }
    if (tokenizer.has("added_tokens_decoder")) {
      JsonView decoder = tokenizer.at("added_tokens_decoder");
      for (String id : decoder.keys()) {
        JsonView token = decoder.at(id);
        if (!id.matches("[0-9]{1,8}")) {
          throw token.failure("is under a key that is no token id");
        }
        Map<String, Object> entry = new LinkedHashMap<>();
        for (String key : token.keys()) {
          entry.put(key, token.at(key).value());
        }
        entry.put("id", Long.valueOf(id));
        tokens.put(Long.valueOf(id), entry);
      }
    }
    return new ArrayList<>(tokens.values());
  }

  private static void enter(
      Map<Long, Map<String, Object>> tokens,
      Map<String, Integer> ids,
      String content,
      Map<String, Object> attributes) {
    Integer id = ids.get(content);
    if (id != null) {
      Map<String, Object> entry = new LinkedHashMap<>(attributes);
      entry.put("content", content);
      entry.put("id", id.longValue());
      tokens.put(id.longValue(), entry);
    }
  }

  /** White space before a mask belongs to it, but not in BERT's vocabularies. */
  private boolean stripsLeft(String role, String content) {
    for (JsonView source : List.of(tokenizer, specials)) {
      if (source.has(role) && source.at(role).value() instanceof Map<?, ?>) {
        return source.at(role).flag("lstrip", false);
      }
    }
    return content.equals("<mask>");
  }
}
