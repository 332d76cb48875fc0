package dev.lanewise.model.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.json.JsonView;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a server with a language model answers, as a whole. */
class LocalServerTest {
  private static Serving serving;

  @BeforeAll
  static void start() {
    serving = new Serving("Hello, world");
  }

  @AfterAll
  static void stop() {
    serving.close();
  }

  @Test
  void aConversationIsAnswered() throws IOException {
    Wire.Answer answer = serving.post(Serving.CHAT, Serving.chat(""));
    assertEquals(200, answer.status(), answer.body());
    assertEquals("application/json", answer.headers().get("content-type"));
    JsonView json = answer.json();
    assertTrue(json.string("id").startsWith("chatcmpl-"));
    assertEquals("chat.completion", json.string("object"));
    assertEquals("tiny", json.string("model"));
    JsonView choice = json.at("choices").items().getFirst();
    assertEquals(0, choice.integer("index"));
    assertEquals("assistant", choice.at("message").string("role"));
    assertEquals("Hello, world", choice.at("message").string("content"));
    assertEquals("stop", choice.string("finish_reason"));
    // <s>, or what the template writes, byte by byte.
    int prompt = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n".length();
    assertEquals(prompt, json.at("usage").integer("prompt_tokens"));
    assertEquals(12, json.at("usage").integer("completion_tokens"));
    assertEquals(prompt + 12, json.at("usage").integer("total_tokens"));
  }

  @Test
  void whatIsSaidMayComeInParts() throws IOException {
    String parts =
        "{\"messages\": [{\"role\": \"user\", \"name\": null, \"tool_calls\": [], \"content\":"
            + " [{\"type\": \"text\", \"text\": \"H\"}, {\"type\": \"text\", \"text\": \"i\"}]}]}";
    JsonView usage = serving.post(Serving.CHAT, parts).json().at("usage");
    JsonView whole = serving.post(Serving.CHAT, Serving.chat("")).json().at("usage");
    assertEquals(whole.integer("prompt_tokens"), usage.integer("prompt_tokens"));
  }

  @Test
  void speakersMayHaveNamesAndAnAssistantMayHaveSaidNothing() throws IOException {
    String said =
        "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"%s}, {\"role\": \"assistant\","
            + " \"content\": %s, \"tool_calls\": []}]}";
    JsonView plain = serving.post(Serving.CHAT, said.formatted("", "\"\"")).json();
    JsonView named =
        serving.post(Serving.CHAT, said.formatted(", \"name\": \"Bob\"", "null")).json();
    assertEquals(
        plain.at("usage").integer("prompt_tokens"), named.at("usage").integer("prompt_tokens"));
  }

  @Test
  void aTextGoesOn() throws IOException {
    JsonView json = serving.post(Serving.COMPLETIONS, Serving.completion("")).json();
    assertEquals("text_completion", json.string("object"));
    JsonView choice = json.at("choices").items().getFirst();
    assertEquals("Hello, world", choice.string("text"));
    assertEquals("stop", choice.string("finish_reason"));
    assertEquals(1 + "Hi there".length(), json.at("usage").integer("prompt_tokens"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "\"max_tokens\": 5 ~ Hello ~ length",
        "\"max_tokens\": 0 ~ '' ~ length",
        "\"stop\": \", w\" ~ Hello ~ stop",
        "\"stop\": [\"xyz\", \"wor\"] ~ 'Hello, ' ~ stop",
        "\"logit_bias\": {\"72\": -100, \"74\": 1} ~ 'J' ~ length",
        "\"temperature\": 0.5, \"top_k\": 1, \"top_p\": 1, \"min_p\": 0, \"seed\": 7 ~ Hello, world"
            + " ~ stop",
        "\"n\": 1, \"logprobs\": false, \"echo\": false, \"suffix\": null, \"user\": \"me\","
            + " \"best_of\": 1, \"presence_penalty\": 0, \"frequency_penalty\": 0 ~ Hello, world ~"
            + " stop",
      })
  void samplingIsAsTheRequestSays(String parameters, String text, String reason)
      throws IOException {
    int most = parameters.contains("bias") ? 1 : 100;
    String body =
        "{\"prompt\": [\"Hi\"], "
            + (parameters.contains("temperature") ? "" : "\"temperature\": 0, ")
            + (parameters.contains("max_tokens") ? "" : "\"max_tokens\": " + most + ", ")
            + parameters
            + "}";
    Wire.Answer answer = serving.post(Serving.COMPLETIONS, body);
    assertEquals(200, answer.status(), answer.body());
    JsonView choice = answer.json().at("choices").items().getFirst();
    assertEquals(text, choice.string("text"));
    assertEquals(reason, choice.string("finish_reason"));
  }

  @Test
  void aPromptMayBeTokens() throws IOException {
    String body = "{\"prompt\": [256, 72, 105], \"temperature\": 0}";
    JsonView json = serving.post(Serving.COMPLETIONS, body).json();
    assertEquals(3, json.at("usage").integer("prompt_tokens"));
    assertEquals("Hello, world", json.at("choices").items().getFirst().string("text"));
  }

  @Test
  void aCompletionHasSixteenTokensUnlessToldOtherwise() throws IOException {
    try (Serving longer = new Serving("a text of more than sixteen bytes")) {
      JsonView json = longer.post(Serving.COMPLETIONS, "{\"prompt\": \"Hi\"}").json();
      assertEquals(16, json.at("usage").integer("completion_tokens"));
    }
  }

  @Test
  void onlyWithoutASeedIsWhatWasComputedKept() throws IOException {
    String body = Serving.completion("");
    serving.post(Serving.COMPLETIONS, body);
    JsonView again = serving.post(Serving.COMPLETIONS, body).json();
    JsonView seeded = serving.post(Serving.COMPLETIONS, Serving.completion(", \"seed\": 1")).json();
    String details = "prompt_tokens_details";
    assertEquals(8, again.at("usage").at(details).integer("cached_tokens"));
    assertEquals(0, seeded.at("usage").at(details).integer("cached_tokens"));
  }

  @Test
  void theModelIsListed() throws IOException {
    JsonView json = Wire.get(serving.port, "/v1/models").json();
    assertEquals("list", json.string("object"));
    JsonView model = json.at("data").items().getFirst();
    assertEquals("tiny", model.string("id"));
    assertEquals("model", model.string("object"));
  }

  @Test
  void textsBecomeTokensAndBack() throws IOException {
    assertEquals(
        "{\"tokens\":[72,105]}", serving.post("/tokenize", "{\"content\": \"Hi\"}").body());
    assertEquals(
        "{\"tokens\":[256,72,105]}",
        serving.post("/tokenize", "{\"content\": \"Hi\", \"add_special\": true}").body());
    assertEquals(
        "{\"content\":\"Hi\"}", serving.post("/detokenize", "{\"tokens\": [72, 105]}").body());
    assertEquals(
        "{\"content\":\"<s>Hi</s>\"}",
        serving.post("/detokenize", "{\"tokens\": [256, 72, 105, 257]}").body());
  }

  @Test
  void piecesAreTextsOrBytes() throws IOException {
    String body = "{\"content\": \" 😀\", \"add_special\": true, \"with_pieces\": true}";
    List<JsonView> tokens = serving.post("/tokenize", body).json().at("tokens").items();
    List<Object> pieces =
        List.of("<s>", " ", List.of(240L), List.of(159L), List.of(152L), List.of(128L));
    assertEquals(pieces, tokens.stream().map(token -> token.at("piece").value()).toList());
    assertEquals(256, tokens.getFirst().integer("id"));
    assertEquals(240, tokens.get(2).integer("id"));
  }

  @Test
  void anAnswerHoldsNoMoreTokensThanAre() throws IOException {
    String most = "{\"content\": \"" + "a".repeat(TokenRoutes.MAX_TOKENS) + "\"}";
    Wire.Answer answer = serving.post("/tokenize", most);
    assertEquals(200, answer.status());
    assertEquals(200, serving.post("/detokenize", answer.body()).status());
    String more = "{\"content\": \"" + "a".repeat(TokenRoutes.MAX_TOKENS + 1) + "\"}";
    answer = serving.post("/tokenize", more);
    assertEquals(400, answer.status());
    assertEquals("content", answer.error().string("param"));
  }

  @Test
  void itsHealthIsTold() throws IOException {
    assertEquals("{\"status\":\"ok\"}", Wire.get(serving.port, "/health").body());
    try (Wire wire = new Wire(serving.port)) {
      wire.send("HEAD", "/health", null, "Connection: close");
      assertEquals(200, wire.answer().status());
      assertThrows(IOException.class, wire::readHead, "there is no body");
    }
  }

  @Test
  void metricsCount() throws IOException {
    int prompts = serving.metric("prompt_tokens_total");
    int generated = serving.metric("generated_tokens_total");
    serving.post(Serving.COMPLETIONS, Serving.completion(""));
    assertEquals(prompts + 9, serving.metric("prompt_tokens_total"));
    assertEquals(generated + 12, serving.metric("generated_tokens_total"));
    Wire.Answer answer = Wire.get(serving.port, "/metrics");
    assertTrue(answer.headers().get("content-type").startsWith("text/plain; version=0.0.4"));
    for (String line : answer.body().lines().toList()) {
      assertTrue(
          line.matches(
              "# (HELP|TYPE) lanewise_\\w+ .+|lanewise_\\w+(\\{code=\"\\d+\"})? [\\d.E-]+"),
          line);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "/v1/chat/completions ~ {} ~ messages is missing",
        "/v1/chat/completions ~ {\"messages\": []} ~ the conversation has no message",
        "/v1/chat/completions ~ {\"messages\": [{\"role\": \"user\"}]} ~ messages[0].content",
        "/v1/chat/completions ~ {\"messages\": [{\"role\": \"tool\", \"content\": \"x\"}]} ~ role",
        "/v1/chat/completions ~ {\"messages\": [{\"role\": \"user\", \"content\": [{\"type\":"
            + " \"image_url\", \"image_url\": {\"url\": \"http://localhost:1/\"}}]}]} ~ image_url",
        "/v1/chat/completions ~ {\"messages\": [{\"role\": \"user\", \"content\": \"x\","
            + " \"audio\": {}}]} ~ 'messages[0].audio' is not supported",
        "/v1/chat/completions ~ {\"messages\": \"x\"} ~ expected a list of messages",
        "/v1/chat/completions ~ {\"messages\": [{\"role\": \"user\", \"content\": null}]} ~"
            + " messages[0].content is null, expected a text or a list of parts",
        "/v1/chat/completions ~ {\"messages\": [], \"chat_template_kwargs\": {\"tools\": 1}} ~"
            + " 'chat_template_kwargs.tools' is not supported",
        "/v1/completions ~ {} ~ prompt is missing",
        "/v1/completions ~ {\"prompt\": []} ~ has 0 texts",
        "/v1/completions ~ {\"prompt\": [\"a\", \"b\"]} ~ has 2 texts",
        "/v1/completions ~ {\"prompt\": [5, 258]} ~ prompt[1] is no token",
        "/v1/completions ~ {\"prompt\": 5} ~ prompt is 5, expected a text or a list of texts",
        "/v1/completions ~ {\"prompt\": \"a\", \"temperature\": -1} ~ temperature is -1.0",
        "/v1/completions ~ {\"prompt\": \"a\", \"temperature\": \"hot\"} ~ expected a number",
        "/v1/completions ~ {\"prompt\": \"a\", \"temperature\": 1e300} ~ temperature is 1.0E300",
        "/v1/completions ~ {\"prompt\": \"a\", \"top_p\": 2} ~ top_p is 2.0, expected a number",
        "/v1/completions ~ {\"prompt\": \"a\", \"min_p\": 2} ~ min_p is 2.0",
        "/v1/completions ~ {\"prompt\": \"a\", \"repeat_penalty\": 0} ~ repeat_penalty is 0.0",
        "/v1/completions ~ {\"prompt\": \"a\", \"presence_penalty\": 101} ~ presence_penalty is"
            + " 101",
        "/v1/completions ~ {\"prompt\": \"a\", \"frequency_penalty\": -101} ~ frequency_penalty is",
        "/v1/completions ~ {\"prompt\": \"a\", \"max_tokens\": -1} ~ max_tokens is -1",
        "/v1/chat/completions ~ {\"messages\": [], \"max_completion_tokens\": -1} ~"
            + " max_completion_tokens is -1",
        "/v1/completions ~ {\"prompt\": \"a\", \"max_tokens\": 1.5} ~ expected a whole number",
        "/v1/completions ~ {\"prompt\": \"a\", \"seed\": 1.5} ~ seed must be",
        "/v1/completions ~ {\"prompt\": \"a\", \"stop\": \"\"} ~ stop has an empty text",
        "/v1/completions ~ {\"prompt\": \"a\", \"stop\": 3} ~ stop is 3",
        "/v1/completions ~ {\"prompt\": \"a\", \"stop\":"
            + " [\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\"]}"
            + " ~ has 17 texts",
        "/v1/completions ~ {\"prompt\": \"a\", \"logit_bias\": {\"258\": 1}} ~ names no token",
        "/v1/completions ~ {\"prompt\": \"a\", \"logit_bias\": {\"x\": 1}} ~ names no token",
        "/v1/completions ~ {\"prompt\": \"a\", \"logit_bias\": {\"1\": 101}} ~ out of range",
        "/v1/completions ~ {\"prompt\": \"a\", \"n\": 2} ~ 'n' is not supported here; only 1 is",
        "/v1/completions ~ {\"prompt\": \"a\", \"echo\": true} ~ 'echo' is not supported",
        "/v1/completions ~ {\"prompt\": \"a\", \"logprobs\": 3} ~ 'logprobs' is not supported"
            + " here; leave it out",
        "/v1/completions ~ {\"prompt\": \"a\", \"no_such\": 3} ~ 'no_such' is not supported",
        "/v1/completions ~ {\"prompt\": \"a\", \"tools\": [{}]} ~ 'tools' is not supported",
        "/v1/completions ~ {\"prompt\": \"a\", \"stream_options\": {\"x\": 1}} ~ stream_options.x",
        "/v1/completions ~ {\"prompt\": \"a\", \"response_format\": {\"type\": \"json_object\"}} ~"
            + " only {\"type\":\"text\"} is",
        "/v1/completions ~ {\"prompt\": \"a\" ~ request",
        "/v1/completions ~ [1] ~ expected an object",
        "/v1/completions ~ '' ~ request",
        "/v1/completions ~ {\"prompt\": \"a\", \"prompt\": \"b\"} ~ prompt",
        "/v1/completions ~ {\"prompt\": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1 ~ deep",
        "/tokenize ~ {} ~ content is missing",
        "/tokenize ~ {\"content\": \"a\", \"x\": 1} ~ 'x' is not supported",
        "/detokenize ~ {\"tokens\": [-1]} ~ tokens[0] is no token",
        "/detokenize ~ {\"tokens\": [1e10]} ~ tokens[0]",
      })
  void whatIsWrongIsNamed(String path, String body, String part) throws IOException {
    Wire.Answer answer = serving.post(path, body);
    assertEquals(400, answer.status(), answer.body());
    assertTrue(answer.error().string("message").contains(part), answer.body());
    assertEquals("invalid_request_error", answer.error().string("type"));
    assertTrue(answer.error().has("code"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "{\"prompt\": \"a\", \"top_p\": 2} ~ top_p",
        "{\"prompt\": \"a\", \"top_p\": \"x\"} ~ top_p",
        "{\"prompt\": [\"a\", 1]} ~ prompt[1]",
        "{} ~ prompt",
        "{\"prompt\": \"a\", \"logit_bias\": {\"x\": 1}} ~ logit_bias.x",
        "{\"prompt\": \"a\", \"n\": 2} ~ n",
        "[1] ~ ",
      })
  void thePlaceOfWhatIsWrongIsToldToPrograms(String body, String place) throws IOException {
    JsonView error = serving.post(Serving.COMPLETIONS, body).error();
    assertEquals(place, error.string("param", null));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ", \"stream\": true"})
  void aPromptBeyondTheContextIsRefusedBeforeAnythingIsSent(String more) throws IOException {
    String body = "{\"prompt\": \"" + "a".repeat(SteppedModel.CONTEXT) + "\"" + more + "}";
    Wire.Answer answer = serving.post(Serving.COMPLETIONS, body);
    assertEquals(400, answer.status());
    assertEquals("application/json", answer.headers().get("content-type"));
    assertEquals(SteppedModel.CONTEXT + 1, answer.error().integer("n_prompt_tokens"));
    assertEquals(SteppedModel.CONTEXT, answer.error().integer("n_ctx"));
    assertEquals("context_length_exceeded", answer.error().string("code"));
  }

  @Test
  void aPromptMayFillTheContext() throws IOException {
    String body =
        "{\"temperature\": 0, \"prompt\": \"" + "a".repeat(SteppedModel.CONTEXT - 1) + "\"}";
    JsonView choice =
        serving.post(Serving.COMPLETIONS, body).json().at("choices").items().getFirst();
    assertEquals("H", choice.string("text"));
    assertEquals("length", choice.string("finish_reason"));
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /, 404, not_found, ",
    "GET, /v1, 404, not_found, ",
    "POST, /v1/chat/completions/, 404, not_found, ",
    "GET, /v1/chat/completions, 405, method_not_allowed, POST",
    "DELETE, /health, 405, method_not_allowed, GET",
    "OPTIONS, /health, 405, method_not_allowed, GET",
    "POST, /v1/models, 405, method_not_allowed, GET",
    "POST, /v1/embeddings, 501, not_supported_by_model, ",
  })
  void whatThereIsNotIsSaid(String method, String path, int status, String code, String allowed)
      throws IOException {
    try (Wire wire = new Wire(serving.port)) {
      wire.send(method, path, "{}");
      Wire.Answer answer = wire.answer();
      assertEquals(status, answer.status());
      assertEquals(code, answer.error().string("code"));
      assertEquals(allowed, answer.headers().get("allow"));
    }
  }

  @Test
  void aModelWithoutAChatTemplateHasNoConversations() throws IOException {
    try (LocalServer server = LocalServer.start(Serving.options(1, 1, 0), _ -> {})) {
      server.serve("plain", SteppedModel.saying("x").with("none"), 1, 100);
      Wire.Answer answer = Wire.post(server.port(), Serving.CHAT, Serving.chat(""));
      assertEquals(501, answer.status());
      assertTrue(answer.error().string("message").contains("/v1/completions"));
      assertEquals(
          200, Wire.post(server.port(), Serving.COMPLETIONS, Serving.completion("")).status());
    }
  }

  @Test
  void thinkingMayBeSwitchedOffWhereTheTemplateHasASwitch() throws IOException {
    String without = ", \"chat_template_kwargs\": {\"enable_thinking\": false}";
    String with = ", \"chat_template_kwargs\": {\"enable_thinking\": true}";
    Wire.Answer refused = serving.post(Serving.CHAT, Serving.chat(without));
    assertEquals(400, refused.status());
    assertTrue(refused.error().string("message").contains("no switch for thinking"));
    assertEquals(200, serving.post(Serving.CHAT, Serving.chat(with)).status());
    try (LocalServer server = LocalServer.start(Serving.options(1, 1, 0), _ -> {})) {
      String qwen3 =
          "{{- '<|im_start|>assistant\\n"
              + "' }}{%- if enable_thinking is defined and enable_thinking is false %}{{-"
              + " '<think>\\n"
              + "\\n"
              + "</think>\\n"
              + "\\n"
              + "' }}{%- endif %}";
      server.serve("qwen3", SteppedModel.saying("x").with(qwen3), 1, SteppedModel.CONTEXT);
      int[] tokens = new int[2];
      for (int i = 0; i < 2; i++) {
        String body = Serving.chat(i == 0 ? with : without);
        Wire.Answer answer = Wire.post(server.port(), Serving.CHAT, body);
        tokens[i] = answer.json().at("usage").integer("prompt_tokens");
      }
      assertEquals("<think>\n\n</think>\n\n".length(), tokens[1] - tokens[0]);
    }
  }

  @Test
  void whileTheModelIsLoadedTheServerSaysSo() throws IOException {
    try (LocalServer server = LocalServer.start(Serving.options(1, 1, 0), _ -> {})) {
      Wire.Answer health = Wire.get(server.port(), "/health");
      assertEquals(503, health.status());
      assertEquals("loading", health.error().string("code"));
      assertEquals("1", health.headers().get("retry-after"));
      assertEquals(503, Wire.post(server.port(), Serving.CHAT, Serving.chat("")).status());
      assertEquals(200, Wire.get(server.port(), "/metrics").status());
      assertEquals("http://127.0.0.1:" + server.port(), server.url());
      server.serve("plain", SteppedModel.saying("x").with(SteppedModel.TEMPLATE), 1, 100);
      assertEquals(200, Wire.get(server.port(), "/health").status());
    }
  }

  @Test
  void aBodyBeyondTheLimitIsRefusedUnread() throws IOException {
    try (Wire wire = new Wire(serving.port)) {
      wire.write(
          "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
              + (RequestBody.MAX_BYTES + 1)
              + "\r\n\r\n");
      Wire.Answer answer = wire.answer();
      assertEquals(413, answer.status());
      assertEquals("body_too_large", answer.error().string("code"));
    }
  }

  @Test
  void aBodyOfUnknownLengthIsReadNoFurtherThanTheLimit() throws IOException {
    try (Wire wire = new Wire(serving.port)) {
      wire.write(
          "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
      String chunk = "10000\r\n" + " ".repeat(1 << 16) + "\r\n";
      for (int sent = 0; sent <= RequestBody.MAX_BYTES; sent += 1 << 16) {
        wire.write(chunk);
      }
      wire.write("0\r\n\r\n");
      assertEquals(413, wire.answer().status());
    }
    assertEquals(200, Wire.get(serving.port, "/health").status());
  }

  @Test
  void aBodyInChunksThatAreNoneIsRefused() throws IOException {
    try (Wire wire = new Wire(serving.port)) {
      wire.send("POST", Serving.COMPLETIONS, null, "Transfer-Encoding: chunked");
      wire.write("xyz\r\n");
      Wire.Answer answer = wire.answer();
      assertEquals(400, answer.status());
      assertTrue(answer.error().string("message").contains("chunk"), answer.body());
    }
  }

  @Test
  void aModelWhoseNumbersAreNoneFailsAndTheServerGoesOn() throws IOException {
    serving.model.damaged.set(true);
    try {
      for (String more : List.of("", ", \"stream\": true")) {
        Wire.Answer answer = serving.post(Serving.CHAT, Serving.chat(more));
        assertEquals(500, answer.status());
        assertEquals("server_error", answer.error().string("type"));
        assertTrue(serving.log.getLast().startsWith(Serving.CHAT + ": the work failed: "));
      }
    } finally {
      serving.model.damaged.set(false);
    }
    assertEquals(200, serving.post(Serving.CHAT, Serving.chat("")).status());
  }

  @Test
  void aConnectionServesSeveralRequests() throws IOException {
    try (Wire wire = new Wire(serving.port)) {
      for (int i = 0; i < 3; i++) {
        wire.send("POST", Serving.CHAT, Serving.chat(i == 1 ? ", \"n\": 2" : ""));
        assertEquals(i == 1 ? 400 : 200, wire.answer().status());
      }
    }
  }

  @Test
  void aPortThatIsTakenIsNamed() {
    ServerOptions options = new ServerOptions("127.0.0.1", serving.port, null, Set.of(), 1, 1, 0);
    LanewiseException e =
        assertThrows(LanewiseException.class, () -> LocalServer.start(options, _ -> {}));
    assertTrue(e.getMessage().contains("port " + serving.port), e.getMessage());
    assertFalse(e.getMessage().contains("null"), e.getMessage());
  }
}
