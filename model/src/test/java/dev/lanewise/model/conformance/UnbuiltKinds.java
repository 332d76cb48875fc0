package dev.lanewise.model.conformance;

import dev.lanewise.kernels.Matrix;
import dev.lanewise.model.checkpoint.Gguf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The kinds of cases that nothing here can run yet, each with a probe that tells when that is no
 * longer so.
 */
final class UnbuiltKinds {
  /** Tells whether a kind works, judged by the project as it is. */
  interface Probe {
    /**
     * What works already, or an empty text.
     *
     * @param cases the entries of this kind
     */
    String working(List<Path> cases);
  }

  /**
   * A kind of cases.
   *
   * @param glob matches its entries by their path below the vectors
   * @param lacking what would have to be built
   */
  record Kind(String glob, String lacking, Probe probe) {
    /** Whether an entry of the vectors is of this kind. */
    boolean matches(Path entry) {
      Path relative = Vectors.directory().relativize(entry);
      return FileSystems.getDefault().getPathMatcher("glob:" + glob).matches(relative);
    }
  }

  /** The list. Whoever builds one of these takes it off and adds the test of its cases. */
  static final List<Kind> ALL = all();

  private UnbuiltKinds() {}

  /** Whether an entry of the vectors is of a kind that is not built yet. */
  static boolean contains(Path entry) {
    return ALL.stream().anyMatch(kind -> kind.matches(entry));
  }

  private static List<Kind> all() {
    List<Kind> kinds = new ArrayList<>();
    kinds.add(
        new Kind(
            "tinyshakespeare.txt",
            "training",
            _ -> workingClasses("dev/lanewise/model/train/", "")));
    return List.copyOf(kinds);
  }

  /** The first class of the project below a folder whose name holds a word. */
  private static String workingClasses(String folder, String word) {
    for (Class<?> resident : List.of(Matrix.class, Gguf.class)) {
      URI place =
          URI.create(resident.getProtectionDomain().getCodeSource().getLocation().toString());
      try {
        Path path = Path.of(place);
        if (Files.isDirectory(path)) {
          String found = firstClass(path.resolve(folder), word);
          if (!found.isEmpty()) {
            return found + " exists";
          }
        } else {
          try (FileSystem jar = FileSystems.newFileSystem(path)) {
            String found = firstClass(jar.getPath(folder), word);
            if (!found.isEmpty()) {
              return found + " exists";
            }
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return "";
  }

  private static String firstClass(Path folder, String word) throws IOException {
    if (!Files.isDirectory(folder)) {
      return "";
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .map(file -> folder.relativize(file).toString())
          .filter(file -> file.endsWith(".class"))
          .filter(file -> file.toLowerCase(Locale.ROOT).contains(word))
          .findFirst()
          .orElse("");
    }
  }
}
