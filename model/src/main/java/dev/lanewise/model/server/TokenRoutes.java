package dev.lanewise.model.server;

import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import dev.lanewise.model.tokenizer.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Text to tokens and back, in llama.cpp's form. */
final class TokenRoutes {
  /** Most tokens of an answer, which the way back takes as well. */
  static final int MAX_TOKENS = 250_000;

  private static final Set<String> KEYS =
      Set.of("content", "add_special", "parse_special", "with_pieces");

  private TokenRoutes() {}

  static Service.Answer tokenize(Tokenizer tokenizer, JsonView body) {
    RequestBody.requireKnown(body, KEYS);
    int[] encoded = tokenizer.encode(body.string("content"), body.flag("parse_special", false));
    int[] ids = body.flag("add_special", false) ? tokenizer.withSequenceTokens(encoded) : encoded;
    if (ids.length > MAX_TOKENS) {
      throw body.at("content")
          .failure(
              "has %d tokens, and an answer holds %d; send it in parts"
                  .formatted(ids.length, MAX_TOKENS));
    }
    // One piece after the other, as they are written.
    Iterable<Object> pieces =
        () -> Arrays.stream(ids).mapToObj(id -> piece(tokenizer, id)).iterator();
    return answer("tokens", body.flag("with_pieces", false) ? pieces : ids);
  }

  private static Object piece(Tokenizer tokenizer, int id) {
    byte[] bytes = bytes(tokenizer, id);
    String text = new String(bytes, StandardCharsets.UTF_8);
    boolean whole = Arrays.equals(bytes, text.getBytes(StandardCharsets.UTF_8));
    Map<String, Object> piece = new LinkedHashMap<>();
    piece.put("id", id);
    piece.put("piece", whole ? text : unsigned(bytes));
    return piece;
  }

  private static int[] unsigned(byte[] bytes) {
    int[] values = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      values[i] = bytes[i] & 0xFF;
    }
    return values;
  }

  /** What a token adds to a text, or how it is spelled if it is a special token. */
  private static byte[] bytes(Tokenizer tokenizer, int id) {
    byte[] bytes = tokenizer.bytes(id);
    return bytes.length > 0 ? bytes : tokenizer.piece(id).getBytes(StandardCharsets.UTF_8);
  }

  static Service.Answer detokenize(Tokenizer tokenizer, JsonView body) {
    RequestBody.requireKnown(body, Set.of("tokens"));
    int[] ids = ids(body.at("tokens"), tokenizer.vocabSize());
    long length = Arrays.stream(ids).mapToLong(id -> bytes(tokenizer, id).length).sum();
    if (length > RequestBody.MAX_BYTES) {
      throw body.at("tokens")
          .failure(
              "spells %d bytes, and an answer holds %d; send it in parts"
                  .formatted(length, RequestBody.MAX_BYTES));
    }
    return answer("content", text(tokenizer, ids));
  }

  /** The text up to the first special token, and then token by token. */
  private static String text(Tokenizer tokenizer, int[] ids) {
    int special = 0;
    while (special < ids.length && tokenizer.bytes(ids[special]).length > 0) {
      special++;
    }
    ByteArrayOutputStream rest = new ByteArrayOutputStream();
    for (int i = special; i < ids.length; i++) {
      rest.writeBytes(bytes(tokenizer, ids[i]));
    }
    return tokenizer.decode(Arrays.copyOf(ids, special)) + rest.toString(StandardCharsets.UTF_8);
  }

  private static Service.Answer answer(String key, Object value) {
    byte[] json = Json.write(Map.of(key, value)).getBytes(StandardCharsets.UTF_8);
    return reply -> reply.whole(200, Reply.JSON, json);
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
