package dev.lanewise.model.catalogue;

import static dev.lanewise.model.catalogue.Fixture.CONTENT;
import static dev.lanewise.model.catalogue.Fixture.FILE;
import static dev.lanewise.model.catalogue.Fixture.entry;
import static dev.lanewise.model.catalogue.Fixture.options;
import static dev.lanewise.model.catalogue.Fixture.settings;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pulls over HTTP, from servers that behave and servers that do not. */
@Timeout(60)
class PullTest {
  @TempDir Path home;
  private LoopbackHub hub;
  private final Fixture.Listener progress = new Fixture.Listener();

  @BeforeEach
  void start() throws IOException {
    hub = new LoopbackHub();
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  private Path pull(Entry entry) {
    return Pull.fetch(entry, options(home, progress), settings(hub.address()));
  }

  private Path pulled() {
    return home.resolve("models/tiny/tiny.gguf");
  }

  private Path part() {
    return home.resolve("models/tiny/tiny.gguf.part");
  }

  private void leavePart(byte[] bytes) throws IOException {
    Files.createDirectories(part().getParent());
    Files.write(part(), bytes);
  }

  private void assertPulled(Path path) throws IOException {
    assertEquals(pulled(), path);
    assertArrayEquals(CONTENT, Files.readAllBytes(path));
    assertFalse(Files.exists(part()));
    assertFalse(Files.exists(home.resolve("models/tiny/tiny.gguf.part.origin")));
    assertEquals(path, Cache.at(home).find(entry("good")).orElseThrow());
  }

  @Test
  void whatTheCatalogueKnowsIsWritten() throws IOException {
    hub.on("good", LoopbackHub.serve(CONTENT));
    ModelFile known = ModelFile.of("1_Pooling/config.json", "{}");
    Entry entry =
        new Entry("tiny", "", "CC0-1.0", List.of(known, Fixture.FILE), entry("good").sources());
    Path folder = pull(entry);
    assertEquals(home.resolve("models/tiny"), folder);
    assertEquals("{}", Files.readString(folder.resolve("1_Pooling/config.json")));
    assertArrayEquals(CONTENT, Files.readAllBytes(pulled()));
    assertEquals(1, hub.asked.size());
  }

  @Test
  void aPulledFileIsNotAskedForAgain() throws IOException {
    hub.on("good", LoopbackHub.serve(CONTENT));
    assertPulled(pull(entry("good")));
    assertPulled(pull(entry("good")));
    assertEquals(1, hub.asked.size());
    assertEquals("/good/resolve/rev/tiny.gguf", hub.asked.getFirst().path());
    assertEquals("Bearer secret", hub.asked.getFirst().authorization());
    assertEquals(CONTENT.length, progress.bytes);
  }

  @Test
  void aCutConnectionIsTakenUpWhereItBroke() throws IOException {
    hub.on("good", (exchange, n) -> LoopbackHub.send(exchange, CONTENT, n < 2 ? 100_000 : 1 << 20));
    assertPulled(pull(entry("good")));
    assertEquals(3, hub.asked.size());
    assertNull(hub.asked.get(0).range());
    for (LoopbackHub.Asked later : hub.asked.subList(1, 3)) {
      assertTrue(later.range().startsWith("bytes="), later.range());
      assertFalse(later.range().equals("bytes=0-"));
      assertEquals("\"v1\"", later.ifRange());
    }
  }

  @Test
  void aServerThatAlwaysCutsAtTheSameByteIsGivenUpAndThePartKept() throws IOException {
    hub.on("bad", (exchange, n) -> LoopbackHub.send(exchange, CONTENT, n == 0 ? 100_000 : 0));
    LanewiseException e = assertThrows(LanewiseException.class, () -> pull(entry("bad")));
    assertTrue(e.getMessage().contains("gave up after 3 retries"), e.getMessage());
    assertEquals(4, hub.asked.size());
    assertTrue(Files.size(part()) > 0);

    hub.on("good", LoopbackHub.serve(CONTENT));
    long left = Files.size(part());
    assertPulled(pull(entry("good")));
    assertEquals("bytes=" + left + "-", hub.asked.getLast().range());
    assertNull(hub.asked.getLast().ifRange(), "the tag was another address's");
  }

  @Test
  void aPartWhoseVersionTheServerNoLongerHasIsDropped() throws IOException {
    leavePart(new byte[1000]);
    Files.writeString(
        home.resolve("models/tiny/tiny.gguf.part.origin"),
        hub.address() + "/good/resolve/rev/tiny.gguf\n\"v0\"");
    hub.on("good", LoopbackHub.serve(CONTENT));
    assertPulled(pull(entry("good")));
    assertEquals("\"v0\"", hub.asked.getFirst().ifRange());
    assertEquals(1, hub.asked.size());
  }

  @Test
  void aServerThatIgnoresRangesStartsFromTheFirstByte() throws IOException {
    leavePart(Arrays.copyOf(CONTENT, 5000));
    hub.on(
        "good",
        (exchange, _) -> {
          exchange.sendResponseHeaders(200, CONTENT.length);
          exchange.getResponseBody().write(CONTENT);
        });
    assertPulled(pull(entry("good")));
    assertEquals("bytes=5000-", hub.asked.getFirst().range());
  }

  @Test
  void aServerThatSendsAnotherRangeIsAskedAnew() throws IOException {
    leavePart(Arrays.copyOf(CONTENT, 5000));
    hub.on(
        "good",
        (exchange, n) -> {
          if (n == 0) {
            exchange.getResponseHeaders().set("Content-Range", "bytes 0-9/300000");
            exchange.sendResponseHeaders(206, 10);
            exchange.getResponseBody().write(CONTENT, 0, 10);
          } else {
            LoopbackHub.send(exchange, CONTENT, CONTENT.length);
          }
        });
    assertPulled(pull(entry("good")));
    assertNull(hub.asked.get(1).range());
  }

  @Test
  void aDamagedPartIsFetchedAnewFromTheSameSource() throws IOException {
    byte[] damaged = Arrays.copyOf(CONTENT, 5000);
    damaged[17]++;
    leavePart(damaged);
    hub.on("good", LoopbackHub.serve(CONTENT));
    assertPulled(pull(entry("good")));
    assertEquals(2, hub.asked.size());
    assertNull(hub.asked.get(1).range());
    assertTrue(progress.heard("damaged"));
  }

  @Test
  void aCompletePartNeedsNoServer() throws IOException {
    leavePart(CONTENT);
    assertPulled(pull(entry("nowhere")));
    assertEquals(0, hub.asked.size());
  }

  @Test
  void aPartLongerThanTheFileIsDropped() throws IOException {
    leavePart(new byte[CONTENT.length + 1]);
    hub.on("good", LoopbackHub.serve(CONTENT));
    assertPulled(pull(entry("good")));
    assertNull(hub.asked.getFirst().range());
  }

  @Test
  void aWrongSumMovesOnToTheNextSource() throws IOException {
    byte[] other = CONTENT.clone();
    other[123]++;
    hub.on("bad", LoopbackHub.serve(other)).on("good", LoopbackHub.serve(CONTENT));
    assertPulled(pull(entry("bad", "good")));
    assertTrue(progress.heard("SHA-256 " + Fixture.sha256(other)), progress.messages.toString());
    assertNull(hub.asked.getLast().range(), "nothing of the wrong bytes is kept");
  }

  @ParameterizedTest
  @ValueSource(ints = {299_999, 300_001, 1})
  void aWrongLengthIsRefusedBeforeTheBody(int length) throws IOException {
    hub.on("bad", LoopbackHub.serve(Fixture.content(length)));
    hub.on("good", LoopbackHub.serve(CONTENT));
    assertPulled(pull(entry("bad", "good")));
    assertTrue(progress.heard("offers"), progress.messages.toString());
    assertEquals(2, hub.asked.size());
  }

  @ParameterizedTest
  @ValueSource(ints = {299_999, 300_001, 2_000_000})
  void aWrongLengthThatIsNotAnnouncedIsNoticed(int length) throws IOException {
    byte[] other = Fixture.content(length);
    hub.on(
        "bad",
        (exchange, _) -> {
          exchange.sendResponseHeaders(200, 0);
          exchange.getResponseBody().write(other);
        });
    hub.on("good", LoopbackHub.serve(CONTENT));
    assertPulled(pull(entry("bad", "good")));
    assertTrue(
        progress.heard(length < CONTENT.length ? "ended the body early" : "sent more than"),
        progress.messages.toString());
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 401, 403, 404, 410, 418})
  void aRefusalIsNotRetried(int status) throws IOException {
    hub.on("bad", LoopbackHub.status(status)).on("good", LoopbackHub.serve(CONTENT));
    assertPulled(pull(entry("bad", "good")));
    assertEquals(2, hub.asked.size());
    assertTrue(progress.heard("HTTP status " + status), progress.messages.toString());
    assertEquals(status == 401 || status == 403, progress.heard("HF_TOKEN"));
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 500, 503})
  void anOverloadedServerIsAskedAgain(int status) throws IOException {
    hub.on("bad", LoopbackHub.status(status)).on("good", LoopbackHub.serve(CONTENT));
    assertPulled(pull(entry("bad", "good")));
    assertEquals(1 + 3 + 1, hub.asked.size());
    assertTrue(progress.heard("HTTP status " + status), progress.messages.toString());
  }

  @Test
  void aRedirectToAnotherHostDoesNotCarryTheToken() throws IOException {
    try (LoopbackHub store = new LoopbackHub()) {
      store.on("blobs", LoopbackHub.serve(CONTENT));
      hub.on("good", LoopbackHub.redirect("/moved/x"));
      hub.on("moved", LoopbackHub.redirect(store.address() + "/blobs/x?signature=1"));
      assertPulled(pull(entry("good")));
      assertEquals("Bearer secret", hub.asked.get(0).authorization());
      assertEquals("Bearer secret", hub.asked.get(1).authorization());
      assertEquals(1, store.asked.size());
      assertNull(store.asked.getFirst().authorization());
    }
  }

  @Test
  void redirectsWithoutEndAreRefused() {
    hub.on("bad", LoopbackHub.redirect("/bad/again"));
    LanewiseException e = assertThrows(LanewiseException.class, () -> pull(entry("bad")));
    assertTrue(e.getMessage().contains("more than 5 redirects"), e.getMessage());
    assertEquals(6, hub.asked.size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"http://other.example/x", "file:///etc/passwd", "", "http://[", "ftp://h/x"})
  void aRedirectAwayFromEncryptionOrTheWebIsRefused(String location) {
    URI from = URI.create("https://hub.example/a");
    assertThrows(RefusedException.class, () -> HubFetcher.target(from, location));
  }

  @Test
  void redirectTargetsMayBeRelative() throws IOException {
    URI from = URI.create("https://hub.example/a/b");
    assertEquals(URI.create("https://hub.example/c"), HubFetcher.target(from, "/c"));
    URI other = URI.create("https://store.example:8443/c");
    assertEquals(other, HubFetcher.target(from, other.toString()));
  }

  @Test
  void aSilentServerIsGivenUp() throws IOException {
    hub.on(
        "bad",
        (exchange, _) -> {
          LoopbackHub.send(exchange, CONTENT, 1000);
          pauseUntilStopped();
        });
    hub.on("good", LoopbackHub.serve(CONTENT));
    assertPulled(pull(entry("bad", "good")));
    assertTrue(progress.heard("sent nothing for 0.4 s"), progress.messages.toString());
    assertTrue(hub.asked.getLast().range().startsWith("bytes="), "the bytes before are kept");
  }

  private static void pauseUntilStopped() {
    try {
      Thread.sleep(60_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void anUnreachableHubIsGivenUpAtOnce() throws IOException {
    int closed;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      closed = socket.getLocalPort();
    }
    Settings settings = settings(URI.create("http://127.0.0.1:" + closed));
    LanewiseException e =
        assertThrows(
            LanewiseException.class,
            () -> Pull.fetch(entry("a", "b"), options(home, progress), settings));
    assertFalse(progress.heard("retry"), progress.messages.toString());
    String message = e.getMessage();
    assertTrue(message.contains("hub, a: cannot connect to http://127.0.0.1:" + closed), message);
    assertTrue(message.contains("hub, b: cannot connect"), message);
    assertTrue(message.contains(pulled().toString()), message);
    assertTrue(message.contains(FILE.sha256()), message);
    assertFalse(message.contains("secret"), message);
  }

  @Test
  void anUnknownHostIsNamed() {
    Settings settings = settings(URI.create("http://no-such-host.invalid"));
    LanewiseException e =
        assertThrows(
            LanewiseException.class,
            () -> Pull.fetch(entry("a"), options(home, progress), settings));
    assertTrue(e.getMessage().contains("no-such-host.invalid"), e.getMessage());
  }

  @Test
  void offlineAsksNobody() {
    hub.on("good", LoopbackHub.serve(CONTENT));
    Pull.Options offline = new Pull.Options(true, Cache.at(home), progress);
    LanewiseException e =
        assertThrows(
            LanewiseException.class,
            () -> Pull.fetch(entry("good"), offline, settings(hub.address())));
    assertTrue(e.getMessage().contains("offline"), e.getMessage());
    assertTrue(e.getMessage().contains(pulled().toString()), e.getMessage());
    assertEquals(0, hub.asked.size());
    assertFalse(Files.exists(home.resolve("models")), "asking leaves no trace");
  }

  @Test
  void aFilePlacedByHandIsVerifiedOnceAndUsedOffline() throws IOException {
    Files.createDirectories(pulled().getParent());
    Files.write(pulled(), CONTENT);
    Pull.Options offline = new Pull.Options(true, Cache.at(home), progress);
    assertTrue(Cache.at(home).find(entry("x")).isEmpty());
    assertPulled(Pull.fetch(entry("x"), offline, settings(hub.address())));
  }

  @Test
  void aWrongFilePlacedByHandIsReplacedOnlyOnline() throws IOException {
    byte[] wrong = CONTENT.clone();
    wrong[0]++;
    Files.createDirectories(pulled().getParent());
    Files.write(pulled(), wrong);
    Pull.Options offline = new Pull.Options(true, Cache.at(home), progress);
    assertThrows(
        LanewiseException.class, () -> Pull.fetch(entry("x"), offline, settings(hub.address())));
    assertArrayEquals(wrong, Files.readAllBytes(pulled()));

    hub.on("good", LoopbackHub.serve(CONTENT));
    assertPulled(pull(entry("good")));
    assertTrue(progress.heard("will be replaced"));
  }
}
