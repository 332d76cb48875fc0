package dev.lanewise.model.tokenizer;

/**
 * GPT-2's spelling of bytes: each is a character that can be seen, the byte itself where Latin-1
 * can show it, else one from U+0100 on in order. So a space is Ġ (U+0120) and a line feed Ċ.
 */
public final class ByteCharacters {
  private static final int FIRST_SUBSTITUTE = 0x100;
  private static final char[] CHARACTERS = new char[256];
  private static final short[] BYTES = new short[FIRST_SUBSTITUTE + 68];

  static {
    for (int i = 0; i < BYTES.length; i++) {
      BYTES[i] = -1;
    }
    int hidden = 0;
    for (int value = 0; value < CHARACTERS.length; value++) {
      boolean shown =
          (value >= '!' && value <= '~') || (value >= 0xA1 && value <= 0xFF && value != 0xAD);
      int character = shown ? value : FIRST_SUBSTITUTE + hidden++;
      CHARACTERS[value] = (char) character;
      BYTES[character] = (short) value;
    }
  }

  private ByteCharacters() {}

  /** The character of a byte, given as 0 to 255. */
  public static char character(int value) {
    return CHARACTERS[value];
  }

  /** The byte of a character, 0 to 255, or −1 if it stands for none. */
  static int value(int character) {
    return character < BYTES.length ? BYTES[character] : -1;
  }
}
