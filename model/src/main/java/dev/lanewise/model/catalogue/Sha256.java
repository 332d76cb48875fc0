package dev.lanewise.model.catalogue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 (FIPS 180-4) of files. */
final class Sha256 {
  private static final int BUFFER = 1 << 18;

  private Sha256() {}

  /** A fresh digest. */
  static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Adds what the channel holds to the digest; returns how many bytes that were. */
  static long update(MessageDigest digest, ReadableByteChannel in, long total, Progress progress)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
    long done = 0;
    while (in.read(buffer) >= 0) {
      buffer.flip();
      done += buffer.remaining();
      digest.update(buffer);
      buffer.clear();
      progress.update(Progress.Phase.VERIFY, Math.min(done, total), total);
    }
    return done;
  }

  /** The sum of a file, as lower-case hexadecimal digits. */
  static String of(Path file, Progress progress) throws IOException {
    MessageDigest digest = digest();
    try (SeekableByteChannel in = Files.newByteChannel(file)) {
      update(digest, in, in.size(), progress);
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
