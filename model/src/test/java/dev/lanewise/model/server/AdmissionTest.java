package dev.lanewise.model.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.generate.FakeTokenizer;
import dev.lanewise.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;

/** What the server reads and holds at once. */
class AdmissionTest {
  private static final String BUSY = "busy";

  /** A tokenizer that waits for a permit before it encodes a text. */
  private static Tokenizer waiting(Semaphore permits) {
    FakeTokenizer tokenizer = new FakeTokenizer(true);
    return (Tokenizer)
        Proxy.newProxyInstance(
            Tokenizer.class.getClassLoader(),
            new Class<?>[] {Tokenizer.class},
            (_, method, arguments) -> {
              if (method.getName().equals("encode")) {
                permits.acquire();
              }
              return method.invoke(tokenizer, arguments);
            });
  }

  @Test
  void whileFewAreReadOthersAreSentAway() throws Exception {
    Semaphore permits = new Semaphore(0);
    SteppedModel model = SteppedModel.saying("abc");
    try (LocalServer server = LocalServer.start(Serving.options(1, 16, 0), _ -> {})) {
      server.serve(
          "slow", model.with(SteppedModel.TEMPLATE, waiting(permits)), 1, SteppedModel.CONTEXT);
      List<Wire> clients = new ArrayList<>();
      for (int i = 0; i < Admission.READERS; i++) {
        Wire wire = new Wire(server.port());
        wire.send("POST", Serving.COMPLETIONS, Serving.completion(""));
        clients.add(wire);
      }
      Serving.await(
          () -> permits.getQueueLength() == Admission.READERS, "the first are not being read");
      Wire.Answer answer =
          Wire.post(server.port(), Serving.COMPLETIONS, Serving.completion(", \"stream\": true"));
      assertEquals(429, answer.status());
      assertEquals(BUSY, answer.error().string("code"));
      assertTrue(Integer.parseInt(answer.headers().get("retry-after")) > 0);
      assertEquals(200, Wire.get(server.port(), "/health").status());
      permits.release(100);
      for (Wire wire : clients) {
        assertEquals(200, wire.answer().status());
        wire.close();
      }
      assertEquals(
          200, Wire.post(server.port(), Serving.COMPLETIONS, Serving.completion("")).status());
    }
  }

  /** One that begins to send the longest body there may be. */
  private static Wire sending(int port) throws IOException {
    Wire wire = new Wire(port);
    wire.write(
        "POST /tokenize HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
            + RequestBody.MAX_BYTES
            + "\r\n\r\n{");
    return wire;
  }

  @Test
  void whatIsHeldIsBounded() throws Exception {
    try (Serving serving = new Serving("abc")) {
      List<Wire> clients = new ArrayList<>();
      try {
        for (int held = 0; held <= Admission.MAX_HELD; held += RequestBody.MAX_BYTES) {
          clients.add(sending(serving.port));
        }
        // The one too many is told, once it has sent what it wanted; small requests go on.
        Serving.await(() -> refusals(serving) == 1, "nobody is refused");
        assertEquals(200, serving.post(Serving.CHAT, Serving.chat("")).status());
      } finally {
        for (Wire wire : clients) {
          wire.close();
        }
      }
      // What was held for them is free.
      Serving.await(
          () -> {
            try (Wire wire = sending(serving.port)) {
              wire.write("\"content\": \"a\"}" + " ".repeat(RequestBody.MAX_BYTES - 16));
              return wire.answer().status() == 200;
            }
          },
          "there is no room");
    }
  }

  private static int refusals(Serving serving) throws IOException {
    String line = "lanewise_requests_total{code=\"429\"} ";
    return Wire.get(serving.port, "/metrics")
        .body()
        .lines()
        .filter(text -> text.startsWith(line))
        .mapToInt(text -> Integer.parseInt(text.substring(line.length())))
        .findFirst()
        .orElse(0);
  }
}
