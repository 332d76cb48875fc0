package dev.lanewise.model.catalogue;

import java.net.URI;
import java.util.Locale;

/**
 * Scheme, host and port of an address (RFC 6454): who is spoken to. A secret meant for one origin
 * is not told to another.
 */
record Origin(String scheme, String host, int port) {
  static Origin of(URI uri) {
    String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
    int port = uri.getPort() >= 0 ? uri.getPort() : scheme.equals("https") ? 443 : 80;
    return new Origin(scheme, uri.getHost().toLowerCase(Locale.ROOT), port);
  }

  /** Whether the address is one that can be asked: http or https, with a host. */
  static boolean isWeb(URI uri) {
    return ("http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme()))
        && uri.getHost() != null;
  }

  /** Whether the connection is encrypted. */
  boolean secure() {
    return scheme.equals("https");
  }

  /** The origin as text; unlike whole addresses it holds no signature or password. */
  @Override
  public String toString() {
    return scheme + "://" + host + ":" + port;
  }
}
