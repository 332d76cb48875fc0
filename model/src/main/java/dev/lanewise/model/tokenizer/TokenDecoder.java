package dev.lanewise.model.tokenizer;

import java.util.List;

/** A step of decoding: pieces become other pieces. What the last step makes is joined to a text. */
@FunctionalInterface
interface TokenDecoder {
  /** Spaces between all pieces: how files that name no step are decoded. */
  TokenDecoder SPACED = pieces -> List.of(String.join(" ", pieces));

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
