package dev.lanewise.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What templates write beyond their family's rules. The expected texts, but for the token that
 * begins a sequence, are what transformers 5.24 renders with the models' own templates; of these
 * the marks alone are repeated here.
 */
class ChatTraitsTest {
  private static final Message BRIEF = Message.system("Be brief.");
  private static final Message HI = Message.user("Hi");
  private static final Message HELLO = Message.assistant("Hello!");
  private static final Message BYE = Message.user("Bye");

  private static void assertRenders(String expected, String template, Message... messages) {
    ChatTemplate chat = ChatTemplate.of(template).orElseThrow();
    assertEquals(expected, chat.render(List.of(messages), true));
  }

  @Test
  void phi4MiniWritesNoLineEnds() {
    String template =
        """
        {% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] +\
         '<|end|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}
        """;
    assertEquals("phi4-mini", ChatTemplate.of(template).orElseThrow().family());
    assertRenders(
        "<|system|>Be brief.<|end|><|user|>Hi<|end|><|assistant|>Hello!<|end|>"
            + "<|user|>Bye<|end|><|assistant|>",
        template,
        BRIEF,
        HI,
        HELLO,
        BYE);
    // Phi-3-mini joins the line ends to the marks.
    assertRenders(
        "<|user|>\nHi<|end|>\n<|assistant|>\nHello!<|end|>\n<|user|>\nBye<|end|>\n<|assistant|>\n",
        "{{'<|user|>' + '\n' + message['content'] + '<|end|>' + '\n' + '<|assistant|>' + '\n'}}",
        HI,
        HELLO,
        BYE);
  }

  private static final Message SPACED_SYSTEM = Message.system("  s ");
  private static final Message SPACED_HI = Message.user("  Hi \n");
  private static final Message SPACED_HELLO = Message.assistant(" Hello ");

  @Test
  void llama2BeginsEveryTurnAnewAndPutsSpacesAroundAnswers() {
    String template =
        "{% set content = '<<SYS>>\\n"
            + "' + system_message + '\\n"
            + "<</SYS>>\\n"
            + "\\n"
            + "' + message['content'] %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]'"
            + " }}{{ ' '  + content.strip() + ' ' + eos_token }}";
    for (String each : List.of(template, template.replace("content.strip()", "content | trim"))) {
      assertRenders("[INST] Hi [/INST] Hello! </s><s>[INST] Bye [/INST]", each, HI, HELLO, BYE);
      assertRenders(
          "[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST] Hello! </s><s>[INST] Bye [/INST]",
          each,
          BRIEF,
          HI,
          HELLO,
          BYE);
      assertRenders(
          "[INST] <<SYS>>\n  s \n<</SYS>>\n\n  Hi [/INST] Hello </s><s>[INST] Bye [/INST]",
          each,
          SPACED_SYSTEM,
          SPACED_HI,
          SPACED_HELLO,
          BYE);
    }
    // Vigogne's does not begin anew.
    assertRenders(
        "[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST] Hello! </s>[INST] Bye [/INST]",
        template.replace("bos_token + ", ""),
        BRIEF,
        HI,
        HELLO,
        BYE);
  }

  @Test
  void turnsThatBeginAnewPutSpacesAroundAnswersThatAreNotStripped() {
    String template =
        "{{- bos_token + '[INST] ' + messages[idx]['content'] + ' [/INST]' -}}"
            + "{{- '[INST] <<SYS>>\\n' + messages[idx]['content'] + '\\n<</SYS>>\\n\\n' -}}"
            + "{{- ' '  + messages[idx]['content'] + ' ' + eos_token -}}";
    assertRenders(
        "[INST] <<SYS>>\n  s \n<</SYS>>\n\n  Hi \n [/INST]  Hello  </s><s>[INST] Bye [/INST]",
        template,
        SPACED_SYSTEM,
        SPACED_HI,
        SPACED_HELLO,
        BYE);
  }

  @Test
  void mistralMayHaveItsSystemMessageInTheLastTurn() {
    String nemo =
        """
        {{- "[AVAILABLE_TOOLS][" }}{%- if loop.last and system_message is defined %}
        {{- "[INST]" + system_message + "\\n\\n" + message["content"] + "[/INST]" }}
        """;
    assertRenders("[INST]Be brief.\n\nHi[/INST]", nemo, BRIEF, HI);
    assertRenders(
        "[INST]Hi[/INST]Hello!</s>[INST]Be brief.\n\nBye[/INST]", nemo, BRIEF, HI, HELLO, BYE);
    String large = nemo.replace("[INST]", "[INST] ");
    assertRenders(
        "[INST] Hi[/INST] Hello!</s>[INST] Be brief.\n\nBye[/INST]", large, BRIEF, HI, HELLO, BYE);
    // The template of 7B-Instruct-v0.2 has it in the first.
    String first =
        "{%- if loop.first and system_message is defined %}{{- ' [INST] ' + system_message";
    assertRenders(
        " [INST] Be brief.\n\nHi [/INST] Hello!</s> [INST] Bye [/INST]",
        first,
        BRIEF,
        HI,
        HELLO,
        BYE);
  }
}
