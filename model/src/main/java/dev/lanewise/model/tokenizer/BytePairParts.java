package dev.lanewise.model.tokenizer;

import java.util.ArrayList;
import java.util.List;

/**
 * What a {@link BytePairTokenizer} consists of, as a GGUF file has it.
 *
 * @param words the name of the rule that cuts texts into words, see {@link PreTokenizer}
 * @param tokens how each is spelled
 * @param kinds of the tokens, as numbered in {@link Vocabulary}
 * @param merges pairs of tokens with a space between them, the lowest rank first
 * @param begin the token that begins a sequence, or −1
 * @param begins whether it stands before every text
 * @param end the first token that ends a generation, or −1
 * @param unknown the token for what cannot be spelled, or −1
 */
public record BytePairParts(
    String words,
    List<String> tokens,
    List<Integer> kinds,
    List<String> merges,
    int begin,
    boolean begins,
    int end,
    int unknown) {
  /** Copies the lists. */
  public BytePairParts {
    tokens = List.copyOf(tokens);
    kinds = List.copyOf(kinds);
    merges = List.copyOf(merges);
  }

  /**
   * Every byte of some is a token, and nothing is merged. Behind them stands the token that begins
   * and ends a text, as GPT-2 has it: llama.cpp takes the twelfth for that where a file names none.
   */
  public static BytePairParts ofBytes(byte[] alphabet) {
    List<String> tokens = new ArrayList<>();
    List<Integer> kinds = new ArrayList<>();
    for (byte value : alphabet) {
      tokens.add(String.valueOf(ByteCharacters.character(value & 0xFF)));
      kinds.add(Vocabulary.NORMAL);
    }
    int end = tokens.size();
    tokens.add("<|endoftext|>");
    kinds.add(Vocabulary.CONTROL);
    return new BytePairParts("gpt-2", tokens, kinds, List.of(), end, false, end, -1);
  }

  static BytePairParts of(Vocabulary vocabulary, String words, List<String> merges) {
    List<String> tokens = new ArrayList<>();
    List<Integer> kinds = new ArrayList<>();
    int end = -1;
    for (int id = 0; id < vocabulary.size(); id++) {
      tokens.add(vocabulary.pieces().get(id));
      kinds.add(vocabulary.kind(id));
      end = end < 0 && vocabulary.isEnd(id) ? id : end;
    }
    int[] prompt = vocabulary.template().prompt(new int[1]);
    boolean begins = prompt.length > 1 && prompt[0] == vocabulary.begin();
    return new BytePairParts(
        words, tokens, kinds, merges, vocabulary.begin(), begins, end, vocabulary.unknown());
  }

  /** The same with spares behind, so that there are as many tokens as a model scores. */
  public BytePairParts filledUpTo(int count) {
    List<String> more = new ArrayList<>(tokens);
    List<Integer> moreKinds = new ArrayList<>(kinds);
    for (int id = tokens.size(); id < count; id++) {
      more.add("[PAD" + id + "]");
      moreKinds.add(Vocabulary.UNUSED);
    }
    return new BytePairParts(words, more, moreKinds, merges, begin, begins, end, unknown);
  }
}
