package dev.lanewise.model.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may ask: names of the server, origins of pages, and the key. */
class AccessTest {
  private static Serving local;
  private static Serving guarded;

  @BeforeAll
  static void start() {
    local = new Serving("abc");
    guarded =
        new Serving(
            SteppedModel.saying("abc"),
            new ServerOptions("0.0.0.0", 0, "sécret", Set.of("Models.Example"), 1, 1, 0));
  }

  @AfterAll
  static void stop() {
    local.close();
    guarded.close();
  }

  private static int status(Serving serving, String path, String... headers) throws IOException {
    return Wire.get(serving.port, path, headers).status();
  }

  @ParameterizedTest
  @CsvSource({
    "localhost, 200, 200",
    "LOCALHOST:80, 200, 200",
    "localhost., 200, 200",
    "127.0.0.1:5, 200, 200",
    "127.1.2.3, 200, 200",
    "[::1]:5, 200, 200",
    "[::1], 200, 200",
    "192.168.0.5:80, 403, 200",
    "[fe80::1], 403, 200",
    "models.example:80, 403, 200",
    "evil.example, 403, 403",
    "localhost.evil.example, 403, 403",
    "127.0.0.1.evil.example, 403, 403",
    "'', 403, 403",
    ":80, 403, 403",
    "[], 403, 403",
  })
  void onlyItsOwnNamesAreAnswered(String host, int ofLocal, int ofOpen) throws IOException {
    assertEquals(ofLocal, status(local, "/health", "Host: " + host));
    assertEquals(ofOpen, status(guarded, "/health", "Host: " + host));
  }

  @Test
  void aRequestNeedsOneName() throws IOException {
    assertEquals(400, status(local, "/health", "Host: localhost", "Host: evil.example"));
    try (Wire wire = new Wire(local.port)) {
      wire.write("GET /health HTTP/1.0\r\n\r\n");
      assertEquals(400, wire.answer().status());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://localhost",
        "http://localhost:3000",
        "https://127.0.0.1:8443",
        "http://[::1]:5"
      })
  void pagesOfThisMachineMayAsk(String origin) throws IOException {
    Wire.Answer answer = Wire.get(local.port, "/health", "Origin: " + origin);
    assertEquals(200, answer.status());
    assertEquals(origin, answer.headers().get("access-control-allow-origin"));
    assertEquals("Origin", answer.headers().get("vary"));
    try (Wire wire = new Wire(guarded.port)) { // a browser asks beforehand, without the key
      wire.send("OPTIONS", Serving.CHAT, null, "Origin: " + origin);
      Wire.Answer allowed = wire.answer();
      assertEquals(204, allowed.status());
      assertEquals(origin, allowed.headers().get("access-control-allow-origin"));
      assertEquals("GET, POST", allowed.headers().get("access-control-allow-methods"));
      assertEquals(
          "Authorization, Content-Type", allowed.headers().get("access-control-allow-headers"));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "authorization,content-type,x-stainless-lang ~ authorization,content-type,x-stainless-lang",
        "x-stainless-os, x-stainless-arch ~ x-stainless-os, x-stainless-arch",
        "a: b ~ Authorization, Content-Type",
        "<script> ~ Authorization, Content-Type",
      })
  void pagesMaySendTheHeadersTheyAskFor(String asked, String allowed) throws IOException {
    try (Wire wire = new Wire(guarded.port)) {
      String header = "Access-Control-Request-Headers: " + asked;
      wire.send("OPTIONS", Serving.CHAT, null, "Origin: http://localhost:3000", header);
      assertEquals(allowed, wire.answer().headers().get("access-control-allow-headers"));
    }
    try (Wire wire = new Wire(guarded.port)) {
      wire.send(
          "OPTIONS",
          Serving.CHAT,
          null,
          "Origin: http://evil.example",
          "Access-Control-Request-Headers: " + asked);
      Wire.Answer refused = wire.answer();
      assertEquals(403, refused.status());
      assertNull(refused.headers().get("access-control-allow-headers"));
    }
  }

  @Test
  void whoMayNotAskIsNotListenedToAnyLonger() throws IOException {
    assertEquals("close", Wire.get(guarded.port, "/v1/models").headers().get("connection"));
    for (String header : List.of("Host: evil.example", "Origin: http://evil.example")) {
      Wire.Answer answer = Wire.get(local.port, "/health", header);
      assertEquals(403, answer.status());
      assertEquals("close", answer.headers().get("connection"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://evil.example",
        "http://localhost.evil.example",
        "https://192.168.0.5",
        "null",
        "file://",
        "http://loc alhost"
      })
  void pagesOfOthersMayNot(String origin) throws IOException {
    Wire.Answer answer = Wire.post(local.port, Serving.CHAT, Serving.chat(""), "Origin: " + origin);
    assertEquals(403, answer.status());
    assertEquals("foreign_origin", answer.error().string("code"));
    assertNull(answer.headers().get("access-control-allow-origin"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "X: y",
        "Authorization: Bearer",
        "Authorization: Bearer ",
        "Authorization: Bearer sécre",
        "Authorization: Bearer sécrets",
        "Authorization: Basic sécret",
        "Authorization: sécret",
      })
  void withoutTheKeyNothingIsTold(String header) throws IOException {
    Wire.Answer answer = Wire.get(guarded.port, "/v1/models", header);
    assertEquals(401, answer.status());
    assertEquals("invalid_api_key", answer.error().string("code"));
    assertEquals("authentication_error", answer.error().string("type"));
    assertEquals("Bearer", answer.headers().get("www-authenticate"));
    assertEquals(401, status(guarded, "/metrics", header));
    assertEquals(401, status(guarded, "/no/such/path", header));
    assertEquals(200, status(guarded, "/health", header));
  }

  @Test
  void withTheKeyItIs() throws IOException {
    assertEquals(200, status(guarded, "/v1/models", "Authorization: Bearer sécret"));
    assertEquals(200, status(guarded, "/v1/models", "authorization: bearer  sécret "));
    Wire.Answer answer =
        Wire.post(guarded.port, Serving.CHAT, Serving.chat(""), "Authorization: Bearer sécret");
    assertTrue(answer.body().contains("abc"), answer.body());
  }

  @Test
  void optionsAreChecked() {
    assertTrue(Serving.options(1, 1, 0).isLocal());
    assertThrows(
        LanewiseException.class, () -> new ServerOptions("127.0.0.1", 0, " ", Set.of(), 1, 1, 0));
    ServerOptions unknown = new ServerOptions("no.such.invalid", 0, null, Set.of(), 1, 1, 0);
    assertThrows(LanewiseException.class, unknown::isLocal);
  }
}
