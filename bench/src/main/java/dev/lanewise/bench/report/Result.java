package dev.lanewise.bench.report;

import dev.lanewise.bench.Work;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One benchmark with one choice of parameters.
 *
 * @param benchmark its name: {@code PeerGemm.gemm}
 * @param parameters in a fixed order
 * @param nanoseconds mean time of a call, or the median of a few rounds
 * @param error half the width of its confidence interval of 99.9 %, or how far any of a few rounds
 *     is from their median; 0 if unknown
 * @param work what a call does
 */
public record Result(
    String benchmark, Map<String, String> parameters, double nanoseconds, double error, Work work) {
  private static final String IMPLEMENTATION = "implementation";
  private static final String THREADS = "threads";
  private static final String SHAPE = "shape";

  /** Keeps a copy, and knows no error that is not a number. */
  public Result {
    parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
    error = Double.isFinite(error) ? error : 0;
  }

  /** Which implementation ran: {@code simd}, or a peer. */
  public String implementation() {
    return parameters.getOrDefault(IMPLEMENTATION, "");
  }

  /** Whether another library ran. */
  public boolean isPeer() {
    return switch (implementation()) {
      case "", "simd", "reference" -> false;
      default -> true;
    };
  }

  /** Threads that one call may use. */
  public int threads() {
    return Integer.parseInt(parameters.getOrDefault(THREADS, "1"));
  }

  /** The sizes of its operands as the benchmark spells them, or nothing. */
  public String shape() {
    return parameters.getOrDefault(SHAPE, "");
  }

  /** 10⁹ operations per second. */
  public double gflops() {
    return work.flops() / nanoseconds;
  }

  /** 10⁹ bytes per second. */
  public double gbytesPerSecond() {
    return work.bytes() / nanoseconds;
  }

  /** Tokens per second of a model. */
  public double tokensPerSecond() {
    return work.tokens() * 1e9 / nanoseconds;
  }

  /** Operations per byte: where it stands under the roofline. */
  public double intensity() {
    return work.flops() / work.bytes();
  }

  /** The error as a fraction of the time. */
  public double relativeError() {
    return error / nanoseconds;
  }

  /** The same in every report, whoever made it. */
  public String key() {
    StringBuilder key = new StringBuilder(benchmark);
    parameters.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(
            entry -> key.append(' ').append(entry.getKey()).append('=').append(entry.getValue()));
    return key.toString();
  }

  /** The parameters for people, but these. */
  public String labelWithout(String... names) {
    Map<String, String> rest = new LinkedHashMap<>(parameters);
    for (String name : names) {
      rest.remove(name);
    }
    return String.join(" ", rest.values());
  }

  /**
   * What was computed, for people, whoever did it: all parameters but implementation and threads.
   */
  public String task() {
    return labelWithout(IMPLEMENTATION, THREADS);
  }

  /** Who computed it, for people. */
  public String contender() {
    return implementation() + (threads() == 1 ? "" : ", " + threads() + " threads");
  }

  /** Equal for results that differ in their sizes alone. */
  public String series() {
    String rest = labelWithout(IMPLEMENTATION, THREADS, SHAPE);
    return rest.isEmpty() ? contender() : rest + ", " + contender();
  }
}
