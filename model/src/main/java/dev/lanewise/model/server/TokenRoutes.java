package dev.lanewise.model.server;

import dev.lanewise.model.json.JsonView;
import dev.lanewise.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Text to tokens and back, in llama.cpp's form. */
final class TokenRoutes {
  private static final Set<String> KEYS =
      Set.of("content", "add_special", "parse_special", "with_pieces");

  private TokenRoutes() {}

  static void tokenize(Tokenizer tokenizer, JsonView body, Reply reply) throws IOException {
    RequestBody.requireKnown(body, KEYS);
    int[] ids = tokenizer.encode(body.string("content"), body.flag("parse_special", false));
    if (body.flag("add_special", false)) {
      ids = tokenizer.withSequenceTokens(ids);
    }
    Object tokens = body.flag("with_pieces", false) ? pieces(tokenizer, ids) : ids;
    reply.json(200, Map.of("tokens", tokens));
  }

  private static List<Object> pieces(Tokenizer tokenizer, int[] ids) {
    List<Object> pieces = new ArrayList<>();
    for (int id : ids) {
      Map<String, Object> piece = new LinkedHashMap<>();
      piece.put("id", id);
      piece.put("piece", tokenizer.piece(id));
      pieces.add(piece);
    }
    return pieces;
  }

  static void detokenize(Tokenizer tokenizer, JsonView body, Reply reply) throws IOException {
    RequestBody.requireKnown(body, Set.of("tokens"));
    String text = tokenizer.decode(ids(body.at("tokens"), tokenizer.vocabSize()));
    reply.json(200, Map.of("content", text));
  }

  /** A list of tokens, each below a limit. */
  static int[] ids(JsonView tokens, int vocabSize) {
    List<JsonView> items = tokens.items();
    int[] ids = new int[items.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = items.get(i).integer();
      if (ids[i] < 0 || ids[i] >= vocabSize) {
        throw items.get(i).failure("is no token: ids run from 0 to " + (vocabSize - 1));
      }
    }
    return ids;
  }
}
