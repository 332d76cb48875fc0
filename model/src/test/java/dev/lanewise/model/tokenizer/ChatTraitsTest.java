package dev.lanewise.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.lanewise.model.LanewiseException;
import java.time.LocalDate;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What templates write beyond their family's rules. The expected texts, but for the token that
 * begins a sequence, are what transformers 5.24 renders with the models' own templates, thinking
 * switched on where that can be switched; of the templates the marks alone are repeated here, and
 * of Mistral's long messages a word or two.
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

  private static final Message THOUGHTFUL = Message.assistant("<think>\nhm\n</think>\n\nHello!");

  @Test
  void thoughtsOfEarlierAnswersAreDroppedWhereTheTemplateDropsThem() {
    String qwen3 =
        """
        {%- set content = message.content.split('</think>')[-1].lstrip('\\n') %}
        {{- '<|im_start|>' + message.role + '\\n' + content }}
        """;
    String expected =
        """
        <|im_start|>user
        Hi<|im_end|>
        <|im_start|>assistant
        Hello!<|im_end|>
        <|im_start|>user
        Bye<|im_end|>
        <|im_start|>assistant
        """;
    assertRenders(expected, qwen3, HI, THOUGHTFUL, BYE);
    assertRenders(expected, qwen3, HI, HELLO, BYE);
    // What began with a prompt up to <think> has the end of the thoughts alone.
    assertRenders(expected, qwen3, HI, Message.assistant("hm\n</think>\n\nHello!"), BYE);
    String deepseek =
        "{%- set content = content.split('</think>')[-1] -%}"
            + "{{'<｜Assistant｜>' + content + '<｜end▁of▁sentence｜>'}}{{'<｜User｜>'}}";
    assertRenders(
        "<｜User｜>Hi<｜Assistant｜>\n\nHello!<｜end▁of▁sentence｜><｜User｜>Bye<｜Assistant｜>",
        deepseek,
        HI,
        THOUGHTFUL,
        BYE);
    // LFM2.5 keeps those of the last answer, whoever speaks after it; here all of them stay.
    assertRenders(
        "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<think>\nhm\n</think>\n\nHello!"
            + "<|im_end|>\n<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n",
        "<|im_start|>{%- if loop.index0 != ns.last_assistant_index -%}"
            + "{%- set content = content.split('</think>')[-1] -%}",
        HI,
        THOUGHTFUL,
        BYE);
    // Qwen2.5 knows no thoughts.
    assertRenders(
        "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<think>\nhm\n</think>\n\nHello!"
            + "<|im_end|>\n<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n",
        "{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}",
        HI,
        THOUGHTFUL,
        BYE);
    ChatTemplate chat = ChatTemplate.of(qwen3).orElseThrow();
    assertEquals(
        """
        <|im_start|>user
        Hi<|im_end|>
        <|im_start|>assistant
        <think>
        hm
        </think>

        Hello!<|im_end|>
        """,
        chat.render(List.of(HI, THOUGHTFUL), false),
        "the last answer keeps them");
  }

  @Test
  void deepSeekPartsSystemMessagesFromOneAnotherAlone() {
    String template =
        "{{'<｜User｜>' + message['content']}}"
            + "{{'<｜Assistant｜>' + content + '<｜end▁of▁sentence｜>'}}"
            + "{%- if add_generation_prompt -%}{{'<｜Assistant｜><think>\\n'}}{%- endif %}";
    assertRenders("<｜User｜>Hi<｜Assistant｜><think>\n", template, HI);
    assertRenders("<｜User｜>Hi<｜Assistant｜><think>\n", template, Message.system(""), HI);
    assertRenders(
        "Be brief.<｜User｜>Hi<｜Assistant｜>Hello!<｜end▁of▁sentence｜>"
            + "<｜User｜>Bye<｜Assistant｜><think>\n",
        template,
        BRIEF,
        HI,
        HELLO,
        BYE);
    // DeepSeek-V3 joins them so, and has the model answer at once.
    assertRenders(
        "Be brief.\n\nBe kind.<｜User｜>Hi<｜Assistant｜>",
        template.replace("<think>\\n", ""),
        BRIEF,
        Message.system("Be kind."),
        HI);
  }

  @Test
  void anAnswerBeginsWithThoughtsWhereTheTemplateBeginsItSo() {
    String qwq = "{{- '<|im_start|>assistant\\n<think>\\n' }}";
    assertRenders("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<think>\n", qwq, HI);
    String olmo3 = "{{ '<|im_start|>assistant\\n<think>' }}";
    assertRenders("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<think>", olmo3, HI);
    // Qwen3's template does so only if thoughts are not wanted.
    assertRenders(
        "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
        "{{- '<|im_start|>assistant\\n' }}{%- if enable_thinking is false %}"
            + "{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}",
        HI);
  }

  @Test
  void thinkingIsSwitchedOffWhereTheTemplateCan() {
    ChatTemplate qwen3 =
        ChatTemplate.of(
                """
                {{- '<|im_start|>assistant\\n' }}
                {%- if enable_thinking is defined and enable_thinking is false %}
                    {{- '<think>\\n\\n</think>\\n\\n' }}
                {%- endif %}
                """)
            .orElseThrow();
    String begin = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n";
    assertEquals(begin, qwen3.render(List.of(HI), true));
    assertEquals(
        begin + "<think>\n\n</think>\n\n", qwen3.withoutThinking().render(List.of(HI), true));
    assertEquals(
        begin + "Hello!<|im_end|>\n",
        qwen3.withoutThinking().render(List.of(HI, HELLO), false),
        "an earlier answer is as it is");
    ChatTemplate qwq = ChatTemplate.of("{{- '<|im_start|>assistant\\n<think>\\n' }}").orElseThrow();
    assertThrows(LanewiseException.class, qwq::withoutThinking);
  }

  @Test
  void llama31WritesItsDatesBeforeEverySystemMessage() {
    String template =
        """
        {%- set date_string = strftime_now("%d %b %Y") %}{%- set date_string = "26 Jul 2024" %}
        {{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
        {{- "Cutting Knowledge Date: December 2023\\n" }}
        {{- "Today Date: " + date_string + "\\n\\n" }}
        """;
    String begin =
        """
        <|start_header_id|>system<|end_header_id|>

        Cutting Knowledge Date: December 2023
        Today Date: 26 Jul 2024

        """;
    String end =
        "<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
            + "<|start_header_id|>assistant<|end_header_id|>\n\n";
    assertRenders(begin + end, template, HI);
    assertRenders(begin + end, template, Message.system(""), HI);
    assertRenders(begin + "Be brief." + end, template, BRIEF, HI);
    assertRenders(begin + "s" + end, template, SPACED_SYSTEM, SPACED_HI);
    ChatTemplate without = ChatTemplate.of(template).orElseThrow().withoutDefaultSystem();
    assertEquals(begin + end, without.render(List.of(HI), true), "it is no message");
    // Llama 3 writes nothing of its own.
    assertRenders(
        "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
            + "<|start_header_id|>assistant<|end_header_id|>\n\n",
        "{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' }}",
        HI);
  }

  @Test
  void mistralsDefaultSystemMessageIsRead() {
    String devstral =
        """
        {%- set default_system_message = 'You are Devstral.\\n\\nDon\\'t say \\"no\\".' %}
        {{- '[SYSTEM_PROMPT]' + system_message + '[/SYSTEM_PROMPT]' }}{{- '[INST]' }}
        """;
    assertRenders(
        "[SYSTEM_PROMPT]You are Devstral.\n\nDon't say \"no\".[/SYSTEM_PROMPT][INST]Hi[/INST]",
        devstral,
        HI);
    assertRenders("[SYSTEM_PROMPT]Be brief.[/SYSTEM_PROMPT][INST]Hi[/INST]", devstral, BRIEF, HI);
    ChatTemplate without = ChatTemplate.of(devstral).orElseThrow().withoutDefaultSystem();
    assertEquals("[INST]Hi[/INST]", without.render(List.of(HI), true));
    // One that is made of more than literals is not guessed at.
    assertRenders("[INST]Hi[/INST]", devstral.replace(".' %}", ".' + name %}"), HI);
  }

  @Test
  void mistralSmallKnowsTheDay() {
    String template =
        """
        {%- set today = strftime_now("%Y-%m-%d") %}
        {%- set default_system_message = "You are Mistral. The current date is " + today + ".

        Be kind." %}
        {{- '[SYSTEM_PROMPT]' + system_prompt + '[/SYSTEM_PROMPT]' }}{{- '[INST]' }}
        """;
    assertEquals(
        "You are Mistral. The current date is 2025-06-20.\n\nBe kind.",
        ChatDefaults.system(template, ChatFamily.MISTRAL_V7_TEKKEN, LocalDate.of(2025, 6, 20)));
  }

  @Test
  void granite3KnowsTheDay() {
    String template =
        """
        {%- set system_message = "Knowledge Cutoff Date: April 2024.\\nToday's Date: " \
        + strftime_now('%B %d, %Y') + ".\\nYou are Granite, developed by IBM." %}
        {%- if available_tools %}
            {%- set system_message = system_message + " You have tools." %}
        {%- else %}
            {%- set system_message = system_message + " You are a helpful AI assistant." %}
        {%- endif %}
        {{- '<|start_of_role|>system<|end_of_role|>' + system_message + '<|end_of_text|>
        ' }}
        """;
    assertEquals(
        "Knowledge Cutoff Date: April 2024.\nToday's Date: June 05, 2025.\n"
            + "You are Granite, developed by IBM. You are a helpful AI assistant.",
        ChatDefaults.system(template, ChatFamily.GRANITE, LocalDate.of(2025, 6, 5)));
    assertRenders(
        """
        <|start_of_role|>system<|end_of_role|>Be brief.<|end_of_text|>
        <|start_of_role|>user<|end_of_role|>Hi<|end_of_text|>
        <|start_of_role|>assistant<|end_of_role|>\
        """,
        template,
        BRIEF,
        HI);
  }

  @Test
  void granite4HasADefaultSystemMessage() {
    assertRenders(
        """
        <|start_of_role|>system<|end_of_role|>Be safe.<|end_of_text|>
        <|start_of_role|>user<|end_of_role|>Hi<|end_of_text|>
        <|start_of_role|>assistant<|end_of_role|>\
        """,
        "{%- set g4_default_system_message = 'Be safe.' %}"
            + "{%- set ns = namespace(default_system_message=g4_default_system_message) %}"
            + "{{- '<|start_of_role|>system<|end_of_role|>' + ns.default_system_message }}",
        HI);
  }

  @Test
  void marksInATemplatesOwnMessageAreMarks() {
    String ministral =
        "{%- set default_system_message = 'Think: [THINK]a[/THINK]' %}{{- '[SYSTEM_PROMPT]' +"
            + " default_system_message + '[/SYSTEM_PROMPT]' }}{{ '[INST]' }}";
    ChatTemplate chat = ChatTemplate.of(ministral).orElseThrow();
    assertEquals(
        List.of(
            new Segment("[SYSTEM_PROMPT]Think: [THINK]a[/THINK][/SYSTEM_PROMPT][INST]", true),
            new Segment("[THINK]", false),
            new Segment("[/INST]", true)),
        chat.segments(List.of(Message.user("[THINK]")), true));
  }

  @Test
  void gemma3WritesItsSystemMessageAsItIs() {
    String template =
        "{%- set first_user_prefix = messages[0]['content'] + '\n\n"
            + "' -%}{{ '<start_of_turn>' + role }}";
    String end = "Hi<end_of_turn>\n<start_of_turn>model\n";
    assertRenders("<start_of_turn>user\n" + end, template, HI);
    assertRenders("<start_of_turn>user\n\n\n" + end, template, Message.system(""), HI);
    assertRenders("<start_of_turn>user\n  s \n\n" + end, template, SPACED_SYSTEM, SPACED_HI);
    // Gemma 2 refuses system messages; they are told the model all the same.
    String gemma2 = "{{ '<start_of_turn>' + role }}";
    assertRenders("<start_of_turn>user\n" + end, gemma2, Message.system(""), HI);
    assertRenders("<start_of_turn>user\ns\n\n" + end, gemma2, SPACED_SYSTEM, SPACED_HI);
  }

  @Test
  void openChatGivesItsSystemMessageATitle() {
    assertRenders(
        "GPT4 Correct System: Be brief.<|end_of_turn|>GPT4 Correct User: Hi<|end_of_turn|>"
            + "GPT4 Correct Assistant:",
        "{{ 'GPT4 Correct ' + message['role'].title() + ': ' + message['content'] }}",
        BRIEF,
        HI);
  }

  @Test
  void phi35LeavesAnEmptySystemMessageOut() {
    String template =
        """
        {% if message['role'] == 'system' and message['content'] %}{{'<|system|>
        ' + message['content'] + '<|end|>
        '}}{% endif %}{{ '<|assistant|>
        ' }}
        """;
    String end = "<|user|>\nHi<|end|>\n<|assistant|>\n";
    assertRenders(end, template, Message.system(""), HI);
    assertRenders("<|system|>\nBe brief.<|end|>\n" + end, template, BRIEF, HI);
    assertRenders("<|system|>\n  s <|end|>\n" + end, template, SPACED_SYSTEM, HI);
    assertRenders("<|assistant|>\n", template, Message.system(""));
  }
}
