package dev.lanewise.model.tokenizer;

import dev.lanewise.model.json.JsonView;
import java.util.ArrayList;
import java.util.List;

/** The decoder of a {@code tokenizer.json}. */
final class HubDecoder {
  private HubDecoder() {}

  /** The steps that make a text of pieces, or null if the file names none. */
  static TokenDecoder of(JsonView root) {
    if (!root.has("decoder")) {
      return null;
    }
    List<TokenDecoder> steps = new ArrayList<>();
    add(root.at("decoder"), steps);
    return TokenDecoder.sequence(steps);
  }

  private static void add(JsonView step, List<TokenDecoder> steps) {
    String type = step.string("type");
    switch (type) {
      case "Sequence" -> step.at("decoders").items().forEach(part -> add(part, steps));
      case "ByteLevel" -> steps.add(TokenDecoders::byteLevel);
      case "WordPiece" ->
          steps.add(
              TokenDecoders.wordPiece(step.string("prefix", "##"), step.flag("cleanup", true)));
      case "Metaspace" ->
          steps.add(TokenDecoders.metaspace(step.string("replacement", "▁"), drops(step)));
      case "BPEDecoder" -> steps.add(TokenDecoders.wordEnds(step.string("suffix", "</w>")));
      case "CTC" ->
          steps.add(
              TokenDecoders.ctc(
                  step.string("pad_token", "<pad>"),
                  step.string("word_delimiter_token", "|"),
                  step.flag("cleanup", true)));
      case "Fuse" -> steps.add(TokenDecoders::fuse);
      case "Strip" -> {
        String content = step.string("content", " ");
        if (content.codePointCount(0, content.length()) != 1) {
          throw step.at("content").failure("is not one character");
        }
        steps.add(
            TokenDecoders.strip(
                content.codePointAt(0), step.integer("start", 0), step.integer("stop", 0)));
      }
      case "Replace" ->
          steps.add(
              TokenDecoders.replace(HubPattern.of(step.at("pattern")), step.string("content")));
      case "ByteFallback" -> steps.add(TokenDecoders::byteFallback);
      default -> throw step.failure("is of type " + type + ", which is not known here");
    }
  }

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
