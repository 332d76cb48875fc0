package dev.lanewise.model.tokenizer;

import dev.lanewise.model.json.JsonView;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The switches of {@code tokenizer_config.json} that go before what {@code tokenizer.json} says:
 * the classes of BERT's and RoBERTa's tokenizers and their like make the components that these
 * switches are of anew. A generic class takes the components as they are.
 */
final class HubSwitches {
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

  private static final Set<String> ROBERTA = Set.of("roberta", "bart", "longformer", "led", "mvp");

  private HubSwitches() {}

  /** A {@code tokenizer.json} as the files beside it want it. */
  static JsonView applied(JsonView root, HubTokenConfig config) {
    Map<String, Object> all = copy(root);
    String family = config.ownFamily();
    if (BERT.contains(family)) {
      Map<String, Object> normaliser = new LinkedHashMap<>();
      take(config, "do_lower_case", normaliser, "lowercase");
      if (config.has("do_lower_case")) {
        normaliser.put("strip_accents", null); // as lowercase, unless the next says otherwise
      }
      take(config, "strip_accents", normaliser, "strip_accents");
      take(config, "tokenize_chinese_chars", normaliser, "handle_chinese_chars");
      change(root, all, "normalizer", "BertNormalizer", normaliser);
    } else if (ROBERTA.contains(family)) {
      Map<String, Object> words = new LinkedHashMap<>();
      take(config, "add_prefix_space", words, "add_prefix_space");
      change(root, all, "pre_tokenizer", "ByteLevel", words);
      take(config, "trim_offsets", words, "trim_offsets");
      change(root, all, "post_processor", "RobertaProcessing", words);
    }
    return new JsonView(root.source(), root.path(), all);
  }

  private static void take(
      HubTokenConfig config, String key, Map<String, Object> switches, String name) {
    if (config.has(key)) {
      switches.put(name, config.flag(key, false));
    }
  }

  /** Sets the switches of a component, if it is of the type that has them. */
  private static void change(
      JsonView root,
      Map<String, Object> all,
      String key,
      String type,
      Map<String, Object> switches) {
    if (root.has(key) && root.at(key).string("type").equals(type)) {
      Map<String, Object> component = copy(root.at(key));
      component.putAll(switches);
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
