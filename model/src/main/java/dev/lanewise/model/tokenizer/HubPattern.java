package dev.lanewise.model.tokenizer;

import dev.lanewise.model.json.JsonView;

/** A pattern of a {@code tokenizer.json}: {@code {"String": …}} or {@code {"Regex": …}}. */
final class HubPattern {
  private HubPattern() {}

  /** What finds the pattern: by hand if the expression is known. */
  static Scan of(JsonView pattern) {
    if (pattern.has("String")) {
      return Scan.literal(pattern.string("String"));
    }
    SplitRule rule = rule(pattern);
    return rule != null && rule.matchesPieces()
        ? Scan.of(rule::match)
        : RegexParser.regex(pattern.string("Regex"), pattern.source() + ": " + pattern.path());
  }

  /** The rule that cuts texts at the pattern's matches and keeps these, or null. */
  static SplitRule rule(JsonView pattern) {
    return pattern.has("Regex") ? SplitPatterns.rule(pattern.string("Regex")) : null;
  }
}
