package dev.lanewise.model.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The steps of decoding, each a loop over pieces. */
final class TokenDecoders {
  private TokenDecoders() {}

  /** GPT-2's characters as bytes; a piece with other characters stands for itself. */
  static List<String> byteLevel(List<String> pieces) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (String piece : pieces) {
      boolean bytes = piece.codePoints().allMatch(c -> ByteCharacters.value(c) >= 0);
      if (bytes) {
        piece.codePoints().forEach(c -> out.write(ByteCharacters.value(c)));
      } else {
        out.writeBytes(Utf8.encode(piece));
      }
    }
    return List.of(out.toString(StandardCharsets.UTF_8));
  }

  /** Words parted by spaces, pieces with the prefix joined to the one before. */
  static TokenDecoder wordPiece(String prefix, boolean tidy) {
    return numbered(
        (i, piece) -> {
          String text = piece;
          if (i > 0) {
            text = piece.startsWith(prefix) ? piece.substring(prefix.length()) : " ".concat(piece);
          }
          return tidy ? tidied(text) : text;
        });
  }

  /** Marks as spaces; those of the first piece as nothing, if one was put before the text. */
  static TokenDecoder metaspace(String mark, boolean prefixed) {
    return numbered((i, piece) -> piece.replace(mark, i == 0 && prefixed ? "" : " "));
  }

  /** The end of a word as a space, but not at the end of the text. */
  static TokenDecoder wordEnds(String suffix) {
    return pieces -> {
      List<String> out = new ArrayList<>();
      for (int i = 0; i < pieces.size(); i++) {
        out.add(pieces.get(i).replace(suffix, i == pieces.size() - 1 ? "" : " "));
      }
      return out;
    };
  }

  /** Connectionist temporal classification: repeated pieces are one, and blanks are none. */
  static TokenDecoder ctc(String blank, String delimiter, boolean tidy) {
    return pieces -> {
      List<String> out = new ArrayList<>();
      String last = null;
      for (String piece : pieces) {
        if (piece.equals(last)) {
          continue;
        }
        last = piece;
        String text = piece.replace(blank, "");
        if (tidy) {
          text = tidied(text).replace(delimiter, " ");
        }
        if (!text.isEmpty()) {
          out.add(text);
        }
      }
      return out;
    };
  }

  /** All as one piece. */
  static List<String> fuse(List<String> pieces) {
    return List.of(String.join("", pieces));
  }

  /** Takes at most so many of a character off both ends of each piece. */
  static TokenDecoder strip(int content, int start, int stop) {
    return numbered(
        (_, piece) -> {
          int[] text = piece.codePoints().toArray();
          int from = 0;
          while (from < Math.min(start, text.length) && text[from] == content) {
            from++;
          }
          int to = text.length;
          while (text.length - to < stop && to > 0 && text[to - 1] == content) {
            to--;
          }
          return from >= to ? "" : new String(text, from, to - from);
        });
  }

  /** Replaces the matches of a pattern in each piece. */
  static TokenDecoder replace(Scan scan, String replacement) {
    Normaliser normaliser = Normalisers.replace(scan, replacement);
    return numbered((_, piece) -> normaliser.apply(AlignedText.of(piece, false)).string());
  }

  /** Pieces spelled {@code <0x0A>} as bytes; of those that are no UTF-8 each is U+FFFD. */
  static List<String> byteFallback(List<String> pieces) {
    List<String> out = new ArrayList<>();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (String piece : pieces) {
      int value = ByteTokens.value(piece);
      if (value >= 0) {
        bytes.write(value);
        continue;
      }
      flush(bytes, out);
      out.add(piece);
    }
    flush(bytes, out);
    return out;
  }

  private static void flush(ByteArrayOutputStream bytes, List<String> out) {
    if (bytes.size() == 0) {
      return;
    }
    String text = Utf8.decodeStrictly(bytes.toByteArray());
    if (text != null) {
      out.add(text);
    } else {
      for (int i = 0; i < bytes.size(); i++) {
        out.add("\uFFFD");
      }
    }
    bytes.reset();
  }

  /** English punctuation without the spaces that came between words. */
  private static String tidied(String text) {
    return text.replace(" .", ".")
        .replace(" ?", "?")
        .replace(" !", "!")
        .replace(" ,", ",")
        .replace(" ' ", "'")
        .replace(" n't", "n't")
        .replace(" 'm", "'m")
        .replace(" do not", " don't")
        .replace(" 's", "'s")
        .replace(" 've", "'ve")
        .replace(" 're", "'re");
  }

  /** A step that makes a piece of a piece. */
  @FunctionalInterface
  private interface Step {
    String apply(int i, String piece);
  }

  private static TokenDecoder numbered(Step step) {
    return pieces -> {
      List<String> out = new ArrayList<>(pieces.size());
      for (String piece : pieces) {
        out.add(step.apply(out.size(), piece));
      }
      return out;
    };
  }
}
