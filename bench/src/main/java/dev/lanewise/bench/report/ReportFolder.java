package dev.lanewise.bench.report;

import dev.lanewise.model.LanewiseException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Where a report is kept, in all of its forms; what a suite has found so far takes its place. */
public final class ReportFolder {
  private final Path folder;
  private boolean written;
  private boolean ended;

  /**
   * Makes the folder if it is not there.
   *
   * @throws LanewiseException if it cannot be made, or nothing can be written into it
   */
  public ReportFolder(Path folder) {
    this.folder = folder;
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new LanewiseException(
          "--out %s: cannot be made a folder for the reports; name another".formatted(folder), e);
    }
    if (!Files.isWritable(folder)) {
      throw new LanewiseException(
          "--out %s: nothing can be written there; name another folder".formatted(folder));
    }
  }

  /** The page that people open. */
  public Path page() {
    return folder.resolve("report.html").toAbsolutePath();
  }

  /**
   * Writes every form, each in the place of the one before.
   *
   * @throws LanewiseException if one cannot be written; what was there before is still there
   */
  public synchronized void write(Report report) {
    if (!ended) {
      write(folder.resolve("report.json"), ReportJson.write(report));
      write(folder.resolve("report.md"), ReportMarkdown.write(report));
      write(folder.resolve("roofline.svg"), RooflinePlot.file(report));
      write(page(), ReportHtml.write(report));
      written = true;
    }
  }

  /** Keeps what is there: nothing is written from here on. False if this was so already. */
  public synchronized boolean end() {
    boolean first = !ended;
    ended = true;
    return first;
  }

  /** Whether there is a report of this run. */
  public synchronized boolean written() {
    return written;
  }

  /** A file that holds all of a text, or what it held before. */
  private static void write(Path file, String text) {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    try {
      Files.writeString(part, text);
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      part.toFile().delete();
      throw new LanewiseException(
          file + ": cannot be written, so the suite ends here: " + e.getMessage(), e);
    }
  }
}
