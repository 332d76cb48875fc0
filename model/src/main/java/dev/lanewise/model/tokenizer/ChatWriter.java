package dev.lanewise.model.tokenizer;

import java.util.ArrayList;
import java.util.List;

/** Lays out a conversation by the rules of a family, and by what the template says beyond them. */
final class ChatWriter {
  private final ChatFamily family;
  private final ChatTraits traits;
  private final String defaultSystem;
  private String dates; // until they are written
  private final ChatText text = new ChatText();

  /**
   * A writer of one conversation.
   *
   * @param defaultSystem the message of a system that says nothing at the beginning, or null
   */
  ChatWriter(ChatFamily family, ChatTraits traits, String defaultSystem) {
    this.family = family;
    this.traits = traits;
    this.defaultSystem = defaultSystem;
    this.dates = traits.dates();
  }

  /** Lays out a conversation. */
  List<Segment> write(List<Message> messages, boolean addGenerationPrompt) {
    switch (family) {
      case SMOLLM3 -> {
        return traits.smolLm3().write(messages, defaultSystem, addGenerationPrompt);
      }
      case MISTRAL_V1, MISTRAL_V3, MISTRAL_V3_TEKKEN -> writeMistral(messages);
      case LLAMA2, LLAMA2_SYSTEM, LLAMA2_SYSTEM_BOS, LLAMA2_SYSTEM_STRIP -> writeLlama2(messages);
      case GEMMA -> writeGemma(messages);
      case DEEPSEEK3 -> writeDeepSeek3(messages);
      default -> {
        if (family == ChatFamily.CHATGLM4) {
          text.mark("[gMASK]<sop>");
        }
        writeDefaults(messages);
        for (Message message : messages) {
          writeTurn(message.role(), message.content());
        }
      }
    }
    if (addGenerationPrompt) {
      text.mark(family.generationPrompt() + traits.answerOpening());
    }
    return text.segments();
  }

  /** What the template has the system say before a conversation. */
  private void writeDefaults(List<Message> messages) {
    if (messages.isEmpty() || messages.getFirst().role().equals("system")) {
      return;
    }
    if (defaultSystem != null) {
      text.own(() -> writeTurn("system", defaultSystem));
    } else if (family == ChatFamily.LLAMA3 && !dates.isEmpty()) {
      writeTurn("system", "");
    }
  }

  /** What comes before the first system message, once. */
  private String takeDates() {
    String first = dates;
    dates = "";
    return first;
  }

  private void writeTurn(String role, String content) {
    boolean system = role.equals("system");
    boolean assistant = role.equals("assistant");
    switch (family) {
      case CHATML -> text.mark("<|im_start|>" + role + "\n").say(content).mark("<|im_end|>\n");
      case PHI4 -> text.mark("<|im_start|>" + role + "<|im_sep|>").say(content).mark("<|im_end|>");
      case PHI3 -> text.mark("<|" + role + "|>\n").say(content).mark("<|end|>\n");
      case PHI4_MINI -> text.mark("<|" + role + "|>").say(content).mark("<|end|>");
      case FALCON3 -> text.mark("<|" + role + "|>\n").say(content).mark("\n");
      case OLMO2 ->
          text.mark("<|" + role + "|>\n").say(content).mark(assistant ? "<|endoftext|>\n" : "\n");
      case ZEPHYR_ENDOFTEXT -> text.mark("<|" + role + "|>\n").say(content).mark("<|endoftext|>\n");
      case ZEPHYR -> text.mark("<|" + role + "|>\n").say(content).mark("</s>\n");
      case CHATGLM4 -> text.mark("<|" + role + "|>\n").say(content);
      case LLAMA3 ->
          text.mark("<|start_header_id|>" + role + "<|end_header_id|>\n\n")
              .mark(system ? takeDates() : "")
              .say(content.strip())
              .mark("<|eot_id|>");
      case LLAMA4 ->
          text.mark("<|header_start|>" + role + "<|header_end|>\n\n")
              .say(content.strip())
              .mark("<|eot|>");
      case GRANITE ->
          text.mark("<|start_of_role|>" + role + "<|end_of_role|>")
              .say(content)
              .mark("<|end_of_text|>\n");
      case MISTRAL_V7, MISTRAL_V7_TEKKEN -> {
        String space = family == ChatFamily.MISTRAL_V7 ? " " : "";
        if (assistant) {
          text.mark(space).say(content).mark("</s>");
        } else {
          String mark = system ? "SYSTEM_PROMPT]" : "INST]";
          text.mark("[" + mark + space).say(content).mark("[/" + mark);
        }
      }
      case VICUNA, VICUNA_ORCA -> {
        if (assistant) {
          text.mark("ASSISTANT: ").say(content).mark("</s>\n");
        } else if (system && family == ChatFamily.VICUNA) {
          text.say(content).mark("\n\n");
        } else {
          text.mark(system ? "SYSTEM: " : "USER: ").say(content).mark("\n");
        }
      }
      case DEEPSEEK -> {
        if (system) {
          text.say(content);
        } else if (assistant) {
          text.mark("### Response:\n").say(content).mark("\n<|EOT|>\n");
        } else {
          text.mark("### Instruction:\n").say(content).mark("\n");
        }
      }
      case DEEPSEEK2 -> {
        String mark = system ? "" : assistant ? "Assistant: " : "User: ";
        text.mark(mark).say(content).mark(assistant ? "<｜end▁of▁sentence｜>" : "\n\n");
      }
      case COMMAND_R -> {
        String mark = system ? "SYSTEM" : assistant ? "CHATBOT" : "USER";
        text.mark("<|START_OF_TURN_TOKEN|><|" + mark + "_TOKEN|>")
            .say(content.strip())
            .mark("<|END_OF_TURN_TOKEN|>");
      }
      case OPENCHAT -> {
        String title = system ? "System" : assistant ? "Assistant" : "User";
        boolean titled = !system || traits.systemTitled();
        text.mark(titled ? "GPT4 Correct " + title + ": " : "")
            .say(content)
            .mark("<|end_of_turn|>");
      }
      default -> throw new IllegalStateException(family.title() + " is not laid out turn by turn");
    }
  }

  private void writeMistral(List<Message> messages) {
    String before = family == ChatFamily.MISTRAL_V1 ? " " : "";
    String after = family == ChatFamily.MISTRAL_V3_TEKKEN ? "" : " ";
    boolean inTurn = false;
    for (Message message : traits.systemLast() ? systemLast(messages) : messages) {
      if (!inTurn) {
        text.mark(before + "[INST]" + after);
        inTurn = true;
      }
      String content = message.content();
      switch (message.role()) {
        case "system" -> text.say(content).mark("\n\n");
        case "assistant" -> {
          text.mark(after)
              .say(family == ChatFamily.MISTRAL_V3 ? content.strip() : content)
              .mark("</s>");
          inTurn = false;
        }
        default -> text.say(content).mark(before + "[/INST]");
      }
    }
  }

  /** The messages with those of the system before the last of the user. */
  private static List<Message> systemLast(List<Message> messages) {
    List<Message> moved = new ArrayList<>(messages);
    moved.removeIf(message -> message.role().equals("system"));
    int last = ChatTemplate.lastOfUser(moved);
    if (last < 0) {
      return messages;
    }
    moved.addAll(
        last, messages.stream().filter(message -> message.role().equals("system")).toList());
    return moved;
  }

  /** What the system says comes first, wherever it was said. */
  private void writeDeepSeek3(List<Message> messages) {
    String between = "";
    for (Message message : messages) {
      if (message.role().equals("system")) {
        text.mark(between).say(message.content());
        between = "\n\n";
      }
    }
    for (Message message : messages) {
      switch (message.role()) {
        case "system" -> {
          // Said already.
        }
        case "assistant" ->
            text.mark("<｜Assistant｜>").say(message.content()).mark("<｜end▁of▁sentence｜>");
        default -> text.mark("<｜User｜>").say(message.content());
      }
    }
  }

  private void writeLlama2(List<Message> messages) {
    boolean strips = family == ChatFamily.LLAMA2_SYSTEM_STRIP;
    boolean marked = family != ChatFamily.LLAMA2;
    String space = traits.answersSpaced() ? " " : "";
    boolean inTurn = true;
    boolean toldFirst = false; // a system message stands before what the user says
    text.mark("[INST] ");
    for (Message message : messages) {
      String content = message.content();
      if (!inTurn) {
        text.mark(traits.turnsBegin() ? "<s>[INST] " : "[INST] ");
        inTurn = true;
      }
      switch (message.role()) {
        case "system" -> {
          text.mark(marked ? "<<SYS>>\n" : "").say(content).mark(marked ? "\n<</SYS>>\n\n" : "\n");
          toldFirst = true;
        }
        case "assistant" -> {
          text.mark(space).say(strips ? content.strip() : content).mark(space + "</s>");
          inTurn = false;
        }
        default -> {
          // Templates strip the whole turn, of which the system message is the beginning.
          String stripped = toldFirst ? content.stripTrailing() : content.strip();
          text.say(strips ? stripped : content).mark(" [/INST]");
          toldFirst = false;
        }
      }
    }
  }

  /** Gemma knows no system messages: they go before what the user says next. */
  private void writeGemma(List<Message> messages) {
    String system = "";
    boolean told = false;
    for (Message message : messages) {
      if (message.role().equals("system")) {
        system += traits.systemAsIs() ? message.content() : message.content().strip();
        told = traits.systemAsIs() || !system.isEmpty();
        continue;
      }
      boolean assistant = message.role().equals("assistant");
      text.mark("<start_of_turn>" + (assistant ? "model" : message.role()) + "\n");
      if (told && !assistant) {
        text.say(system).mark("\n\n");
        system = "";
        told = false;
      }
      text.say(message.content().strip()).mark("<end_of_turn>\n");
    }
  }
}
