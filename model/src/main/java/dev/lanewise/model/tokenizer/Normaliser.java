package dev.lanewise.model.tokenizer;

import java.util.List;

/** What is done to a text before it is cut into words. */
@FunctionalInterface
interface Normaliser {
  /** Leaves texts as they are. */
  Normaliser NONE = text -> text;

  AlignedText apply(AlignedText text);

  /** One after the other. */
  static Normaliser sequence(List<Normaliser> steps) {
    if (steps.isEmpty()) {
      return NONE;
    }
    return text -> {
      AlignedText done = text;
      for (Normaliser step : steps) {
        done = step.apply(done);
      }
      return done;
    };
  }
}
