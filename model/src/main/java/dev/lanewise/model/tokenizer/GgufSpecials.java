package dev.lanewise.model.tokenizer;

import dev.lanewise.model.json.JsonView;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Which tokens have roles in a model of the hub, and which are put around texts, as GGUF files say
 * it.
 */
final class GgufSpecials {
  private static final List<String> ROLES =
      List.of("bos", "eos", "unk", "sep", "pad", "cls", "mask");

  /** Code Llama's number of tokens, by which it is known, and its end of a turn. */
  private static final int CODE_LLAMA = 32_016;

  private static final int CODE_LLAMA_END = 32_010;

  /** Gemma's end of a turn. */
  private static final int GEMMA_END = 107;

  /** What a token may say of how it is found in a text. */
  private static final List<String> ATTRIBUTES = List.of("lstrip", "rstrip", "single_word");

  private final int size;
  private final int[] ends;
  private final List<String> foundOtherwise;
  private final Map<String, Integer> added = new LinkedHashMap<>(); // ids by spelling
  private final Map<String, String> spellings = new LinkedHashMap<>(); // by role
  private final Map<String, Integer> ids = new LinkedHashMap<>();
  private final Map<String, Boolean> flags = new LinkedHashMap<>();

  /**
   * Reads them.
   *
   * @param root what {@code tokenizer.json} holds; null if there is none
   * @param size how many tokens the model has
   */
  GgufSpecials(JsonView root, HubTokenConfig config, int size) {
    this.size = size;
    ends = Arrays.stream(config.ends()).filter(id -> id >= 0 && id < size).toArray();
    foundOtherwise =
        added(root, config)
            .filter(token -> ATTRIBUTES.stream().anyMatch(key -> token.flag(key, false)))
            .map(token -> token.string("content"))
            .toList();
    for (String role : ROLES) {
      String spelling = config.token(role + "_token", "");
      if (!spelling.isEmpty()) {
        spellings.put(role, spelling);
      }
    }
    if (root != null) {
      if (root.has("added_tokens")) {
        root.at("added_tokens")
            .items()
            .forEach(token -> added.putIfAbsent(token.string("content"), HubTokenizer.id(token)));
      }
      if (root.has("post_processor")) {
        around(root.at("post_processor"));
      }
    }
    for (String role : List.of("bos", "eos", "sep")) {
      String key = "add_" + role + "_token";
      if (config.has(key)) {
        // Where there is a tokenizer.json it alone says what begins texts, whatever stands here.
        boolean ends = role.equals("eos") && !config.addedEnd().isEmpty();
        flagIfUnknown(role, root == null ? config.flag(key, false) : ends);
      }
    }
    for (String role : spellings.keySet()) {
      putId(role, added.getOrDefault(spellings.get(role), -1));
    }
    for (String role : ROLES) {
      putId(role, config.modelId(role + "_token_id"));
    }
  }

  private static Stream<JsonView> added(JsonView root, HubTokenConfig config) {
    if (root == null) {
      JsonView tokens = config.addedTokens();
      return tokens.keys().stream().map(tokens::at);
    }
    return HubTokenizer.added(root).stream();
  }

  private void putId(String role, int id) {
    if (id >= 0 && id < size) {
      ids.putIfAbsent(role, id);
    }
  }

  void flag(String name, boolean value) {
    flags.put(name, value);
  }

  void flagIfUnknown(String name, boolean value) {
    flags.putIfAbsent(name, value);
  }

  /** Where the turns of a family's models end, which its files do not name. */
  void endOfTurn(String architecture) {
    if (architecture.equals("llama") && size == CODE_LLAMA) {
      putId("eot", CODE_LLAMA_END);
    } else if (architecture.equals("gemma")) {
      putId("eot", GEMMA_END);
    }
  }

  // --- What stands around texts ---------------------------------------------------------------

  private void around(JsonView step) {
    switch (step.string("type")) {
      case "Sequence" -> step.at("processors").items().forEach(this::around);
      case "ByteLevel" -> {
        flagIfUnknown("bos", false);
        flagIfUnknown("eos", false);
      }
      case "TemplateProcessing" -> template(step);
      default ->
          throw step.failure(
              "is of type " + step.string("type") + ", which is not converted to GGUF here");
    }
  }

  private void template(JsonView step) {
    List<String> single = parts(step, "single");
    int text = single.indexOf("");
    if (text < 0 || text > 1 || single.size() - text > 2) {
      throw step.failure("puts more around a text than a token on either side");
    }
    boolean begins = text == 1;
    boolean ends = single.size() - text == 2;
    if (begins) {
      String token = single.getFirst();
      String known = spellings.putIfAbsent("bos", token);
      if (known == null) {
        spellings.putIfAbsent("cls", token);
      } else if (!known.equals(token)) {
        throw step.failure("begins with " + token + ", which is not the bos_token");
      }
      flags.put("bos", true);
    }
    if (ends) {
      String token = single.getLast();
      String other = spellings.put("eos", token);
      if (other != null && !other.equals(token)) {
        spellings.put("eot", other);
      }
      flags.put("eos", true);
    }
    separator(parts(step, "pair"), begins, ends);
  }

  /** What stands between two texts: a separator, if tokens there are such. */
  private void separator(List<String> pair, boolean begins, boolean ends) {
    if (pair.isEmpty()) {
      return;
    }
    List<String> inside = new ArrayList<>(pair);
    if (begins && !inside.getFirst().isEmpty()) {
      inside.removeFirst();
    }
    if (ends && !inside.getLast().isEmpty()) {
      inside.removeLast();
    }
    if (inside.size() < 3 || !inside.getFirst().isEmpty() || !inside.getLast().isEmpty()) {
      return;
    }
    List<String> middle = inside.subList(1, inside.size() - 1);
    List<String> separators =
        List.of(spellings.getOrDefault("sep", ""), spellings.getOrDefault("eos", ""));
    boolean first = separators.contains(middle.getFirst()) && !ends;
    boolean second = middle.size() == 2 && separators.contains(middle.getLast());
    flags.put("sep", first || second);
  }

  /** Spellings of tokens, and nothing for a text. */
  private static List<String> parts(JsonView step, String key) {
    return step.has(key)
        ? step.at(key).items().stream()
            .map(part -> part.has("Sequence") ? "" : part.at("SpecialToken").string("id"))
            .toList()
        : List.of();
  }

  /** What ends a generation. */
  int[] ends() {
    return ends.clone();
  }

  /** Added tokens that are found in texts otherwise than as they are spelled. */
  List<String> foundOtherwise() {
    return foundOtherwise;
  }

  Map<String, Integer> ids() {
    return ids;
  }

  Map<String, Boolean> flags() {
    return flags;
  }
}
