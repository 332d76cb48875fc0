package dev.lanewise.model.task;

import dev.lanewise.model.arch.TinyEncoderDecoders;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A BART of a few kilobytes that knows twenty words, in the layout of the Hugging Face hub. */
public final class TinyConditionalModel {
  /** Its tokens, by id. */
  public static final List<String> BART_PIECES =
      List.of(
          "<s>",
          "<pad>",
          "</s>",
          "<unk>",
          "▁a",
          "▁the",
          "▁cat",
          "▁dog",
          "▁sat",
          "▁ran",
          "▁on",
          "▁mat",
          "▁good",
          "▁bad",
          "▁to",
          "▁English",
          "▁German:",
          "▁translate",
          "▁summarize:",
          "▁house",
          "▁is",
          "▁old",
          "▁and",
          "▁small");

  /** The same with tokens for languages. */
  public static final List<String> LANGUAGE_PIECES =
      replaced(List.of("en_XX", "de_DE", "fr_XX"), 21);

  /** The same with marks for languages. */
  public static final List<String> MARKED_PIECES = replaced(List.of(">>deu<<", ">>fra<<"), 21);

  private TinyConditionalModel() {}

  private static List<String> replaced(List<String> pieces, int from) {
    List<String> all = new ArrayList<>(BART_PIECES);
    for (int i = 0; i < pieces.size(); i++) {
      all.set(from + i, pieces.get(i));
    }
    return List.copyOf(all);
  }

  /** Writes a BART with beam search, as its makers might want it. */
  public static Path write(Path folder) {
    return write(
        folder,
        TinyEncoderDecoders.BART_CONFIG,
        TinyEncoderDecoders.BART_GENERATION,
        tokenizer(BART_PIECES, "<s>"));
  }

  /** Writes a BART. */
  public static Path write(Path folder, String config, String generation, String tokenizer) {
    TinyTextModel.add(folder, "config.json", config);
    TinyTextModel.add(folder, "generation_config.json", generation);
    TinyTextModel.add(folder, "tokenizer.json", tokenizer);
    TinyEncoderDecoders.bart().write(folder.resolve("model.safetensors"));
    return folder;
  }

  /**
   * A {@code tokenizer.json} of words.
   *
   * @param pieces by id; those without a mark of a space are special
   * @param first stands before a text, and {@code </s>} behind it; null for neither
   */
  public static String tokenizer(List<String> pieces, String first) {
    List<String> vocabulary = new ArrayList<>();
    List<String> special = new ArrayList<>();
    for (int id = 0; id < pieces.size(); id++) {
      String piece = pieces.get(id);
      vocabulary.add("[\"%s\", %s]".formatted(piece, -id));
      if (!piece.startsWith("▁") && !piece.startsWith(">>")) {
        special.add("{\"id\": %d, \"content\": \"%s\", \"special\": true}".formatted(id, piece));
      }
    }
    String around =
        first == null
            ? "null"
            : """
            {"type": "TemplateProcessing",
             "single": [{"SpecialToken": {"id": "F"}}, {"Sequence": {"id": "A"}},
                        {"SpecialToken": {"id": "E"}}],
             "special_tokens": {"F": {"ids": [%d]}, "E": {"ids": [%d]}}}
            """
                .formatted(pieces.indexOf(first), pieces.indexOf("</s>"));
    return """
    {"added_tokens": [%s],
     "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"},
     "post_processor": %s,
     "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"},
     "model": {"type": "Unigram", "unk_id": %d, "vocab": [%s]}}
    """
        .formatted(
            String.join(", ", special),
            around,
            pieces.indexOf("<unk>"),
            String.join(", ", vocabulary));
  }
}
