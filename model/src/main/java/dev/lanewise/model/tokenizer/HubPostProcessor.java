package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.json.JsonView;
import java.util.List;

/**
 * The post-processor of a {@code tokenizer.json}: tokens around texts, and the trimming of ranges.
 */
final class HubPostProcessor {
  private SequenceTemplate template; // null for nothing around texts
  private int trimming;

  /** Reads the component, which may be a sequence of others; without one nothing is added. */
  HubPostProcessor(JsonView root) {
    if (root.has("post_processor")) {
      add(root.at("post_processor"));
    }
  }

  SequenceTemplate template() {
    return template == null ? SequenceTemplate.around(new int[0], new int[0]) : template;
  }

  /** The flags of {@link PreTokenizer} that say how ranges are trimmed. */
  int trimming() {
    return trimming;
  }

  private void add(JsonView step) {
    String type = step.string("type");
    switch (type) {
      case "Sequence" -> step.at("processors").items().forEach(this::add);
      case "TemplateProcessing" -> set(template(step), step);
      case "BertProcessing" ->
          set(
              SequenceTemplate.around(new int[] {id(step, "cls")}, new int[] {id(step, "sep")}),
              step);
      case "RobertaProcessing" -> {
        int begin = id(step, "cls");
        int end = id(step, "sep");
        int first = SequenceTemplate.FIRST;
        int second = SequenceTemplate.SECOND;
        set(
            new SequenceTemplate(
                new int[] {begin, first, end},
                new int[3],
                new int[] {begin, first, end, end, second, end},
                new int[6]),
            step);
        trim(step);
      }
      case "ByteLevel" -> trim(step);
      default -> throw step.failure("is of type " + type + ", which is not known here");
    }
  }

  /** Of several templates the second would read what the first made of a text as two texts. */
  private void set(SequenceTemplate template, JsonView step) {
    if (this.template != null) {
      throw step.failure("puts tokens around texts that a step before it put tokens around");
    }
    this.template = template;
  }

  private void trim(JsonView step) {
    if (step.flag("trim_offsets", true)) {
      trimming |= PreTokenizer.TRIM;
      trimming |= step.flag("add_prefix_space", true) ? PreTokenizer.TRIM_ALL_BUT_FIRST : 0;
    }
  }

  /** The id of a token given as spelling and id. */
  private static int id(JsonView step, String key) {
    List<JsonView> token = step.at(key).items();
    if (token.size() != 2) {
      throw step.at(key).failure("is not a token and its id");
    }
    return checked(token.get(1));
  }

  private static int checked(JsonView id) {
    if (id.integer() < 0) {
      throw id.failure("is " + id.integer() + ", which is no token id");
    }
    return id.integer();
  }

  private static SequenceTemplate template(JsonView step) {
    IntList single = new IntList(8);
    IntList singleTypes = new IntList(8);
    parts(step, "single", single, singleTypes);
    IntList pair = new IntList(8);
    IntList pairTypes = new IntList(8);
    parts(step, "pair", pair, pairTypes);
    try {
      return new SequenceTemplate(
          single.toArray(), singleTypes.toArray(), pair.toArray(), pairTypes.toArray());
    } catch (LanewiseException e) {
      throw step.failure("cannot be used: " + e.getMessage());
    }
  }

  private static void parts(JsonView step, String key, IntList parts, IntList types) {
    if (!step.has(key)) { // of old files, for pairs: one text after the other
      parts.add(SequenceTemplate.FIRST);
      types.add(0);
      parts.add(SequenceTemplate.SECOND);
      types.add(1);
      return;
    }
    for (JsonView part : step.at(key).items()) {
      if (part.has("Sequence")) {
        JsonView text = part.at("Sequence");
        parts.add(text.string("id").equals("A") ? SequenceTemplate.FIRST : SequenceTemplate.SECOND);
        types.add(text.integer("type_id", 0));
      } else {
        JsonView token = part.at("SpecialToken");
        for (JsonView id : step.at("special_tokens").at(token.string("id")).at("ids").items()) {
          parts.add(checked(id));
          types.add(token.integer("type_id", 0));
        }
      }
    }
  }
}
