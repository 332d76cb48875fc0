package dev.lanewise.model.tokenizer;

import dev.lanewise.model.StringTable;
import java.util.BitSet;

/**
 * Pieces of a SentencePiece file that its maker defined: wherever a text has one it is that token,
 * the longest first, and is neither normalised nor merged with what stands beside it.
 */
final class UserSymbols {
  static final UserSymbols NONE = new UserSymbols(null, new BitSet());

  private final PieceTrie trie = new PieceTrie(64);
  private final BitSet ids;

  /** Those of these ids. */
  UserSymbols(StringTable pieces, BitSet ids) {
    this.ids = ids;
    for (int id = ids.nextSetBit(0); id >= 0; id = ids.nextSetBit(id + 1)) {
      trie.add(pieces, id);
    }
  }

  /** Whether a token, or −1 for none, is one of them. */
  boolean contains(int id) {
    return id >= 0 && ids.get(id);
  }

  /** Characters of the longest that stands there, or 0. */
  int match(int[] characters, int from, int to) {
    int end = from;
    int node = 0;
    for (int at = from; at < to; at++) {
      node = trie.child(node, characters[at]);
      if (node == 0) {
        break;
      }
      end = trie.token(node) >= 0 ? at + 1 : end;
    }
    return end - from;
  }

  /** Bytes of the longest that stands there, or 0. */
  int match(byte[] text, int from, int to) {
    int end = from;
    int node = trie.root(text[from]);
    for (int at = from + 1; node != 0; at++) {
      end = trie.token(node) >= 0 ? at : end;
      node = at < to ? trie.child(node, text[at]) : 0;
    }
    return end - from;
  }
}
