package dev.lanewise.model.server;

import com.sun.net.httpserver.Headers;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Who may ask. A page of another site must not reach a server on this machine through the browser,
 * neither from its own origin nor by a name of its own that leads to this machine's address (DNS
 * rebinding): so the names by which the server is called are checked, and origins.
 */
final class AccessRules {
  private static final String LOCALHOST = "localhost";
  private static final String BEARER = "bearer ";

  private final boolean local;
  private final Set<String> names = new HashSet<>();
  private final byte[] key; // its digest; null if none is needed

  AccessRules(ServerOptions options) {
    local = options.isLocal();
    names.add(LOCALHOST);
    names.add(plain(options.host()));
    options.names().forEach(name -> names.add(plain(name)));
    key =
        options.apiKey() == null ? null : digest(options.apiKey().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Refuses a request that calls the server by a name that is not its own. An address is always its
   * own where it is that of this machine, or where others may reach it: no page has one as a name.
   */
  void checkHost(Headers request) {
    List<String> hosts = request.getOrDefault("Host", List.of());
    if (hosts.size() != 1) {
      throw ApiException.invalid("the request needs one Host header");
    }
    String host = withoutPort(hosts.getFirst());
    InetAddress address = literal(host);
    boolean known =
        names.contains(plain(host)) || (address != null && (!local || address.isLoopbackAddress()));
    if (!known) {
      throw new ApiException(
              403,
              "unknown_host",
              "this server is not called " + host + "; start it with --allow-host if it shall be")
          .header("Connection", "close");
    }
  }

  /**
   * The origin of the page that asks, to be allowed in the answer; null if no page does.
   *
   * @throws ApiException if the page is not of this machine
   */
  String checkOrigin(Headers request) {
    String origin = request.getFirst("Origin");
    if (origin == null) {
      return null;
    }
    try {
      String host = new URI(origin).getHost();
      if (host != null && isLocalhost(host)) {
        return origin;
      }
    } catch (URISyntaxException e) {
      // No page of this machine has such an origin.
    }
    throw new ApiException(
            403,
            "foreign_origin",
            "pages of " + origin + " may not use this server; only those of localhost")
        .header("Connection", "close");
  }

  /**
   * The headers that a page of this machine may send: those it asks for, if they are names (RFC
   * 9110, section 5.6.2). OpenAI's client for JavaScript has some of its own.
   */
  static String allowed(Headers request) {
    String asked = request.getFirst("Access-Control-Request-Headers");
    boolean names = asked != null && asked.matches("[\\w!#$%&'*+.^`|~, -]+");
    return names ? asked : "Authorization, Content-Type";
  }

  private static boolean isLocalhost(String host) {
    InetAddress address = literal(host);
    return address == null ? plain(host).equals(LOCALHOST) : address.isLoopbackAddress();
  }

  /** Refuses a request without the key, in a time that does not tell how much of it was right. */
  void checkKey(Headers request) {
    if (key == null) {
      return;
    }
    String sent = request.getFirst("Authorization");
    boolean bearer = sent != null && sent.regionMatches(true, 0, BEARER, 0, BEARER.length());
    String token = bearer ? sent.substring(BEARER.length()).strip() : "";
    // Headers are read as Latin-1, byte by byte.
    if (!MessageDigest.isEqual(key, digest(token.getBytes(StandardCharsets.ISO_8859_1)))) {
      throw new ApiException(
              401, "invalid_api_key", "send the API key as 'Authorization: Bearer KEY'")
          .header("WWW-Authenticate", "Bearer")
          .header("Connection", "close");
    }
  }

  /** The host of {@code host:port}; an address of version 6 keeps its brackets. */
  private static String withoutPort(String host) {
    int colon = host.lastIndexOf(':');
    return colon > host.lastIndexOf(']') ? host.substring(0, colon) : host;
  }

  private static String plain(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
  }

  /** The address that a host is written as, or null. Asks no name server. */
  private static InetAddress literal(String host) {
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    try {
      return InetAddress.ofLiteral(bracketed ? host.substring(1, host.length() - 1) : host);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static byte[] digest(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
