package dev.lanewise.model.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Writes PNG files chunk by chunk, wrong ones as well. */
public final class PngWriter {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** Begins a file. */
  public PngWriter() {
    out.writeBytes(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
  }

  /** An image of red, green and blue, 8 bits each. */
  public static byte[] rgb(int width, int height, byte[] rgb) {
    return new PngWriter().header(width, height, 8, 2).data(width * 3, rgb).end();
  }

  /** Adds a chunk. */
  PngWriter chunk(String type, byte... data) {
    byte[] name = type.getBytes(StandardCharsets.ISO_8859_1);
    CRC32 crc = new CRC32();
    crc.update(name);
    crc.update(data);
    out.writeBytes(ByteBuffer.allocate(4).putInt(data.length).array());
    out.writeBytes(name);
    out.writeBytes(data);
    out.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    return this;
  }

  /** Adds the header. */
  PngWriter header(int width, int height, int bits, int colour) {
    ByteBuffer header = ByteBuffer.allocate(13).putInt(width).putInt(height);
    return chunk("IHDR", header.put((byte) bits).put((byte) colour).array());
  }

  /** Adds rows of so many bytes, each behind its filter, which is none. */
  PngWriter data(int stride, byte[] rows) {
    ByteArrayOutputStream filtered = new ByteArrayOutputStream();
    for (int at = 0; at < rows.length; at += stride) {
      filtered.write(0);
      filtered.write(rows, at, stride);
    }
    Deflater deflater = new Deflater();
    deflater.setInput(filtered.toByteArray());
    deflater.finish();
    byte[] packed = new byte[filtered.size() + 64];
    int length = deflater.deflate(packed);
    deflater.end();
    return chunk("IDAT", Arrays.copyOf(packed, length));
  }

  /** The file with its last chunk. */
  byte[] end() {
    return chunk("IEND").bytes();
  }

  /** The file as it is. */
  byte[] bytes() {
    return out.toByteArray();
  }

  /** Writes bytes to a file. */
  public static Path write(Path file, byte[] bytes) {
    try {
      return Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
