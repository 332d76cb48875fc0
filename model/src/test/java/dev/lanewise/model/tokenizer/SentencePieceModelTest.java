package dev.lanewise.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Model files written field by field, whole and cut at every byte. */
class SentencePieceModelTest {
  @TempDir private Path folder;

  static byte[] delimited(int field, byte[] value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(field << 3 | 2);
    out.write(value.length);
    out.writeBytes(value);
    return out.toByteArray();
  }

  static byte[] piece(String text, float score, int type) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(delimited(1, text.getBytes(StandardCharsets.UTF_8)));
    out.write(2 << 3 | 5);
    out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(score).array());
    out.writeBytes(new byte[] {3 << 3, (byte) type});
    return delimited(1, out.toByteArray());
  }

  /** Pieces of a small model of a type: 1 is unigram, 2 byte-pair. */
  private static byte[] model(int type) {
    return model(type, "<unk>", "</s>");
  }

  /** The same with tokens of one's own before the pieces. */
  static byte[] model(int type, String... own) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (String token : own) {
      boolean unknown = token.equals("<unk>");
      out.writeBytes(piece(token, 0, unknown ? Vocabulary.UNKNOWN : Vocabulary.CONTROL));
    }
    out.writeBytes(piece("▁a", -1, Vocabulary.NORMAL));
    out.writeBytes(piece("a", -3, Vocabulary.NORMAL));
    out.writeBytes(piece("▁", -4, Vocabulary.NORMAL));
    out.writeBytes(delimited(2, new byte[] {3 << 3, (byte) type}));
    return out.toByteArray();
  }

  private Tokenizer load(byte[] bytes) throws IOException {
    Path file = folder.resolve("spiece.model");
    Files.write(file, bytes);
    return SentencePieceModel.load(file);
  }

  @Test
  void bothKinds() throws IOException {
    for (int type = 1; type <= 2; type++) {
      Tokenizer tokenizer = load(model(type));
      assertArrayEquals(new int[] {2, 3, 2}, tokenizer.encode("aa   a ", false));
      assertArrayEquals(new int[] {}, tokenizer.encode("   ", false));
      assertArrayEquals(new int[] {4, 0}, tokenizer.encode("x", false));
      assertEquals("a ⁇ ", tokenizer.decode(2, 0), "the surface of the unknown");
      assertTrue(tokenizer.isEndOfGeneration(1));
    }
  }

  /** Answers of sentencepiece 0.2. */
  @Test
  void aStretchOfUnknownCharactersIsOneToken() throws IOException {
    for (int type = 1; type <= 2; type++) {
      Tokens tokens = load(model(type)).tokens("aé日xa");
      assertArrayEquals(new int[] {2, 0, 3}, tokens.ids());
      assertArrayEquals(new int[] {0, 1, 4}, tokens.starts());
      assertArrayEquals(new int[] {1, 4, 5}, tokens.ends());
    }
  }

  @Test
  void whatTheUserDefinedStaysWhole() throws IOException {
    for (int type = 1; type <= 2; type++) {
      byte[] all = model(type);
      byte[] mask = piece("[MASK]", 0, Vocabulary.USER_DEFINED);
      byte[] bytes = Arrays.copyOf(all, all.length + mask.length);
      System.arraycopy(mask, 0, bytes, all.length, mask.length);
      Tokenizer tokenizer = load(bytes);
      assertArrayEquals(
          new int[] {2, 5, 3, 4, 5, 5}, tokenizer.encode("a[MASK]a [MASK][MASK]", false));
      assertArrayEquals(new int[] {4, 5}, tokenizer.encode("[MASK]", false));
      assertEquals("a[MASK]a", tokenizer.decode(2, 5, 3));
    }
  }

  /** Answers of sentencepiece 0.2.3: such a piece counts 0.1 for each byte but the first. */
  @Test
  void whatTheUserDefinedMayLoseToBetterPieces() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(model(1));
    out.writeBytes(piece("aé", 0, Vocabulary.USER_DEFINED)); // counts 0.2
    out.writeBytes(piece("b", -3, Vocabulary.NORMAL));
    out.writeBytes(piece("baé", -2.9f, Vocabulary.NORMAL));
    out.writeBytes(piece("c", -3, Vocabulary.NORMAL));
    out.writeBytes(piece("caé", -2.7f, Vocabulary.NORMAL));
    out.writeBytes(delimited(3, new byte[] {3 << 3, 0})); // no space before a text
    Tokenizer tokenizer = load(out.toByteArray());
    assertArrayEquals(new int[] {6, 5}, tokenizer.encode("baé", false));
    assertArrayEquals(new int[] {9}, tokenizer.encode("caé", false));
    assertArrayEquals(new int[] {3, 5, 5}, tokenizer.encode("aaéaé", false));
  }

  @Test
  void spacesAloneHaveOneBeforeThemWhereAllCount() throws IOException {
    for (int type = 1; type <= 2; type++) {
      byte[] all = model(type);
      byte[] keepsSpaces = delimited(3, new byte[] {4 << 3, 0});
      byte[] bytes = Arrays.copyOf(all, all.length + keepsSpaces.length);
      System.arraycopy(keepsSpaces, 0, bytes, all.length, keepsSpaces.length);
      Tokenizer tokenizer = load(bytes);
      assertArrayEquals(new int[] {4, 4}, tokenizer.encode(" ", false));
      assertArrayEquals(new int[] {4, 4, 4}, tokenizer.encode("  ", false));
      assertArrayEquals(new int[] {4, 2}, tokenizer.encode(" a", false));
      assertArrayEquals(new int[] {}, tokenizer.encode("", false));
    }
  }

  @Test
  void spacesThatEndWordsAreRefused() {
    byte[] all = model(1);
    byte[] suffix = delimited(2, new byte[] {(byte) 0xC0, 1, 1});
    byte[] bytes = Arrays.copyOf(all, all.length + suffix.length);
    System.arraycopy(suffix, 0, bytes, all.length, suffix.length);
    String message = assertThrows(LanewiseException.class, () -> load(bytes)).getMessage();
    assertTrue(message.contains("treat_whitespace_as_suffix"), message);
  }

  @Test
  void otherKindsAreRefused() {
    String message = assertThrows(LanewiseException.class, () -> load(model(3))).getMessage();
    assertTrue(message.contains("spiece.model: model type 3"), message);
  }

  @Test
  void everyCutIsRefusedOrSound() throws IOException {
    byte[] whole = model(1);
    int refused = 0;
    for (int length = 0; length < whole.length; length++) {
      try {
        load(Arrays.copyOf(whole, length));
      } catch (LanewiseException e) {
        assertTrue(e.getMessage().contains("spiece.model"), e::getMessage);
        refused++;
      }
    }
    assertTrue(refused > whole.length / 2, "only " + refused + " cuts were noticed");
  }
}
