package dev.lanewise.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.checkpoint.ChildJvm;
import dev.lanewise.model.checkpoint.TinyLlama;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import dev.lanewise.model.task.TinyTextModel;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code serve}, as a process of its own where it has to serve. */
class ServeCommandTest {
  @TempDir private static Path folder;
  private static String model;

  @BeforeAll
  static void writeModel() {
    model = TinyLlama.write(folder.resolve("tiny.gguf"), 1).toString();
  }

  /** A server in a process; it is ready, and ends with the test. */
  private static final class Served implements AutoCloseable {
    private final Process process;
    private final BufferedReader output;
    private final URI url;

    Served(String... arguments) throws IOException {
      process = ChildJvm.start(List.of(), Main.class, arguments);
      output = process.inputReader();
      url = URI.create(lineWith("listening on ").replaceFirst("listening on ", ""));
      lineWith("lanewise: ready");
    }

    private String lineWith(String start) throws IOException {
      String line = output.readLine();
      while (line != null && !line.startsWith(start)) {
        line = output.readLine();
      }
      assertTrue(line != null, "the server ended without saying: " + start);
      return line;
    }

    HttpResponse<String> send(String path, String body, String... headers)
        throws IOException, InterruptedException {
      HttpRequest.Builder request = HttpRequest.newBuilder(url.resolve(path));
      if (headers.length > 0) {
        request.headers(headers);
      }
      if (body != null) {
        request.POST(HttpRequest.BodyPublishers.ofString(body));
      }
      try (HttpClient client = HttpClient.newHttpClient()) {
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
      }
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }

  private static JsonView json(HttpResponse<String> response) {
    assertEquals(200, response.statusCode(), response.body());
    return Json.view("answer", response.body().getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void aLanguageModelIsServedUntilTheProcessIsToldToEnd() throws Exception {
    Path key = Files.writeString(folder.resolve("key"), "secret\n");
    try (Served served =
        new Served(
            "serve",
            "-m",
            model,
            "--port",
            "0",
            "--api-key-file",
            key.toString(),
            "-t",
            "2",
            "--slots",
            "2",
            "-c",
            "100")) {
      String body = "{\"prompt\": \"hello\", \"max_tokens\": 5, \"temperature\": 0}";
      assertEquals(401, served.send("/v1/completions", body).statusCode());
      JsonView answer =
          json(served.send("/v1/completions", body, "Authorization", "Bearer secret"));
      assertEquals("tiny", answer.string("model"));
      String text = answer.at("choices").items().getFirst().string("text");
      Outcome alone =
          Outcome.done(
              "generate", "--raw", "-m", model, "-p", "hello", "-n", "5", "--temp", "0", "--json");
      assertEquals(alone.object().string("text"), text);
      assertTooManyHeadersAreNotRead(served.url.getPort());
      served.process.destroy();
      assertEquals(128 + 15, served.process.waitFor(), "the signal's");
      assertThrows(
          IOException.class,
          () -> new Socket(InetAddress.getLoopbackAddress(), served.url.getPort()));
    }
  }

  private static void assertTooManyHeadersAreNotRead(int port) throws IOException {
    for (String header : List.of("X: " + "x".repeat(40_000) + "\r\n", many())) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        socket.setSoTimeout(30_000);
        String request = "GET /health HTTP/1.1\r\nHost: localhost\r\n" + header + "\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals("", answer, "the connection is cut");
      } catch (IOException e) {
        assertTrue(
            e.getMessage().contains("reset") || e.getMessage().contains("pipe"), e.toString());
      }
    }
  }

  private static String many() {
    StringBuilder headers = new StringBuilder();
    for (int i = 0; i < 150; i++) {
      headers.append("X-").append(i).append(": y\r\n");
    }
    return headers.toString();
  }

  @Test
  void anEncoderIsServed() throws Exception {
    String encoder = TinyTextModel.write(folder.resolve("words")).toString();
    try (Served served = new Served("serve", "-m", encoder, "--port", "0")) {
      JsonView answer = json(served.send("/v1/embeddings", "{\"input\": \"a cat\"}"));
      assertEquals("words", answer.string("model"));
      assertEquals(8, answer.at("data").items().getFirst().at("embedding").items().size());
      assertEquals(501, served.send("/v1/completions", "{\"prompt\": \"a\"}").statusCode());
    }
  }

  /** A server in which memory runs out where nobody looks. */
  static final class OutOfMemory {
    private OutOfMemory() {}

    /** Takes the command's arguments. */
    public static void main(String[] args) {
      Thread.ofPlatform()
          .name("short-of-memory")
          .start(
              () -> {
                while (Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().equals("lanewise-slot-0"))) {
                  Thread.onSpinWait();
                }
                throw new OutOfMemoryError("none is left");
              });
      Main.main(args);
    }
  }

  @Test
  void aServerThatMemoryRunsOutForEnds() throws Exception {
    Process process =
        ChildJvm.start(List.of(), OutOfMemory.class, "serve", "-m", model, "--port", "0");
    try (BufferedReader output = process.inputReader()) {
      assertTrue(process.waitFor(60, TimeUnit.SECONDS), "it lives on");
      assertEquals(1, process.exitValue());
      String said = output.readAllAsString();
      assertTrue(said.contains("lanewise: thread short-of-memory ended: "), said);
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void anInterruptedCommandEnds() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    FutureTask<Integer> command =
        new FutureTask<>(
            () ->
                Main.run(
                    new String[] {"serve", "-m", model, "--port", "0"},
                    InputStream.nullInputStream(),
                    new PrintStream(out, false, StandardCharsets.UTF_8),
                    new PrintStream(err, false, StandardCharsets.UTF_8)));
    Thread thread = Thread.ofPlatform().start(command);
    while (thread.isAlive() && !err.toString(StandardCharsets.UTF_8).contains("ready")) {
      Thread.sleep(5);
    }
    thread.interrupt();
    assertEquals(130, command.get(), err.toString(StandardCharsets.UTF_8));
    assertTrue(
        out.toString(StandardCharsets.UTF_8).matches("listening on http://127.0.0.1:\\d+\n"));
  }

  @Test
  void aJavaWithoutAServerSaysSo() throws IOException, InterruptedException {
    List<String> options = List.of("--limit-modules=java.net.http,jdk.incubator.vector");
    ChildJvm.Result result = ChildJvm.run(options, Main.class, "serve", "-m", model, "--port", "0");
    assertEquals(1, result.exitCode());
    assertTrue(
        result.output().contains("lanewise: to serve needs Java's module jdk.httpserver"),
        result.output());
  }

  @Test
  void whatIsWrongIsSaid() throws IOException {
    Outcome.fails(2, "give a key with --api-key", "serve", "-m", model, "--host", "0.0.0.0");
    Outcome.fails(2, "does not go with a key", "serve", "--api-key", "k", "--no-api-key");
    Outcome.fails(2, "either", "serve", "--api-key", "k", "--api-key-file", "f");
    Outcome.fails(2, "--port 65536", "serve", "--port", "65536");
    Outcome.fails(2, "--slots 0", "serve", "--slots", "0");
    Outcome.fails(1, "key is empty", "serve", "--api-key", "");
    Outcome.fails(1, "no.such.invalid is not known", "serve", "--host", "no.such.invalid");
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = String.valueOf(taken.getLocalPort());
      Outcome.fails(1, "choose another with --port", "serve", "-m", model, "--port", port);
    }
    Outcome missing = Outcome.of("serve", "-m", "missing.gguf", "--port", "0", "--offline");
    assertEquals(1, missing.code());
    assertTrue(missing.err().contains("missing.gguf"), missing.err());
  }
}
