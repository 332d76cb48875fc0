package dev.lanewise.model.server;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.json.JsonValueException;
import java.util.LinkedHashMap;
import java.util.Map;

/** An answer that is not what was asked for: a status, and an error in OpenAI's form. */
final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String code;
  private final transient Map<String, Object> details = new LinkedHashMap<>();
  private final transient Map<String, String> headers = new LinkedHashMap<>();

  /**
   * An error.
   *
   * @param status of HTTP
   * @param code what programs may go by
   * @param message what people read: what is wrong and what to do
   */
  ApiException(int status, String code, String message) {
    super(message);
    this.status = status;
    this.code = code;
  }

  /** A request that cannot be served as it is. */
  static ApiException invalid(String message) {
    return new ApiException(400, "invalid_request", message);
  }

  /** What was found wrong with a request, and where if that is known. */
  static ApiException of(LanewiseException e) {
    ApiException error = invalid(e.getMessage());
    return e instanceof JsonValueException value && !value.path().isEmpty()
        ? error.with("param", value.path())
        : error;
  }

  /** A prompt or a text that is too long. */
  static ApiException tooLong(String message, int tokens, int context) {
    return new ApiException(400, "context_length_exceeded", message)
        .with("n_prompt_tokens", tokens)
        .with("n_ctx", context);
  }

  /** A route that this model has nothing to serve with. */
  static ApiException notServed(String message) {
    return new ApiException(501, "not_supported_by_model", message);
  }

  /** The server goes down. */
  static ApiException shuttingDown() {
    return new ApiException(503, "shutting_down", "the server is shutting down");
  }

  /** The same with one more key in the error. */
  ApiException with(String key, Object value) {
    details.put(key, value);
    return this;
  }

  /** The same with a header. */
  ApiException header(String name, String value) {
    headers.put(name, value);
    return this;
  }

  int status() {
    return status;
  }

  Map<String, String> headers() {
    return headers;
  }

  /** The body: {@code {"error": {"message", "type", "param", "code", …}}}. */
  Map<String, Object> body() {
    Map<String, Object> error = new LinkedHashMap<>();
    error.put("message", getMessage());
    error.put("type", type());
    error.put("param", null);
    error.put("code", code);
    error.putAll(details);
    return Map.of("error", error);
  }

  private String type() {
    return switch (status) {
      case 401 -> "authentication_error";
      case 403 -> "permission_error";
      case 429 -> "rate_limit_error";
      case 500 -> "server_error";
      case 501 -> "not_supported_error";
      case 503 -> "unavailable_error";
      default -> "invalid_request_error";
    };
  }
}
