package dev.lanewise.model.tokenizer;

import java.time.LocalDate;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The layout of SmolLM3: the marks of ChatML, and always a message of the system in front. It says
 * until when the model knows the world, what day it is and whether to think, and then what the
 * caller's system says, or a default. {@code /think} and {@code /no_think} in the caller's choose
 * and are taken out, {@code /system_override} has it written alone. System messages that are not
 * the first are left out, as the templates leave them.
 *
 * @param metadata what stands before the mode: the date at which knowledge ends, and the day
 * @param overridable whether the template knows {@code /system_override}
 * @param ends whether {@code <|im_end|>} closes the system's message; in the first template it does
 *     so only after tools and where the message was overridden
 * @param thinks whether the model thinks if no system message says anything about it
 * @param plainDefault what the system says by default to a model that does not think
 */
record SmolLm3Layout(
    String metadata, boolean overridable, boolean ends, boolean thinks, String plainDefault) {
  private static final String THINK = "/think";
  private static final String NO_THINK = "/no_think";
  private static final String OVERRIDE = "/system_override";
  private static final String INSTRUCTIONS = "## Custom Instructions";
  private static final String END = "<|im_end|>\n";

  private static final Pattern KNOWLEDGE =
      Pattern.compile("\"(Knowledge Cutoff Date: [^\"\\\\]+)\\\\n\"");

  /** The texts of the system by default: to a model that thinks, and to one that does not. */
  private static final Pattern DEFAULTS =
      Pattern.compile(
          "elif reasoning_mode == \"/think\" -?%}\\s*LITERAL\\s*\\{%-? else -?%}\\s*LITERAL"
              .replace("LITERAL", "\\{\\{-? \"([^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+)\" -?}}"));

  private static final Pattern END_OR_CONDITION =
      Pattern.compile("\"<\\|im_end\\|>|\\{%-? (if|endif) ");

  /** Whether a template is of this layout. */
  static boolean is(String template) {
    return template.contains(INSTRUCTIONS) && template.contains("\"Reasoning Mode: \"");
  }

  /** The layout that a template of this kind has on a day. */
  static SmolLm3Layout of(String template, LocalDate today) {
    Matcher knowledge = KNOWLEDGE.matcher(template);
    boolean dated = template.contains("strftime_now(\"%d %B %Y\")");
    return new SmolLm3Layout(
        "## Metadata\n\n"
            + (knowledge.find() ? knowledge.group(1) + "\n" : "")
            + (dated ? "Today Date: " + ChatDefaults.day(today, "dd MMMM uuuu") + "\n" : ""),
        template.contains("\"" + OVERRIDE + "\" in system_message"),
        ends(template),
        true,
        defaultSystem(template, 2));
  }

  /** The same layout for a model that thinks only if the system asks for it. */
  SmolLm3Layout withoutThinking() {
    return new SmolLm3Layout(metadata, overridable, ends, false, plainDefault);
  }

  /** What a system says by default to a model that thinks; null if that is not recognised. */
  static String defaultSystem(String template) {
    return defaultSystem(template, 1);
  }

  private static String defaultSystem(String template, int group) {
    Matcher defaults = DEFAULTS.matcher(template);
    return defaults.find() ? ChatDefaults.unescaped(defaults.group(group)) : null;
  }

  /** Whether the mark of an end follows the instructions under no condition. */
  private static boolean ends(String template) {
    int from = template.indexOf(INSTRUCTIONS);
    int to = template.indexOf("for message in messages", from);
    Matcher matcher = END_OR_CONDITION.matcher(template).region(from, Math.max(from, to));
    int depth = 0;
    while (matcher.find()) {
      if (matcher.group(1) != null) {
        depth += matcher.group(1).equals("if") ? 1 : -1;
      } else if (depth <= 0) {
        return true;
      }
    }
    return false;
  }

  /**
   * Lays out a conversation.
   *
   * @param defaultSystem what a system that says nothing says to a model that thinks; null if the
   *     template's own texts are not wanted
   */
  List<Segment> write(List<Message> messages, String defaultSystem, boolean addGenerationPrompt) {
    boolean told = messages.getFirst().role().equals("system");
    String system = told ? messages.getFirst().content() : "";
    boolean thinking = !system.contains(NO_THINK) && (thinks || system.contains(THINK));
    String otherwise = defaultSystem == null ? "" : thinking ? defaultSystem : plainDefault;
    String answer = "<|im_start|>assistant\n" + (thinking ? "" : "<think>\n\n</think>\n");
    ChatText text = new ChatText();
    writeSystem(system, thinking, otherwise, text);
    for (Message message : messages) {
      switch (message.role()) {
        case "system" -> {
          // The first is written already.
        }
        case "assistant" ->
            text.mark(answer).say(message.content().replaceFirst("^\n+", "")).mark(END);
        default -> text.mark("<|im_start|>user\n").say(message.content()).mark(END);
      }
    }
    return text.mark(addGenerationPrompt ? answer : "").segments();
  }

  private void writeSystem(String system, boolean thinking, String otherwise, ChatText text) {
    String said = system.replace(NO_THINK, "").replace(THINK, "").stripTrailing();
    text.mark("<|im_start|>system\n");
    if (overridable && system.contains(OVERRIDE)) {
      text.say(said.replace(OVERRIDE, "").stripTrailing()).mark(END);
      return;
    }
    String mode = thinking ? THINK : NO_THINK;
    text.mark(metadata + "Reasoning Mode: " + mode + "\n\n" + INSTRUCTIONS + "\n\n");
    if (said.isEmpty()) {
      text.mark(otherwise);
    } else {
      text.say(said).mark("\n\n");
    }
    text.mark(ends ? END : "");
  }
}
