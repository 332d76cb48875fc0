package dev.lanewise.model.tokenizer;

import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What templates have the system say by themselves: found as literals in their text. */
final class ChatDefaults {
  private static final Pattern KNOWLEDGE =
      Pattern.compile("['\"](Cutting Knowledge Date: [^'\"\\\\]+)\\\\n['\"]");
  private static final Pattern DATE = Pattern.compile("date_string = ['\"]([^'\"]+)['\"]");

  private static final String DEFAULT = "default_system_message = ";

  /** Granite 3's: two literals with the day's date between them, and what it says without tools. */
  private static final Pattern GRANITE =
      Pattern.compile(
          "set system_message = \"([^\"]*)\" \\+ strftime_now\\('%B %d, %Y'\\) \\+ \"([^\"]*)\""
              + ".*?else -?%}\\s*\\{%-? *set system_message = system_message \\+ \"([^\"]*)\"",
          Pattern.DOTALL);

  private ChatDefaults() {}

  /**
   * The system message that a template writes if the conversation has none; null if it writes none,
   * or one that is not recognised.
   *
   * @param today what the templates of some take from the clock
   */
  static String system(String template, ChatFamily family, LocalDate today) {
    return switch (family) {
      case CHATML -> betweenMarks(template);
      case MISTRAL_V7, MISTRAL_V7_TEKKEN -> assigned(template, today);
      case SMOLLM3 -> SmolLm3Layout.defaultSystem(template);
      case GRANITE -> granite(template, today);
      default -> null;
    };
  }

  /**
   * What Llama 3.1 and its like write before every system message, be it an empty one: the date at
   * which the model's knowledge ends, and the day. That is the one which the template names for
   * want of a clock, so that the same conversation is always the same tokens. Empty if the template
   * writes no such thing.
   */
  static String dates(String template) {
    Matcher knowledge = KNOWLEDGE.matcher(template);
    Matcher date = DATE.matcher(template);
    return knowledge.find() && date.find() && template.contains("Today Date: ")
        ? knowledge.group(1) + "\nToday Date: " + date.group(1) + "\n\n"
        : "";
  }

  /** A day as a template writes it. Formatters take milliseconds to make, and few need one. */
  static String day(LocalDate today, String pattern) {
    return DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).format(today);
  }

  private static String granite(String template, LocalDate today) {
    Matcher parts = GRANITE.matcher(template);
    return parts.find()
        ? unescaped(parts.group(1))
            + day(today, "MMMM dd, uuuu")
            + unescaped(parts.group(2) + parts.group(3))
        : assigned(template, today);
  }

  /**
   * The text that a template assigns to its default system message: a literal, or several with the
   * day's date between them.
   */
  private static String assigned(String template, LocalDate today) {
    int at = template.indexOf(DEFAULT);
    if (at < 0) {
      return null;
    }
    at += DEFAULT.length();
    boolean dated = template.contains("set today = strftime_now(\"%Y-%m-%d\")");
    StringBuilder text = new StringBuilder();
    while (true) {
      int end = endOfLiteral(template, at);
      if (end < 0) {
        return null;
      }
      appendUnescaped(template, at + 1, end, text);
      String rest = template.substring(end + 1, Math.min(template.length(), end + 20)).strip();
      if (rest.startsWith("%}") || rest.startsWith("-%}")) {
        return text.isEmpty() ? null : text.toString();
      }
      String between = " + today + ";
      if (!dated || !template.startsWith(between, end + 1)) {
        return null;
      }
      text.append(today); // as year, month and day, which is what the template asks for
      at = end + 1 + between.length();
    }
  }

  /** The index of the quotation mark that closes the one at an index; −1 if there is none. */
  private static int endOfLiteral(String template, int at) {
    char quote = at < template.length() ? template.charAt(at) : 0;
    if (quote != '"' && quote != '\'') {
      return -1;
    }
    for (int i = at + 1; i < template.length(); i++) {
      if (template.charAt(i) == quote) {
        return i;
      }
      if (template.charAt(i) == '\\') {
        i++;
      }
    }
    return -1;
  }

  /** The text that a literal stands for. */
  static String unescaped(String literal) {
    StringBuilder text = new StringBuilder();
    appendUnescaped(literal, 0, literal.length(), text);
    return text.toString();
  }

  private static void appendUnescaped(String template, int from, int to, StringBuilder text) {
    for (int i = from; i < to; i++) {
      char c = template.charAt(i);
      if (c == '\\' && i + 1 < to) {
        c = template.charAt(++i);
        text.append(c == 'n' ? '\n' : c == 't' ? '\t' : c);
      } else {
        text.append(c);
      }
    }
  }

  /**
   * The text between ChatML's marks of a system message, when that is all of one literal; null if
   * there is none.
   */
  private static String betweenMarks(String template) {
    String open = "<|im_start|>system";
    int at = template.indexOf(open);
    while (at >= 0) {
      int from = at + open.length();
      int to = template.indexOf("<|im_end|>", from);
      String text = to < 0 ? null : literal(template, from, to, quoteBefore(template, at));
      if (text != null) {
        return text;
      }
      at = template.indexOf(open, from);
    }
    return null;
  }

  /** The quotation mark that opens the literal around an index. */
  private static char quoteBefore(String template, int at) {
    return template.lastIndexOf('"', at) > template.lastIndexOf('\'', at) ? '"' : '\'';
  }

  /** What follows the line end of a literal's part, its escapes resolved; null if it is no part. */
  private static String literal(String template, int from, int to, char quote) {
    for (int i = from; i < to; i++) {
      char c = template.charAt(i);
      if (c == quote || c == '{' || c == '}') {
        return null;
      }
      if (c == '\\') {
        i++;
      }
    }
    StringBuilder text = new StringBuilder();
    appendUnescaped(template, from, to, text);
    return text.length() > 1 && text.charAt(0) == '\n' ? text.substring(1) : null;
  }
}
