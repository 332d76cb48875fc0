package dev.lanewise.model.tokenizer;

import dev.lanewise.model.json.JsonView;

/** A pattern of a {@code tokenizer.json}: {@code {"String": …}} or {@code {"Regex": …}}. */
final class HubPattern {
  private HubPattern() {}

  static Scan of(JsonView pattern) {
    if (pattern.has("String")) {
      String literal = pattern.string("String");
      if (literal.isEmpty()) {
        throw pattern.failure("is the empty string, which is everywhere");
      }
      return Scan.literal(literal);
    }
    String regex = pattern.string("Regex");
    SplitRule rule = SplitPatterns.rule(regex);
    if (rule != null) {
      return rule;
    }
    CharacterPattern simple = CharacterPattern.of(regex);
    if (simple == null) {
      throw pattern.failure("cannot be used: the pattern " + regex + " is not known here");
    }
    return simple;
  }
}
