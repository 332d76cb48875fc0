package dev.lanewise.model.catalogue;

import dev.lanewise.model.LanewiseException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The folder that keeps pulled models, as {@code models/<name>/<file>}. Beside a file lies a stamp
 * of its sum, size and time of change, written when its sum was checked: a file that fits its stamp
 * is not read again before use.
 */
public final class Cache {
  /** Environment variable that names the cache folder. */
  public static final String HOME_VARIABLE = "LANEWISE_HOME";

  static final String STAMP = ".verified";

  private final Path root;

  private Cache(Path root) {
    this.root = root.toAbsolutePath().normalize();
  }

  /** The cache in the given folder, which need not exist. */
  public static Cache at(Path root) {
    return new Cache(root);
  }

  /**
   * The cache of this user: the folder {@value #HOME_VARIABLE} names, else {@code lanewise} in the
   * platform's cache folder.
   *
   * @throws LanewiseException if neither is known
   */
  public static Cache fromEnvironment() {
    return at(
        home(
            System.getenv(),
            System.getProperty("os.name", ""),
            System.getProperty("user.home", "")));
  }

  static Path home(Map<String, String> environment, String system, String userHome) {
    String named = environment.get(HOME_VARIABLE);
    if (named != null && !named.isBlank()) {
      return Path.of(named);
    }
    String lower = system.toLowerCase(Locale.ROOT);
    if (lower.startsWith("windows")) {
      String local = environment.get("LOCALAPPDATA");
      return local != null && !local.isBlank()
          ? Path.of(local, "lanewise")
          : userFolder(userHome).resolve(Path.of("AppData", "Local", "lanewise"));
    }
    if (lower.startsWith("mac")) {
      return userFolder(userHome).resolve(Path.of("Library", "Caches", "lanewise"));
    }
    // XDG Base Directory Specification: a relative path there is to be ignored.
    String xdg = environment.get("XDG_CACHE_HOME");
    return xdg != null && xdg.startsWith("/")
        ? Path.of(xdg, "lanewise")
        : userFolder(userHome).resolve(Path.of(".cache", "lanewise"));
  }

  private static Path userFolder(String userHome) {
    // Without an account for the user's number Java says "?".
    if (userHome.isBlank() || userHome.equals("?")) {
      throw new LanewiseException(
          "the user has no home folder: set " + HOME_VARIABLE + " to a folder for models");
    }
    return Path.of(userHome);
  }

  /** The cache's folder. */
  public Path root() {
    return root;
  }

  /** The folder that holds one folder for each model. */
  Path models() {
    return root.resolve("models");
  }

  /** The folder of one model. */
  Path folder(Entry entry) {
    return models().resolve(entry.name());
  }

  /** Where the file of that model belongs. */
  public Path file(Entry entry, ModelFile file) {
    return folder(entry).resolve(file.name());
  }

  /** What a loader opens: the file of a model that has only one, else the folder. */
  public Path location(Entry entry) {
    return entry.files().size() == 1 ? file(entry, entry.files().getFirst()) : folder(entry);
  }

  /**
   * The location of a model whose files all fit their stamps, empty if any does not. Reads a few
   * bytes only; every start of the program comes through here.
   */
  public Optional<Path> find(Entry entry) {
    for (ModelFile file : entry.files()) {
      if (!isTrusted(file(entry, file), file)) {
        return Optional.empty();
      }
    }
    return Optional.of(location(entry));
  }

  /**
   * Hashes the file if its size is right but its stamp is not there or does not fit, as when it was
   * placed by hand, and stamps it if the sum is right.
   *
   * @return whether the file may be used
   */
  boolean verify(Path path, ModelFile file, Progress progress) throws IOException {
    if (isTrusted(path, file)) {
      return true;
    }
    if (!Files.isRegularFile(path)
        || Files.size(path) != file.size()
        || !Sha256.of(path, progress).equals(file.sha256())) {
      return false;
    }
    stamp(path, file);
    return true;
  }

  /** Why something could not be done with a path, for a message that names it already. */
  static String reason(Path path, IOException e) {
    String why =
        switch (e) {
          case AccessDeniedException _ -> "no permission";
          case FileAlreadyExistsException _ -> "a file is in the way";
          case NoSuchFileException _ -> "no such file or folder";
          case FileSystemException other when other.getReason() != null -> other.getReason();
          default -> Pull.reason(e);
        };
    boolean elsewhere =
        e instanceof FileSystemException failure
            && failure.getFile() != null
            && !failure.getFile().equals(path.toString());
    return elsewhere ? ((FileSystemException) e).getFile() + ": " + why : why;
  }

  /** Writes the stamp of a file whose sum was just checked. */
  void stamp(Path path, ModelFile file) throws IOException {
    Files.writeString(stampOf(path), stampText(path, file), StandardCharsets.ISO_8859_1);
  }

  /**
   * Deletes partial downloads, files that are not what the catalogue says, and what is not in the
   * catalogue; only in folders that a pull has made. A folder in which a pull is at work is left
   * alone.
   *
   * @param known the models to keep
   * @throws LanewiseException if a file cannot be read or deleted
   */
  public Pruned prune(List<Entry> known, Progress progress) {
    return new Pruning(this, known, progress).run();
  }

  /**
   * What was pruned.
   *
   * @param files how many files were deleted
   * @param bytes how many bytes they held
   * @param inUse names of the models that were left alone because a pull is at work
   */
  public record Pruned(int files, long bytes, List<String> inUse) {
    /** Copies the list. */
    public Pruned {
      inUse = List.copyOf(inUse);
    }
  }

  static Path stampOf(Path path) {
    return path.resolveSibling(path.getFileName().toString().concat(STAMP));
  }

  private static boolean isTrusted(Path path, ModelFile file) {
    try {
      return Files.size(path) == file.size()
          && Files.readString(stampOf(path), StandardCharsets.ISO_8859_1)
              .equals(stampText(path, file));
    } catch (NoSuchFileException _) {
      return false;
    } catch (IOException e) {
      throw new LanewiseException("cannot read the cached " + path + ": " + reason(path, e), e);
    }
  }

  // Whole seconds, for archives and images that carry a cache along keep no more of the time.
  // Joined rather than added: the first string concatenation of a program costs milliseconds.
  private static String stampText(Path path, ModelFile file) throws IOException {
    return String.join(
        " ",
        file.sha256(),
        Long.toString(file.size()),
        Long.toString(Files.getLastModifiedTime(path).to(TimeUnit.SECONDS)));
  }

  /** Whether the path is a folder itself, not a link to one. */
  static boolean isRealFolder(Path path) {
    return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
  }
}
