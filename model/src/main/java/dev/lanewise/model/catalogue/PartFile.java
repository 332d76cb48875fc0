package dev.lanewise.model.catalogue;

import dev.lanewise.model.LanewiseException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;

/**
 * A file on its way: bytes are appended to {@code <file>.part} and hashed as they come; once size
 * and sum are right the part takes the file's name in one step. A part that stays behind is taken
 * up by the next pull.
 */
final class PartFile implements AutoCloseable {
  /** Suffix of the bytes so far. */
  static final String PART = ".part";

  /** Suffix of the note that says which version of which address the bytes came from. */
  static final String ORIGIN = ".part.origin";

  private final Path target;
  private final Path part;
  private final Path origin;
  private final ModelFile file;
  private final Disk disk;
  private final MessageDigest digest = Sha256.digest();

  private WritableByteChannel out;
  private long length;
  private boolean inherited;

  /** Opens the part of the file that is to become {@code target}, taking up what is there. */
  PartFile(Path target, ModelFile file, Disk disk, Progress progress) throws IOException {
    this.target = target;
    this.part = sibling(PART);
    this.origin = sibling(ORIGIN);
    this.file = file;
    this.disk = disk;
    long there = Files.exists(part) ? Files.size(part) : 0;
    if (there > file.size()) {
      restart();
    } else if (there > 0) {
      try (SeekableByteChannel in = Files.newByteChannel(part)) {
        length = Sha256.update(digest, in, there, progress);
      }
      inherited = true;
    }
  }

  private Path sibling(String suffix) {
    return target.resolveSibling(target.getFileName() + suffix);
  }

  /** Bytes so far. */
  long length() {
    return length;
  }

  /** Whether all bytes are there; whether they are the right ones only {@link #commit} knows. */
  boolean complete() {
    return length == file.size();
  }

  /** Whether some of the bytes were left by an earlier pull, and so may be damaged. */
  boolean inherited() {
    return inherited;
  }

  /** The entity tag under which the address served the bytes so far, if it was noted. */
  Optional<String> entityTag(String address) throws IOException {
    if (!Files.exists(origin)) {
      return Optional.empty();
    }
    String note = Files.readString(origin, StandardCharsets.ISO_8859_1);
    int end = note.indexOf('\n');
    return end >= 0 && note.substring(0, end).equals(address)
        ? Optional.of(note.substring(end + 1))
        : Optional.empty();
  }

  /** Notes the entity tag under which the address serves the bytes to come. */
  void noteEntityTag(String address, String tag) throws IOException {
    Files.writeString(origin, address + "\n" + tag, StandardCharsets.ISO_8859_1);
  }

  /**
   * Appends the bytes.
   *
   * @throws RefusedException if they are more than the file has; the part is deleted then
   * @throws LanewiseException if the disk is full or cannot be written
   */
  void write(ByteBuffer bytes) throws IOException {
    int n = bytes.remaining();
    if (n > file.size() - length) {
      restart();
      throw new RefusedException("sent more than the " + file.size() + " bytes of " + file.name());
    }
    try {
      if (out == null) {
        disk.require(file.size() - length, part.getParent());
        out = disk.append(part);
      }
      digest.update(bytes.duplicate());
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
    } catch (IOException e) {
      throw cannotWrite(e);
    }
    length += n;
  }

  /**
   * Checks size and sum, makes the bytes durable and gives the file its name.
   *
   * @throws RefusedException if the sum is wrong; the part is deleted then
   */
  void commit() throws IOException {
    close();
    String sum = HexFormat.of().formatHex(digest.digest());
    if (!complete() || !sum.equals(file.sha256())) {
      long got = length;
      restart();
      throw new RefusedException(
          "delivered "
              + got
              + " bytes with SHA-256 "
              + sum
              + " where "
              + file.name()
              + " has "
              + file.size()
              + " with "
              + file.sha256());
    }
    try {
      try (FileChannel channel =
          FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw cannotWrite(e);
    }
    Files.deleteIfExists(origin);
  }

  /** Closes the part and leaves its bytes for the next pull. */
  @Override
  public void close() throws IOException {
    if (out != null) {
      out.close();
      out = null;
    }
  }

  /** Deletes all bytes, to start again at the first. */
  void restart() throws IOException {
    close();
    digest.reset();
    length = 0;
    inherited = false;
    Files.deleteIfExists(part);
    Files.deleteIfExists(origin);
  }

  private LanewiseException cannotWrite(IOException cause) throws IOException {
    // A full disk reports itself in words that differ by system; the free space does not.
    disk.require(file.size() - (Files.exists(part) ? Files.size(part) : 0), part.getParent());
    return new LanewiseException("cannot write " + part + ": " + cause, cause);
  }
}
