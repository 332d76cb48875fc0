package dev.lanewise.model.tokenizer;

import dev.lanewise.model.json.JsonView;
import java.text.Normalizer.Form;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** The normaliser of a {@code tokenizer.json}. */
final class HubNormaliser {
  private HubNormaliser() {}

  /** The file's normaliser, which may be a sequence of others, or none. */
  static Normaliser of(JsonView root) {
    List<Normaliser> steps = new ArrayList<>();
    if (root.has("normalizer")) {
      add(root.at("normalizer"), steps);
    }
    return Normaliser.sequence(steps);
  }

  private static void add(JsonView step, List<Normaliser> steps) {
    String type = step.string("type");
    switch (type) {
      case "Sequence" -> step.at("normalizers").items().forEach(part -> add(part, steps));
      case "BertNormalizer" -> {
        boolean lowercase = step.flag("lowercase", true);
        steps.add(
            new BertNormaliser(
                step.flag("clean_text", true),
                step.flag("handle_chinese_chars", true),
                step.flag("strip_accents", lowercase),
                lowercase));
      }
      case "NFC", "NFD", "NFKC", "NFKD" -> steps.add(new UnicodeForm(Form.valueOf(type)));
      case "Lowercase" -> steps.add(Normalisers::lowercase);
      case "StripAccents" -> steps.add(Normalisers::stripMarks);
      case "Strip" ->
          steps.add(
              Normalisers.strip(step.flag("strip_left", true), step.flag("strip_right", true)));
      case "Prepend" -> steps.add(Normalisers.prepend(step.string("prepend")));
      case "Replace" ->
          steps.add(Normalisers.replace(HubPattern.of(step.at("pattern")), step.string("content")));
      case "ByteLevel" -> steps.add(Normalisers::bytes);
      case "Nmt" -> steps.add(Normalisers::nmt);
      case "Precompiled" -> steps.add(new PrecompiledNormaliser(characterMap(step)));
      default -> throw step.failure("is of type " + type + ", which is not known here");
    }
  }

  private static CharacterMap characterMap(JsonView step) {
    JsonView map = step.at("precompiled_charsmap");
    if (map.value() == null) {
      return CharacterMap.identity();
    }
    try {
      return CharacterMap.of(
          map.source() + ": " + map.path(), Base64.getDecoder().decode(map.string()));
    } catch (IllegalArgumentException e) {
      throw map.failure("is not Base64: " + e.getMessage());
    }
  }
}
