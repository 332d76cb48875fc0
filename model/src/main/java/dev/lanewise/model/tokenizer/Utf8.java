package dev.lanewise.model.tokenizer;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** UTF-8 as tokenizers need it. */
final class Utf8 {
  /** Stands for what is no character. */
  static final int REPLACEMENT = 0xFFFD;

  private Utf8() {}

  /** The bytes of a text; lone surrogates become U+FFFD. */
  static byte[] encode(String text) {
    int length = text.length();
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        if (Character.isHighSurrogate(c)
            && i + 1 < length
            && Character.isLowSurrogate(text.charAt(i + 1))) {
          i++;
        } else {
          return withoutLoneSurrogates(text).getBytes(StandardCharsets.UTF_8);
        }
      }
    }
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String withoutLoneSurrogates(String text) {
    StringBuilder whole = new StringBuilder(text.length());
    int i = 0;
    while (i < text.length()) {
      int codePoint = text.codePointAt(i);
      boolean lone = codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
      whole.appendCodePoint(lone ? REPLACEMENT : codePoint);
      i += Character.charCount(codePoint);
    }
    return whole.toString();
  }

  /** The text of bytes, or null if they are no UTF-8. */
  static String decodeStrictly(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException _) {
      return null;
    }
  }

  /** Bytes of the character that starts with this byte, as the byte promises; 1 to 4. */
  static int length(byte first) {
    int value = first & 0xFF;
    if (value < 0xC0) {
      return 1;
    }
    return value < 0xE0 ? 2 : value < 0xF0 ? 3 : 4;
  }

  /** Bytes that a code point takes. */
  static int length(int codePoint) {
    if (codePoint < 0x80) {
      return 1;
    }
    return codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
  }

  /** The code point of well-formed bytes. */
  static int codePoint(byte[] bytes, int at) {
    int first = bytes[at];
    if (first >= 0) {
      return first;
    }
    int second = bytes[at + 1] & 0x3F;
    if ((first & 0xE0) == 0xC0) {
      return (first & 0x1F) << 6 | second;
    }
    int third = bytes[at + 2] & 0x3F;
    if ((first & 0xF0) == 0xE0) {
      return (first & 0x0F) << 12 | second << 6 | third;
    }
    return (first & 0x07) << 18 | second << 12 | third << 6 | (bytes[at + 3] & 0x3F);
  }

  /** Writes a code point; returns where it ends. */
  static int put(int codePoint, byte[] bytes, int at) {
    if (codePoint < 0x80) {
      bytes[at] = (byte) codePoint;
      return at + 1;
    }
    if (codePoint < 0x800) {
      bytes[at] = (byte) (0xC0 | codePoint >> 6);
      bytes[at + 1] = (byte) (0x80 | (codePoint & 0x3F));
      return at + 2;
    }
    if (codePoint < 0x10000) {
      bytes[at] = (byte) (0xE0 | codePoint >> 12);
      bytes[at + 1] = (byte) (0x80 | (codePoint >> 6 & 0x3F));
      bytes[at + 2] = (byte) (0x80 | (codePoint & 0x3F));
      return at + 3;
    }
    bytes[at] = (byte) (0xF0 | codePoint >> 18);
    bytes[at + 1] = (byte) (0x80 | (codePoint >> 12 & 0x3F));
    bytes[at + 2] = (byte) (0x80 | (codePoint >> 6 & 0x3F));
    bytes[at + 3] = (byte) (0x80 | (codePoint & 0x3F));
    return at + 4;
  }
}
