package dev.lanewise.model.tokenizer;

import dev.lanewise.model.StringTable;
import java.util.Arrays;

/**
 * A trie of pieces by their bytes. A node's children are a linked list; the children of the root
 * are a table, because the search starts there at every byte.
 */
final class PieceTrie {
  private final int[] roots = new int[256];
  private int[] sibling;
  private int[] child;
  private int[] token;
  private byte[] label;
  private int nodes = 1;

  /** An empty trie with room for about this many nodes. */
  PieceTrie(int capacity) {
    int size = Math.max(capacity, 16);
    sibling = new int[size];
    child = new int[size];
    token = new int[size];
    label = new byte[size];
  }

  /** Adds a piece, unless it is empty; of two that are spelled alike the first stays. */
  void add(StringTable pieces, int id) {
    add(pieces.bytes(), pieces.offsets()[id], pieces.offsets()[id + 1], id);
  }

  /** Adds a token under a spelling of its own, unless that is empty. */
  void add(String spelling, int id) {
    byte[] bytes = Utf8.encode(spelling);
    add(bytes, 0, bytes.length, id);
  }

  /**
   * Adds a token under any spelling, unless that is empty; of two spelled alike the first stays.
   */
  void add(byte[] bytes, int from, int to, int id) {
    if (from == to) {
      return;
    }
    int node = roots[bytes[from] & 0xFF];
    if (node == 0) {
      node = newNode(bytes[from], 0);
      roots[bytes[from] & 0xFF] = node;
    }
    for (int i = from + 1; i < to; i++) {
      int below = child(node, bytes[i]);
      if (below == 0) {
        below = newNode(bytes[i], child[node]);
        child[node] = below;
      }
      node = below;
    }
    if (token[node] < 0) {
      token[node] = id;
    }
  }

  /** The node of a first byte, or 0. */
  int root(byte first) {
    return roots[first & 0xFF];
  }

  /** The node that a node goes on to with a byte, or 0. */
  int child(int node, byte value) {
    int at = child[node];
    while (at != 0 && label[at] != value) {
      at = sibling[at];
    }
    return at;
  }

  /** The node that a node, or the root as 0, goes on to with a character, or 0. */
  int child(int node, int character) {
    if (character < 0x80) {
      return step(node, character);
    }
    int below;
    if (character < 0x800) {
      below = step(node, 0xC0 | character >> 6);
    } else {
      if (character < 0x10000) {
        below = step(node, 0xE0 | character >> 12);
      } else {
        below = step(node, 0xF0 | character >> 18);
        below = below == 0 ? 0 : child(below, (byte) (0x80 | (character >> 12 & 0x3F)));
      }
      below = below == 0 ? 0 : child(below, (byte) (0x80 | (character >> 6 & 0x3F)));
    }
    return below == 0 ? 0 : child(below, (byte) (0x80 | (character & 0x3F)));
  }

  private int step(int node, int value) {
    return node == 0 ? roots[value] : child(node, (byte) value);
  }

  /** The piece that ends at a node, or −1. */
  int token(int node) {
    return token[node];
  }

  private int newNode(byte value, int nextSibling) {
    if (nodes == sibling.length) {
      int capacity = Math.addExact(nodes, nodes);
      sibling = Arrays.copyOf(sibling, capacity);
      child = Arrays.copyOf(child, capacity);
      token = Arrays.copyOf(token, capacity);
      label = Arrays.copyOf(label, capacity);
    }
    sibling[nodes] = nextSibling;
    label[nodes] = value;
    token[nodes] = -1;
    return nodes++;
  }
}
