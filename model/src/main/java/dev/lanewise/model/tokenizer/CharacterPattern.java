package dev.lanewise.model.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Simple regular expressions: alternatives, each a sequence of characters or classes with their
 * numbers of repetitions. The first alternative that matches counts, and repetitions are greedy.
 * Only the last item of a sequence may repeat without limit, and the numbers of the others combine
 * in at most {@value #MAX_WAYS} ways, so that a match takes time proportional to its length.
 *
 * <p>None may match the empty string. Known are literals, {@code .}, {@code \s \d \w \r \n \t} and
 * their capitals, {@code \p{…}} of general categories and some scripts, classes in brackets, and
 * {@code ? * + {m} {m,} {m,n}}.
 */
final class CharacterPattern implements Scan {
  private static final int MAX_REPEATS = 16;
  private static final int MAX_WAYS = 1024;

  /** A character or class, and how often it comes. */
  private record Item(IntPredicate kind, int least, int most) {}

  private final List<List<Item>> alternatives = new ArrayList<>();
  private final String regex;
  private int at;

  private CharacterPattern(String regex) {
    this.regex = regex;
  }

  /** The pattern of a regular expression, or null if it is not that simple. */
  static CharacterPattern of(String regex) {
    CharacterPattern pattern = new CharacterPattern(regex);
    try {
      pattern.parse();
    } catch (UnknownSyntaxException _) {
      return null;
    }
    return pattern;
  }

  @Override
  public int match(int[] text, int from, int to) {
    for (List<Item> items : alternatives) {
      int end = match(items, 0, text, from, to);
      if (end > from) {
        return end;
      }
    }
    return from;
  }

  /** Where the items from a number on end, or −1. As deep as there are items. */
  private static int match(List<Item> items, int number, int[] text, int from, int to) {
    if (number == items.size()) {
      return from;
    }
    Item item = items.get(number);
    int end = from;
    while (end < to && end - from < item.most && item.kind.test(text[end])) {
      end++;
    }
    if (number == items.size() - 1) {
      return end - from < item.least ? -1 : end;
    }
    for (; end - from >= item.least; end--) {
      int rest = match(items, number + 1, text, end, to);
      if (rest >= 0) {
        return rest;
      }
    }
    return -1;
  }

  // --- Parsing --------------------------------------------------------------------------------

  private void parse() throws UnknownSyntaxException {
    do {
      List<Item> items = new ArrayList<>();
      int ways = 1;
      while (at < regex.length() && regex.charAt(at) != '|') {
        if (!items.isEmpty()) {
          Item last = items.getLast();
          ways *= Math.min(last.most, MAX_REPEATS) - last.least + 1;
          if (last.most > MAX_REPEATS || ways > MAX_WAYS) {
            throw new UnknownSyntaxException();
          }
        }
        items.add(counted(atom()));
      }
      // What can match the empty string does so everywhere, and cuts there.
      boolean empty = items.stream().allMatch(item -> item.least == 0);
      if (empty || items.size() > MAX_REPEATS) {
        throw new UnknownSyntaxException();
      }
      alternatives.add(items);
    } while (at++ < regex.length());
  }

  private IntPredicate atom() throws UnknownSyntaxException {
    int c = take();
    return switch (c) {
      case '\\' -> escape(false);
      case '[' -> bracketed();
      case '.' -> character -> character != '\n';
      case '(', ')', '*', '+', '?', '{', '^', '$' -> throw new UnknownSyntaxException();
      default -> character -> character == c;
    };
  }

  private Item counted(IntPredicate kind) throws UnknownSyntaxException {
    int most = Integer.MAX_VALUE;
    int least = 0;
    switch (at < regex.length() ? regex.charAt(at) : ' ') {
      case '?' -> most = 1;
      case '*' -> {}
      case '+' -> least = 1;
      case '{' -> {
        int close = regex.indexOf('}', at);
        String[] bounds = close < 0 ? new String[0] : regex.substring(at + 1, close).split(",", -1);
        if (bounds.length == 0 || bounds.length > 2 || !bounds[0].matches("[0-9]{1,3}")) {
          throw new UnknownSyntaxException();
        }
        least = Integer.parseInt(bounds[0]);
        if (bounds.length == 1) {
          most = least;
        } else if (bounds[1].matches("[0-9]{1,3}")) {
          most = Integer.parseInt(bounds[1]);
        } else if (!bounds[1].isEmpty()) {
          throw new UnknownSyntaxException();
        }
        if (least > most) {
          throw new UnknownSyntaxException();
        }
        at = close;
      }
      default -> {
        return new Item(kind, 1, 1);
      }
    }
    at++;
    if (at < regex.length() && "?+*{".indexOf(regex.charAt(at)) >= 0) {
      throw new UnknownSyntaxException(); // lazy and possessive ones
    }
    return new Item(kind, least, most);
  }

  private IntPredicate bracketed() throws UnknownSyntaxException {
    boolean inverted = at < regex.length() && regex.charAt(at) == '^';
    at += inverted ? 1 : 0;
    IntPredicate any = _ -> false;
    int start = at;
    for (int c = take(); c != ']' || at == start + 1; c = take()) {
      if (c == '[' || (c == '&' && at < regex.length() && regex.charAt(at) == '&')) {
        throw new UnknownSyntaxException(); // classes in classes
      }
      int single = c == '\\' ? literal() : c;
      if (single < 0) {
        any = any.or(escape(true));
        continue;
      }
      boolean range =
          at + 1 < regex.length() && regex.charAt(at) == '-' && regex.charAt(at + 1) != ']';
      int last = single;
      if (range) {
        at++;
        last = take();
        last = last == '\\' ? literal() : last;
        if (last < single) {
          throw new UnknownSyntaxException();
        }
      }
      int high = last;
      any = any.or(character -> character >= single && character <= high);
    }
    return inverted ? any.negate() : any;
  }

  /**
   * The character that a backslash and what follows stand for; −1, and nothing taken, if a class.
   */
  private int literal() throws UnknownSyntaxException {
    int before = at;
    int c = take();
    int character =
        switch (c) {
          case 'n' -> '\n';
          case 'r' -> '\r';
          case 't' -> '\t';
          default -> Character.isLetterOrDigit(c) ? -1 : c;
        };
    at = character < 0 ? before : at;
    return character;
  }

  private IntPredicate escape(boolean inClass) throws UnknownSyntaxException {
    int single = literal();
    if (single >= 0) {
      return character -> character == single;
    }
    int c = take();
    IntPredicate kind =
        switch (Character.toLowerCase(c)) {
          case 's' -> CharacterClass::isSpace;
          case 'd' -> character -> Character.getType(character) == Character.DECIMAL_DIGIT_NUMBER;
          case 'w' -> inClass ? CharacterPattern::isWord : CharacterPattern::isWordAlone;
          case 'p' -> property();
          default -> throw new UnknownSyntaxException();
        };
    return Character.isUpperCase(c) ? kind.negate() : kind;
  }

  /** {@code \w} in brackets, as Oniguruma has it: without the joiners, which Unicode counts. */
  private static boolean isWord(int character) {
    return CharacterClass.isWord(character) && (character & ~1) != 0x200C;
  }

  /** {@code \w} by itself, as Oniguruma has it: with Latin-1's small numbers and fractions. */
  private static boolean isWordAlone(int character) {
    boolean number = CharacterClass.of(character) == CharacterClass.NUMBER;
    return isWord(character) || (number && character < 0x100);
  }

  private IntPredicate property() throws UnknownSyntaxException {
    String name;
    int open = take();
    if (open == '{') {
      int close = regex.indexOf('}', at);
      if (close < 0) {
        throw new UnknownSyntaxException();
      }
      name = regex.substring(at, close);
      at = close + 1;
    } else {
      name = Character.toString(open);
    }
    return switch (name) {
      case "L" -> character -> CharacterClass.of(character) == CharacterClass.LETTER;
      case "N" -> character -> CharacterClass.of(character) == CharacterClass.NUMBER;
      case "M" -> character -> CharacterClass.of(character) == CharacterClass.MARK;
      case "P" -> character -> CharacterClass.of(character) == CharacterClass.PUNCTUATION;
      case "S" -> character -> CharacterClass.of(character) == CharacterClass.SYMBOL;
      case "Lu" -> type(Character.UPPERCASE_LETTER);
      case "Ll" -> type(Character.LOWERCASE_LETTER);
      case "Lt" -> type(Character.TITLECASE_LETTER);
      case "Lm" -> type(Character.MODIFIER_LETTER);
      case "Lo" -> type(Character.OTHER_LETTER);
      case "Nd" -> type(Character.DECIMAL_DIGIT_NUMBER);
      case "Mn" -> type(Character.NON_SPACING_MARK);
      case "Cc" -> type(Character.CONTROL);
      case "Han" -> script(Character.UnicodeScript.HAN);
      case "Hiragana" -> script(Character.UnicodeScript.HIRAGANA);
      case "Katakana" -> script(Character.UnicodeScript.KATAKANA);
      case "Hangul" -> script(Character.UnicodeScript.HANGUL);
      case "Thai" -> script(Character.UnicodeScript.THAI);
      default -> throw new UnknownSyntaxException();
    };
  }

  private static IntPredicate type(int type) {
    return character -> Character.getType(character) == type;
  }

  private static IntPredicate script(Character.UnicodeScript script) {
    return character -> Character.UnicodeScript.of(character) == script;
  }

  private int take() throws UnknownSyntaxException {
    if (at >= regex.length()) {
      throw new UnknownSyntaxException();
    }
    int c = regex.codePointAt(at);
    at += Character.charCount(c);
    return c;
  }

  /** The expression is beyond what is known here. */
  private static final class UnknownSyntaxException extends Exception {
    private static final long serialVersionUID = 1;
  }
}
