package dev.lanewise.model.catalogue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A package manager's program, run in a work folder of its own: whatever lies there is deleted,
 * before and after.
 */
final class PackageClient implements AutoCloseable {
  private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(20);
  private static final long POLL_MILLIS = 50;
  private static final int LOG_TAIL = 8192;

  private final String name;
  private final List<List<String>> commands;
  private final Settings settings;
  private final Progress progress;
  private final Path work;

  /**
   * A client.
   *
   * @param name for messages
   * @param commands ways to call it, of which the first that works is used
   */
  PackageClient(
      String name, List<List<String>> commands, Settings settings, Progress progress, Path work) {
    this.name = name;
    this.commands = commands;
    this.settings = settings;
    this.progress = progress;
    this.work = work;
  }

  /** An empty folder in the work folder. */
  Path folder(String folder) throws IOException {
    return Files.createDirectories(work.resolve(folder));
  }

  /**
   * Empties the work folder.
   *
   * @param room bytes that will be written there
   */
  void prepare(long room) throws IOException {
    FileTree.delete(work);
    folder("tmp");
    settings.disk().require(room, work);
  }

  /**
   * Runs the client.
   *
   * @param total bytes that it is to bring
   * @throws IOException if it fails, or does nothing for too long
   */
  void download(List<String> arguments, long total) throws IOException {
    List<String> command = new ArrayList<>(command());
    command.addAll(arguments);
    if (run(command, settings.stallTimeout(), total) != 0) {
      throw new IOException(name + " failed: " + complaint());
    }
  }

  /** The file that the client has left in a folder. */
  Path brought(Path folder, String glob) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, glob)) {
      for (Path found : files) {
        return found;
      }
    }
    throw new IOException(name + " said it was done, but left no " + glob + ": " + complaint());
  }

  @Override
  public void close() throws IOException {
    FileTree.delete(work);
  }

  /** The first way to call the client that works on this machine. */
  private List<String> command() throws IOException {
    List<String> tried = new ArrayList<>();
    for (List<String> command : commands) {
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
    throw new RefusedException("no working " + name + " (tried " + String.join(", ", tried) + ")");
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
        long bytes = FileTree.bytes(work);
        if (bytes != seen) {
          seen = bytes;
          changed = now;
          if (total > 0) {
            progress.update(Progress.Phase.DOWNLOAD, Math.min(bytes, total), total);
          }
        } else if (now - changed > patience.toNanos()) {
          throw new IOException(
              name + " did nothing for " + Sizes.text(patience) + ": " + complaint());
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
    // Programs look for modules or settings in the current folder, which may be anyone's.
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
    return work.resolve("client.log");
  }

  /** The first line in which the client names an error, else its last line. */
  private String complaint() throws IOException {
    String text = "";
    if (Files.exists(log())) {
      byte[] bytes = Files.readAllBytes(log());
      int from = Math.max(0, bytes.length - LOG_TAIL);
      text = new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8);
    }
    String last = "it said nothing";
    for (String line : text.lines().toList()) {
      if (line.contains("ERROR") || line.contains("error:")) {
        return line.strip();
      }
      last = line.isBlank() ? last : line.strip();
    }
    return last;
  }

  /** The program to run is not there. */
  private static final class CannotStartException extends IOException {
    private static final long serialVersionUID = 1L;

    CannotStartException(IOException cause) {
      super(cause);
    }
  }
}
