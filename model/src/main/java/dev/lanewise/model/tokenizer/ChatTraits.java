package dev.lanewise.model.tokenizer;

import java.time.LocalDate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a template says beyond the family that it belongs to. Each is recognised by a mark in the
 * template, and what has none is as the family has it.
 *
 * @param namesBegin whether it writes {@code bos_token}, the token that begins a sequence
 * @param opening the text that it begins with if that is a literal, else empty
 * @param turnsBegin whether each of Llama 2's turns is a sequence of its own, begin token and all
 * @param answersSpaced whether a space stands before and after each of Llama 2's answers
 * @param thinking what becomes of the thoughts in earlier answers
 * @param answerOpening what the template begins an answer with beyond its family
 * @param plainOpening the same if the model is not to think; null if the template does not say
 * @param dates what Llama 3.1 and its like write before every system message, else empty
 * @param systemLast whether Mistral's system message stands in the last turn, not in the first
 * @param systemAsIs whether Gemma's system message is written as it is, be it empty
 * @param systemTitled whether OpenChat's system message has a title as the others have
 * @param emptySystemLeftOut whether a system message that says nothing is none
 * @param smolLm3 how the template lays out a conversation if it is SmolLM3's, else null
 */
record ChatTraits(
    boolean namesBegin,
    String opening,
    boolean turnsBegin,
    boolean answersSpaced,
    Thinking thinking,
    String answerOpening,
    String plainOpening,
    String dates,
    boolean systemLast,
    boolean systemAsIs,
    boolean systemTitled,
    boolean emptySystemLeftOut,
    SmolLm3Layout smolLm3) {
  /** What becomes of all up to the mark {@code </think>} in an answer that was given earlier. */
  enum Thinking {
    /** It stays. */
    KEPT,
    /** It goes. */
    DROPPED,
    /** It goes, and line feeds before the rest go with it. */
    DROPPED_WITH_LINES,
    /** It goes, and white space around the rest goes with it. */
    DROPPED_WITH_SPACE
  }

  private static final String END_OF_THINKING = "</think>";
  private static final Pattern CUT_THINKING =
      Pattern.compile(
          "split\\(['\"]</think>['\"]\\)\\[-1\\]"
              + "(\\.lstrip\\(['\"]\\\\n['\"]\\))?(\\.strip\\(\\)| ?\\| ?trim)?");

  /** What Qwen3's template and its like begin an answer with if they are told not to think. */
  private static final Pattern PLAIN_OPENING =
      Pattern.compile("enable_thinking is false -?%}\\s*\\{\\{-? '(<think>[^'{}]*)' -?}}");

  /** A template with this mark keeps the thoughts of the last answer, others of none. */
  private static final String LAST_ANSWER = "last_assistant_index";

  private static final Pattern SPACED_ANSWER =
      Pattern.compile("' '\\s*\\+[^}]*\\+\\s*' '\\s*\\+\\s*eos_token");

  /**
   * The traits of a template.
   *
   * @param today what the templates of some take from the clock
   */
  static ChatTraits of(String template, ChatFamily family, LocalDate today) {
    return new ChatTraits(
        template.contains("bos_token"),
        opening(template),
        template.contains("bos_token + '[INST]"),
        SPACED_ANSWER.matcher(template).find(),
        thinking(template),
        answerOpening(template, family.generationPrompt()),
        plainOpening(template),
        ChatDefaults.dates(template),
        template.contains("loop.last and system_message is defined"),
        template.contains("first_user_prefix = messages[0]['content'] + "),
        template.contains("message['role'].title()"),
        template.contains("message['role'] == 'system' and message['content'] %}"),
        family == ChatFamily.SMOLLM3 ? SmolLm3Layout.of(template, today) : null);
  }

  /** The same, but the model does not think; null if the template has no such switch. */
  ChatTraits withoutThinking() {
    if (plainOpening == null && smolLm3 == null) {
      return null;
    }
    return new ChatTraits(
        namesBegin,
        opening,
        turnsBegin,
        answersSpaced,
        thinking,
        plainOpening == null ? answerOpening : plainOpening,
        plainOpening,
        dates,
        systemLast,
        systemAsIs,
        systemTitled,
        emptySystemLeftOut,
        smolLm3 == null ? null : smolLm3.withoutThinking());
  }

  /** Whether the template begins with a token, spelled out. */
  boolean opensWith(String token) {
    return !token.isEmpty() && opening.startsWith(token);
  }

  /** An answer that was given earlier, as the model reads it again. */
  String earlier(String answer) {
    int end = answer.lastIndexOf(END_OF_THINKING);
    if (thinking == Thinking.KEPT || end < 0) {
      return answer;
    }
    String rest = answer.substring(end + END_OF_THINKING.length());
    return switch (thinking) {
      case DROPPED_WITH_LINES -> rest.replaceFirst("^\n+", "");
      case DROPPED_WITH_SPACE -> rest.strip();
      default -> rest;
    };
  }

  private static Thinking thinking(String template) {
    Matcher cut = CUT_THINKING.matcher(template);
    if (!cut.find() || template.contains(LAST_ANSWER)) {
      return Thinking.KEPT;
    }
    if (cut.group(2) != null) {
      return Thinking.DROPPED_WITH_SPACE;
    }
    return cut.group(1) != null ? Thinking.DROPPED_WITH_LINES : Thinking.DROPPED;
  }

  /** A mark that thoughts begin with, if the template ends a conversation with it. */
  private static String answerOpening(String template, String prompt) {
    String plain = template.replace("\\n", "\n");
    for (String opening : new String[] {"<think>\n", "<think>"}) {
      String begun = prompt + opening;
      if (!prompt.isEmpty() && (plain.contains(begun + "'") || plain.contains(begun + '"'))) {
        return opening;
      }
    }
    return "";
  }

  private static String plainOpening(String template) {
    Matcher opening = PLAIN_OPENING.matcher(template);
    return opening.find() ? ChatDefaults.unescaped(opening.group(1)) : null;
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
