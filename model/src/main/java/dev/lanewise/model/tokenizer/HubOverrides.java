package dev.lanewise.model.tokenizer;

import dev.lanewise.model.json.JsonView;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What {@code tokenizer_config.json} overrides of {@code tokenizer.json}. In the library
 * transformers the tokenizer classes of BERT, of RoBERTa and of their relatives make some
 * components again, with the flags given there; the generic class takes the components as they are.
 */
final class HubOverrides {
  private static final Set<String> BERT =
      Set.of(
          "bert",
          "distilbert",
          "electra",
          "mobilebert",
          "megatronbert",
          "nomicbert",
          "layoutlm",
          "squeezebert",
          "lxmert",
          "splinter",
          "funnel",
          "mpnet");

  private HubOverrides() {}

  /** A {@code tokenizer.json} with what the files beside it override. */
  static JsonView applied(JsonView root, HubTokenConfig config) {
    if (config.isGeneric()) {
      return root;
    }
    Map<String, Object> all = copy(root);
    if (BERT.contains(config.family())) {
      Map<String, Object> normaliser = new LinkedHashMap<>();
      take(config, "do_lower_case", normaliser, "lowercase");
      if (config.has("do_lower_case")) {
        normaliser.put("strip_accents", null); // as lowercase, unless the next says otherwise
      }
      take(config, "strip_accents", normaliser, "strip_accents");
      take(config, "tokenize_chinese_chars", normaliser, "handle_chinese_chars");
      change(root, all, "normalizer", "BertNormalizer", normaliser);
    } else if (config.isRoberta()) {
      Map<String, Object> words = new LinkedHashMap<>();
      take(config, "add_prefix_space", words, "add_prefix_space");
      change(root, all, "pre_tokenizer", "ByteLevel", words);
      take(config, "trim_offsets", words, "trim_offsets");
      change(root, all, "post_processor", "RobertaProcessing", words);
    }
    return new JsonView(root.source(), root.path(), all);
  }

  private static void take(
      HubTokenConfig config, String key, Map<String, Object> flags, String name) {
    if (config.has(key)) {
      flags.put(name, config.flag(key, false));
    }
  }

  /** Sets the flags of a component, if it is of the type that has them. */
  private static void change(
      JsonView root, Map<String, Object> all, String key, String type, Map<String, Object> flags) {
    if (root.has(key) && root.at(key).string("type").equals(type)) {
      Map<String, Object> component = copy(root.at(key));
      component.putAll(flags);
      all.put(key, component);
    }
  }

  private static Map<String, Object> copy(JsonView object) {
    Map<String, Object> copy = new LinkedHashMap<>();
    for (String key : object.keys()) {
      copy.put(key, object.at(key).value());
    }
    return copy;
  }
}
