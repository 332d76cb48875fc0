package dev.lanewise.model.tokenizer;

import java.io.ByteArrayOutputStream;

/**
 * What SentencePiece makes of a text before it looks for pieces: characters are mapped, spaces
 * become ▁.
 *
 * @param map how characters are normalised
 * @param spacePrefix whether a space comes before a text
 * @param mergeSpaces whether several spaces are one, and none begins or ends a text
 */
record SentencePieceText(CharacterMap map, boolean spacePrefix, boolean mergeSpaces) {
  byte[] normalise(byte[] utf8, int from, int to) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(2 * (to - from) + 8);
    byte[] mark = new byte[4];
    int markLength = Spaces.put(mark, 0);
    boolean first = true;
    boolean word = false;
    int at = from;
    while (at < to) {
      long match = map.match(utf8, at, to);
      byte[] bytes = match < 0 ? utf8 : map.replacements();
      int start = match < 0 ? at : (int) match;
      int end = match < 0 ? at + Utf8.length(utf8[at]) : map.end(start);
      at += match < 0 ? end - start : (int) (match >> 32);
      for (int i = start; i < end; i++) {
        boolean space = bytes[i] == ' ';
        if (space ? !mergeSpaces : !word && (first ? spacePrefix : mergeSpaces)) {
          out.write(mark, 0, markLength);
        }
        if (!space) {
          out.write(bytes[i]);
          first = false;
        }
        word = !space;
      }
    }
    return out.toByteArray();
  }
}
