package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import java.util.Arrays;
import java.util.function.ToIntFunction;

/**
 * Which tokens stand around a text, or around two, and the types of all: {@code [CLS] A [SEP]} and
 * {@code [CLS] A [SEP] B [SEP]}. A part is the id of a token, or {@link #FIRST} or {@link #SECOND}
 * for a text.
 */
final class SequenceTemplate {
  /** Stands for the tokens of the first text. */
  static final int FIRST = -1;

  /** Stands for the tokens of the second text. */
  static final int SECOND = -2;

  private final int[] single;
  private final int[] singleTypes;
  private final int[] pair;
  private final int[] pairTypes;

  /**
   * A template.
   *
   * @param single parts of a sequence of one text
   * @param singleTypes their types
   * @param pair parts of a sequence of two texts
   * @param pairTypes their types
   * @throws LanewiseException if a text is missing or comes twice, or the numbers of types differ
   */
  SequenceTemplate(int[] single, int[] singleTypes, int[] pair, int[] pairTypes) {
    if (single.length != singleTypes.length
        || pair.length != pairTypes.length
        || count(single, FIRST) != 1
        || count(single, SECOND) != 0
        || count(pair, FIRST) != 1
        || count(pair, SECOND) != 1) {
      throw new LanewiseException(
          "a template needs the first text once, and for pairs the second text once as well");
    }
    this.single = single.clone();
    this.singleTypes = singleTypes.clone();
    this.pair = pair.clone();
    this.pairTypes = pairTypes.clone();
  }

  /**
   * The template of most models: the same tokens before and after a sequence, and the last ones
   * between two texts as well; what follows them is of type 1.
   */
  static SequenceTemplate around(int[] before, int[] after) {
    return around(before, after, new int[0], 1);
  }

  /** The same with a token more between two texts, all of them of type 0, as RoBERTa has it. */
  static SequenceTemplate around(int[] before, int[] after, int separator) {
    return around(before, after, new int[] {separator}, 0);
  }

  private static SequenceTemplate around(int[] before, int[] after, int[] between, int secondType) {
    int head = before.length + 1 + after.length;
    int[] single = Arrays.copyOf(before, head);
    single[before.length] = FIRST;
    System.arraycopy(after, 0, single, before.length + 1, after.length);
    int second = head + between.length;
    int[] pair = Arrays.copyOf(single, second + 1 + after.length);
    System.arraycopy(between, 0, pair, head, between.length);
    pair[second] = SECOND;
    System.arraycopy(after, 0, pair, second + 1, after.length);
    int[] pairTypes = new int[pair.length];
    Arrays.fill(pairTypes, second, pair.length, secondType);
    return new SequenceTemplate(single, new int[head], pair, pairTypes);
  }

  /**
   * A template in words, such as {@code [CLS] A [SEP]} and {@code [CLS] A [SEP] B:1 [SEP]:1}: A and
   * B are the texts, and a number behind a colon is a type other than 0.
   *
   * @param id of a token by its spelling
   * @throws LanewiseException as of the constructor, and as the function throws it
   */
  static SequenceTemplate parse(String single, String pair, ToIntFunction<String> id) {
    int[][] one = parse(single, id);
    int[][] two = parse(pair, id);
    return new SequenceTemplate(one[0], one[1], two[0], two[1]);
  }

  private static int[][] parse(String words, ToIntFunction<String> id) {
    String[] parts = words.split(" ", -1);
    int[][] template = new int[2][parts.length];
    for (int i = 0; i < parts.length; i++) {
      String part = parts[i];
      if (part.matches("(?s).+:[0-9]")) {
        template[1][i] = part.charAt(part.length() - 1) - '0';
        part = part.substring(0, part.length() - 2);
      }
      template[0][i] =
          switch (part) {
            case "A" -> FIRST;
            case "B" -> SECOND;
            default -> id.applyAsInt(part);
          };
    }
    return template;
  }

  /** The same with a token behind each text that it does not follow yet. */
  SequenceTemplate ending(int token) {
    int[][] one = ending(token, single, singleTypes);
    int[][] two = ending(token, pair, pairTypes);
    return new SequenceTemplate(one[0], one[1], two[0], two[1]);
  }

  private static int[][] ending(int token, int[] parts, int[] types) {
    int[][] ended = new int[2][2 * parts.length];
    int size = 0;
    for (int i = 0; i < parts.length; i++) {
      ended[0][size] = parts[i];
      ended[1][size++] = types[i];
      boolean follows = i + 1 < parts.length && parts[i + 1] == token;
      if (parts[i] < 0 && !follows) {
        ended[0][size] = token;
        ended[1][size++] = types[i];
      }
    }
    return new int[][] {Arrays.copyOf(ended[0], size), Arrays.copyOf(ended[1], size)};
  }

  private static int count(int[] parts, int part) {
    return (int) Arrays.stream(parts).filter(each -> each == part).count();
  }

  /** How many tokens stand around one text, or around two. */
  int ownTokens(int texts) {
    return texts == 1 ? single.length - 1 : pair.length - 2;
  }

  /** The ids of one text with their surroundings. */
  int[] around(int[] ids) {
    return fill(single, FIRST, ids);
  }

  /** The ids of one text with what stands before it. */
  int[] prompt(int[] ids) {
    int before = 0;
    while (single[before] != FIRST) {
      before++;
    }
    int[] prompt = Arrays.copyOf(single, before + ids.length);
    System.arraycopy(ids, 0, prompt, before, ids.length);
    return prompt;
  }

  /** The sequence of one text, or of two if the second is not null. */
  TokenSequence sequence(Tokens first, Tokens second) {
    int[] parts = second == null ? single : pair;
    int[] partTypes = second == null ? singleTypes : pairTypes;
    int size =
        first.size() + (second == null ? 0 : second.size()) + ownTokens(second == null ? 1 : 2);
    int[] ids = new int[size];
    int[] types = new int[size];
    int[] texts = new int[size];
    int[] starts = new int[size];
    int[] ends = new int[size];
    int at = 0;
    for (int i = 0; i < parts.length; i++) {
      int end = at + 1;
      if (parts[i] >= 0) {
        ids[at] = parts[i];
        texts[at] = -1;
      } else {
        Tokens text = parts[i] == FIRST ? first : second;
        end = at + text.size();
        System.arraycopy(text.ids(), 0, ids, at, text.size());
        System.arraycopy(text.starts(), 0, starts, at, text.size());
        System.arraycopy(text.ends(), 0, ends, at, text.size());
        Arrays.fill(texts, at, end, parts[i] == FIRST ? 0 : 1);
      }
      Arrays.fill(types, at, end, partTypes[i]);
      at = end;
    }
    return new TokenSequence(ids, types, texts, starts, ends);
  }

  private static int[] fill(int[] parts, int text, int[] ids) {
    int[] all = new int[parts.length - 1 + ids.length];
    int at = 0;
    for (int part : parts) {
      if (part == text) {
        System.arraycopy(ids, 0, all, at, ids.length);
        at += ids.length;
      } else {
        all[at++] = part;
      }
    }
    return all;
  }

  /** Whether all parts are texts or ids below a limit. */
  boolean fits(int vocabSize) {
    return Arrays.stream(single).allMatch(part -> part < vocabSize)
        && Arrays.stream(pair).allMatch(part -> part < vocabSize);
  }
}
