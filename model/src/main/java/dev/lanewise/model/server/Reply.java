package dev.lanewise.model.server;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import dev.lanewise.model.json.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * The answer to one request: a JSON text, or events (Server-Sent Events). Nothing is sent before
 * there is something to say, so that an error has a status of its own as long as that is possible.
 *
 * <p>While a client waits, {@link #ping} tells whether it is still there: the JDK's server says
 * nothing of a connection that was closed, but writing to it fails. A JSON text may begin with any
 * number of line breaks (RFC 8259, section 2), events may have comments between them.
 *
 * <p>A client that does not read loses its connection. Belongs to the thread of the request, which
 * is a platform thread: an interrupt closes the connection that it waits for.
 */
final class Reply {
  /** The type of answers that are JSON. */
  static final String JSON = "application/json";

  /** A client may take this long to read what is sent at once. */
  static final int WRITE_MILLIS = 60_000;

  /** Bytes sent at once; the JDK's server keeps room for twice as many with each connection. */
  private static final int SLICE = 1 << 14;

  private static final String EVENTS = "text/event-stream";

  private final HttpExchange exchange;
  private final Metrics metrics;
  private final Admission admission;
  private final int writeMillis;
  private boolean events;
  private OutputStream body; // null until the headers are sent
  private boolean measured; // whether they say how long it is
  private int held;

  /**
   * An answer that has not begun.
   *
   * @param writeMillis time that the client has to read what is sent at once
   */
  Reply(HttpExchange exchange, Metrics metrics, Admission admission, int writeMillis) {
    this.exchange = exchange;
    this.metrics = metrics;
    this.admission = admission;
    this.writeMillis = writeMillis;
  }

  /**
   * Takes room for what is held of the request, or of the answer, in the place of what was taken
   * before.
   *
   * @throws ApiException if there is none
   */
  void hold(int bytes) {
    release();
    held = admission.take(bytes);
  }

  /** Gives the room back. */
  void release() {
    admission.giveBack(held);
    held = 0;
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
    whole(status, JSON, Json.write(value).getBytes(StandardCharsets.UTF_8));
  }

  /** Sends a whole answer. */
  void whole(int status, String type, byte[] bytes) throws IOException {
    if (exchange.getRequestMethod().equals("HEAD")) {
      empty(status);
      return;
    }
    hold(bytes.length);
    if (body == null) {
      begin(status, type, bytes.length);
    }
    write(bytes);
    if (status >= 400) {
      // Who is still sending a body that nobody wants would not read the answer.
      RequestBody.skip(exchange);
    }
    inTime(body::close);
  }

  /** Sends an answer without a body. */
  void empty(int status) throws IOException {
    metrics.answered(status);
    inTime(() -> exchange.sendResponseHeaders(status, -1));
  }

  /** Sends an event. */
  void event(Object value) throws IOException {
    write("data: " + Json.write(value) + "\n\n");
  }

  /** Sends the event that ends all streams. */
  void done() throws IOException {
    write("data: [DONE]\n\n");
    inTime(body::close);
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
   * cut after it, so that nobody takes it for the answer; within an answer nothing more is sent.
   */
  void fail(ApiException error) throws IOException {
    if (body == null) {
      error.headers().forEach(this::header);
      json(error.status(), error.body());
    } else if (events) {
      event(error.body());
      done();
    } else {
      if (!measured) {
        write(Json.write(error.body()));
      }
      throw new IOException(error.getMessage());
    }
  }

  private void write(String text) throws IOException {
    if (body == null) {
      begin(200, events ? EVENTS : JSON, 0);
    }
    write(text.getBytes(StandardCharsets.UTF_8));
  }

  private void write(byte[] bytes) throws IOException {
    for (int from = 0; from < bytes.length; from += SLICE) {
      int start = from;
      int length = Math.min(SLICE, bytes.length - from);
      inTime(
          () -> {
            body.write(bytes, start, length);
            body.flush();
          });
    }
  }

  /** Something that may have to wait for the client. */
  private interface Sending {
    void run() throws IOException;
  }

  /** Sends, or gives up on a client that does not read. */
  private void inTime(Sending sending) throws IOException {
    Thread sender = Thread.currentThread();
    CompletableFuture<Boolean> sent = new CompletableFuture<>();
    CompletableFuture<Void> _ =
        sent.completeOnTimeout(false, writeMillis, TimeUnit.MILLISECONDS)
            .thenAccept(
                inTime -> {
                  if (!inTime) {
                    sender.interrupt();
                  }
                });
    try {
      sending.run();
    } finally {
      sent.complete(true);
    }
    if (!sent.join()) {
      throw new IOException("the client does not read");
    }
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
    inTime(() -> exchange.sendResponseHeaders(status, length));
    measured = length > 0;
    body = exchange.getResponseBody();
  }
}
