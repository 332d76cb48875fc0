package dev.lanewise.model.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that come together, that leave early, and that are there when the server goes down. */
class SlotsTest {
  private static final String RUNNING = "requests_running";
  private static final String WAITING = "requests_waiting";

  private static Wire send(Serving serving, String body) throws IOException {
    Wire wire = new Wire(serving.port);
    wire.send("POST", Serving.CHAT, body);
    return wire;
  }

  @Test
  void beyondTheQueueRequestsAreRefused() throws Exception {
    try (Serving serving = new Serving("abc")) {
      serving.model.hold();
      try (Wire first = send(serving, Serving.chat(""))) {
        serving.await(RUNNING, 1);
        try (Wire second = send(serving, Serving.chat(""))) {
          serving.await(WAITING, 1);
          Wire.Answer third = serving.post(Serving.CHAT, Serving.chat(", \"stream\": true"));
          assertEquals(429, third.status());
          assertEquals("queue_full", third.error().string("code"));
          assertEquals("rate_limit_error", third.error().string("type"));
          assertTrue(Integer.parseInt(third.headers().get("retry-after")) > 0);
          serving.model.release();
          assertTrue(first.answer().body().contains("abc"));
          assertTrue(second.answer().body().contains("abc"));
        }
      }
      assertEquals(200, serving.post(Serving.CHAT, Serving.chat("")).status());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ", \"stream\": true"})
  void aClientThatLeavesFreesItsSlot(String more) throws Exception {
    try (Serving serving = new Serving("x".repeat(140))) {
      serving.model.hold();
      Wire gone = send(serving, Serving.chat(more));
      serving.await(RUNNING, 1);
      gone.close();
      // The model goes on slowly, and would take 14 seconds to come to the end of the text.
      Serving.await(
          () -> {
            serving.model.step(1);
            Thread.sleep(100);
            return serving.metric(RUNNING) == 0;
          },
          "the slot is not free");
      int generated = serving.metric("generated_tokens_total");
      assertTrue(generated < 100, "it went on for " + generated + " tokens");
      serving.model.release();
      assertEquals(200, serving.post(Serving.CHAT, Serving.chat("")).status());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ", \"stream\": true"})
  void aClientThatLeavesFreesItsPlaceInTheQueue(String more) throws Exception {
    try (Serving serving = new Serving("abc")) {
      serving.model.hold();
      try (Wire first = send(serving, Serving.chat(""))) {
        serving.await(RUNNING, 1);
        Wire gone = send(serving, Serving.chat(more));
        serving.await(WAITING, 1);
        gone.close();
        serving.await(WAITING, 0);
        assertEquals(1, serving.metric(RUNNING), "the first is still at work");
        serving.model.release();
        assertTrue(first.answer().body().contains("abc"));
      }
    }
  }

  @Test
  void aClientThatDoesNotReadHoldsNoSlot() throws Exception {
    try (Serving serving = new Serving("x".repeat(100));
        Wire silent = send(serving, Serving.chat(", \"stream\": true"))) {
      serving.await("generated_tokens_total", 100);
      serving.await(RUNNING, 0);
      assertEquals(200, silent.readHead().status());
    }
  }

  @Test
  void requestsRunSideBySide() throws Exception {
    try (Serving serving = new Serving(SteppedModel.saying("abc"), Serving.options(2, 8, 5000));
        ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      serving.model.hold();
      Callable<Wire.Answer> request = () -> serving.post(Serving.CHAT, Serving.chat(""));
      List<Future<Wire.Answer>> answers = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        answers.add(clients.submit(request));
      }
      serving.await(RUNNING, 2);
      serving.await(WAITING, 8);
      serving.model.release();
      for (Future<Wire.Answer> answer : answers) {
        assertEquals(200, answer.get().status());
        assertTrue(answer.get().body().contains("abc"));
      }
    }
  }

  @Test
  void whatIsUnderWayIsFinishedWhenTheServerGoesDown() throws Exception {
    try (Serving serving = new Serving("abc")) {
      serving.model.hold();
      try (Wire stream = send(serving, Serving.chat(", \"stream\": true"))) {
        serving.model.step(1);
        stream.readHead();
        stream.event();
        Thread stopper = Thread.ofVirtual().start(serving.server::close);
        // Nobody listens any more.
        Serving.await(
            () -> {
              try {
                new Wire(serving.port).close();
                return false;
              } catch (IOException e) {
                return true;
              }
            },
            "the server still listens");
        serving.model.release();
        List<String> events = stream.events();
        assertEquals("[DONE]", events.getLast());
        assertTrue(events.get(events.size() - 2).contains("\"finish_reason\":\"stop\""));
        stopper.join();
      }
    }
  }

  @Test
  void whatTakesLongerIsCancelledAndToldSo() throws Exception {
    try (Serving serving = new Serving(SteppedModel.saying("abc"), Serving.options(1, 2, 0))) {
      serving.model.hold();
      try (Wire running = send(serving, Serving.chat(", \"stream\": true"))) {
        serving.await(RUNNING, 1);
        try (Wire queued = send(serving, Serving.chat(", \"stream\": true"));
            Wire whole = send(serving, Serving.chat(""))) {
          serving.await(WAITING, 2);
          Thread stopper = Thread.ofVirtual().start(serving.server::close);
          assertToldOfTheEnd(queued);
          assertToldOfTheEnd(whole);
          serving.model.release(); // the slot looks when the model is done with a step
          assertToldOfTheEnd(running);
          stopper.join();
        }
      }
    }
  }

  /** By a status, or if a ping had come before, by an error in the place of the answer. */
  private static void assertToldOfTheEnd(Wire wire) throws IOException {
    Wire.Answer head = wire.readHead();
    StringBuilder text = new StringBuilder();
    if (head.headers().containsKey("content-length")) {
      assertEquals(503, head.status());
      wire.readPlain(text);
    } else {
      assertEquals(200, head.status());
      try {
        for (int b = wire.readChunked(); b >= 0; b = wire.readChunked()) {
          text.append((char) b);
        }
        assertTrue(text.toString().endsWith("data: [DONE]\n\n"), text.toString());
      } catch (IOException e) { // what is no stream is cut, not ended
        assertEquals("application/json", head.headers().get("content-type"));
      }
    }
    assertTrue(text.toString().contains("\"code\":\"shutting_down\""), text.toString());
  }

  @Test
  void anErrorIsNotTakenForTheTextThatItCutsOff() throws Exception {
    try (Serving serving = new Serving("abc")) {
      serving.model.hold();
      try (Wire wire = send(serving, Serving.chat(""))) {
        assertEquals(200, wire.readHead().status());
        assertEquals('\n', wire.readChunked());
        serving.model.damaged.set(true);
        serving.model.release();
        StringBuilder text = new StringBuilder();
        assertThrows(
            IOException.class,
            () -> {
              for (int b = wire.readChunked(); b >= 0; b = wire.readChunked()) {
                text.append((char) b);
              }
            });
        assertTrue(text.toString().contains("\"error\""), text.toString());
      }
    }
  }

  @Test
  void aServerThatIsClosedHasEndedItsThreads() {
    Serving serving = new Serving("abc");
    serving.close();
    assertFalse(
        Thread.getAllStackTraces().keySet().stream()
            .anyMatch(thread -> thread.getName().startsWith("lanewise-slot-")));
    assertThrows(IOException.class, () -> new Wire(serving.port));
  }
}
