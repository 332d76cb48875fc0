package dev.lanewise.model.server;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;

/** A server for tests with a model that goes step by step. */
final class Serving implements AutoCloseable {
  /** Far beyond what anything may take. */
  private static final long PATIENCE_NANOS = 20_000_000_000L;

  static final String CHAT = "/v1/chat/completions";
  static final String COMPLETIONS = "/v1/completions";

  final SteppedModel model;
  final LocalServer server;
  final List<String> log = new CopyOnWriteArrayList<>();
  final int port;

  /** One that serves a model from the start. */
  Serving(SteppedModel model, ServerOptions options) {
    this.model = model;
    server = LocalServer.start(options, log::add);
    port = server.port();
    server.serve("tiny", model.with(SteppedModel.TEMPLATE), 1, SteppedModel.CONTEXT);
  }

  /** One slot, and a text to say. */
  Serving(String text) {
    this(SteppedModel.saying(text), options(1, 1, 5000));
  }

  static ServerOptions options(int slots, int queue, int graceMillis) {
    return new ServerOptions("127.0.0.1", 0, null, Set.of(), slots, queue, graceMillis);
  }

  static String chat(String more) {
    return "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}], \"temperature\": 0"
        + more
        + "}";
  }

  static String completion(String more) {
    return "{\"prompt\": \"Hi there\", \"temperature\": 0, \"max_tokens\": 100" + more + "}";
  }

  Wire.Answer post(String path, String body) throws IOException {
    return Wire.post(port, path, body);
  }

  /** The value of a metric. */
  int metric(String name) throws IOException {
    return Wire.get(port, "/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith("lanewise_" + name + " "))
        .mapToInt(line -> (int) Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .findFirst()
        .orElseThrow();
  }

  /** Waits for a metric to have a value. */
  void await(String metric, int value) throws Exception {
    await(() -> metric(metric) == value, metric + " is not " + value);
  }

  static void await(Callable<Boolean> condition, String message) throws Exception {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!condition.call()) {
      assertTrue(System.nanoTime() < end, message);
      Thread.sleep(5);
    }
  }

  @Override
  public void close() {
    model.release();
    server.close();
  }
}
