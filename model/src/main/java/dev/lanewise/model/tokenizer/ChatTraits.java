package dev.lanewise.model.tokenizer;

import java.util.regex.Pattern;

/**
 * What a template says beyond the family that it belongs to. Each is recognised by a mark in the
 * template, and what has none is as the family has it.
 *
 * @param namesBegin whether it writes {@code bos_token}, the token that begins a sequence
 * @param opening the text that it begins with if that is a literal, else empty
 * @param turnsBegin whether each of Llama 2's turns is a sequence of its own, begin token and all
 * @param answersSpaced whether a space stands before and after each of Llama 2's answers
 * @param systemLast whether Mistral's system message stands in the last turn, not in the first
 */
record ChatTraits(
    boolean namesBegin,
    String opening,
    boolean turnsBegin,
    boolean answersSpaced,
    boolean systemLast) {
  private static final Pattern SPACED_ANSWER =
      Pattern.compile("' '\\s*\\+[^}]*\\+\\s*' '\\s*\\+\\s*eos_token");

  /** The traits of a template. */
  static ChatTraits of(String template) {
    return new ChatTraits(
        template.contains("bos_token"),
        opening(template),
        template.contains("bos_token + '[INST]"),
        SPACED_ANSWER.matcher(template).find(),
        template.contains("loop.last and system_message is defined"));
  }

  /** Whether the template begins with a token, spelled out. */
  boolean opensWith(String token) {
    return !token.isEmpty() && opening.startsWith(token);
  }

  /** The first text of a template: statements and comments before it write nothing. */
  private static String opening(String template) {
    int at = skipSpace(template, 0);
    while (template.startsWith("{%", at) || template.startsWith("{#", at)) {
      int end = template.indexOf(template.charAt(at + 1) == '%' ? "%}" : "#}", at + 2);
      if (end < 0) {
        return "";
      }
      at = skipSpace(template, end + 2);
    }
    if (!template.startsWith("{{", at)) {
      int end = template.indexOf('{', at);
      return template.substring(at, end < 0 ? template.length() : end);
    }
    at = skipSpace(template, template.startsWith("-", at + 2) ? at + 3 : at + 2);
    boolean quoted = template.startsWith("'", at) || template.startsWith("\"", at);
    int end = quoted ? template.indexOf(template.charAt(at), at + 1) : -1;
    return end < 0 ? "" : template.substring(at + 1, end);
  }

  private static int skipSpace(String template, int from) {
    int at = from;
    while (at < template.length() && Character.isWhitespace(template.charAt(at))) {
      at++;
    }
    return at;
  }
}
