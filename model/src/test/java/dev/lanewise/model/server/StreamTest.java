package dev.lanewise.model.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.json.JsonView;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Answers that are sent as they come, event by event. */
class StreamTest {
  private static final String STREAM = ", \"stream\": true";

  private static List<String> stream(Serving serving, String path, String body) throws IOException {
    try (Wire wire = new Wire(serving.port)) {
      wire.send("POST", path, body);
      Wire.Answer head = wire.readHead();
      assertEquals(200, head.status());
      assertEquals("text/event-stream", head.headers().get("content-type"));
      return wire.events();
    }
  }

  private static JsonView choice(String event) {
    return Wire.json(event).at("choices").items().getFirst();
  }

  @Test
  void theFirstEventNamesTheRoleAndTheLastTheReason() throws IOException {
    try (Serving serving = new Serving("Hey")) {
      List<String> events = stream(serving, Serving.CHAT, Serving.chat(STREAM));
      assertEquals(6, events.size(), events.toString());
      assertEquals("[DONE]", events.getLast());
      assertEquals("assistant", choice(events.getFirst()).at("delta").string("role"));
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < 5; i++) {
        JsonView event = Wire.json(events.get(i));
        assertEquals("chat.completion.chunk", event.string("object"));
        assertEquals(Wire.json(events.getFirst()).string("id"), event.string("id"));
        assertEquals("tiny", event.string("model"));
        assertFalse(event.keys().contains("usage"));
        JsonView choice = choice(events.get(i));
        assertEquals(i == 0, choice.at("delta").has("role"), events.get(i));
        assertTrue(choice.keys().contains("finish_reason"));
        assertEquals(i == 4 ? "stop" : "none", choice.string("finish_reason", "none"));
        text.append(choice.at("delta").string("content", ""));
      }
      assertEquals("Hey", text.toString());
      assertTrue(choice(events.get(4)).at("delta").keys().isEmpty());
    }
  }

  @Test
  void usageComesLastIfItIsAskedFor() throws IOException {
    try (Serving serving = new Serving("Hey")) {
      String body =
          "{\"prompt\": \"Hi there\", \"temperature\": 0, \"max_tokens\": 2, \"stream\": true,"
              + " \"stream_options\": {\"include_usage\": true}}";
      List<String> events = stream(serving, Serving.COMPLETIONS, body);
      assertEquals(5, events.size(), events.toString());
      for (String event : events.subList(0, 3)) {
        assertTrue(Wire.json(event).keys().contains("usage"), event);
        assertFalse(Wire.json(event).has("usage"), event);
        assertEquals("text_completion", Wire.json(event).string("object"));
      }
      assertEquals("H", choice(events.get(0)).string("text"));
      assertEquals("length", choice(events.get(2)).string("finish_reason"));
      JsonView last = Wire.json(events.get(3));
      assertEquals(List.of(), last.at("choices").items());
      assertEquals(2, last.at("usage").integer("completion_tokens"));
      assertEquals(9, last.at("usage").integer("prompt_tokens"));
    }
  }

  @Test
  void aTextWithoutTokensHasARoleAndAReason() throws IOException {
    try (Serving serving = new Serving("")) {
      List<String> events = stream(serving, Serving.CHAT, Serving.chat(STREAM));
      assertEquals(3, events.size(), events.toString());
      assertEquals("assistant", choice(events.get(0)).at("delta").string("role"));
      assertEquals("stop", choice(events.get(1)).string("finish_reason"));
    }
  }

  @Test
  void charactersComeWhole() throws IOException {
    try (Serving serving = new Serving("aé€😀z")) { // of one to four bytes, a token each
      List<String> events = stream(serving, Serving.COMPLETIONS, Serving.completion(STREAM));
      List<String> pieces = new ArrayList<>();
      for (String event : events.subList(0, events.size() - 1)) {
        pieces.add(choice(event).string("text"));
      }
      assertEquals(List.of("a", "é", "€", "😀", "z", ""), pieces);
    }
  }

  @Test
  void whatMayBeginAStopStringIsHeldBack() throws IOException {
    try (Serving serving = new Serving("ab#c##d")) {
      List<String> events =
          stream(serving, Serving.COMPLETIONS, Serving.completion(STREAM + ", \"stop\": [\"##\"]"));
      List<String> pieces = new ArrayList<>();
      for (String event : events.subList(0, events.size() - 1)) {
        pieces.add(choice(event).string("text"));
      }
      assertEquals(List.of("a", "b", "#c", ""), pieces);
      assertEquals("stop", choice(events.get(3)).string("finish_reason"));
    }
  }

  /** Has a stream begin, of which one piece comes. */
  private static void begin(Serving serving, Wire wire) throws IOException {
    serving.model.hold();
    wire.send("POST", Serving.COMPLETIONS, Serving.completion(STREAM));
    serving.model.step(1);
    wire.readHead();
    assertEquals("a", choice(wire.event()).string("text"));
  }

  @Test
  void piecesComeAsSoonAsTheyAreThere() throws IOException {
    try (Serving serving = new Serving("abc");
        Wire wire = new Wire(serving.port)) {
      begin(serving, wire);
      serving.model.step(1);
      assertEquals("b", choice(wire.event()).string("text"));
      serving.model.step(2);
      assertEquals("c", choice(wire.event()).string("text"));
      assertEquals("stop", choice(wire.event()).string("finish_reason"));
      assertEquals("[DONE]", wire.event());
      assertNull(wire.event());
    }
  }

  @Test
  void whoWaitsGetsPings() throws IOException {
    try (Serving serving = new Serving("abc");
        Wire wire = new Wire(serving.port);
        Wire whole = new Wire(serving.port)) {
      serving.model.hold();
      wire.send("POST", Serving.CHAT, Serving.chat(STREAM));
      assertEquals("text/event-stream", wire.readHead().headers().get("content-type"));
      StringBuilder ping = new StringBuilder();
      for (int i = 0; i < 2 * ": ping\n\n".length(); i++) {
        ping.append((char) wire.readChunked());
      }
      assertEquals(": ping\n\n: ping\n\n", ping.toString());
      // One that waits in the queue for a text that does not stream gets line breaks.
      whole.send("POST", Serving.CHAT, Serving.chat(""));
      assertEquals(200, whole.readHead().status());
      assertEquals('\n', whole.readChunked());
      assertEquals('\n', whole.readChunked());
      serving.model.release();
      assertEquals("[DONE]", wire.events().getLast());
      StringBuilder rest = new StringBuilder();
      for (int b = whole.readChunked(); b >= 0; b = whole.readChunked()) {
        rest.append((char) b);
      }
      assertEquals("abc", choice(rest.toString()).at("message").string("content"));
    }
  }

  @Test
  void anErrorAfterTheFirstEventIsTheLastButOne() throws IOException {
    try (Serving serving = new Serving("abc");
        Wire wire = new Wire(serving.port)) {
      begin(serving, wire);
      serving.model.damaged.set(true);
      serving.model.release();
      assertEquals("failed", Wire.json(wire.event()).at("error").string("code"));
      assertEquals("[DONE]", wire.event());
      assertNull(wire.event());
    }
  }
}
