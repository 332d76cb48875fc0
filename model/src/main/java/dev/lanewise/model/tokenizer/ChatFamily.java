package dev.lanewise.model.tokenizer;

/**
 * Families of chat layouts. How they are told apart, and what each writes, follows llama.cpp
 * (llama-chat.cpp), which took it from the models' templates.
 */
enum ChatFamily {
  /** {@code <|im_start|>user\n…<|im_end|>\n}: Qwen, SmolLM2, Hermes and many more. */
  CHATML("chatml"),
  /** ChatML with {@code <|im_sep|>} for the line ends: Phi-4. */
  PHI4("phi4"),
  /** ChatML with a message of the system in front that says whether to think: SmolLM3. */
  SMOLLM3("smollm3"),
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
  /**
   * {@code <|user|>\n…<|end|>\n}. The templates of Phi-3-mini and Phi-3-medium drop system messages
   * without a word; here they are written as those of Phi-3.5 are, whose mark the older models
   * know: instructions that reach the model are better than instructions that vanish.
   */
  PHI3("phi3"),
  /** {@code <|user|>…<|end|>}, without line ends: Phi-4-mini. */
  PHI4_MINI("phi4-mini"),
  /** {@code <|user|>\n…\n}. */
  FALCON3("falcon3"),
  /** {@code <|user|>\n…\n}, and answers end with {@code <|endoftext|>}: OLMo 2. */
  OLMO2("olmo2"),
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
      if (template.contains("<end_of_utterance>")) {
        return null;
      }
      return SmolLm3Layout.is(template) ? SMOLLM3 : template.contains("<|im_sep|>") ? PHI4 : CHATML;
    }
    if (template.contains("[INST]")) {
      return instruction(template);
    }
    boolean user = template.contains("<|user|>");
    boolean assistant = template.contains("<|assistant|>");
    if (assistant && template.contains("<|end|>")) {
      return endsLines(template) ? PHI3 : PHI4_MINI;
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
    // Tülu 3 has the layout with another token at the end, but names none for the beginning.
    if (user && assistant && template.contains("bos_token") && template.contains("+ eos_token")) {
      return OLMO2;
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
    if (template.contains("content.strip()") || template.contains("+ content | trim +")) {
      return LLAMA2_SYSTEM_STRIP;
    }
    if (template.contains("bos_token + '[INST]")) {
      return LLAMA2_SYSTEM_BOS;
    }
    return template.contains("<<SYS>>") ? LLAMA2_SYSTEM : LLAMA2;
  }

  /** Whether a template writes a line feed after the mark {@code <|end|>}. */
  private static boolean endsLines(String template) {
    int at = template.indexOf("<|end|>");
    while (at >= 0) {
      int end = template.indexOf("}}", at);
      String rest = template.substring(at, end < 0 ? template.length() : end);
      if (rest.contains("\n") || rest.contains("\\n")) {
        return true;
      }
      at = template.indexOf("<|end|>", at + 1);
    }
    return false;
  }

  /** Whether the template's user turn ends with the end-of-sequence token, as Zephyr's does. */
  private static boolean endsUsersTurn(String template) {
    int user = template.indexOf("<|user|>");
    int end = template.indexOf("}}", user);
    return end >= 0 && template.substring(user, end).contains("eos_token");
  }

  /** What a model's answer begins with. */
  String generationPrompt() {
    return switch (this) {
      case CHATML, SMOLLM3 -> "<|im_start|>assistant\n";
      case PHI4 -> "<|im_start|>assistant<|im_sep|>";
      case PHI4_MINI -> "<|assistant|>";
      case PHI3, FALCON3, OLMO2, ZEPHYR, ZEPHYR_ENDOFTEXT, CHATGLM4 -> "<|assistant|>\n";
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
}
