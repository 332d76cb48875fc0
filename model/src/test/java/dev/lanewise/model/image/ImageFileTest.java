package dev.lanewise.model.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** PNG and JPEG files to pixels; damaged and hostile ones to messages. */
class ImageFileTest {
  @TempDir private Path folder;

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  private static void holds(byte[] file, int width, int height, int... rgb) {
    Pixels image = ImageFile.read("test", file);
    assertEquals(width, image.width());
    assertEquals(height, image.height());
    assertArrayEquals(bytes(rgb), image.rgb());
  }

  private static void fails(byte[] file, String part) {
    String message =
        assertThrows(LanewiseException.class, () -> ImageFile.read("a.png", file)).getMessage();
    assertTrue(message.startsWith("a.png: "), message);
    assertTrue(message.contains(part), message);
  }

  @Test
  void coloursAndTransparency() {
    holds(PngWriter.rgb(1, 2, bytes(1, 2, 3, 254, 255, 0)), 1, 2, 1, 2, 3, 254, 255, 0);
    byte[] rgba = new PngWriter().header(2, 1, 8, 6).data(8, bytes(1, 2, 3, 0, 4, 5, 6, 128)).end();
    holds(rgba, 2, 1, 1, 2, 3, 4, 5, 6);
    byte[] noted =
        new PngWriter()
            .header(1, 1, 8, 2)
            .chunk("gAMA", bytes(0, 0, 177, 143))
            .chunk("tRNS", bytes(0, 9, 0, 8, 0, 7))
            .data(3, bytes(9, 8, 7))
            .chunk("eXIf", bytes(1, 2, 3))
            .end();
    holds(noted, 1, 1, 9, 8, 7);
  }

  /** Pixels 1 to 6 in two rows; what Pillow's {@code exif_transpose} makes of them. */
  @ParameterizedTest
  @CsvSource({
    "1, 3, 123456", "2, 3, 321654", "3, 3, 654321", "4, 3, 456123",
    "5, 2, 142536", "6, 2, 415263", "7, 2, 635241", "8, 2, 362514",
    "0, 3, 123456", "9, 3, 123456"
  })
  void picturesAreTurnedUpright(int orientation, int width, String wanted) {
    byte[] littleEndian = // a directory of one entry: the orientation, one short
        bytes('I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0);
    byte[] bigEndian = // behind another entry
        bytes(
            'M',
            'M',
            0,
            42,
            0,
            0,
            0,
            8,
            0,
            2,
            1,
            0,
            0,
            3,
            0,
            0,
            0,
            1,
            0,
            9,
            0,
            0,
            1,
            0x12,
            0,
            3,
            0,
            0,
            0,
            1,
            0,
            orientation,
            0,
            0);
    int[] rgb = new int[18];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = wanted.charAt(i / 3) - '0';
    }
    byte[] pixels = bytes(1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6);
    for (byte[] notes : new byte[][] {littleEndian, bigEndian}) {
      PngWriter file = new PngWriter().header(3, 2, 8, 2).chunk("eXIf", notes);
      holds(file.data(9, pixels).end(), width, 6 / width, rgb);
    }
  }

  /** Notes of cameras that are cut short are left aside; others do no harm. */
  @Test
  void damagedNotesDoNoHarm() {
    SplittableRandom random = new SplittableRandom(1);
    byte[] notes = bytes('I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0);
    for (int length = 0; length < notes.length - 2; length++) {
      byte[] cut = Arrays.copyOf(notes, length);
      byte[] file =
          new PngWriter().header(2, 1, 8, 0).data(2, bytes(7, 8)).chunk("eXIf", cut).end();
      holds(file, 2, 1, 7, 7, 7, 8, 8, 8);
      byte[] changed = notes.clone();
      changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
      Pixels image =
          ImageFile.read(
              "test",
              new PngWriter().header(2, 1, 8, 0).data(2, bytes(7, 8)).chunk("eXIf", changed).end());
      assertEquals(2, image.width() * image.height());
    }
  }

  /** Of several notes in a JPEG file the first counts. */
  @Test
  void jpegsAreTurnedUpright() {
    byte[] plain = JpegSamples.FULL.bytes();
    Pixels lying = ImageFile.read("test", plain);
    byte[] notes =
        bytes(
            0xff, 0xe1, 0, 30, 'E', 'x', 'i', 'f', 0, 0, 'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1,
            3, 0, 1, 0, 0, 0, 6, 0, 0, 0);
    byte[] file = new byte[plain.length + notes.length];
    System.arraycopy(plain, 0, file, 0, 2);
    System.arraycopy(notes, 0, file, 2, notes.length);
    System.arraycopy(plain, 2, file, 2 + notes.length, plain.length - 2);
    Pixels upright = ImageFile.read("test", file);
    assertEquals(lying.height(), upright.width());
    assertEquals(lying.width(), upright.height());
    int last = (lying.height() - 1) * lying.width() * Pixels.CHANNELS; // becomes the first one
    assertArrayEquals(
        Arrays.copyOfRange(lying.rgb(), last, last + 3), Arrays.copyOf(upright.rgb(), 3));
  }

  @Test
  void greyOfAllDepths() {
    holds(
        new PngWriter().header(2, 1, 8, 0).data(2, bytes(0, 200)).end(),
        2,
        1,
        0,
        0,
        0,
        200,
        200,
        200);
    holds(new PngWriter().header(1, 1, 8, 4).data(2, bytes(77, 3)).end(), 1, 1, 77, 77, 77);
    holds(
        new PngWriter().header(3, 1, 1, 0).data(1, bytes(0b101_00000)).end(),
        3,
        1,
        255,
        255,
        255,
        0,
        0,
        0,
        255,
        255,
        255);
    holds(
        new PngWriter().header(2, 1, 2, 0).data(1, bytes(0b01_10_0000)).end(),
        2,
        1,
        85,
        85,
        85,
        170,
        170,
        170);
    holds(
        new PngWriter().header(2, 1, 4, 0).data(1, bytes(0x1e)).end(),
        2,
        1,
        17,
        17,
        17,
        238,
        238,
        238);
    holds(
        new PngWriter().header(2, 1, 16, 0).data(4, bytes(18, 255, 200, 0)).end(),
        2,
        1,
        18,
        18,
        18,
        200,
        200,
        200);
  }

  @Test
  void sixteenBitsOfColour() {
    byte[] rows = bytes(1, 99, 2, 99, 3, 99, 4, 0);
    holds(new PngWriter().header(1, 1, 16, 6).data(8, rows).end(), 1, 1, 1, 2, 3);
    holds(new PngWriter().header(1, 1, 16, 2).data(6, Arrays.copyOf(rows, 6)).end(), 1, 1, 1, 2, 3);
  }

  @Test
  void palettes() {
    byte[] palette = bytes(1, 2, 3, 40, 50, 60, 7, 8, 9);
    for (int bits = 1; bits <= 8; bits *= 2) {
      byte[] file =
          new PngWriter()
              .header(1, 1, bits, 3)
              .chunk("PLTE", palette)
              .chunk("tRNS", bytes(0, 0, 0))
              .data(1, bytes(1 << (8 - bits)))
              .end();
      holds(file, 1, 1, 40, 50, 60);
    }
    byte[] beyond =
        new PngWriter().header(1, 1, 8, 3).chunk("PLTE", palette).data(1, bytes(9)).end();
    holds(beyond, 1, 1, 0, 0, 0);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "CMYK")
  void jpegIsDecodedAsByPil(JpegSamples sample) {
    Pixels image = ImageFile.read("test", sample.bytes());
    assertEquals(19, image.width());
    assertEquals(13, image.height());
    assertEquals(sample.crc(), ResizeTest.crc(image.rgb()));
  }

  @Test
  void otherKindsAreRefusedByName() {
    fails(JpegSamples.CMYK.bytes(), "printing colours (CMYK); convert it");
    fails(new byte[0], "the file is empty");
    fails("GIF89a, really".getBytes(StandardCharsets.US_ASCII), "looks like GIF; convert it");
    fails("RIFF0000WEBPVP8 ".getBytes(StandardCharsets.US_ASCII), "looks like WebP");
    fails("a text".getBytes(StandardCharsets.US_ASCII), "neither a PNG nor a JPEG image; convert");
    byte[] lossless = JpegSamples.GREY.bytes();
    for (int i = 0; i + 1 < lossless.length; i++) {
      if (lossless[i] == (byte) 0xff && lossless[i + 1] == (byte) 0xc0) {
        lossless[i + 1] = (byte) 0xc3;
      }
    }
    fails(lossless, "lossless");
  }

  @Test
  void filesThatAreNoneAreNamed() {
    Path missing = folder.resolve("missing.png");
    String message =
        assertThrows(LanewiseException.class, () -> ImageFile.read(missing)).getMessage();
    assertEquals(missing + ": no such file; check the path", message);
    message = assertThrows(LanewiseException.class, () -> ImageFile.read(folder)).getMessage();
    assertTrue(message.contains("is a directory"), message);
  }

  @Test
  void hugeImagesAreRefusedBeforeTheyAreDecoded() {
    byte[] little = bytes(0);
    fails(
        new PngWriter().header(60_000, 60_000, 8, 0).data(1, little).end(), "60000 x 60000 pixels");
    fails(
        new PngWriter().header(70_000, 1, 8, 0).data(1, little).end(), "70000 x 1 pixels; at most");
    fails(new PngWriter().header(-1, 1, 8, 0).data(1, little).end(), "the file is damaged");
    byte[] jpeg = JpegSamples.GREY.bytes();
    int frame = new String(jpeg, StandardCharsets.ISO_8859_1).indexOf("\u00ff\u00c0");
    Arrays.fill(jpeg, frame + 5, frame + 9, (byte) 0xff);
    fails(jpeg, "65535 x 65535 pixels");
  }

  @Test
  void wrongHeadersAreRefused() {
    fails(new PngWriter().header(1, 1, 3, 0).data(1, bytes(0)).end(), "kind 0 with 3 bits");
    fails(new PngWriter().header(1, 1, 8, 3).data(1, bytes(0)).end(), "has no palette");
    fails(new PngWriter().header(1, 1, 8, 2).end(), "holds no image data");
    fails(new PngWriter().chunk("IDAT", bytes(0)).end(), "does not begin with a header");
    fails(new PngWriter().header(1, 1, 8, 2).chunk("IHDR").end(), "has two headers");
    byte[] wrong = PngWriter.rgb(1, 1, bytes(1, 2, 3));
    wrong[45] ^= 1;
    fails(wrong, "has a wrong checksum; take an undamaged copy");
  }

  @Test
  void whatIsCutShortIsRefused() {
    byte[] png = PngWriter.rgb(5, 3, ResizeTest.noise(5, 3).rgb());
    for (int length = 8; length < png.length; length++) {
      fails(Arrays.copyOf(png, length), "truncated");
    }
    for (JpegSamples sample : JpegSamples.values()) {
      byte[] jpeg = sample.bytes();
      for (int length = 3; length < jpeg.length; length++) {
        byte[] part = Arrays.copyOf(jpeg, length);
        assertThrows(LanewiseException.class, () -> ImageFile.read("test", part), "" + length);
      }
    }
    byte[] fewRows = new PngWriter().header(2, 9, 8, 0).data(2, bytes(1, 2)).end();
    fails(fewRows, "damaged");
  }

  /** A file with changed bytes is an image or the typed exception, never anything else. */
  @Test
  void damageEndsInAMessage() {
    SplittableRandom random = new SplittableRandom(4);
    byte[] png =
        new PngWriter()
            .header(5, 3, 8, 3)
            .chunk("PLTE", bytes(1, 2, 3))
            .data(5, new byte[15])
            .end();
    int refused = 0;
    int runs = 0;
    for (int i = 0; i < 300; i++) {
      JpegSamples[] samples = JpegSamples.values();
      byte[] file = i % 4 == 0 ? png.clone() : samples[i % samples.length].bytes();
      for (int changes = random.nextInt(1, 5); changes > 0; changes--) {
        file[random.nextInt(2, file.length)] = (byte) random.nextInt();
      }
      runs++;
      try {
        Pixels image = ImageFile.read("test", file);
        assertTrue(image.width() > 0);
      } catch (LanewiseException e) {
        refused++;
      }
    }
    assertTrue(refused > 0 && refused < runs, refused + " of " + runs);
  }
}
