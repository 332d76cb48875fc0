package dev.lanewise.model.conformance;

import dev.lanewise.model.catalogue.Cache;
import dev.lanewise.model.catalogue.Catalogue;
import dev.lanewise.model.catalogue.Progress;
import dev.lanewise.model.catalogue.Pull;
import dev.lanewise.model.json.JsonView;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** The recorded cases: a folder named by the system property {@code vectors}. */
public final class Vectors {
  /** The system property that names the folder. */
  public static final String PROPERTY = "vectors";

  private Vectors() {}

  /**
   * The folder.
   *
   * @throws AssertionError if the property is not set or names no folder
   */
  public static Path directory() {
    String name = System.getProperty(PROPERTY);
    if (name == null || name.isBlank()) {
      throw new AssertionError("no vectors: say where they are with -D" + PROPERTY + "=DIR");
    }
    Path directory = Path.of(name).toAbsolutePath();
    if (!Files.isDirectory(directory)) {
      throw new AssertionError("-D" + PROPERTY + "=" + name + ": " + directory + " is no folder");
    }
    return directory;
  }

  /**
   * The entries of a folder of the vectors whose names match, in the order of their names.
   *
   * @param kind the folder below the vectors, such as {@code quant}; empty for the vectors' own
   * @param glob such as {@code *.safetensors}
   * @return none if there are none, after a line that says so
   */
  public static List<Path> entries(String kind, String glob) {
    Path folder = directory().resolve(kind);
    List<Path> entries = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> matching = Files.newDirectoryStream(folder, glob)) {
        matching.forEach(entries::add);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    Collections.sort(entries);
    return announced(entries, kind + "/" + glob);
  }

  /** A list, after a line that says so if there is nothing in it, and nothing will be checked. */
  static <T> List<T> announced(List<T> cases, String what) {
    if (cases.isEmpty()) {
      System.out.println("conformance: NOT CHECKED, for there is none here: " + what);
    }
    return cases;
  }

  /**
   * A real model of which answers were recorded: below {@code -Dmodels=DIR}, or else from the
   * cache, pulled first if need be.
   *
   * @param name of its folder or file, which begins with its name in the catalogue
   */
  static Path model(String name) {
    String models = System.getProperty("models");
    Path given = Path.of(models == null ? "." : models).resolve(name);
    return Files.exists(given)
        ? given
        : Catalogue.resolve(
            name.replaceAll("\\.\\w+\\.gguf$", "").toLowerCase(Locale.ROOT),
            new Pull.Options(false, Cache.fromEnvironment(), Progress.to(System.err)));
  }

  /** A list of whole numbers. */
  static int[] ints(JsonView list) {
    return list.items().stream().mapToInt(JsonView::integer).toArray();
  }

  /** Copies the files of a recorded checkpoint, but not what was recorded of it. */
  static void copyCheckpoint(Path recorded, Path folder) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(recorded)) {
      for (Path file : files) {
        if (!file.endsWith("expected.safetensors")) {
          Files.copy(file, folder.resolve(file.getFileName()));
        }
      }
    }
  }
}
