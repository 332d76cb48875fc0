package dev.lanewise.model.tokenizer;

import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;

/** The sets of characters that have names in regular expressions, as Oniguruma has them. */
final class RegexSets {
  /** The categories by the numbers that {@link Character} gives them. */
  private static final List<String> CATEGORIES =
      List.of(
          "cn lu ll lt lm lo mn me mc nd nl no zs zl zp cc cf - co cs pd ps pe pc po sm sc sk so pi pf"
              .split(" "));

  /** Long names of categories that begin with the short ones. */
  private static final List<String> MAJOR =
      List.of("letter", "mark", "number", "punctuation", "symbol");

  private static final int DOTLESS_I = 0x131;
  private static final int DOTTED_I = 0x130;

  private RegexSets() {}

  /** The set of {@code \p{…}}, or null if the name is not known. */
  static IntPredicate property(String name) {
    String plain = plain(name);
    return switch (plain) {
      case "any" -> _ -> true;
      case "assigned" -> category("cn").negate();
      case "ideographic" -> Character::isIdeographic;
      case "emoji" -> Character::isEmoji;
      case "emojipresentation" -> Character::isEmojiPresentation;
      case "emojimodifier" -> Character::isEmojiModifier;
      case "emojimodifierbase" -> Character::isEmojiModifierBase;
      case "emojicomponent" -> Character::isEmojiComponent;
      case "extendedpictographic" -> Character::isExtendedPictographic;
      case "alphabetic" -> Character::isAlphabetic;
      case "lowercase" -> Character::isLowerCase;
      case "uppercase" -> Character::isUpperCase;
      case "whitespace" -> CharacterClass::isSpace;
      case "word" -> RegexSets::isWordAlone;
      case "punct" -> category("p");
      case "lc" -> category("lu").or(category("ll")).or(category("lt"));
      case "separator" -> category("z");
      case "other" -> category("c");
      default -> {
        IntPredicate set = category(MAJOR.contains(plain) ? plain.substring(0, 1) : plain);
        set = set == null ? posix(plain) : set;
        set = set == null ? script(plain) : set;
        yield set == null ? block(plain) : set;
      }
    };
  }

  /** The set of {@code [:…:]}, or null if the name is not known. */
  static IntPredicate posix(String name) {
    return switch (name) {
      case "alpha" -> Character::isAlphabetic;
      case "alnum" -> c -> Character.isAlphabetic(c) || isDigit(c);
      case "ascii" -> c -> c < 0x80;
      case "blank" -> c -> c == '\t' || Character.getType(c) == Character.SPACE_SEPARATOR;
      case "cntrl" -> category("cc");
      case "digit" -> RegexSets::isDigit;
      case "graph" -> RegexSets::isGraph;
      case "lower" -> Character::isLowerCase;
      case "print" -> c -> isGraph(c) || Character.getType(c) == Character.SPACE_SEPARATOR;
      case "punct" -> category("p").or(category("s"));
      case "space" -> CharacterClass::isSpace;
      case "upper" -> Character::isUpperCase;
      case "word" -> RegexSets::isWord;
      case "xdigit" -> RegexSets::isHexDigit;
      default -> null;
    };
  }

  static boolean isDigit(int c) {
    return Character.getType(c) == Character.DECIMAL_DIGIT_NUMBER;
  }

  static boolean isHexDigit(int c) {
    return c < 0x80 && Character.digit(c, 16) >= 0;
  }

  /** {@code \w} in brackets: without the joiners, which Unicode counts. */
  static boolean isWord(int c) {
    return CharacterClass.isWord(c) && (c & ~1) != 0x200C;
  }

  /** {@code \w} by itself: with Latin-1's small numbers and fractions. */
  static boolean isWordAlone(int c) {
    return isWord(c) || (c < 0x100 && CharacterClass.of(c) == CharacterClass.NUMBER);
  }

  private static boolean isGraph(int c) {
    int type = Character.getType(c);
    return !CharacterClass.isSpace(c)
        && type != Character.CONTROL
        && type != Character.UNASSIGNED
        && type != Character.SURROGATE;
  }

  /**
   * The characters of a set, and those that differ from one of them in case only.
   *
   * @param negated whether this holds of the characters that are not in the set
   */
  static IntPredicate anyCase(IntPredicate set, boolean negated) {
    return c -> {
      int small = fold(c);
      int capital = c == DOTLESS_I ? c : Character.toUpperCase(small);
      int title = c == DOTLESS_I ? c : Character.toTitleCase(small);
      boolean found = negated != set.test(c) || negated != set.test(small);
      found = found || negated != set.test(capital) || negated != set.test(title);
      return negated != found;
    };
  }

  /** A character without regard to case. */
  static int fold(int c) {
    return c == DOTLESS_I || c == DOTTED_I ? c : Character.toLowerCase(Character.toUpperCase(c));
  }

  /** A category by the beginning of its short name, or null. */
  private static IntPredicate category(String name) {
    int types = 0;
    for (int type = 0; type < CATEGORIES.size(); type++) {
      types |= name.length() <= 2 && CATEGORIES.get(type).startsWith(name) ? 1 << type : 0;
    }
    int wanted = types;
    return types == 0 ? null : c -> (wanted & 1 << Character.getType(c)) != 0;
  }

  private static IntPredicate script(String name) {
    for (Character.UnicodeScript script : Character.UnicodeScript.values()) {
      if (plain(script.name()).equals(name)) {
        return c -> Character.UnicodeScript.of(c) == script;
      }
    }
    return null;
  }

  private static IntPredicate block(String name) {
    if (!name.startsWith("in")) {
      return null;
    }
    try {
      Character.UnicodeBlock block = Character.UnicodeBlock.forName(name.substring(2));
      return c -> block.equals(Character.UnicodeBlock.of(c));
    } catch (IllegalArgumentException _) {
      return null;
    }
  }

  private static String plain(String name) {
    return name.toLowerCase(Locale.ROOT).replaceAll("[ _-]", "");
  }
}
