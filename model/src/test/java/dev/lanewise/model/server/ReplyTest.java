package dev.lanewise.model.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of an answer that cannot be sent to its end. */
class ReplyTest {
  private interface Handler {
    void handle(HttpExchange exchange, Reply reply) throws IOException;
  }

  /** A server of the JDK; what a handler throws is its result. */
  private static final class Handled implements AutoCloseable {
    private final HttpServer http;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    final CompletableFuture<IOException> failure = new CompletableFuture<>();

    Handled(int writeMillis, Handler handler) throws IOException {
      http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      http.setExecutor(threads);
      http.createContext(
          "/",
          exchange -> {
            try {
              handler.handle(
                  exchange, new Reply(exchange, new Metrics(), new Admission(), writeMillis));
              failure.complete(null);
            } catch (IOException e) {
              failure.complete(e);
              throw e;
            }
          });
      http.start();
    }

    int port() {
      return http.getAddress().getPort();
    }

    @Override
    public void close() {
      http.stop(0);
      threads.shutdownNow();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aClientThatDoesNotReadLosesItsConnection(boolean pinged) throws Exception {
    String text = "x".repeat(32 << 20); // more than any socket's buffers hold
    try (Handled handled =
            new Handled(
                200,
                (_, reply) -> {
                  if (pinged) {
                    reply.ping();
                  }
                  reply.json(200, text);
                });
        Wire silent = new Wire(handled.port())) {
      silent.send("GET", "/", null);
      assertInstanceOf(IOException.class, handled.failure.get(60, TimeUnit.SECONDS));
      assertEquals(200, silent.readHead().status());
      StringBuilder rest = new StringBuilder();
      if (pinged) {
        assertThrows(
            IOException.class,
            () -> {
              for (int b = silent.readChunked(); b >= 0; b = silent.readChunked()) {
                rest.append((char) b);
              }
            });
      } else {
        silent.readPlain(rest);
      }
      assertTrue(rest.length() < text.length());
    }
  }

  @Test
  void nothingComesAfterAnAnswerThatBroke() throws Exception {
    try (Handled handled =
            new Handled(
                60_000,
                (exchange, reply) -> {
                  exchange.setStreams(null, new Broken(exchange));
                  assertThrows(
                      OutOfMemoryError.class, () -> reply.json(200, List.of("x".repeat(1000))));
                  reply.fail(new ApiException(500, "internal_error", "no memory"));
                });
        Wire wire = new Wire(handled.port())) {
      wire.send("GET", "/", null);
      assertInstanceOf(IOException.class, handled.failure.get(60, TimeUnit.SECONDS));
      assertThrows(IOException.class, wire::readHead, "not a word was sent");
    }
  }

  /** A body for which memory runs out at its first bytes. */
  private static final class Broken extends FilterOutputStream {
    private boolean tried;

    Broken(HttpExchange exchange) {
      super(exchange.getResponseBody());
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      if (!tried) {
        tried = true;
        throw new OutOfMemoryError("of the test");
      }
      out.write(bytes, from, length);
    }
  }
}
