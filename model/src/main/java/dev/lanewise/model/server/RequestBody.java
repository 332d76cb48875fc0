package dev.lanewise.model.server;

import com.sun.net.httpserver.HttpExchange;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads what a request asks for. A key that is not known, or has a value that asks for something
 * that is not done here, is refused by name: whoever sent it counts on it.
 */
final class RequestBody {
  /** Room for the longest contexts there are, and for many texts to embed. */
  static final int MAX_BYTES = 4 << 20;

  private static final Json.Limits LIMITS = new Json.Limits(MAX_BYTES, 32, 1 << 18);

  /** Most bytes beyond the limit that are read before the connection is cut. */
  private static final long MAX_REST = 16L * MAX_BYTES;

  /** What makes no difference to the answer. */
  private static final Set<String> INERT =
      Set.of(
          "model",
          "user",
          "metadata",
          "store",
          "service_tier",
          "safety_identifier",
          "prompt_cache_key",
          "cache_prompt",
          "parallel_tool_calls");

  /** What asks for nothing if it has one of these values. */
  private static final Map<String, List<Object>> NEUTRAL =
      Map.ofEntries(
          Map.entry("n", List.of(1L)),
          Map.entry("best_of", List.of(1L)),
          Map.entry("echo", List.of(false)),
          Map.entry("suffix", List.of("")),
          Map.entry("logprobs", List.of(false)),
          Map.entry("top_logprobs", List.of(0L)),
          Map.entry("tool_choice", List.of("none", "auto")),
          Map.entry("function_call", List.of("none", "auto")),
          Map.entry("modalities", List.of(List.of("text"))),
          Map.entry("response_format", List.of(Map.of("type", "text"))));

  private RequestBody() {}

  /**
   * Reads the body, for which the reply takes room.
   *
   * @throws ApiException if it is too long, or there is no room, or it is sent in chunks that are
   *     none
   */
  static byte[] read(HttpExchange exchange, Reply reply) {
    String header = exchange.getRequestHeaders().getFirst("Content-Length");
    long length = header == null ? MAX_BYTES : Long.parseLong(header);
    if (length > MAX_BYTES) {
      throw tooLarge();
    }
    reply.hold((int) length);
    try {
      byte[] bytes = exchange.getRequestBody().readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw tooLarge();
      }
      return bytes;
    } catch (IOException e) {
      throw ApiException.invalid("the request's body cannot be read: " + e.getMessage())
          .header("Connection", "close");
    }
  }

  /**
   * The object in a body.
   *
   * @throws dev.lanewise.model.LanewiseException if it is none
   */
  static JsonView parse(byte[] bytes) {
    JsonView body = new JsonView("request", "", Json.parse("request", bytes, LIMITS));
    body.keys(); // an object, or it complains
    return body;
  }

  private static ApiException tooLarge() {
    return new ApiException(
            413, "body_too_large", "the request's body may have at most " + MAX_BYTES + " bytes")
        .header("Connection", "close");
  }

  /** Reads what is left of a body, within limits. */
  static void skip(HttpExchange exchange) throws IOException {
    InputStream rest = exchange.getRequestBody();
    byte[] buffer = new byte[1 << 13];
    long left = MAX_REST;
    for (int n = rest.read(buffer); n >= 0 && left > 0; n = rest.read(buffer)) {
      left -= n;
    }
  }

  /**
   * Refuses keys that are not used and could make a difference. A key whose value is null or an
   * empty list is as good as missing.
   *
   * @param used the keys that are
   */
  static void requireKnown(JsonView object, Set<String> used) {
    for (String key : object.keys()) {
      if (used.contains(key) || INERT.contains(key) || !object.has(key)) {
        continue;
      }
      JsonView value = object.at(key);
      List<Object> neutral = NEUTRAL.getOrDefault(key, List.of());
      if (!neutral.contains(value.value()) && !value.value().equals(List.of())) {
        throw unsupported(value, neutral);
      }
    }
  }

  private static ApiException unsupported(JsonView value, List<Object> neutral) {
    // What is a number on one route, and a flag on another, is not mended by the other's value.
    boolean alike =
        !neutral.isEmpty()
            && value.value() instanceof Number == neutral.getFirst() instanceof Number;
    String only = alike ? "only " + Json.write(neutral.getFirst()) + " is" : "leave it out";
    return new ApiException(
            400, "unsupported_parameter", "'" + value.path() + "' is not supported here; " + only)
        .with("param", value.path());
  }

  /** A text, or the texts of a list. */
  static List<String> texts(JsonView value) {
    return switch (value.value()) {
      case String text -> List.of(text);
      case List<?> _ -> value.items().stream().map(JsonView::string).toList();
      case null, default -> throw value.wrongType("a text or a list of texts");
    };
  }
}
