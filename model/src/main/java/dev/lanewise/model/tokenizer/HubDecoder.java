package dev.lanewise.model.tokenizer;

import dev.lanewise.model.json.JsonView;
import java.util.ArrayList;
import java.util.List;

/** The decoder of a {@code tokenizer.json}. */
final class HubDecoder {
  private HubDecoder() {}

  /** The steps that make a text of pieces. */
  static TokenDecoder of(JsonView root) {
    if (!root.has("decoder")) {
      return TokenDecoder.SPACED;
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

  /** Whether the mark before a text goes again. */
  private static boolean drops(JsonView metaspace) {
    return metaspace.flag("add_prefix_space", true)
        && !metaspace.string("prepend_scheme", "always").equals("never");
  }
}
