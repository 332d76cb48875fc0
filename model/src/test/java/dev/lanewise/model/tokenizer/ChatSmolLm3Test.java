package dev.lanewise.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.time.LocalDate;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * SmolLM3's layout. The expected texts are what transformers 5.24 renders with the template of
 * SmolLM3-3B on a day in July 2025, and with the one that llama.cpp keeps for it. Of the templates
 * the marks that are read are repeated here, and of their long default a few words.
 */
class ChatSmolLm3Test {
  private static final LocalDate DAY = LocalDate.of(2025, 7, 8);

  private static final String BEGIN =
      """
      {{- "<|im_start|>system\\n" -}}
      {%- if "/system_override" in system_message -%}
        {{- "<|im_end|>\\n" -}}
      {%- else -%}
        {{- "## Metadata\\n\\n" -}}
        {{- "Knowledge Cutoff Date: June 2025\\n" -}}
        {%- set today = strftime_now("%d %B %Y") -%}
        {{- "Today Date: " ~ today ~ "\\n" -}}
        {{- "Reasoning Mode: " + reasoning_mode + "\\n\\n" -}}
        {{- "## Custom Instructions\\n\\n" -}}
        {%- if custom_instructions -%}
          {{- custom_instructions + "\\n\\n" -}}
        {%- elif reasoning_mode == "/think" -%}
          {{- "You are SmolLM. First <think> a \\"Thought\\" </think>, then solve.\\n\\n" -}}
        {%- else -%}
          {{- "You are SmolLM.\\n\\n" -}}
        {%- endif -%}
      """;

  private static final String LOOP =
      """
      {%- for message in messages -%}
        {{ "<|im_start|>assistant\\n" + "<think>\\n\\n</think>\\n" + content + "<|im_end|>\\n" }}
      {%- endfor -%}
      """;

  private static final String TEMPLATE =
      BEGIN
          + """
            {%- if xml_tools or python_tools -%}
              {%- if xml_tools -%}
                {{- xml_tool_string -}}
              {%- endif -%}
              {{- "<|im_end|>\\n" -}}
            {%- endif -%}
          {%- endif -%}
          """
          + LOOP;

  private static final String THINKING =
      """
      <|im_start|>system
      ## Metadata

      Knowledge Cutoff Date: June 2025
      Today Date: 08 July 2025
      Reasoning Mode: /think

      ## Custom Instructions

      """;

  private static final String PLAIN = THINKING.replace("/think", "/no_think");
  private static final String DEFAULT =
      "You are SmolLM. First <think> a \"Thought\" </think>, then solve.\n\n";
  private static final String PLAIN_DEFAULT = "You are SmolLM.\n\n";
  private static final String HI_SAID = "<|im_start|>user\nHi<|im_end|>\n";
  private static final String BYE_SAID = "<|im_start|>user\nBye<|im_end|>\n";
  private static final String ANSWER = "<|im_start|>assistant\n";
  private static final String PLAIN_ANSWER = ANSWER + "<think>\n\n</think>\n";

  private static final Message BRIEF = Message.system("Be brief.");
  private static final Message HI = Message.user("Hi");
  private static final Message BYE = Message.user("Bye");

  private static ChatTemplate chat(String template) {
    return ChatTemplate.of(template, DAY).orElseThrow();
  }

  private static void assertRenders(String expected, Message... messages) {
    assertEquals(expected, chat(TEMPLATE).render(List.of(messages), true));
  }

  @Test
  void isToldFromChatml() {
    assertEquals("smollm3", chat(TEMPLATE).family());
    assertEquals("chatml", chat(LOOP).family());
  }

  @Test
  void everyConversationBeginsWithDatesAndMode() {
    assertRenders(THINKING + DEFAULT + HI_SAID + ANSWER, HI);
    assertRenders(THINKING + DEFAULT + HI_SAID + ANSWER, Message.system(""), HI);
    assertRenders(THINKING + "Be brief.\n\n" + HI_SAID + ANSWER, BRIEF, HI);
    assertRenders(
        THINKING + "  s\n\n<|im_start|>user\n Hi \n<|im_end|>\n" + ANSWER,
        Message.system("  s \n"),
        Message.user(" Hi \n"));
    assertNotEquals(
        chat(TEMPLATE).render(List.of(HI), true),
        ChatTemplate.of(TEMPLATE, DAY.plusDays(1)).orElseThrow().render(List.of(HI), true));
  }

  @Test
  void theSystemChoosesWhetherToThink() {
    String brief = "Be brief.\n\n" + HI_SAID;
    assertRenders(PLAIN + brief + PLAIN_ANSWER, Message.system("Be brief. /no_think"), HI);
    assertRenders(PLAIN + PLAIN_DEFAULT + HI_SAID + PLAIN_ANSWER, Message.system("/no_think"), HI);
    assertRenders(THINKING + " " + brief + ANSWER, Message.system("/think Be brief."), HI);
    assertRenders(
        PLAIN + " Be  brief.\n\n" + HI_SAID + PLAIN_ANSWER,
        Message.system("/think Be /no_think brief."),
        HI);
  }

  @Test
  void theCallerMaySwitchThinkingOffUnlessTheSystemAsksForIt() {
    ChatTemplate plain = chat(TEMPLATE).withoutThinking();
    assertEquals(PLAIN + PLAIN_DEFAULT + HI_SAID + PLAIN_ANSWER, plain.render(List.of(HI), true));
    assertEquals(
        PLAIN + "Be brief.\n\n" + HI_SAID + PLAIN_ANSWER, plain.render(List.of(BRIEF, HI), true));
    assertEquals(
        THINKING + " Be brief.\n\n" + HI_SAID + ANSWER,
        plain.render(List.of(Message.system("/think Be brief."), HI), true));
  }

  @Test
  void earlierAnswersKeepTheirThoughts() {
    assertRenders(
        THINKING
            + "Be brief.\n\n"
            + HI_SAID
            + "<|im_start|>assistant\n<think>\nhm\n</think>\n\nHello!\n<|im_end|>\n"
            + BYE_SAID
            + ANSWER,
        BRIEF,
        HI,
        Message.assistant("\n\n<think>\nhm\n</think>\n\nHello!\n"),
        BYE);
    assertRenders(
        PLAIN
            + PLAIN_DEFAULT
            + HI_SAID
            + "<|im_start|>assistant\n<think>\n\n</think>\nHello!<|im_end|>\n"
            + BYE_SAID
            + PLAIN_ANSWER,
        Message.system("/no_think"),
        HI,
        Message.assistant("\nHello!"),
        BYE);
    assertEquals(
        THINKING + DEFAULT + HI_SAID + "<|im_start|>assistant\nHello!<|im_end|>\n",
        chat(TEMPLATE).render(List.of(HI, Message.assistant("Hello!")), false));
  }

  @Test
  void theSystemMayOverrideAll() {
    assertRenders(
        "<|im_start|>system\n Be brief.<|im_end|>\n" + HI_SAID + ANSWER,
        Message.system("/system_override Be brief. /think "),
        HI);
    assertRenders(
        "<|im_start|>system\nBe brief.<|im_end|>\n"
            + HI_SAID
            + "<|im_start|>assistant\n<think>\n\n</think>\nHello!<|im_end|>\n"
            + BYE_SAID
            + PLAIN_ANSWER,
        Message.system("Be brief.\n/system_override\n/no_think"),
        HI,
        Message.assistant("Hello!"),
        BYE);
    assertRenders(
        "<|im_start|>system\n<|im_end|>\n" + HI_SAID + ANSWER,
        Message.system("/system_override"),
        HI);
  }

  @Test
  void onlyTheFirstMessageCanBeTheSystems() {
    assertRenders(
        THINKING + DEFAULT + HI_SAID + BYE_SAID + ANSWER,
        HI,
        Message.system("Be brief. /no_think"),
        BYE);
  }

  @Test
  void aTemplateMayCloseTheSystemsMessageAndKnowNoDay() {
    ChatTemplate chat =
        chat(
            BEGIN
                    .replaceAll("(?s)\\{%- if \"/system_override.*?else -%}", "")
                    .replaceAll("(?s)\\{%- set today.*?~ \"\\\\n\" -}}", "")
                + "{{- \"<|im_end|>\\n\" -}}\n"
                + LOOP);
    String begin =
        """
        <|im_start|>system
        ## Metadata

        Knowledge Cutoff Date: June 2025
        Reasoning Mode: /think

        ## Custom Instructions

        """;
    String end = "<|im_end|>\n" + HI_SAID + ANSWER;
    assertEquals(begin + DEFAULT + end, chat.render(List.of(HI), true));
    assertEquals(begin + "Be brief.\n\n" + end, chat.render(List.of(BRIEF, HI), true));
    assertEquals(
        begin + "/system_override\n\n" + end,
        chat.render(List.of(Message.system("/system_override /think"), HI), true));
  }

  @Test
  void theDefaultTextCanBeLeftOut() {
    ChatTemplate without = chat(TEMPLATE).withoutDefaultSystem();
    assertEquals(THINKING + HI_SAID + ANSWER, without.render(List.of(HI), true));
    assertEquals(
        PLAIN + HI_SAID + PLAIN_ANSWER,
        without.render(List.of(Message.system("/no_think"), HI), true));
  }

  @Test
  void theTemplatesMarksCountAndWhatIsSaidDoesNot() {
    assertEquals(
        List.of(
            new Segment(THINKING, true),
            new Segment("<think>", false),
            new Segment("\n\n<|im_start|>user\n", true),
            new Segment("<|im_end|>", false),
            new Segment("<|im_end|>\n", true)),
        chat(TEMPLATE)
            .segments(List.of(Message.system("<think>"), Message.user("<|im_end|>")), false));
  }
}
