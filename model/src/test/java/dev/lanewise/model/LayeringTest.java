package dev.lanewise.model;

import static java.util.Map.entry;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The arrows between the packages of this module, which its descriptor cannot say: {@code cli →
 * task → generate → arch → nn → checkpoint → kernels}, with {@code tokenizer → json} on their own.
 * Read from the sources: imports and qualified names outside of comments.
 */
class LayeringTest {
  private static final String KERNELS = "kernels";
  private static final String ANY = "*";

  /**
   * What each package may use besides itself, the JDK and the package {@code dev.lanewise.model}.
   */
  private static final Map<String, Set<String>> MAY_USE =
      Map.ofEntries(
          entry("", Set.of()),
          entry("json", Set.of()),
          entry("image", Set.of("json")),
          entry("tokenizer", Set.of("json")),
          entry("catalogue", Set.of("json")),
          entry("checkpoint", Set.of("json", KERNELS)),
          entry("nn", Set.of("checkpoint", KERNELS)),
          entry("arch", Set.of("nn", "checkpoint", KERNELS)),
          entry("generate", Set.of("tokenizer", "arch", "nn", "checkpoint", "json", KERNELS)),
          entry(
              "task",
              Set.of("generate", "tokenizer", "image", "arch", "nn", "checkpoint", KERNELS)),
          entry("train", Set.of("generate", "tokenizer", "arch", "checkpoint", KERNELS)),
          entry("speed", Set.of("task", "arch", "catalogue", KERNELS)),
          entry("server", Set.of("task", "generate", "tokenizer", "json")),
          entry("cli", Set.of(ANY)));

  /** Comments, and literals, in which a name is only text. */
  private static final Pattern NOT_CODE =
      Pattern.compile(
          "(?s)/\\*.*?\\*/|//[^\\n]*"
              + "|\"\"\".*?(?<!\\\\)\"\"\""
              + "|\"[^\"\\\\\\n]*+(?:\\\\.[^\"\\\\\\n]*+)*+\""
              + "|'(?:[^'\\\\\\n]|\\\\[^\\n])[^'\\n]{0,8}'");

  private static final Pattern PACKAGE = Pattern.compile("(?m)^package ([\\w.]+);");
  private static final Pattern OURS =
      Pattern.compile("\\bdev\\.lanewise\\.(kernels|model)((?:\\.[a-z_]\\w*)*)\\b");

  @Test
  void arrowsPointDown() throws IOException {
    List<Path> sources = javaFiles(root().resolve("model/src/main/java"));
    List<String> violations = new ArrayList<>();
    for (Path source : sources) {
      if (!source.endsWith("module-info.java")) {
        violations.addAll(violations(root().relativize(source), Files.readString(source)));
      }
    }
    assertTrue(sources.size() > 1, "no sources found under " + root());
    assertEquals(
        List.of(), violations, () -> "Against the arrows:\n" + String.join("\n", violations));
  }

  @ParameterizedTest
  @CsvSource({
    "nn, import dev.lanewise.model.arch.Llama;, arch",
    "nn, import static dev.lanewise.model.cli.Main.main;, cli",
    "tokenizer, import dev.lanewise.kernels.Matrix;, kernels",
    "tokenizer, import dev.lanewise.model.checkpoint.*;, checkpoint",
    "json, int n = dev.lanewise.model.checkpoint.Gguf.VERSION;, checkpoint",
    "task, import dev.lanewise.model.cli.Main;, cli",
    "speed, import dev.lanewise.model.cli.Stdio;, cli",
    "server, import dev.lanewise.model.cli.Stdio;, cli",
    "task, import dev.lanewise.model.server.LocalServer;, server",
    "checkpoint, /* why */ import dev.lanewise.model.nn.Linear; // so, nn",
  })
  void noticesAnArrowThatPointsUp(String from, String line, String to) {
    String source = "package dev.lanewise.model." + from + ";\n" + line + "\nclass X {}\n";
    assertEquals(
        List.of("X.java: package " + from + " must not use " + to),
        violations(Path.of("X.java"), source));
  }

  @ParameterizedTest
  @CsvSource({
    "nn, import dev.lanewise.model.checkpoint.Weights;",
    "nn, import dev.lanewise.model.nn.Linear;",
    "tokenizer, import dev.lanewise.model.LanewiseException;",
    "nn, /** {@link dev.lanewise.model.arch.Llama} */",
    "nn, // dev.lanewise.model.arch.Llama",
    "nn, String s = \"dev.lanewise.model.arch.Llama\";",
    "nn, char c = '\"'; // dev.lanewise.model.arch.Llama \"",
    "cli, import dev.lanewise.model.task.Embedder;",
  })
  void allowsWhatPointsDown(String from, String line) {
    String source = "package dev.lanewise.model." + from + ";\n" + line + "\nclass X {}\n";
    assertEquals(List.of(), violations(Path.of("X.java"), source));
  }

  @Test
  void noticesAPackageWithoutAPlace() {
    assertEquals(
        List.of("X.java: package attic has no place among the arrows; give it one in LayeringTest"),
        violations(Path.of("X.java"), "package dev.lanewise.model.attic;\nclass X {}\n"));
  }

  @Test
  void nothingUnsupportedInTheSources() throws IOException {
    Pattern unsupported = Pattern.compile("\\b(sun\\.misc\\.\\w+|jdk\\.internal\\.\\w+)");
    List<String> found = new ArrayList<>();
    for (Path source : sourcesOfAllModules()) {
      Matcher matcher = unsupported.matcher(code(Files.readString(source)));
      while (matcher.find()) {
        found.add(root().relativize(source) + " uses " + matcher.group(1));
      }
    }
    assertEquals(List.of(), found);
  }

  @Test
  void nothingInPreview() throws IOException {
    // In two parts, because this file is searched as well.
    String flag = "--enable-" + "preview";
    List<Path> files = new ArrayList<>(sourcesOfAllModules());
    for (String name : List.of("", "kernels", "model", "bench")) {
      files.add(root().resolve(name).resolve("pom.xml"));
    }
    files.add(root().resolve("lanewise"));
    files.add(root().resolve("lanewise.cmd"));
    List<Path> found = new ArrayList<>();
    for (Path file : files) {
      if (Files.readString(file).contains(flag)) {
        found.add(root().relativize(file));
      }
    }
    assertEquals(List.of(), found, "files that ask for preview features");
  }

  private static List<String> violations(Path file, String text) {
    String code = code(text);
    Matcher declaration = PACKAGE.matcher(code);
    if (!declaration.find()) {
      return List.of(file + ": no package declaration");
    }
    String own = room(declaration.group(1));
    Set<String> allowed = MAY_USE.get(own);
    if (allowed == null) {
      return List.of(
          "%s: package %s has no place among the arrows; give it one in LayeringTest"
              .formatted(file, own));
    }
    if (allowed.contains(ANY)) {
      return List.of();
    }
    Set<String> used = new TreeSet<>();
    Matcher name = OURS.matcher(code);
    while (name.find()) {
      used.add(room(name.group()));
    }
    used.remove("");
    used.remove(own);
    used.removeAll(allowed);
    return used.stream()
        .map(to -> "%s: package %s must not use %s".formatted(file, own, to))
        .toList();
  }

  /** The first package below {@code dev.lanewise.model}, or "kernels" for all of the kernels. */
  private static String room(String qualifiedName) {
    String[] parts = qualifiedName.split("\\.", -1);
    if (parts[2].equals("kernels")) {
      return KERNELS;
    }
    return parts.length > 3 ? parts[3] : "";
  }

  private static String code(String text) {
    return NOT_CODE.matcher(text).replaceAll(" ");
  }

  private static List<Path> sourcesOfAllModules() throws IOException {
    List<Path> sources = new ArrayList<>();
    for (String module : List.of("kernels", "model", "bench")) {
      sources.addAll(javaFiles(root().resolve(module).resolve("src")));
    }
    return sources;
  }

  private static List<Path> javaFiles(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
    }
  }

  /** The project's root, from wherever below it the tests run. */
  private static Path root() {
    Path start = Path.of("").toAbsolutePath();
    for (Path path = start; path != null; path = path.getParent()) {
      if (Files.isDirectory(path.resolve("model/src/main/java"))) {
        return path;
      }
    }
    throw new IllegalStateException("not inside the project: " + start);
  }
}
