package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * How sequences are kept within a length: what is too much is cut from the ends of their texts, or
 * from their beginnings if the tokenizer says so.
 *
 * @param maxLength most tokens of a sequence, its own included
 * @param strategy which text is cut
 */
public record Truncation(int maxLength, Strategy strategy) {
  /** Which of two texts is cut. */
  public enum Strategy {
    /** The longer, until both are as long; then both. */
    LONGEST_FIRST,
    /** The first. */
    ONLY_FIRST,
    /** The second. */
    ONLY_SECOND
  }

  /** Cuts the longest text first. */
  public Truncation(int maxLength) {
    this(maxLength, Strategy.LONGEST_FIRST);
  }

  /**
   * The sequence of a text, cut if it is too long.
   *
   * @throws LanewiseException if the sequence's own tokens alone are too many, or the second text
   *     is to be cut
   */
  public TokenSequence sequence(Tokenizer tokenizer, Tokens text) {
    int room = room(tokenizer, 1);
    if (text.size() > room && strategy == Strategy.ONLY_SECOND) {
      throw new LanewiseException("only the second text may be cut, but there is only one");
    }
    return tokenizer.sequence(kept(tokenizer, text, room));
  }

  /**
   * The sequence of two texts, cut if they are too long.
   *
   * @throws LanewiseException if the text that may be cut is too short to make room
   */
  public TokenSequence sequence(Tokenizer tokenizer, Tokens first, Tokens second) {
    int room = room(tokenizer, 2);
    int excess = first.size() + second.size() - room;
    if (excess <= 0) {
      return tokenizer.sequence(first, second);
    }
    return switch (strategy) {
      case LONGEST_FIRST -> {
        int kept = Math.min(Math.min(first.size(), second.size()), room / 2);
        int other = room - kept;
        boolean firstIsShorter = first.size() <= second.size();
        yield tokenizer.sequence(
            kept(tokenizer, first, firstIsShorter ? kept : other),
            kept(tokenizer, second, firstIsShorter ? other : kept));
      }
      case ONLY_FIRST -> tokenizer.sequence(kept(tokenizer, first, left(first, excess)), second);
      case ONLY_SECOND -> tokenizer.sequence(first, kept(tokenizer, second, left(second, excess)));
    };
  }

  /**
   * The windows of a text that together cover it: for what is told of each of its tokens. The
   * strategy has no say.
   *
   * @param stride tokens that a window shares with the one before
   * @return at least one sequence, all of at most {@code maxLength} tokens
   * @throws LanewiseException if there is no room for a window of more tokens than it shares
   */
  public List<TokenSequence> windows(Tokenizer tokenizer, Tokens text, int stride) {
    return windows(text, room(tokenizer, 1), stride, tokenizer::sequence);
  }

  /**
   * The first text with each of the windows of the second that together cover it: for questions
   * about a text that is longer than a model can read. The strategy has no say.
   *
   * @param stride tokens that a window shares with the one before
   * @return at least one sequence, all of at most {@code maxLength} tokens
   * @throws LanewiseException if there is no room for a window of more tokens than it shares
   */
  public List<TokenSequence> windows(Tokenizer tokenizer, Tokens first, Tokens second, int stride) {
    int room = room(tokenizer, 2) - first.size();
    return windows(second, room, stride, part -> tokenizer.sequence(first, part));
  }

  private List<TokenSequence> windows(
      Tokens text, int room, int stride, Function<Tokens, TokenSequence> sequence) {
    if (room >= 0 && text.size() <= room) {
      return List.of(sequence.apply(text));
    }
    if (stride < 0 || room <= stride) {
      throw new LanewiseException(
          ("windows of %d tokens: %d are left for the text that is cut, which must be more than"
                  + " the %d that windows share; make the other text shorter or windows longer")
              .formatted(maxLength, room, stride));
    }
    List<TokenSequence> windows = new ArrayList<>();
    int from = 0;
    int to;
    do {
      to = Math.min(text.size(), from + room);
      windows.add(sequence.apply(text.range(from, to)));
      from += room - stride;
    } while (to < text.size());
    return windows;
  }

  private int room(Tokenizer tokenizer, int texts) {
    int own = tokenizer.ownTokens(texts);
    if (own > maxLength) {
      throw new LanewiseException(
          "a sequence of at most %d tokens: its own are %d already".formatted(maxLength, own));
    }
    return maxLength - own;
  }

  /** So many tokens of a text, from the side that stays. */
  private static Tokens kept(Tokenizer tokenizer, Tokens text, int count) {
    int size = text.size();
    return tokenizer.cutsBeginnings()
        ? text.range(Math.max(0, size - count), size)
        : text.first(count);
  }

  private int left(Tokens text, int excess) {
    if (text.size() <= excess) {
      throw new LanewiseException(
          "a sequence of at most %d tokens: its text of %d would have to be cut by %d"
              .formatted(maxLength, text.size(), excess));
    }
    return text.size() - excess;
  }
}
