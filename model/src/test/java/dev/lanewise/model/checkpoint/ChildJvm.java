package dev.lanewise.model.checkpoint;

import dev.lanewise.kernels.Matrix;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Runs a main class of the tests in a Java machine of its own, with the same classes. */
public final class ChildJvm {
  private static final int KEPT_CHARACTERS = 20_000;

  /** How a run ended: its exit code, and the end of what it printed. */
  public record Result(int exitCode, String output) {}

  private ChildJvm() {}

  /** Runs to the end; what the child prints is passed on as it comes. */
  public static Result run(List<String> options, Class<?> mainClass, String... arguments)
      throws IOException, InterruptedException {
    Process child = start(options, mainClass, arguments);
    StringBuilder output = new StringBuilder();
    try (BufferedReader lines = child.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        System.out.println(line);
        output.append(line).append('\n');
        output.delete(0, Math.max(0, output.length() - KEPT_CHARACTERS));
      }
    }
    return new Result(child.waitFor(), output.toString());
  }

  /** Starts it; whatever it prints is its output. */
  public static Process start(List<String> options, Class<?> mainClass, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(List.of("--add-modules", "jdk.incubator.vector"));
    command.addAll(List.of("-cp", classPath(mainClass), mainClass.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  /**
   * Where the tests', the model's and the kernels' classes were loaded from, be it the class path,
   * the module path or a loader of the test runner's own; then the class path.
   */
  private static String classPath(Class<?> mainClass) {
    Set<String> places = new LinkedHashSet<>();
    for (Class<?> type : List.of(mainClass, Gguf.class, Matrix.class)) {
      places.add(Path.of(location(type)).toString());
    }
    places.add(System.getProperty("java.class.path"));
    return String.join(File.pathSeparator, places);
  }

  private static URI location(Class<?> type) {
    return URI.create(type.getProtectionDomain().getCodeSource().getLocation().toString());
  }
}
