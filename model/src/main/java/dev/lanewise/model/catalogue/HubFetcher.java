package dev.lanewise.model.catalogue;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Files over HTTP from the hub, continued where an earlier attempt ended (range requests, RFC 9110
 * section 14). Redirects are followed here and not by the client, because the client would carry
 * the token to other hosts.
 */
final class HubFetcher implements Fetcher {
  private static final int MAX_REDIRECTS = 5;

  /** An attempt that brought this much was worth it: the count of failures starts again. */
  private static final long WORTH_BYTES = 1 << 20;

  private final Source.Hub hub;
  private final Settings settings;
  private final Progress progress;
  private final HttpClient client;

  HubFetcher(Source.Hub hub, Settings settings, Progress progress) {
    this.hub = hub;
    this.settings = settings;
    this.progress = progress;
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(settings.connectTimeout())
            .build();
  }

  @Override
  public void fetch(ModelFile file, PartFile part) throws IOException {
    URI address =
        URI.create(
            settings.endpoint()
                + "/"
                + hub.repository()
                + "/resolve/"
                + hub.revision()
                + "/"
                + file.name());
    progress.message("from " + address);
    lookUp(address);
    int failures = 0;
    boolean reached = false;
    while (!part.complete()) {
      long before = part.length();
      try {
        attempt(address, file, part);
        reached = true;
      } catch (RefusedException e) {
        throw e;
      } catch (IOException e) {
        if (isUnreachable(e) && !reached) {
          throw new RefusedException(
              "cannot connect to " + Origin.of(address) + ": " + Pull.reason(e), e);
        }
        reached = true;
        failures = part.length() - before >= WORTH_BYTES ? 1 : failures + 1;
        if (failures > settings.retries()) {
          throw new IOException(
              Pull.reason(e)
                  + "; gave up after "
                  + settings.retries()
                  + " retries, with "
                  + part.length()
                  + " of "
                  + file.size()
                  + " bytes",
              e);
        }
        progress.message(
            Pull.reason(e)
                + "; retry "
                + failures
                + " of "
                + settings.retries()
                + " from byte "
                + part.length());
        CacheLock.pause(settings.backoff().toMillis() << (failures - 1));
      }
    }
  }

  /**
   * Asks for the host's name, within the time a connection may take: a name server that does not
   * answer would keep the client waiting for far longer.
   */
  private void lookUp(URI address) throws IOException {
    ProxySelector proxies = ProxySelector.getDefault();
    if (proxies != null && !proxies.select(address).equals(List.of(Proxy.NO_PROXY))) {
      return;
    }
    FutureTask<InetAddress> answer =
        new FutureTask<>(() -> InetAddress.getByName(address.getHost()));
    Thread.ofPlatform().daemon().name("lanewise-name-lookup").start(answer);
    try {
      answer.get(settings.connectTimeout().toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new RefusedException(
          "cannot connect to "
              + Origin.of(address)
              + ": no name server answered for "
              + Sizes.text(settings.connectTimeout()),
          e);
    } catch (ExecutionException e) {
      throw new RefusedException(
          "cannot connect to " + Origin.of(address) + ": the host's name cannot be resolved",
          e.getCause());
    } catch (InterruptedException e) {
      throw CacheLock.interrupted(e);
    }
  }

  @Override
  public void close() {
    client.shutdownNow();
  }

  /** One request and its body, as far as it comes. */
  private void attempt(URI address, ModelFile file, PartFile part) throws IOException {
    HttpResponse<Flow.Publisher<List<ByteBuffer>>> response = follow(address, part);
    try (BodyReader body = new BodyReader()) {
      response.body().subscribe(body);
      accept(response, address, file, part);
      Optional<String> tag = response.headers().firstValue("ETag");
      if (tag.isPresent()) {
        part.noteEntityTag(address.toString(), tag.get());
      }
      for (List<ByteBuffer> buffers = body.next(settings.stallTimeout());
          !buffers.isEmpty();
          buffers = body.next(settings.stallTimeout())) {
        for (ByteBuffer buffer : buffers) {
          part.write(buffer);
        }
        progress.update(Progress.Phase.DOWNLOAD, part.length(), file.size());
      }
    }
    if (!part.complete()) {
      throw new IOException("the server ended the body early");
    }
  }

  /** Decides by status and headers whether the body is what was asked for. */
  private static void accept(HttpResponse<?> response, URI address, ModelFile file, PartFile part)
      throws IOException {
    int status = response.statusCode();
    String said = "HTTP status " + status + " for " + address;
    switch (status) {
      case 200 -> {
        // The whole file: the server knows no ranges, or has another version than the part.
        checkSize(file, response.headers().firstValueAsLong("Content-Length").orElse(file.size()));
        part.restart();
      }
      case 206 -> {
        String range = response.headers().firstValue("Content-Range").orElse("");
        int slash = range.indexOf('/');
        if (slash < 0 || !range.startsWith("bytes " + part.length() + "-")) {
          part.restart();
          throw new IOException("the server sent another range than asked for: '" + range + "'");
        }
        String total = range.substring(slash + 1);
        if (!total.equals("*") && !total.equals(Long.toString(file.size()))) {
          checkSize(file, total);
        }
      }
      case 416 -> {
        part.restart();
        throw new IOException(said + ", the part on disk does not fit");
      }
      case 401, 403 ->
          throw new RefusedException(said + "; if it needs an account, set HF_TOKEN to its token");
      case 408, 425, 429, 500, 502, 503, 504 -> throw new IOException(said);
      default -> throw new RefusedException(said);
    }
  }

  private static void checkSize(ModelFile file, Object offered) throws RefusedException {
    if (!offered.equals(file.size())) {
      throw new RefusedException(
          "offers " + offered + " bytes where " + file.name() + " has " + file.size());
    }
  }

  private HttpResponse<Flow.Publisher<List<ByteBuffer>>> follow(URI address, PartFile part)
      throws IOException {
    Origin home = Origin.of(settings.endpoint());
    URI uri = address;
    for (int hop = 0; hop <= MAX_REDIRECTS; hop++) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(uri).header("User-Agent", "lanewise").GET();
      if (settings.token().isPresent() && Origin.of(uri).equals(home)) {
        request.header("Authorization", "Bearer " + settings.token().get());
      }
      if (part.length() > 0) {
        request.header("Range", "bytes=" + part.length() + "-");
        // Weak tags cannot vouch for bytes; then the sum alone guards (RFC 9110 section 13.1.5).
        part.entityTag(address.toString())
            .filter(tag -> tag.startsWith("\""))
            .ifPresent(tag -> request.header("If-Range", tag));
      }
      HttpResponse<Flow.Publisher<List<ByteBuffer>>> response = send(request.build());
      if (!isRedirect(response.statusCode())) {
        return response;
      }
      discard(response);
      uri = target(uri, response.headers().firstValue("Location").orElse(""));
    }
    throw new RefusedException("more than " + MAX_REDIRECTS + " redirects from " + address);
  }

  static URI target(URI from, String location) throws RefusedException {
    URI to;
    try {
      to = from.resolve(location);
    } catch (IllegalArgumentException e) {
      throw new RefusedException(Origin.of(from) + " redirects to a malformed address", e);
    }
    if (location.isEmpty() || !Origin.isWeb(to)) {
      throw new RefusedException(Origin.of(from) + " redirects to no web address");
    }
    if (Origin.of(from).secure() && !Origin.of(to).secure()) {
      throw new RefusedException(
          Origin.of(from) + " redirects to the unencrypted " + Origin.of(to));
    }
    return to;
  }

  private static boolean isRedirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  }

  private static void discard(HttpResponse<Flow.Publisher<List<ByteBuffer>>> response) {
    try (BodyReader body = new BodyReader()) {
      response.body().subscribe(body);
    }
  }

  /**
   * Waits for the head of the response; the request's own timeout would, on some JDKs, also end a
   * long body.
   */
  private HttpResponse<Flow.Publisher<List<ByteBuffer>>> send(HttpRequest request)
      throws IOException {
    Duration timeout = settings.connectTimeout().plus(settings.stallTimeout());
    CompletableFuture<HttpResponse<Flow.Publisher<List<ByteBuffer>>>> response =
        client.sendAsync(request, BodyHandlers.ofPublisher());
    try {
      return response.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new IOException("no answer for " + Sizes.text(timeout), e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException cause) {
        throw cause;
      }
      throw new IOException(e.getCause());
    } catch (InterruptedException e) {
      throw CacheLock.interrupted(e);
    } finally {
      response.cancel(true);
    }
  }

  private static boolean isUnreachable(IOException e) {
    return e instanceof ConnectException || e instanceof HttpConnectTimeoutException;
  }
}
