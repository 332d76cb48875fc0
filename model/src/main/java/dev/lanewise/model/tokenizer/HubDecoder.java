package dev.lanewise.model.tokenizer;

import dev.lanewise.model.json.JsonView;

/** The decoder of a {@code tokenizer.json}, as far as it says what the model does not. */
final class HubDecoder {
  private HubDecoder() {}

  /** Whether a space at the beginning of a decoded text is dropped. */
  static boolean dropsFirstSpace(JsonView root) {
    return root.has("decoder") ? drops(root.at("decoder")) : prepends(root);
  }

  /** Files without a decoder: what is put before texts goes again. */
  private static boolean prepends(JsonView root) {
    return (root.has("normalizer") && prepends(root.at("normalizer"), "normalizers"))
        || (root.has("pre_tokenizer") && prepends(root.at("pre_tokenizer"), "pretokenizers"));
  }

  private static boolean prepends(JsonView component, String parts) {
    return switch (component.string("type")) {
      case "Sequence" ->
          component.at(parts).items().stream().anyMatch(part -> prepends(part, parts));
      case "Prepend" -> true;
      case "Metaspace" -> drops(component);
      default -> false;
    };
  }

  private static boolean drops(JsonView decoder) {
    return switch (decoder.string("type")) {
      case "Sequence" -> decoder.at("decoders").items().stream().anyMatch(HubDecoder::drops);
      case "Strip" -> decoder.string("content", " ").equals(" ") && decoder.integer("start", 0) > 0;
      case "Metaspace" ->
          decoder.flag("add_prefix_space", true)
              && !decoder.string("prepend_scheme", "always").equals("never");
      default -> false;
    };
  }
}
