package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.tokenizer.RegexProgram.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads regular expressions as {@code tokenizer.json} has them, which are Oniguruma's in its Ruby
 * syntax: {@code ^} and {@code $} are at every line, {@code (?m)} lets the dot match line ends,
 * {@code \h} is a hexadecimal digit, {@code {2,3}+} is a repetition of a repetition, and classes
 * are Unicode's.
 *
 * <p>References to groups, conditions, callouts, absent groups, {@code \G \K \X \y} and bytes are
 * refused. Without regard to case, a character stands for those that differ from it in case, and
 * for no two of them: {@code (?i:ss)} does not match ß.
 *
 * <p>Source: Oniguruma Regular Expressions Version 6.9, the library's {@code doc/RE}.
 */
final class RegexParser {
  private static final int MAX_DEPTH = 100;

  /** The options that groups may set. */
  private record Options(boolean anyCase, boolean dotAll, boolean spaced) {}

  private final String regex;
  private final String name;
  private final RegexProgram program;
  private int at;
  private int depth;

  private RegexParser(String regex, String where) {
    this.regex = regex;
    this.name = where + ": the pattern " + regex;
    this.program = new RegexProgram(name);
  }

  /**
   * What finds an expression.
   *
   * @param where it is, for messages
   * @throws LanewiseException if it is no regular expression, or not known here
   */
  static Regex regex(String regex, String where) {
    RegexParser parser = new RegexParser(regex, where);
    Part all = parser.alternatives(new Options(false, false, false));
    if (parser.at < regex.length()) {
      throw parser.unknown(") without (");
    }
    return parser.program.regex(all);
  }

  // --- Parsing --------------------------------------------------------------------------------

  private Part alternatives(Options options) {
    if (++depth > MAX_DEPTH) {
      throw unknown("groups deeper than " + MAX_DEPTH);
    }
    List<Part> ways = new ArrayList<>();
    do {
      ways.add(way(options));
    } while (take("|"));
    depth--;
    Part all = ways.removeLast();
    while (!ways.isEmpty()) {
      all = program.choice(ways.removeLast(), all);
    }
    return all;
  }

  /** What comes up to a bar, a closing parenthesis or the end. */
  private Part way(Options options) {
    List<Part> parts = new ArrayList<>();
    while (at < regex.length() && peek() != '|' && peek() != ')') {
      if (options.spaced && skipSpace()) {
        continue;
      }
      parts.add(counted(atom(options), options));
    }
    return program.sequence(parts);
  }

  private Part atom(Options options) {
    int c = next();
    return switch (c) {
      case '(' -> group(options);
      case '[' -> {
        boolean negated = peek() == '^';
        IntPredicate set = bracketed();
        yield Part.of(options.anyCase ? RegexSets.anyCase(set, negated) : set);
      }
      case '.' -> Part.of(options.dotAll ? _ -> true : d -> d != '\n');
      case '^' -> Part.of((text, from, i, to) -> i == from || (text[i - 1] == '\n' && i < to));
      case '$' -> Part.of((text, _, i, to) -> i == to || text[i] == '\n');
      case '\\' -> escape(options);
      case '*', '+', '?' -> throw unknown("nothing before " + Character.toString(c));
      default -> literal(c, options);
    };
  }

  private static Part literal(int c, Options options) {
    int folded = RegexSets.fold(c);
    return Part.of(options.anyCase ? d -> d == c || RegexSets.fold(d) == folded : d -> d == c);
  }

  private Part counted(Part atom, Options options) {
    Part part = atom;
    while (true) {
      if (options.spaced && skipSpace()) {
        continue;
      }
      boolean braced = peek() == '{';
      int[] bounds = bounds();
      if (bounds == null) {
        return part;
      }
      boolean fixed = braced && bounds[0] == bounds[1];
      boolean lazy = !fixed && take("?");
      boolean possessive = !braced && !lazy && take("+");
      part = program.repeated(part, bounds[0], bounds[1], lazy);
      part = possessive ? program.atomic(part) : part;
    }
  }

  /** How often a part comes, at least and at most; null, and nothing taken, if that is not said. */
  private int[] bounds() {
    if (take("*")) {
      return new int[] {0, RegexProgram.ENDLESS};
    }
    if (take("+")) {
      return new int[] {1, RegexProgram.ENDLESS};
    }
    if (take("?")) {
      return new int[] {0, 1};
    }
    int close = peek() == '{' ? regex.indexOf('}', at) : -1;
    String braces = close < 0 ? "" : regex.substring(at, close + 1);
    if (!braces.matches("\\{([0-9]+(,[0-9]*)?|,[0-9]+)}")) {
      return null;
    }
    String[] bounds = braces.substring(1, braces.length() - 1).split(",", -1);
    int least = bounds[0].isEmpty() ? 0 : number(bounds[0], 10);
    String last = bounds[bounds.length - 1];
    int most = last.isEmpty() ? RegexProgram.ENDLESS : number(last, 10);
    if (least > most) {
      throw unknown(braces);
    }
    at = close + 1;
    return new int[] {least, most};
  }

  private Part group(Options options) {
    Part part;
    if (take("?#")) {
      at = Math.max(at, regex.indexOf(')', at));
      part = Part.EMPTY;
    } else if (take("?:")) {
      part = alternatives(options);
    } else if (take("?=")) {
      part = program.look(alternatives(options), false, false);
    } else if (take("?!")) {
      part = program.look(alternatives(options), false, true);
    } else if (take("?<=")) {
      part = program.look(alternatives(options), true, false);
    } else if (take("?<!")) {
      part = program.look(alternatives(options), true, true);
    } else if (take("?>")) {
      part = program.atomic(alternatives(options));
    } else if (take("?<")) {
      at = regex.indexOf('>', at) + 1;
      if (at == 0) {
        throw unknown("a name without end");
      }
      part = alternatives(options);
    } else if (take("?")) {
      return options(options);
    } else {
      part = peek() == '*' ? null : alternatives(options);
    }
    if (part == null || !take(")")) {
      throw unknown(part == null ? "(*" : "( without )");
    }
    return part;
  }

  /** A group with other options; without a colon it is what is left of the group around it. */
  private Part options(Options around) {
    Options options = around;
    boolean on = true;
    while (true) {
      int c = next();
      switch (c) {
        case '-' -> on = false;
        case 'i' -> options = new Options(on, options.dotAll, options.spaced);
        case 'm' -> options = new Options(options.anyCase, on, options.spaced);
        case 'x' -> options = new Options(options.anyCase, options.dotAll, on);
        case ')' -> {
          return alternatives(options);
        }
        case ':' -> {
          Part part = alternatives(options);
          if (!take(")")) {
            throw unknown("( without )");
          }
          return part;
        }
        default -> throw unknown("(?" + Character.toString(c));
      }
    }
  }

  /** What a backslash begins, outside of brackets. */
  private Part escape(Options options) {
    int c = next();
    return switch (c) {
      case 'b' -> Part.of(RegexParser::isBoundary);
      case 'B' -> Part.of((text, from, i, to) -> !isBoundary(text, from, i, to));
      case 'A' -> Part.of((_, from, i, _) -> i == from);
      case 'z' -> Part.of((_, _, i, to) -> i == to);
      case 'Z' -> Part.of((text, _, i, to) -> i == to || (i == to - 1 && text[i] == '\n'));
      case 'N' -> Part.of(d -> d != '\n');
      case 'O' -> Part.of(_ -> true);
      case 'w' -> Part.of(RegexSets::isWordAlone);
      case 'W' -> Part.of(d -> !RegexSets.isWordAlone(d));
      case 'R' -> {
        Part crlf = program.sequence(Part.of(d -> d == '\r'), Part.of(d -> d == '\n'));
        yield program.atomic(program.choice(crlf, Part.of(RegexParser::endsLine)));
      }
      case 'G', 'K', 'X', 'y', 'Y', 'k', 'g', '1', '2', '3', '4', '5', '6', '7', '8', '9' ->
          throw unknown("\\" + Character.toString(c));
      default -> {
        IntPredicate set = set(c);
        yield set == null ? literal(escaped(c), options) : Part.of(set);
      }
    };
  }

  private static boolean isBoundary(int[] text, int from, int at, int to) {
    boolean before = at > from && RegexSets.isWordAlone(text[at - 1]);
    return before != (at < to && RegexSets.isWordAlone(text[at]));
  }

  private static boolean endsLine(int c) {
    return (c >= '\n' && c <= '\r') || c == 0x85 || c == 0x2028 || c == 0x2029;
  }

  /** The set that a letter after a backslash names, or null. */
  private IntPredicate set(int c) {
    IntPredicate set =
        switch (c) {
          case 's', 'S' -> CharacterClass::isSpace;
          case 'd', 'D' -> RegexSets::isDigit;
          case 'h', 'H' -> RegexSets::isHexDigit;
          case 'w', 'W' -> RegexSets::isWord;
          case 'p', 'P' -> take("{") ? property() : null;
          default -> null;
        };
    return set != null && Character.isUpperCase(c) ? set.negate() : set;
  }

  /** The set that a name up to a closing brace stands for. */
  private IntPredicate property() {
    boolean negated = take("^");
    int close = Math.max(at, regex.indexOf('}', at));
    String name = regex.substring(at, close);
    IntPredicate set = RegexSets.property(name);
    if (set == null) {
      throw unknown("\\p{" + (negated ? "^" : "") + name + "}");
    }
    at = close + 1;
    return negated ? set.negate() : set;
  }

  /** The character that is written with a character after a backslash. */
  private int escaped(int c) {
    return switch (c) {
      case 't' -> '\t';
      case 'n' -> '\n';
      case 'v' -> 0x0B;
      case 'f' -> '\f';
      case 'r' -> '\r';
      case 'a' -> 0x07;
      case 'e' -> 0x1B;
      case 'b' -> '\b'; // in brackets
      case '0' -> digits("[0-7]{0,2}", 8);
      case 'u' -> digits("[0-9A-Fa-f]{4}", 16);
      case 'x' -> {
        boolean braced = take("{");
        int code = digits(braced ? "[0-9A-Fa-f]{1,8}" : "[0-7][0-9A-Fa-f]?", 16);
        if (braced && !take("}")) {
          throw unknown("\\x{ without }");
        }
        yield code;
      }
      case 'c', 'C', 'M' -> throw unknown("\\" + Character.toString(c));
      default -> c;
    };
  }

  /** The number whose digits are here. */
  private int digits(String digits, int radix) {
    Matcher matcher = Pattern.compile(digits).matcher(regex).region(at, regex.length());
    if (!matcher.lookingAt()) {
      throw unknown("a number that is no character");
    }
    at = matcher.end();
    return number("0" + matcher.group(), radix);
  }

  private int number(String digits, int radix) {
    try {
      return Integer.parseInt(digits, radix);
    } catch (NumberFormatException _) {
      throw unknown("the number " + digits);
    }
  }

  /** The set in brackets, up to the closing one. */
  private IntPredicate bracketed() {
    if (++depth > MAX_DEPTH) {
      throw unknown("classes deeper than " + MAX_DEPTH);
    }
    boolean negated = take("^");
    IntPredicate all = null; // of what && parted
    IntPredicate any = _ -> false;
    int start = at;
    while (at == start || !take("]")) {
      if (take("&&")) {
        all = all == null ? any : all.and(any);
        any = _ -> false;
      } else {
        any = any.or(member());
      }
    }
    depth--;
    IntPredicate set = all == null ? any : all.and(any);
    return negated ? set.negate() : set;
  }

  /** A character, a range or a set between brackets. */
  private IntPredicate member() {
    if (regex.startsWith("[:", at) && regex.indexOf(":]", at) > 0) {
      at += 2;
      boolean negated = take("^");
      int close = regex.indexOf(":]", at);
      IntPredicate set = RegexSets.posix(regex.substring(at, close));
      if (set == null) {
        throw unknown("[:" + regex.substring(at, close) + ":]");
      }
      at = close + 2;
      return negated ? set.negate() : set;
    }
    if (take("[")) {
      return bracketed();
    }
    if (take("\\")) {
      int c = next();
      IntPredicate set = set(c);
      return set == null ? range(escaped(c)) : set;
    }
    return range(next());
  }

  private IntPredicate range(int first) {
    if (peek() != '-' || regex.startsWith("-]", at) || regex.startsWith("-&&", at)) {
      return c -> c == first;
    }
    at++;
    int c = next();
    if (c == '[' || (c == '\\' && "sSdDhHwW".indexOf(peek()) >= 0)) {
      throw unknown("a range that ends in a class");
    }
    int last = c == '\\' ? escaped(next()) : c;
    if (last < first) {
      throw unknown("an empty range");
    }
    return d -> d >= first && d <= last;
  }

  // --- Characters -----------------------------------------------------------------------------

  /** The character that comes next, or −1. */
  private int peek() {
    return at < regex.length() ? regex.codePointAt(at) : -1;
  }

  private int next() {
    int c = peek();
    if (c < 0) {
      throw unknown("an end too early");
    }
    at += Character.charCount(c);
    return c;
  }

  private boolean take(String wanted) {
    boolean here = regex.startsWith(wanted, at);
    at += here ? wanted.length() : 0;
    return here;
  }

  /** Skips a space or a comment. */
  private boolean skipSpace() {
    int c = peek();
    if (c == '#') {
      int end = regex.indexOf('\n', at);
      at = end < 0 ? regex.length() : end;
      return true;
    }
    boolean space = c == ' ' || (c >= '\t' && c <= '\r');
    at += space ? 1 : 0;
    return space;
  }

  private LanewiseException unknown(String what) {
    return new LanewiseException(
        "%s cannot be used: at character %d it has %s, which is not known here"
            .formatted(name, at + 1, what));
  }
}
