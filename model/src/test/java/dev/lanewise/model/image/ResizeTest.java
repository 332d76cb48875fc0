package dev.lanewise.model.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.HexFormat;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Images of other sizes, bit by bit those of PIL. */
class ResizeTest {
  /** Sizes that every golden image was given: smaller, larger, and both. */
  private static final int[][] SIZES = {{5, 4}, {13, 11}, {9, 3}, {4, 7}, {1, 1}, {224, 2}};

  /** The image of which PIL was asked as well: the upper bits of C's old generator. */
  static Pixels noise(int width, int height) {
    byte[] rgb = new byte[3 * width * height];
    long state = 1;
    for (int i = 0; i < rgb.length; i++) {
      state = (state * 1103515245 + 12345) & 0x7fffffff;
      rgb[i] = (byte) (state >> 16);
    }
    return new Pixels(width, height, rgb);
  }

  static String crc(byte[] bytes) {
    CRC32 crc = new CRC32();
    crc.update(bytes);
    return HexFormat.of().toHexDigits((int) crc.getValue());
  }

  /**
   * Recorded with Pillow 13.0: {@code zlib.crc32(image.resize(size, number).tobytes())}, with the
   * kernels' numbers in their order and the sizes above.
   */
  @ParameterizedTest
  @CsvSource({
    "9, 7, NEAREST, fc79db4c 36c0acb2 be9515e9 bbed359a 0f91a5dc 867dc9a4",
    "9, 7, LANCZOS, 8523e6df 05032460 cb8c3cea 25c710f2 b1a9a30b e0ce90ba",
    "9, 7, BILINEAR, b82142b2 9ccf876c d41b4283 934c9338 5de17c7e 46648cfc",
    "9, 7, BICUBIC, 1952b3de ace8ffff 5d0a439c 9165f46e c6ae939d 5e7c87d6",
    "9, 7, BOX, c18f253a 36c0acb2 90474ee2 5392cc65 4942a94e 0a36a4bb",
    "9, 7, HAMMING, 244c4e0b fcc98976 f105b8e2 58762c82 da9ed89c 2f93d2ee",
    "5, 40, NEAREST, 44a202ce 578374ba 87043cba 166047f0 1ec68f96 7a286b36",
    "5, 40, LANCZOS, a39a65ad a792fc13 d8e86fde f20ccda6 69da64c5 8c29225c",
    "5, 40, BILINEAR, 1b7abb7b 26e8bdec 6cb1180d 870d0d6c 76894387 3d5e8b22",
    "5, 40, BICUBIC, c2614f45 fb5c1739 8dad511b 609cb411 76894387 233ce3e0",
    "5, 40, BOX, 17bb7174 de631bbd ee528a00 d0ab54b4 ed45788c cf6d2ab2",
    "5, 40, HAMMING, 74a20720 cc1317e9 7bc136bd c3ba7a6e 6c16a6a8 500b998b",
    "40, 5, NEAREST, ceed442b c8a1b63e 5e3d7ca8 b60fb421 ac5501dd 8f86c914",
    "40, 5, LANCZOS, 615b5e9b b4e069f1 a39466c1 f949de64 758e4301 19f7b073",
    "40, 5, BILINEAR, 60804f3c c88134c0 38871a29 7ef6dc02 07c66512 fcf5ff3f",
    "40, 5, BICUBIC, 4d835fd7 de4e35e1 f03a2952 94d8e69f 02897397 2b7d198d",
    "40, 5, BOX, fc552913 6d3d0a78 65613697 fd2f5faf ed45788c 411ae9bc",
    "40, 5, HAMMING, dbd6c124 4ad23e70 c6a0176b 56fb4da5 97797883 b0ff0bce"
  })
  void allPixelsAreThoseOfPil(int width, int height, Resampling kernel, String sums) {
    Pixels image = noise(width, height);
    StringBuilder found = new StringBuilder();
    for (int[] size : SIZES) {
      Pixels resized = Resize.resize(image, size[0], size[1], kernel);
      assertEquals(size[0], resized.width());
      assertEquals(size[1], resized.height());
      found.append(found.isEmpty() ? "" : " ").append(crc(resized.rgb()));
    }
    assertEquals(sums, found.toString());
  }

  @Test
  void halfTheSizeIsTheMeanOfFourPixels() {
    Pixels image = grey(2, 2, 0, 100, 200, 255);
    assertArrayEquals(grey(1, 1, 139).rgb(), Resize.resize(image, 1, 1, Resampling.BOX).rgb());
  }

  @Test
  void betweenTwoPixelsLieTheirMixtures() {
    Pixels image = grey(2, 1, 0, 200);
    assertArrayEquals(
        grey(4, 1, 0, 50, 150, 200).rgb(), Resize.resize(image, 4, 1, Resampling.BILINEAR).rgb());
  }

  @ParameterizedTest
  @EnumSource
  void oneColourStaysTheSame(Resampling kernel) {
    byte[] rgb = Resize.resize(grey(1, 2, 77, 77), 31, 17, kernel).rgb();
    for (byte sample : rgb) {
      assertEquals(77, sample);
    }
  }

  @Test
  void theSameSizesAreTheSameImage() {
    Pixels image = noise(3, 2);
    assertSame(image, Resize.resize(image, 3, 2, Resampling.LANCZOS));
  }

  @Test
  void theMiddleIsCutOutOrPaddedWithBlack() {
    Pixels row = grey(4, 1, 1, 2, 3, 4);
    assertArrayEquals(grey(1, 1, 2).rgb(), row.centre(1, 1).rgb());
    assertArrayEquals(grey(2, 1, 2, 3).rgb(), row.centre(2, 1).rgb());
    assertArrayEquals(grey(5, 1, 0, 1, 2, 3, 4).rgb(), row.centre(5, 1).rgb());
    assertArrayEquals(grey(2, 3, 0, 0, 2, 3, 0, 0).rgb(), row.centre(2, 3).rgb());
    assertArrayEquals(grey(6, 2, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 0).rgb(), row.centre(6, 2).rgb());
  }

  private static Pixels grey(int width, int height, int... samples) {
    byte[] rgb = new byte[3 * samples.length];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) samples[i / 3];
    }
    return new Pixels(width, height, rgb);
  }
}
