package dev.lanewise.model.server;

import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A client for tests, which sees what goes over the wire, and when. */
final class Wire implements AutoCloseable {
  /** Longer than anything takes here: what is late beyond that never comes. */
  private static final int TIMEOUT_MILLIS = 30_000;

  /** An answer: names of headers are in lower case. */
  record Answer(int status, Map<String, String> headers, String body) {
    JsonView json() {
      return Json.view("answer", body.getBytes(StandardCharsets.UTF_8));
    }

    JsonView error() {
      return json().at("error");
    }
  }

  private final Socket socket;
  private final InputStream in;
  private final int port;
  private Map<String, String> headers = Map.of();
  private int status;
  private int left; // of a chunk

  Wire(int port) throws IOException {
    this.port = port;
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(TIMEOUT_MILLIS);
    in = new BufferedInputStream(socket.getInputStream());
  }

  static Answer get(int port, String path, String... headers) throws IOException {
    try (Wire wire = new Wire(port)) {
      wire.send("GET", path, null, headers);
      return wire.answer();
    }
  }

  static Answer post(int port, String path, String body, String... headers) throws IOException {
    try (Wire wire = new Wire(port)) {
      wire.send("POST", path, body, headers);
      return wire.answer();
    }
  }

  /** Sends a request, with this server as its host unless a header says otherwise. */
  void send(String method, String path, String body, String... headers) throws IOException {
    StringBuilder head = new StringBuilder(method + " " + path + " HTTP/1.1\r\n");
    boolean named = false;
    for (String header : headers) {
      head.append(header).append("\r\n");
      named |= header.startsWith("Host:");
    }
    if (!named) {
      head.append("Host: localhost:").append(port).append("\r\n");
    }
    byte[] bytes = body == null ? new byte[0] : body.getBytes(StandardCharsets.UTF_8);
    if (body != null) {
      head.append("Content-Length: ").append(bytes.length).append("\r\n");
    }
    write(head + "\r\n");
    socket.getOutputStream().write(bytes);
  }

  void write(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Reads an answer to its end. */
  Answer answer() throws IOException {
    readHead();
    if (!headers.containsKey("transfer-encoding")) {
      StringBuilder text = new StringBuilder();
      readPlain(text);
      return new Answer(status, headers, text.toString());
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (int b = readChunked(); b >= 0; b = readChunked()) {
      body.write(b);
    }
    return new Answer(status, headers, body.toString(StandardCharsets.UTF_8));
  }

  /** Reads status and headers. */
  Answer readHead() throws IOException {
    String line = headLine();
    status = Integer.parseInt(line.split(" ")[1]);
    headers = new TreeMap<>();
    for (line = headLine(); !line.isEmpty(); line = headLine()) {
      int colon = line.indexOf(':');
      String name = line.substring(0, colon).toLowerCase(Locale.ROOT);
      headers.put(name, line.substring(colon + 1).strip());
    }
    return new Answer(status, headers, "");
  }

  private String headLine() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new IOException("the connection was closed after '" + line + "'");
      }
      line.append((char) b);
    }
    return line.toString().strip();
  }

  /** Reads a body that is not in chunks. */
  void readPlain(StringBuilder text) throws IOException {
    byte[] body = in.readNBytes(Integer.parseInt(headers.getOrDefault("content-length", "0")));
    text.append(new String(body, StandardCharsets.UTF_8));
  }

  /** The next byte of a body in chunks; −1 at its end. */
  int readChunked() throws IOException {
    if (left == 0) {
      left = Integer.parseInt(headLine(), 16);
      if (left == 0) {
        headLine();
        return -1;
      }
    }
    int b = in.read();
    if (b < 0) {
      throw new IOException("the connection was closed within a chunk");
    }
    if (--left == 0) {
      headLine();
    }
    return b;
  }

  /** The data of the next event of a stream, pings left out; null at its end. */
  String event() throws IOException {
    ByteArrayOutputStream event = new ByteArrayOutputStream();
    int last = 0;
    for (int b = readChunked(); b >= 0; b = readChunked()) {
      if (b == '\n' && last == '\n') {
        String text = event.toString(StandardCharsets.UTF_8).strip();
        if (!text.startsWith(":")) {
          return text.replaceFirst("^data: ", "");
        }
        event.reset();
      }
      event.write(b);
      last = b;
    }
    return null;
  }

  /** All events from here on. */
  List<String> events() throws IOException {
    List<String> events = new ArrayList<>();
    for (String event = event(); event != null; event = event()) {
      events.add(event);
    }
    return events;
  }

  static JsonView json(String event) {
    return Json.view("event", event.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
