package dev.lanewise.model.cli;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.kernels.Roofline;
import dev.lanewise.model.catalogue.Sizes;
import dev.lanewise.model.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code lanewise doctor}: what this machine can do, which code runs on it, and what to change. */
final class DoctorCommand implements Command {
  private static final String UNKNOWN = "unknown";

  private final Arguments arguments =
      new Arguments(
          "doctor",
          "[options]",
          "Says which Java, which kernels and which machine run here, measures the machine's limits"
              + " for about two seconds, and says what would make it faster.");
  private final Option.Whole threads =
      arguments.add(Option.Whole.threads("threads to measure with"));
  private final Option.Flag json =
      arguments.add(new Option.Flag("print one JSON object", "--json"));

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) throws IOException {
    String kernels;
    try (Parallel team = Parallel.of(threads.intValue())) {
      kernels = Kernels.best(team).description();
    }
    Roofline limits = Roofline.measure(threads.intValue());
    String compiler =
        compiler(property("java.vm.name"), property("java.vm.version"), property("java.vm.info"));
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("java", property("java.version") + ", " + property("java.vendor"));
    facts.put("vm", property("java.vm.name") + ", " + property("java.vm.info"));
    facts.put("compiler", compiler);
    facts.put("kernels", kernels);
    facts.put("system", property("os.name") + " " + property("os.arch"));
    facts.put("cpu", firstField("/proc/cpuinfo", "model name"));
    facts.put("cpus", Runtime.getRuntime().availableProcessors());
    long memory = memory();
    long heap = Runtime.getRuntime().maxMemory();
    facts.put("memory", memory < 0 ? UNKNOWN : Sizes.text(memory));
    facts.put("heap_limit", Sizes.text(heap));
    if (json.given()) { // numbers for programs
      facts.put("memory_bytes", memory < 0 ? null : memory);
      facts.put("heap_limit_bytes", heap);
    }
    facts.put("threads_measured", limits.threads());
    facts.put("gflops", limits.gflops());
    facts.put("gbytes_per_second", limits.gbytesPerSecond());
    facts.put("advice", advice(kernels, compiler));
    io.emit(json.given() ? Json.write(facts) + "\n" : table(facts));
    return Main.OK;
  }

  /** Bytes of memory; −1 if the system does not tell. */
  private static long memory() throws IOException {
    String number = firstField("/proc/meminfo", "MemTotal").replace("kB", "").strip();
    return number.chars().allMatch(Character::isDigit) ? Long.parseLong(number) * 1024 : -1;
  }

  private static String property(String name) {
    return System.getProperty(name, UNKNOWN);
  }

  /** The name of the compiler that does the heavy work, from what the VM says of itself. */
  static String compiler(String vmName, String vmVersion, String vmInfo) {
    if (vmInfo.contains("interpreted")) {
      return "none";
    }
    if (vmInfo.contains("emulated-client") || vmName.contains("Client VM")) {
      return "C1";
    }
    if (vmVersion.contains("jvmci") || vmName.contains("GraalVM")) {
      return "Graal";
    }
    return vmName.contains("OpenJDK") || vmName.contains("HotSpot") ? "C2" : UNKNOWN;
  }

  /** What would make models run faster here; empty if nothing is known. */
  static List<String> advice(String kernels, String compiler) {
    List<String> advice = new ArrayList<>();
    if (kernels.startsWith("reference")) {
      advice.add(
          "The plain reference kernels run, ten times slower than need be: start Java with"
              + " --add-modules jdk.incubator.vector");
    }
    switch (compiler) {
      case "C2" -> {}
      case "none" -> advice.add("Nothing is compiled: remove -Xint");
      case "C1" ->
          advice.add(
              "Only the C1 compiler runs, which does not know vectors: remove"
                  + " -XX:TieredStopAtLevel=1 or -client");
      default ->
          advice.add(
              "The compiler is not HotSpot's C2, for which the vector kernels are written: use an"
                  + " OpenJDK build such as Temurin if another is slower");
    }
    return advice;
  }

  /** What stands behind a name and a colon in a file of the proc file system. */
  private static String firstField(String file, String name) throws IOException {
    Path path = Path.of(file);
    if (!Files.isReadable(path)) {
      return UNKNOWN;
    }
    for (String line : Files.readAllLines(path, StandardCharsets.ISO_8859_1)) {
      int colon = line.indexOf(':');
      if (colon > 0 && line.substring(0, colon).strip().equals(name)) {
        return line.substring(colon + 1).strip();
      }
    }
    return UNKNOWN;
  }

  private static String table(Map<String, Object> facts) {
    Columns columns = new Columns();
    for (Map.Entry<String, Object> fact : facts.entrySet()) {
      switch (fact.getValue()) {
        case List<?> advice -> {
          for (Object line : advice) {
            columns.row("to do", line.toString());
          }
          if (advice.isEmpty()) {
            columns.row("to do", "nothing: this is as fast as it gets here");
          }
        }
        case Double number -> columns.row(fact.getKey(), Decimals.fixed(number, 1));
        case Object other -> columns.row(fact.getKey(), other.toString());
      }
    }
    return columns.toString();
  }
}
