package dev.lanewise.model.catalogue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A hub on the loopback interface whose repositories behave as the test says. */
final class LoopbackHub implements AutoCloseable {
  /** How a repository answers; {@code n} counts the requests to it from 0. */
  interface Behaviour {
    void answer(HttpExchange exchange, int n) throws IOException;
  }

  /** What was asked: path, and the headers that matter (null if absent). */
  record Asked(String path, String range, String ifRange, String authorization) {}

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, Integer> counts = new ConcurrentHashMap<>();
  final List<Asked> asked = new CopyOnWriteArrayList<>();

  LoopbackHub() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.start();
  }

  URI address() {
    return URI.create(
        "http://"
            + InetAddress.getLoopbackAddress().getHostAddress()
            + ":"
            + server.getAddress().getPort());
  }

  /** Serves everything below the repository's path with the behaviour. */
  LoopbackHub on(String repository, Behaviour behaviour) {
    server.createContext(
        "/" + repository + "/",
        exchange -> {
          var headers = exchange.getRequestHeaders();
          asked.add(
              new Asked(
                  exchange.getRequestURI().getPath(),
                  headers.getFirst("Range"),
                  headers.getFirst("If-Range"),
                  headers.getFirst("Authorization")));
          try (exchange) {
            behaviour.answer(exchange, counts.merge(repository, 1, Integer::sum) - 1);
          }
        });
    return this;
  }

  /** Answers as a good file server does: ranges, entity tag, If-Range. */
  static Behaviour serve(byte[] content) {
    return (exchange, _) -> send(exchange, content, content.length);
  }

  /** Answers with the status and no body. */
  static Behaviour status(int status) {
    return (exchange, _) -> exchange.sendResponseHeaders(status, -1);
  }

  /** Answers with a redirect. */
  static Behaviour redirect(String location) {
    return (exchange, _) -> {
      exchange.getResponseHeaders().set("Location", location);
      exchange.sendResponseHeaders(302, -1);
    };
  }

  /** Sends what the range asks for, but cuts the connection after so many bytes. */
  static void send(HttpExchange exchange, byte[] content, int atMost) throws IOException {
    String tag = "\"v1\"";
    exchange.getResponseHeaders().set("ETag", tag);
    String range = exchange.getRequestHeaders().getFirst("Range");
    String ifRange = exchange.getRequestHeaders().getFirst("If-Range");
    int from = 0;
    if (range != null && (ifRange == null || ifRange.equals(tag))) {
      from = Integer.parseInt(range.substring("bytes=".length(), range.length() - 1));
      exchange
          .getResponseHeaders()
          .set(
              "Content-Range", "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
      exchange.sendResponseHeaders(206, content.length - from);
    } else {
      exchange.sendResponseHeaders(200, content.length);
    }
    OutputStream body = exchange.getResponseBody();
    body.write(content, from, Math.min(atMost, content.length - from));
    body.flush();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
