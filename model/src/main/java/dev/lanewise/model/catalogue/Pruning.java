package dev.lanewise.model.catalogue;

import dev.lanewise.model.LanewiseException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One sweep through the cache. */
final class Pruning {
  private final Cache cache;
  private final List<Entry> known;
  private final Progress progress;
  private final List<String> inUse = new ArrayList<>();
  private int files;
  private long bytes;

  Pruning(Cache cache, List<Entry> known, Progress progress) {
    this.cache = cache;
    this.known = known;
    this.progress = progress;
  }

  Cache.Pruned run() {
    try {
      if (Files.isDirectory(cache.models())) {
        for (Path folder : list(cache.models())) {
          // A folder without the mark is not ours, whatever it is called.
          if (Cache.isRealFolder(folder) && CacheLock.marks(folder)) {
            sweepUnlessBusy(folder);
          }
        }
      }
    } catch (IOException e) {
      throw new LanewiseException(
          "cannot prune " + cache.models() + ": " + Cache.reason(cache.models(), e), e);
    }
    return new Cache.Pruned(files, bytes, inUse);
  }

  private void sweepUnlessBusy(Path folder) throws IOException {
    String name = folder.getFileName().toString();
    Optional<Entry> entry = Optional.empty();
    for (Entry candidate : known) {
      if (candidate.name().equals(name)) {
        entry = Optional.of(candidate);
      }
    }
    Optional<CacheLock> lock = CacheLock.tryAcquire(folder);
    if (lock.isEmpty()) {
      inUse.add(name);
      return;
    }
    try (CacheLock _ = lock.get()) {
      sweep(
          folder,
          entry.isPresent() ? keepers(entry.get()) : List.of(folder.resolve(CacheLock.FILE)));
    }
    // No pull can come for a name the catalogue lacks, so its lock may go too.
    if (entry.isEmpty()) {
      Files.deleteIfExists(folder.resolve(CacheLock.FILE));
      Files.delete(folder);
    }
  }

  private List<Path> keepers(Entry entry) throws IOException {
    List<Path> keep = new ArrayList<>();
    keep.add(cache.folder(entry).resolve(CacheLock.FILE));
    for (ModelFile file : entry.files()) {
      Path path = cache.file(entry, file);
      if (cache.verify(path, file, progress)) {
        keep.add(path);
        keep.add(Cache.stampOf(path));
      }
    }
    return keep;
  }

  private void sweep(Path folder, List<Path> keep) throws IOException {
    for (Path path : list(folder)) {
      if (Cache.isRealFolder(path)) {
        sweep(path, keep);
        if (list(path).isEmpty()) {
          Files.delete(path);
        }
      } else if (!keep.contains(path)) {
        bytes +=
            Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).size();
        files++;
        Files.delete(path);
      }
    }
  }

  private static List<Path> list(Path folder) throws IOException {
    List<Path> paths = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
      stream.forEach(paths::add);
    }
    return paths;
  }
}
