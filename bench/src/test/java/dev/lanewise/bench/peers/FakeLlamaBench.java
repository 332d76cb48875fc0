package dev.lanewise.bench.peers;

import java.util.List;
import java.util.Locale;

/** A program that answers as llama-bench does, with speeds made of its arguments. */
final class FakeLlamaBench {
  private FakeLlamaBench() {}

  /** Fails if the model is called {@code missing.gguf}. */
  public static void main(String[] args) {
    List<String> arguments = List.of(args);
    System.err.println("loading");
    if (!after("-o", arguments).equals("json")) {
      System.exit(2);
    }
    if (after("-m", arguments).endsWith("missing.gguf")) {
      System.err.println("error: failed to load model");
      System.exit(1);
    }
    int threads = Integer.parseInt(after("-t", arguments));
    System.out.printf(
        Locale.ROOT,
        """
        [
          {"n_threads": %1$d, "n_prompt": %2$s, "n_gen": 0, "avg_ts": %1$d00.5, "stddev_ts": 1.25},
          {"n_threads": %1$d, "n_prompt": 0, "n_gen": %3$s, "avg_ts": %1$d0.5, "stddev_ts": 0}
        ]
        """,
        threads,
        after("-p", arguments),
        after("-n", arguments));
    System.out.flush();
  }

  private static String after(String option, List<String> arguments) {
    return arguments.get(arguments.indexOf(option) + 1);
  }
}
