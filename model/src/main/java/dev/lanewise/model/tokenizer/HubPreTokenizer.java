package dev.lanewise.model.tokenizer;

import dev.lanewise.model.json.JsonView;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The pre-tokenizer of a {@code tokenizer.json}. */
final class HubPreTokenizer {
  private final List<WordStep> steps = new ArrayList<>();
  private boolean bytesLast;

  /** Reads the component, which may be a sequence of others; without one texts stay whole. */
  HubPreTokenizer(JsonView root) {
    if (root.has("pre_tokenizer")) {
      add(root.at("pre_tokenizer"));
    }
  }

  /** The steps, but for the spelling of bytes if that is the last. */
  List<WordStep> steps() {
    return steps;
  }

  /** Whether words are spelled in GPT-2's byte characters last of all. */
  boolean bytesLast() {
    return bytesLast;
  }

  private void add(WordStep step) {
    if (bytesLast) {
      steps.add(WordSteps.BYTES);
      bytesLast = false;
    }
    steps.add(step);
  }

  private void add(JsonView step) {
    String type = step.string("type");
    switch (type) {
      case "Sequence" -> step.at("pretokenizers").items().forEach(this::add);
      case "ByteLevel" -> {
        if (step.flag("add_prefix_space", false)) {
          add(WordSteps.prefixSpace());
        }
        if (step.flag("use_regex", true)) {
          add(SplitRule.GPT2);
        }
        if (bytesLast) { // twice, which nobody wants
          steps.add(WordSteps.BYTES);
        }
        bytesLast = true;
      }
      case "BertPreTokenizer" -> add(WordSteps.BERT);
      case "Whitespace" -> add(WordSteps.WORDS);
      case "WhitespaceSplit" -> add(WordSteps.SPACES);
      case "Punctuation" -> add(WordSteps.punctuation(behaviour(step)));
      case "Digits" ->
          add(step.flag("individual_digits", false) ? SplitRule.DIGIT : SplitRule.DIGITS);
      case "CharDelimiterSplit" ->
          add(
              new SplitStep(
                  Scan.literal(step.string("delimiter")), SplitStep.Behaviour.REMOVED, false));
      case "UnicodeScripts" -> add(WordSteps::scripts);
      case "FixedLength" -> {
        int length = step.integer("length", 5);
        if (length < 1) {
          throw step.at("length").failure("is " + length + ", expected at least 1");
        }
        add(WordSteps.lengths(length));
      }
      case "Split" -> split(step);
      case "Metaspace" -> add(metaspace(step));
      default -> throw step.failure("is of type " + type + ", which is not known here");
    }
  }

  private void split(JsonView step) {
    JsonView pattern = step.at("pattern");
    SplitStep.Behaviour behaviour = behaviour(step);
    SplitRule rule = behaviour == SplitStep.Behaviour.ISOLATED ? HubPattern.rule(pattern) : null;
    add(
        rule != null
            ? rule
            : new SplitStep(HubPattern.of(pattern), behaviour, step.flag("invert", false)));
  }

  private static SplitStep.Behaviour behaviour(JsonView step) {
    String name = step.string("behavior", "Isolated");
    String constant = name.replaceAll("(?<=[a-z])(?=[A-Z])", "_").toUpperCase(Locale.ROOT);
    for (SplitStep.Behaviour behaviour : SplitStep.Behaviour.values()) {
      if (behaviour.name().equals(constant)) {
        return behaviour;
      }
    }
    throw step.at("behavior").failure("is " + name + ", which is not known here");
  }

  private static Metaspace metaspace(JsonView step) {
    String mark = step.string("replacement", "▁");
    String scheme =
        step.string("prepend_scheme", step.flag("add_prefix_space", true) ? "always" : "never");
    Metaspace.Prefix prefix =
        switch (scheme) {
          case "always" -> Metaspace.Prefix.ALWAYS;
          case "first" -> Metaspace.Prefix.FIRST;
          case "never" -> Metaspace.Prefix.NEVER;
          default ->
              throw step.at("prepend_scheme").failure("is " + scheme + ", which is not known here");
        };
    if (mark.isEmpty()) {
      throw step.at("replacement").failure("is empty");
    }
    return new Metaspace(mark.codePointAt(0), prefix, step.flag("split", true));
  }
}
