package dev.lanewise.model.tokenizer;

import java.util.List;

/**
 * Families of chat layouts. How they are told apart, and what each writes, follows llama.cpp
 * (llama-chat.cpp), which took it from the models' templates.
 */
enum ChatFamily {
  /** {@code <|im_start|>user\n…<|im_end|>\n}: Qwen, SmolLM2, Hermes and many more. */
  CHATML("chatml"),
  /** ChatML with {@code <|im_sep|>} for the line ends: Phi-4. */
  PHI4("phi4"),
  /** Mistral's first. */
  MISTRAL_V1("mistral-v1"),
  /** Mistral with tools. */
  MISTRAL_V3("mistral-v3"),
  /** The same for the Tekken vocabulary. */
  MISTRAL_V3_TEKKEN("mistral-v3-tekken"),
  /** Mistral with marks for system messages. */
  MISTRAL_V7("mistral-v7"),
  /** The same for the Tekken vocabulary. */
  MISTRAL_V7_TEKKEN("mistral-v7-tekken"),
  /** Llama 2 without marks for system messages. */
  LLAMA2("llama2"),
  /** Llama 2. */
  LLAMA2_SYSTEM("llama2-sys"),
  /** Llama 2, each turn a sequence of its own. */
  LLAMA2_SYSTEM_BOS("llama2-sys-bos"),
  /** Llama 2, messages stripped. */
  LLAMA2_SYSTEM_STRIP("llama2-sys-strip"),
  /** {@code <|user|>\n…<|end|>\n}. */
  PHI3("phi3"),
  /** {@code <|user|>\n…\n}. */
  FALCON3("falcon3"),
  /** {@code <|user|>\n…<|endoftext|>\n}. */
  ZEPHYR_ENDOFTEXT("zephyr"),
  /** {@code <|user|>\n…</s>\n}: Zephyr proper, TinyLlama. */
  ZEPHYR("zephyr-eos"),
  /** {@code <start_of_turn>user\n…<end_of_turn>\n}. */
  GEMMA("gemma"),
  /** {@code USER: …\nASSISTANT: }. */
  VICUNA("vicuna"),
  /** The same with {@code SYSTEM: }. */
  VICUNA_ORCA("vicuna-orca"),
  /** {@code ### Instruction:}, DeepSeek Coder. */
  DEEPSEEK("deepseek"),
  /** {@code User: …\n\nAssistant: }, DeepSeek-V2. */
  DEEPSEEK2("deepseek2"),
  /** {@code <｜User｜>…<｜Assistant｜>}, DeepSeek-V3 and R1. */
  DEEPSEEK3("deepseek3"),
  /** Cohere's. */
  COMMAND_R("command-r"),
  /** {@code <|start_header_id|>user<|end_header_id|>}. */
  LLAMA3("llama3"),
  /** {@code <|header_start|>user<|header_end|>}. */
  LLAMA4("llama4"),
  /** {@code [gMASK]<sop><|user|>\n…}. */
  CHATGLM4("chatglm4"),
  /** {@code <|start_of_role|>user<|end_of_role|>…<|end_of_text|>}. */
  GRANITE("granite"),
  /** {@code GPT4 Correct User: …<|end_of_turn|>}. */
  OPENCHAT("openchat");

  private final String title;

  ChatFamily(String title) {
    this.title = title;
  }

  /** The family's name. */
  String title() {
    return title;
  }

  /** The family of a template, or null. */
  static ChatFamily of(String template) {
    if (template.contains("<|im_start|>")) {
      // SmolVLM begins with this mark and is no ChatML.
      return template.contains("<end_of_utterance>")
          ? null
          : template.contains("<|im_sep|>") ? PHI4 : CHATML;
    }
    if (template.contains("[INST]")) {
      return instruction(template);
    }
    boolean user = template.contains("<|user|>");
    boolean assistant = template.contains("<|assistant|>");
    if (assistant && template.contains("<|end|>")) {
      return PHI3;
    }
    if (template.contains("[gMASK]<sop>")) {
      return CHATGLM4;
    }
    if (user && endsUsersTurn(template)) {
      return template.contains("<|endoftext|>") ? ZEPHYR_ENDOFTEXT : ZEPHYR;
    }
    if (user && assistant && template.contains("</s>")) {
      return FALCON3;
    }
    if (user && template.contains("<|endoftext|>")) {
      return ZEPHYR_ENDOFTEXT;
    }
    return spelledOut(template);
  }

  private static ChatFamily spelledOut(String template) {
    if (template.contains("<start_of_turn>")) {
      return GEMMA;
    }
    if (template.contains("GPT4 Correct ")) {
      return OPENCHAT;
    }
    if (template.contains("USER: ") && template.contains("ASSISTANT: ")) {
      return template.contains("SYSTEM: ") ? VICUNA_ORCA : VICUNA;
    }
    if (template.contains("### Instruction:") && template.contains("<|EOT|>")) {
      return DEEPSEEK;
    }
    if (template.contains("<|START_OF_TURN_TOKEN|>") && template.contains("<|USER_TOKEN|>")) {
      return COMMAND_R;
    }
    if (template.contains("<|start_header_id|>") && template.contains("<|end_header_id|>")) {
      return LLAMA3;
    }
    if (template.contains("'Assistant: ' + message['content'] + eos_token")) {
      return DEEPSEEK2;
    }
    if (template.contains("<｜Assistant｜>") && template.contains("<｜User｜>")) {
      return DEEPSEEK3;
    }
    if (template.contains("<|start_of_role|>")) {
      return GRANITE;
    }
    if (template.contains("<|header_start|>") && template.contains("<|header_end|>")) {
      return LLAMA4;
    }
    return null;
  }

  private static ChatFamily instruction(String template) {
    if (template.contains("[SYSTEM_PROMPT]")) {
      boolean spaced = template.contains("[SYSTEM_PROMPT] ") || template.contains("[INST] ");
      return spaced ? MISTRAL_V7 : MISTRAL_V7_TEKKEN;
    }
    if (template.contains("' [INST] ' + system_message")
        || template.contains("[AVAILABLE_TOOLS]")) {
      return template.contains(" [INST]")
          ? MISTRAL_V1
          : template.contains("\"[INST]\"") ? MISTRAL_V3_TEKKEN : MISTRAL_V3;
    }
    if (template.contains("content.strip()")) {
      return LLAMA2_SYSTEM_STRIP;
    }
    if (template.contains("bos_token + '[INST]")) {
      return LLAMA2_SYSTEM_BOS;
    }
    return template.contains("<<SYS>>") ? LLAMA2_SYSTEM : LLAMA2;
  }

  /** Whether the template's user turn ends with the end-of-sequence token, as Zephyr's does. */
  private static boolean endsUsersTurn(String template) {
    int user = template.indexOf("<|user|>");
    int end = template.indexOf("}}", user);
    return end >= 0 && template.substring(user, end).contains("eos_token");
  }

  /** Lays out a conversation. */
  void write(List<Message> messages, boolean addGenerationPrompt, ChatText text) {
    switch (this) {
      case MISTRAL_V1, MISTRAL_V3, MISTRAL_V3_TEKKEN -> writeMistral(messages, text);
      case LLAMA2, LLAMA2_SYSTEM, LLAMA2_SYSTEM_BOS, LLAMA2_SYSTEM_STRIP ->
          writeLlama2(messages, text);
      case GEMMA -> writeGemma(messages, text);
      default -> {
        if (this == CHATGLM4) {
          text.mark("[gMASK]<sop>");
        }
        for (Message message : messages) {
          writeTurn(message.role(), message.content(), text);
        }
      }
    }
    if (addGenerationPrompt) {
      text.mark(generationPrompt());
    }
  }

  private void writeTurn(String role, String content, ChatText text) {
    boolean system = role.equals("system");
    boolean assistant = role.equals("assistant");
    switch (this) {
      case CHATML -> text.mark("<|im_start|>" + role + "\n").say(content).mark("<|im_end|>\n");
      case PHI4 -> text.mark("<|im_start|>" + role + "<|im_sep|>").say(content).mark("<|im_end|>");
      case PHI3 -> text.mark("<|" + role + "|>\n").say(content).mark("<|end|>\n");
      case FALCON3 -> text.mark("<|" + role + "|>\n").say(content).mark("\n");
      case ZEPHYR_ENDOFTEXT -> text.mark("<|" + role + "|>\n").say(content).mark("<|endoftext|>\n");
      case ZEPHYR -> text.mark("<|" + role + "|>\n").say(content).mark("</s>\n");
      case CHATGLM4 -> text.mark("<|" + role + "|>\n").say(content);
      case LLAMA3 ->
          text.mark("<|start_header_id|>" + role + "<|end_header_id|>\n\n")
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
        String space = this == MISTRAL_V7 ? " " : "";
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
        } else if (system && this == VICUNA) {
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
      case DEEPSEEK3 -> {
        String mark = system ? "" : assistant ? "<｜Assistant｜>" : "<｜User｜>";
        String end = system ? "\n\n" : assistant ? "<｜end▁of▁sentence｜>" : "";
        text.mark(mark).say(content).mark(end);
      }
      case COMMAND_R -> {
        String mark = system ? "SYSTEM" : assistant ? "CHATBOT" : "USER";
        text.mark("<|START_OF_TURN_TOKEN|><|" + mark + "_TOKEN|>")
            .say(content.strip())
            .mark("<|END_OF_TURN_TOKEN|>");
      }
      case OPENCHAT -> {
        String mark = system ? "" : "GPT4 Correct " + (assistant ? "Assistant" : "User") + ": ";
        text.mark(mark).say(content).mark("<|end_of_turn|>");
      }
      default -> throw new IllegalStateException(title + " is not laid out turn by turn");
    }
  }

  private String generationPrompt() {
    return switch (this) {
      case CHATML -> "<|im_start|>assistant\n";
      case PHI4 -> "<|im_start|>assistant<|im_sep|>";
      case PHI3, FALCON3, ZEPHYR, ZEPHYR_ENDOFTEXT, CHATGLM4 -> "<|assistant|>\n";
      case GEMMA -> "<start_of_turn>model\n";
      case VICUNA, VICUNA_ORCA -> "ASSISTANT:";
      case DEEPSEEK -> "### Response:\n";
      case DEEPSEEK2 -> "Assistant:";
      case DEEPSEEK3 -> "<｜Assistant｜>";
      case COMMAND_R -> "<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>";
      case LLAMA3 -> "<|start_header_id|>assistant<|end_header_id|>\n\n";
      case LLAMA4 -> "<|header_start|>assistant<|header_end|>\n\n";
      case GRANITE -> "<|start_of_role|>assistant<|end_of_role|>";
      case OPENCHAT -> "GPT4 Correct Assistant:";
      // In these the end of the user's turn is the beginning of the answer.
      case MISTRAL_V1,
          MISTRAL_V3,
          MISTRAL_V3_TEKKEN,
          MISTRAL_V7,
          MISTRAL_V7_TEKKEN,
          LLAMA2,
          LLAMA2_SYSTEM,
          LLAMA2_SYSTEM_BOS,
          LLAMA2_SYSTEM_STRIP ->
          "";
    };
  }

  private void writeMistral(List<Message> messages, ChatText text) {
    String before = this == MISTRAL_V1 ? " " : "";
    String after = this == MISTRAL_V3_TEKKEN ? "" : " ";
    boolean inTurn = false;
    for (Message message : messages) {
      if (!inTurn) {
        text.mark(before + "[INST]" + after);
        inTurn = true;
      }
      String content = message.content();
      switch (message.role()) {
        case "system" -> text.say(content).mark("\n\n");
        case "assistant" -> {
          text.mark(after).say(this == MISTRAL_V3 ? content.strip() : content).mark("</s>");
          inTurn = false;
        }
        default -> text.say(content).mark(before + "[/INST]");
      }
    }
  }

  private void writeLlama2(List<Message> messages, ChatText text) {
    boolean inTurn = true;
    text.mark("[INST] ");
    for (Message message : messages) {
      String content = this == LLAMA2_SYSTEM_STRIP ? message.content().strip() : message.content();
      if (!inTurn) {
        text.mark(this == LLAMA2_SYSTEM_BOS ? "<s>[INST] " : "[INST] ");
        inTurn = true;
      }
      switch (message.role()) {
        case "system" -> {
          boolean marked = this != LLAMA2;
          text.mark(marked ? "<<SYS>>\n" : "").say(content).mark(marked ? "\n<</SYS>>\n\n" : "\n");
        }
        case "assistant" -> {
          text.say(content).mark("</s>");
          inTurn = false;
        }
        default -> text.say(content).mark(" [/INST]");
      }
    }
  }

  /** Gemma knows no system messages: they go before what the user says next. */
  private static void writeGemma(List<Message> messages, ChatText text) {
    String system = "";
    for (Message message : messages) {
      if (message.role().equals("system")) {
        system += message.content().strip();
        continue;
      }
      boolean assistant = message.role().equals("assistant");
      text.mark("<start_of_turn>" + (assistant ? "model" : message.role()) + "\n");
      if (!system.isEmpty() && !assistant) {
        text.say(system).mark("\n\n");
        system = "";
      }
      text.say(message.content().strip()).mark("<end_of_turn>\n");
    }
  }
}
