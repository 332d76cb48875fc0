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
}
