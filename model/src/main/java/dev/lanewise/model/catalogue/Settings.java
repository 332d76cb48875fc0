package dev.lanewise.model.catalogue;

import dev.lanewise.model.LanewiseException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a pull depends on besides its caller's wishes.
 *
 * @param endpoint where the hub is, without a slash at the end
 * @param token the hub's bearer token, if the user has one
 * @param connectTimeout how long to wait for a connection: short, so that a machine without a
 *     network soon moves on
 * @param stallTimeout how long to wait for the next byte
 * @param backoff the pause before the first retry; each later one is twice as long
 * @param retries how often to come back after a cut connection that brought little
 * @param pipCommands ways to call pip, the first that runs is used
 * @param mavenCommands the same for Maven
 * @param disk where the bytes land
 */
record Settings(
    URI endpoint,
    Optional<String> token,
    Duration connectTimeout,
    Duration stallTimeout,
    Duration backoff,
    int retries,
    List<List<String>> pipCommands,
    List<List<String>> mavenCommands,
    Disk disk) {
  private static final String ENDPOINT_VARIABLE = "HF_ENDPOINT";
  private static final String TOKEN_VARIABLE = "HF_TOKEN";
  private static final String DEFAULT_ENDPOINT = "https://huggingface.co";

  /** The settings of this process. */
  static Settings fromEnvironment() {
    return from(System.getenv());
  }

  static Settings from(Map<String, String> environment) {
    return new Settings(
        endpoint(environment.get(ENDPOINT_VARIABLE)),
        token(environment.get(TOKEN_VARIABLE)),
        Duration.ofSeconds(5),
        Duration.ofSeconds(30),
        Duration.ofSeconds(1),
        3,
        List.of(
            List.of("python3", "-m", "pip"),
            List.of("python", "-m", "pip"),
            List.of("pip3"),
            List.of("pip")),
        List.of(List.of("mvn"), List.of("mvn.cmd")),
        Disk.REAL);
  }

  private static URI endpoint(String text) {
    String address = text == null || text.isBlank() ? DEFAULT_ENDPOINT : text.strip();
    while (address.endsWith("/")) {
      address = address.substring(0, address.length() - 1);
    }
    try {
      URI uri = URI.create(address);
      if (Origin.isWeb(uri)
          && uri.getRawUserInfo() == null
          && uri.getRawQuery() == null
          && uri.getRawFragment() == null) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      throw malformedEndpoint(e);
    }
    throw malformedEndpoint(null);
  }

  // The value is not shown, for it may hold a password.
  private static LanewiseException malformedEndpoint(Throwable cause) {
    return new LanewiseException(
        ENDPOINT_VARIABLE
            + " is not an http or https address of a host and perhaps a path; unset it, or set it"
            + " to an address like "
            + DEFAULT_ENDPOINT,
        cause);
  }

  private static Optional<String> token(String text) {
    if (text == null || text.isBlank()) {
      return Optional.empty();
    }
    String token = text.strip();
    for (int i = 0; i < token.length(); i++) {
      if (token.charAt(i) <= ' ' || token.charAt(i) > '~') {
        throw new LanewiseException(
            TOKEN_VARIABLE
                + " holds a character at index "
                + i
                + " that no token has; unset it or"
                + " copy the token again");
      }
    }
    return Optional.of(token);
  }
}
