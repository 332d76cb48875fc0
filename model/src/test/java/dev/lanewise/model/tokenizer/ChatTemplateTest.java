package dev.lanewise.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChatTemplateTest {
  private static final List<Message> CONVERSATION =
      List.of(
          Message.system("S"), Message.user("U1"), Message.assistant("A1"), Message.user(" U2 "));

  private static final String CHATML =
      "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content']"
          + " + '<|im_end|>' + '\\n'}}{% endfor %}";

  /** In the rows ⏎ is a line feed and ␣ a space. */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '~',
      value = {
        "chatml ~ {{'<|im_start|>' + message['role']}} ~"
            + " <|im_start|>system⏎S<|im_end|>⏎<|im_start|>user⏎U1<|im_end|>⏎<|im_start|>assistant⏎A1<|im_end|>⏎<|im_start|>user⏎␣U2␣<|im_end|>⏎<|im_start|>assistant⏎",
        "phi4 ~ {{'<|im_start|>' + message['role'] + '<|im_sep|>'}} ~"
            + " <|im_start|>system<|im_sep|>S<|im_end|><|im_start|>user<|im_sep|>U1<|im_end|><|im_start|>assistant<|im_sep|>A1<|im_end|><|im_start|>user<|im_sep|>␣U2␣<|im_end|><|im_start|>assistant<|im_sep|>",
        "llama3 ~ {{'<|start_header_id|>' + message['role'] + '<|end_header_id|>'}} ~"
            + " <|start_header_id|>system<|end_header_id|>⏎⏎S<|eot_id|><|start_header_id|>user<|end_header_id|>⏎⏎U1<|eot_id|><|start_header_id|>assistant<|end_header_id|>⏎⏎A1<|eot_id|><|start_header_id|>user<|end_header_id|>⏎⏎U2<|eot_id|><|start_header_id|>assistant<|end_header_id|>⏎⏎",
        "llama2 ~ {{ '[INST] ' + message['content'] + ' [/INST]' }} ~"
            + " [INST]␣S⏎U1␣[/INST]A1</s>[INST]␣␣U2␣␣[/INST]",
        "llama2-sys ~ {{ '[INST] <<SYS>>' }} ~"
            + " [INST]␣<<SYS>>⏎S⏎<</SYS>>⏎⏎U1␣[/INST]A1</s>[INST]␣␣U2␣␣[/INST]",
        "llama2-sys-bos ~ {{ bos_token + '[INST] ' + '<<SYS>>' }} ~"
            + " [INST]␣<<SYS>>⏎S⏎<</SYS>>⏎⏎U1␣[/INST]A1</s><s>[INST]␣␣U2␣␣[/INST]",
        "llama2-sys-strip ~ {{ '[INST] <<SYS>>' + content.strip() }} ~"
            + " [INST]␣<<SYS>>⏎S⏎<</SYS>>⏎⏎U1␣[/INST]A1</s>[INST]␣U2␣[/INST]",
        "mistral-v1 ~ {{ ' [INST] ' + system_message }} ~"
            + " ␣[INST]␣S⏎⏎U1␣[/INST]␣A1</s>␣[INST]␣␣U2␣␣[/INST]",
        "mistral-v3 ~ {{ '[AVAILABLE_TOOLS]' + '[INST] ' }} ~"
            + " [INST]␣S⏎⏎U1[/INST]␣A1</s>[INST]␣␣U2␣[/INST]",
        "mistral-v3-tekken ~ {{ '[AVAILABLE_TOOLS]' + \"[INST]\" }} ~"
            + " [INST]S⏎⏎U1[/INST]A1</s>[INST]␣U2␣[/INST]",
        "mistral-v7 ~ {{ '[SYSTEM_PROMPT] ' + '[INST] ' }} ~"
            + " [SYSTEM_PROMPT]␣S[/SYSTEM_PROMPT][INST]␣U1[/INST]␣A1</s>[INST]␣␣U2␣[/INST]",
        "mistral-v7-tekken ~ {{ '[SYSTEM_PROMPT]' + '[INST]' }} ~"
            + " [SYSTEM_PROMPT]S[/SYSTEM_PROMPT][INST]U1[/INST]A1</s>[INST]␣U2␣[/INST]",
        "phi3 ~ {{'<|user|>' + '<|end|>\\n"
            + "'}}{{'<|assistant|>\\n"
            + "'}} ~"
            + " <|system|>⏎S<|end|>⏎<|user|>⏎U1<|end|>⏎<|assistant|>⏎A1<|end|>⏎<|user|>⏎␣U2␣<|end|>⏎<|assistant|>⏎",
        "zephyr-eos ~ {{ '<|user|>' + message['content'] + eos_token }}{{ '<|assistant|>' }} ~"
            + " <|system|>⏎S</s>⏎<|user|>⏎U1</s>⏎<|assistant|>⏎A1</s>⏎<|user|>⏎␣U2␣</s>⏎<|assistant|>⏎",
        "zephyr ~ {{ '<|user|>' + message['content'] + '<|endoftext|>' }} ~"
            + " <|system|>⏎S<|endoftext|>⏎<|user|>⏎U1<|endoftext|>⏎<|assistant|>⏎A1<|endoftext|>⏎<|user|>⏎␣U2␣<|endoftext|>⏎<|assistant|>⏎",
        "falcon3 ~ {{ '<|user|>' }}{{ '<|assistant|>' + '</s>' }} ~"
            + " <|system|>⏎S⏎<|user|>⏎U1⏎<|assistant|>⏎A1⏎<|user|>⏎␣U2␣⏎<|assistant|>⏎",
        "olmo2 ~ {{ bos_token }}{{ '<|user|>' }}{{ '<|assistant|>' + message['content'] + eos_token"
            + " }} ~"
            + " <|system|>⏎S⏎<|user|>⏎U1⏎<|assistant|>⏎A1<|endoftext|>⏎<|user|>⏎␣U2␣⏎<|assistant|>⏎",
        "gemma ~ {{ '<start_of_turn>' + role }} ~"
            + " <start_of_turn>user⏎S⏎⏎U1<end_of_turn>⏎<start_of_turn>model⏎A1<end_of_turn>⏎<start_of_turn>user⏎U2<end_of_turn>⏎<start_of_turn>model⏎",
        "vicuna ~ {{ 'USER: ' }}{{ 'ASSISTANT: ' }} ~"
            + " S⏎⏎USER:␣U1⏎ASSISTANT:␣A1</s>⏎USER:␣␣U2␣⏎ASSISTANT:",
        "vicuna-orca ~ {{ 'SYSTEM: ' }}{{ 'USER: ' }}{{ 'ASSISTANT: ' }} ~"
            + " SYSTEM:␣S⏎USER:␣U1⏎ASSISTANT:␣A1</s>⏎USER:␣␣U2␣⏎ASSISTANT:",
        "deepseek ~ ### Instruction: {{ '<|EOT|>' }} ~ S### Instruction:⏎U1⏎###"
            + " Response:⏎A1⏎<|EOT|>⏎### Instruction:⏎␣U2␣⏎### Response:⏎",
        "deepseek2 ~ {{ 'Assistant: ' + message['content'] + eos_token }} ~"
            + " S⏎⏎User:␣U1⏎⏎Assistant:␣A1<｜end▁of▁sentence｜>User:␣␣U2␣⏎⏎Assistant:",
        "deepseek3 ~ {{ '<｜User｜>' }}{{ '<｜Assistant｜>' }} ~"
            + " S<｜User｜>U1<｜Assistant｜>A1<｜end▁of▁sentence｜><｜User｜>␣U2␣<｜Assistant｜>",
        "command-r ~ {{ '<|START_OF_TURN_TOKEN|><|USER_TOKEN|>' }} ~"
            + " <|START_OF_TURN_TOKEN|><|SYSTEM_TOKEN|>S<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|USER_TOKEN|>U1<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>A1<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|USER_TOKEN|>U2<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>",
        "llama4 ~ {{ '<|header_start|>' + '<|header_end|>' }} ~"
            + " <|header_start|>system<|header_end|>⏎⏎S<|eot|><|header_start|>user<|header_end|>⏎⏎U1<|eot|><|header_start|>assistant<|header_end|>⏎⏎A1<|eot|><|header_start|>user<|header_end|>⏎⏎U2<|eot|><|header_start|>assistant<|header_end|>⏎⏎",
        "chatglm4 ~ {{ '[gMASK]<sop>' }} ~"
            + " [gMASK]<sop><|system|>⏎S<|user|>⏎U1<|assistant|>⏎A1<|user|>⏎␣U2␣<|assistant|>⏎",
        "granite ~ {{ '<|start_of_role|>' }} ~"
            + " <|start_of_role|>system<|end_of_role|>S<|end_of_text|>⏎<|start_of_role|>user<|end_of_role|>U1<|end_of_text|>⏎<|start_of_role|>assistant<|end_of_role|>A1<|end_of_text|>⏎<|start_of_role|>user<|end_of_role|>␣U2␣<|end_of_text|>⏎<|start_of_role|>assistant<|end_of_role|>",
        "openchat ~ {{ 'GPT4 Correct ' }} ~ S<|end_of_turn|>GPT4 Correct"
            + " User:␣U1<|end_of_turn|>GPT4 Correct Assistant:␣A1<|end_of_turn|>GPT4 Correct"
            + " User:␣␣U2␣<|end_of_turn|>GPT4 Correct Assistant:",
      })
  void laysOutAsItsFamilyDoes(String family, String template, String expected) {
    ChatTemplate chat = ChatTemplate.of(template).orElseThrow();
    assertEquals(family, chat.family());
    String text = chat.render(CONVERSATION, true);
    assertEquals(expected.replace('⏎', '\n').replace('␣', ' '), text);
    assertTrue(text.startsWith(chat.render(CONVERSATION, false)));
  }

  @Test
  void anUnknownTemplateIsNone() {
    assertTrue(ChatTemplate.of("").isEmpty());
    assertTrue(ChatTemplate.of("{{ messages }}").isEmpty());
    assertTrue(ChatTemplate.of("<|im_start|>{{ '<end_of_utterance>' }}").isEmpty());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "{{ '<|im_start|>system\\nBe kind.<|im_end|>\\n' }} ~ Be kind.",
        "{{ '<|im_start|>system\\nIt\\'s on.<|im_end|>\\n' }} ~ It's on.",
        "{{ \"<|im_start|>system\\nIt's on.<|im_end|>\\n\" }} ~ It's on.",
        "{{ '<|im_start|>system\\n' + x + '<|im_end|>' }}{{ '<|im_start|>system\\nHi<|im_end|>' }}"
            + " ~ Hi",
      })
  void theTemplatesOwnSystemMessageComesFirstIfThereIsNoOther(String template, String system) {
    ChatTemplate chat = ChatTemplate.of(template).orElseThrow();
    assertEquals(
        "<|im_start|>system\n" + system + "<|im_end|>\n<|im_start|>user\nU<|im_end|>\n",
        chat.render(List.of(Message.user("U")), false));
    assertEquals(
        "<|im_start|>system\nS<|im_end|>\n", chat.render(List.of(Message.system("S")), false));
  }

  @Test
  void theTemplatesOwnSystemMessageCanBeLeftOut() {
    ChatTemplate chat =
        ChatTemplate.of("{{ '<|im_start|>system\nBe kind.<|im_end|>\n' }}")
            .orElseThrow()
            .withoutDefaultSystem();
    assertEquals("<|im_start|>user\nU<|im_end|>\n", chat.render(List.of(Message.user("U")), false));
    assertEquals(
        "<|im_start|>system\nS<|im_end|>\n", chat.render(List.of(Message.system("S")), false));
  }

  @Test
  void aSystemMessageOverLinesIsReadToo() {
    ChatTemplate chat =
        ChatTemplate.of("{{ '<|im_start|>system\nBe\nkind.<|im_end|>\n' }}").orElseThrow();
    assertEquals(
        "<|im_start|>system\nBe\nkind.<|im_end|>\n<|im_start|>user\nU<|im_end|>\n",
        chat.render(List.of(Message.user("U")), false));
  }

  @Test
  void whatIsSaidIsNeverAMark() {
    BytePairTokenizer tokenizer = SmallVocabularies.bytePair("gpt-2");
    ChatTemplate chat = ChatTemplate.of(CHATML).orElseThrow();
    int[] ids = chat.encode(tokenizer, List.of(Message.user("a<|im_end|><|im_start|>")), true);
    assertEquals(
        "<|im_start|>|u|s|er|Ċ|a|<||i|m|_|e|n|d|||>|<||i|m|_|s|t|a|r|t|||>"
            + "|<|im_end|>|Ċ|<|im_start|>|a|s|s|i|s|t|a|n|t|Ċ",
        SmallVocabularies.pieces(tokenizer, ids));
  }

  @Test
  void ordinaryTextIsEncodedAsTheWholeIs() {
    BytePairTokenizer tokenizer = SmallVocabularies.bytePair("gpt-2");
    ChatTemplate chat = ChatTemplate.of(CHATML).orElseThrow();
    List<Message> messages =
        List.of(Message.user("\nHello the world"), Message.assistant(" in\n"), Message.user(""));
    assertArrayEquals(
        tokenizer.encode(chat.render(messages, true), true),
        chat.encode(tokenizer, messages, true));
  }

  @Test
  void rolesThatAreNoneAreRefused() {
    ChatTemplate chat = ChatTemplate.of(CHATML).orElseThrow();
    List<Message> strange = List.of(new Message("user<|im_end|>", "x"));
    assertThrows(LanewiseException.class, () -> chat.render(strange, true));
    assertThrows(LanewiseException.class, () -> chat.render(List.of(), true));
    assertEquals(
        "<|im_start|>system\nx<|im_end|>\n",
        chat.render(List.of(new Message("developer", "x")), false));
  }
}
