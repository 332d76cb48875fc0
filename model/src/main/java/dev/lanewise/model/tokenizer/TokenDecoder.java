package dev.lanewise.model.tokenizer;

import java.util.List;

/** What makes a text of the pieces of tokens, one step of it: pieces become other pieces. */
@FunctionalInterface
interface TokenDecoder {
  List<String> apply(List<String> pieces);

  /** One after the other. */
  static TokenDecoder sequence(List<TokenDecoder> steps) {
    return pieces -> {
      List<String> done = pieces;
      for (TokenDecoder step : steps) {
        done = step.apply(done);
      }
      return done;
    };
  }
}
