package dev.lanewise.bench.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Where a report was made.
 *
 * @param cpu the processor's own name
 * @param cores that the process may use
 * @param system name, version and architecture of the operating system
 * @param java version and vendor
 * @param vm its name and mode
 * @param flags of the JVMs that ran the benchmarks
 * @param commit of the sources, or {@code unknown}
 */
public record Machine(
    String cpu,
    int cores,
    String system,
    String java,
    String vm,
    List<String> flags,
    String commit) {
  /** Keeps a copy of the flags. */
  public Machine {
    flags = List.copyOf(flags);
  }

  /** This machine and this JVM. */
  public static Machine here(List<String> flags) {
    return new Machine(
        processor(),
        Runtime.getRuntime().availableProcessors(),
        property("os.name") + " " + property("os.version") + " " + property("os.arch"),
        property("java.runtime.version") + ", " + property("java.vendor"),
        property("java.vm.name") + ", " + property("java.vm.info"),
        flags,
        property("lanewise.commit"));
  }

  /** Processor, number of cores and operating system. */
  public String hardware() {
    return cpu + " (" + cores + " cores, " + system + ")";
  }

  private static String property(String name) {
    return System.getProperty(name, "unknown");
  }

  private static String processor() {
    Path path = Path.of("/proc/cpuinfo");
    if (Files.isReadable(path)) {
      try {
        for (String line : Files.readAllLines(path, StandardCharsets.ISO_8859_1)) {
          if (line.startsWith("model name")) {
            return line.substring(line.indexOf(':') + 1).strip();
          }
        }
      } catch (IOException e) {
        return "unknown"; // a report without the name is better than none
      }
    }
    return System.getenv().getOrDefault("PROCESSOR_IDENTIFIER", "unknown"); // on Windows
  }
}
