package dev.lanewise.model.tokenizer;

import java.text.Normalizer;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;

/**
 * A normalisation form of Unicode (Standard Annex 15). The text is taken a character with its marks
 * at a time. A character that is decomposed gives its range to all its parts; one that is composed
 * of several has the range of the first.
 */
record UnicodeForm(Normalizer.Form form) implements Normaliser {
  @Override
  public AlignedText apply(AlignedText text) {
    boolean compatible = form == Normalizer.Form.NFKC || form == Normalizer.Form.NFKD;
    if (text.isBelow(compatible ? 0xA0 : 0xC0)) {
      return text;
    }
    int[] characters = text.characters();
    AlignedText.Writer out = new AlignedText.Writer(text);
    int at = 0;
    while (at < text.length()) {
      int end = at + 1;
      while (end < text.length() && joins(characters[end])) {
        end++;
      }
      if (end == at + 1 && isPlain(characters[at])) {
        out.put(characters[at], at);
      } else {
        normalise(characters, at, end, out);
      }
      at = end;
    }
    return out.text();
  }

  /** Characters that no form changes, as far as that is quickly told. */
  private static boolean isPlain(int c) {
    return c < 0xA0 || (c >= 0x4E00 && c <= 0x9FFF);
  }

  /** Whether a character may belong to the one before it: marks, jamo, halfwidth voice marks. */
  private static boolean joins(int c) {
    if (c < 0x300) {
      return false;
    }
    return CharacterClass.of(c) == CharacterClass.MARK
        || (c >= 0x1160 && c <= 0x11FF)
        || (c >= 0xD7B0 && c <= 0xD7FF)
        || (c >= 0x3131 && c <= 0x318E)
        || (c >= 0xFF9E && c <= 0xFFDC);
  }

  private void normalise(int[] characters, int from, int to, AlignedText.Writer out) {
    String before = new String(characters, from, to - from);
    String after = Normalizer.normalize(before, form);
    if (after.equals(before)) {
      out.copy(from, to);
      return;
    }
    // Each part of the decomposed text stands for a character of the source, or for none if it is
    // not the first of its character. An output takes as many characters as its parts stand for.
    Normalizer.Form apart =
        form == Normalizer.Form.NFC || form == Normalizer.Form.NFD
            ? Normalizer.Form.NFD
            : Normalizer.Form.NFKD;
    Map<Integer, Queue<Boolean>> parts = new HashMap<>();
    for (int i = from; i < to; i++) {
      String decomposed = Normalizer.normalize(Character.toString(characters[i]), apart);
      for (int j = 0; j < decomposed.length(); j = decomposed.offsetByCodePoints(j, 1)) {
        parts.computeIfAbsent(decomposed.codePointAt(j), _ -> new ArrayDeque<>()).add(j == 0);
      }
    }
    int at = from;
    for (int i = 0; i < after.length(); i = after.offsetByCodePoints(i, 1)) {
      int character = after.codePointAt(i);
      String decomposed = Normalizer.normalize(Character.toString(character), apart);
      int taken = 0;
      for (int j = 0; j < decomposed.length(); j = decomposed.offsetByCodePoints(j, 1)) {
        Queue<Boolean> queue = parts.get(decomposed.codePointAt(j));
        taken += queue != null && !queue.isEmpty() && queue.remove() ? 1 : 0;
      }
      out.put(character, taken > 0 || at == from ? Math.min(at, to - 1) : at - 1);
      at += taken;
    }
  }
}
