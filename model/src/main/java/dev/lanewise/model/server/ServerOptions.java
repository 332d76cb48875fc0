package dev.lanewise.model.server;

import dev.lanewise.model.LanewiseException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Set;

/**
 * How a server listens, and how much it does at once.
 *
 * @param host name or address to listen on
 * @param port 0 for any that is free
 * @param apiKey what clients must send; null if they need none
 * @param names further names that clients may call the server by
 * @param slots requests served at once
 * @param queue requests that may wait for one of them
 * @param graceMillis time that requests have to come to their ends when the server goes down
 */
public record ServerOptions(
    String host,
    int port,
    String apiKey,
    Set<String> names,
    int slots,
    int queue,
    int graceMillis) {
  /** Checks what all servers need. */
  public ServerOptions {
    names = Set.copyOf(names);
    if (apiKey != null && apiKey.isBlank()) {
      throw new LanewiseException("the API key is empty; give one that is hard to guess");
    }
  }

  /**
   * The address of the host.
   *
   * @throws LanewiseException if there is none
   */
  InetAddress address() {
    try {
      return InetAddress.getByName(host);
    } catch (UnknownHostException e) {
      throw new LanewiseException(
          "host " + host + " is not known; give an address of this machine, such as 127.0.0.1", e);
    }
  }

  /** A slot's share of threads. */
  int threadsOfSlot(int threads) {
    return Math.max(1, threads / slots);
  }

  /**
   * Whether only this machine can reach the server.
   *
   * @throws LanewiseException if the host is not known
   */
  public boolean isLocal() {
    return address().isLoopbackAddress();
  }
}
