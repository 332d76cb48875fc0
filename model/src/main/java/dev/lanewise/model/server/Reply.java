package dev.lanewise.model.server;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import dev.lanewise.model.json.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * The answer to one request: a JSON text, or events (Server-Sent Events). Nothing is sent before
 * there is something to say, so that an error has a status of its own as long as that is possible.
 *
 * <p>While a client waits, {@link #ping} tells whether it is still there: the JDK's server says
 * nothing of a connection that was closed, but writing to it fails. A JSON text may begin with any
 * number of line breaks (RFC 8259, section 2), events may have comments between them.
 */
final class Reply {
  private static final String JSON = "application/json";
  private static final String EVENTS = "text/event-stream";

  private final HttpExchange exchange;
  private final Metrics metrics;
  private boolean events;
  private OutputStream body; // null until the headers are sent

  Reply(HttpExchange exchange, Metrics metrics) {
    this.exchange = exchange;
    this.metrics = metrics;
  }

  /** Sets a header, before anything is sent. */
  void header(String name, String value) {
    exchange.getResponseHeaders().set(name, value);
  }

  /** From here on the answer is made of events. */
  void useEvents() {
    events = true;
  }

  /** Sends a whole answer. */
  void json(int status, Object value) throws IOException {
    whole(status, JSON, Json.write(value));
  }

  /** Sends a whole answer. */
  void whole(int status, String type, String text) throws IOException {
    if (exchange.getRequestMethod().equals("HEAD")) {
      empty(status);
      return;
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (body == null) {
      begin(status, type, bytes.length);
    }
    body.write(bytes);
    if (status >= 400) {
      // Who is still sending a body that nobody wants would not read the answer.
      body.flush();
      RequestBody.skip(exchange);
    }
    body.close();
  }

  /** Sends an answer without a body. */
  void empty(int status) throws IOException {
    metrics.answered(status);
    exchange.sendResponseHeaders(status, -1);
  }

  /** Sends an event. */
  void event(Object value) throws IOException {
    write("data: " + Json.write(value) + "\n\n");
  }

  /** Sends the event that ends all streams. */
  void done() throws IOException {
    write("data: [DONE]\n\n");
    body.close();
  }

  /**
   * Sends what means nothing.
   *
   * @throws IOException if the client is gone
   */
  void ping() throws IOException {
    write(events ? ": ping\n\n" : "\n");
  }

  /**
   * Sends an error. Where the status is out already and the answer is no stream, the connection is
   * cut after it, so that nobody takes it for the answer.
   */
  void fail(ApiException error) throws IOException {
    if (body == null) {
      error.headers().forEach(this::header);
      json(error.status(), error.body());
    } else if (events) {
      event(error.body());
      done();
    } else {
      write(Json.write(error.body()));
      throw new IOException(error.getMessage());
    }
  }

  private void write(String text) throws IOException {
    if (body == null) {
      begin(200, events ? EVENTS : JSON, 0);
    }
    body.write(text.getBytes(StandardCharsets.UTF_8));
    body.flush();
  }

  /**
   * Sends the headers.
   *
   * @param length of the body; 0 if it is not known
   */
  private void begin(int status, String type, int length) throws IOException {
    metrics.answered(status);
    Headers headers = exchange.getResponseHeaders();
    headers.set("Content-Type", type);
    headers.set("Cache-Control", "no-store");
    headers.set("X-Content-Type-Options", "nosniff");
    exchange.sendResponseHeaders(status, length);
    body = exchange.getResponseBody();
  }
}
