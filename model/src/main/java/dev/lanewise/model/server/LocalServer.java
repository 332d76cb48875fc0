package dev.lanewise.model.server;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.generate.LanguageModel;
import dev.lanewise.model.json.JsonView;
import dev.lanewise.model.task.TextModel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * An HTTP server for one model. It listens from the start, and says that it is loading until it is
 * given a model.
 *
 * <p>It is that of the module {@code jdk.httpserver}, which a runtime may do without.
 */
public final class LocalServer implements AutoCloseable {
  /** After requests were cancelled: until their last words are sent. */
  private static final long FAREWELL_MILLIS = 2000;

  private final ServerOptions options;
  private final AccessRules rules;
  private final Consumer<String> log;
  private final Metrics metrics = new Metrics();
  private final Admission admission = new Admission();
  private final long started = Instant.now().getEpochSecond();
  private final HttpServer http;
  private volatile Service service;
  private final AtomicBoolean stopping = new AtomicBoolean();
  private int open; // requests that have no whole answer yet

  static {
    // The JDK's server reads its limits from system properties, once; those that were set count.
    setLimit("sun.net.httpserver.nodelay", "true"); // or pieces of text wait for one another
    setLimit("sun.net.httpserver.maxReqHeaders", "100");
    setLimit("sun.net.httpserver.maxReqHeaderSize", "32768");
    setLimit("sun.net.httpserver.maxReqTime", "60"); // seconds until all of a request is there
    setLimit("jdk.httpserver.maxConnections", "512");
  }

  private static void setLimit(String name, String value) {
    if (System.getProperty(name) == null) {
      System.setProperty(name, value);
    }
  }

  private LocalServer(ServerOptions options, Consumer<String> log) {
    this.options = options;
    this.log = log;
    rules = new AccessRules(options);
    InetSocketAddress address = new InetSocketAddress(options.address(), options.port());
    try {
      http = HttpServer.create(address, 0);
    } catch (IOException e) {
      throw new LanewiseException(
          "cannot listen on port %d of %s (%s); choose another with --port"
              .formatted(options.port(), options.host(), e.getMessage()),
          e);
    }
    // No more than connections. Virtual threads would wait for those that compute.
    http.setExecutor(
        Executors.newThreadPerTaskExecutor(
            Thread.ofPlatform().daemon().name("lanewise-http-", 0).factory()));
    http.createContext("/", this::handle);
    http.start();
  }

  /**
   * Begins to listen.
   *
   * @param log receives a line for everything that went wrong inside
   * @throws LanewiseException if that is not possible
   */
  public static LocalServer start(ServerOptions options, Consumer<String> log) {
    try {
      return new LocalServer(options, log);
    } catch (NoClassDefFoundError e) {
      throw new LanewiseException(
          "to serve needs Java's module jdk.httpserver, which is missing; take a Java with it, or"
              + " start java with --add-modules jdk.httpserver",
          e);
    }
  }

  /** The port it listens on. */
  public int port() {
    return http.getAddress().getPort();
  }

  /** The address to use it by. */
  public String url() {
    String host = options.host();
    return "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port();
  }

  /**
   * Serves a language model from now on, and closes it in the end.
   *
   * @param name what clients call it
   * @param threads of all slots together
   * @param context most tokens of prompt and text together, of each slot
   */
  public void serve(String name, LanguageModel model, int threads, int context) {
    service = new TextService(name, model, options, threads, context, metrics);
  }

  /**
   * Serves an encoder of texts from now on, and closes it in the end.
   *
   * @param name what clients call it
   * @param threads of all slots together
   */
  public void serve(String name, TextModel model, int threads) {
    service = new EmbeddingService(name, model, options, threads, metrics);
  }

  /** What there is to ask for. */
  private enum Route {
    CHAT("POST", "/v1/chat/completions"),
    COMPLETIONS("POST", "/v1/completions"),
    EMBEDDINGS("POST", "/v1/embeddings"),
    MODELS("GET", "/v1/models"),
    TOKENIZE("POST", "/tokenize"),
    DETOKENIZE("POST", "/detokenize"),
    HEALTH("GET", "/health"),
    METRICS("GET", "/metrics");

    private final String method;
    private final String path;

    Route(String method, String path) {
      this.method = method;
      this.path = path;
    }

    static Route of(String path) {
      for (Route route : values()) {
        if (route.path.equals(path)) {
          return route;
        }
      }
      throw new ApiException(404, "not_found", "there is no " + path + " here");
    }
  }

  /** Answers a request. An exception makes the JDK's server cut the connection. */
  private void handle(HttpExchange exchange) throws IOException {
    count(1);
    try {
      Reply reply = new Reply(exchange, metrics, admission, Reply.WRITE_MILLIS);
      try {
        answer(exchange, reply);
      } catch (ApiException e) {
        fail(e, exchange, reply);
      } catch (LanewiseException e) {
        fail(ApiException.of(e), exchange, reply);
      } catch (RuntimeException | Error e) {
        fail(new ApiException(500, "internal_error", "internal error: " + e), exchange, reply);
      } finally {
        reply.release();
      }
    } finally {
      count(-1);
    }
  }

  private void fail(ApiException error, HttpExchange exchange, Reply reply) throws IOException {
    if (error.status() == 500) {
      log.accept(exchange.getRequestURI().getPath() + ": " + error.getMessage());
    }
    reply.fail(error);
  }

  private void answer(HttpExchange exchange, Reply reply) throws IOException {
    rules.checkHost(exchange.getRequestHeaders());
    String origin = rules.checkOrigin(exchange.getRequestHeaders());
    if (origin != null) {
      reply.header("Access-Control-Allow-Origin", origin);
      reply.header("Vary", "Origin");
    }
    String sent = exchange.getRequestMethod();
    String method = sent.equals("HEAD") ? "GET" : sent;
    if (method.equals("OPTIONS") && origin != null) {
      reply.header("Access-Control-Allow-Methods", "GET, POST");
      reply.header(
          "Access-Control-Allow-Headers", AccessRules.allowed(exchange.getRequestHeaders()));
      reply.header("Access-Control-Max-Age", "600");
      reply.empty(204);
      return;
    }
    String path = exchange.getRequestURI().getPath();
    if (!path.equals(Route.HEALTH.path)) {
      rules.checkKey(exchange.getRequestHeaders());
    }
    Route route = Route.of(path);
    if (!method.equals(route.method)) {
      throw new ApiException(405, "method_not_allowed", path + " wants " + route.method)
          .header("Allow", route.method);
    }
    if (stopping.get()) {
      throw ApiException.shuttingDown().header("Connection", "close");
    }
    Service loaded = service;
    if (loaded == null && route != Route.METRICS) {
      throw new ApiException(503, "loading", "the model is being loaded; try again later")
          .header("Retry-After", "1");
    }
    if (route.method.equals("POST")) {
      byte[] body = RequestBody.read(exchange, reply);
      admission.read(() -> prepare(route, RequestBody.parse(body), loaded)).send(reply);
    } else {
      tell(route, loaded, reply);
    }
  }

  private static Service.Answer prepare(Route route, JsonView body, Service service) {
    return switch (route) {
      case CHAT -> service.chat(body);
      case COMPLETIONS -> service.complete(body);
      case EMBEDDINGS -> service.embed(body);
      case TOKENIZE -> TokenRoutes.tokenize(service.tokenizer(), body);
      default -> TokenRoutes.detokenize(service.tokenizer(), body);
    };
  }

  private void tell(Route route, Service loaded, Reply reply) throws IOException {
    switch (route) {
      case HEALTH -> reply.json(200, Map.of("status", "ok"));
      case MODELS -> reply.json(200, models(loaded.name()));
      default -> {
        int running = loaded == null ? 0 : loaded.slots().running();
        int waiting = loaded == null ? 0 : loaded.slots().waiting();
        byte[] text = metrics.text(running, waiting).getBytes(StandardCharsets.UTF_8);
        reply.whole(200, Metrics.TYPE, text);
      }
    }
  }

  private Map<String, Object> models(String name) {
    Map<String, Object> model = new LinkedHashMap<>();
    model.put("id", name);
    model.put("object", "model");
    model.put("created", started);
    model.put("owned_by", "lanewise");
    return Map.of("object", "list", "data", List.of(model));
  }

  private synchronized void count(int more) {
    open += more;
    notifyAll();
  }

  /** Waits until all requests are answered, or a time is over. */
  private synchronized void awaitAnswers(long millis) throws InterruptedException {
    long end = System.nanoTime() + millis * 1_000_000;
    for (long left = millis; open > 0 && left > 0; left = (end - System.nanoTime()) / 1_000_000) {
      wait(left);
    }
  }

  /**
   * Stops listening, gives requests the time of {@link ServerOptions#graceMillis}, cancels what is
   * left of them, and closes the model.
   */
  @Override
  public void close() {
    if (!stopping.compareAndSet(false, true)) {
      return;
    }
    // It waits for requests as well, but not for those of clients that are gone: so it is told
    // when.
    Thread stopper = Thread.ofPlatform().name("lanewise-stop").start(() -> http.stop(3600));
    try {
      awaitAnswers(options.graceMillis());
      if (service != null) {
        service.slots().close();
      }
      awaitAnswers(FAREWELL_MILLIS);
      stopper.interrupt();
      stopper.join();
    } catch (InterruptedException e) {
      stopper.interrupt();
      Thread.currentThread().interrupt();
    } finally {
      if (service != null) {
        service.close();
      }
    }
  }
}
