package dev.lanewise.model.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.lanewise.model.checkpoint.Gguf;
import dev.lanewise.model.checkpoint.GgufWriter;
import dev.lanewise.model.checkpoint.TinyLlama;
import dev.lanewise.model.tokenizer.Message;
import dev.lanewise.model.tokenizer.Tokenizer;
import dev.lanewise.model.tokenizer.TokenizerFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a model reads of a conversation: the token that begins a sequence above all. */
class LanguageModelTest {
  private static final String PLAIN =
      "{% for message in messages %}{% if message['role'] == 'user' %}"
          + "{{ '[INST] ' + message['content'] + ' [/INST]' }}"
          + "{% else %}{{ message['content'] + eos_token }}{% endif %}{% endfor %}";
  private static final String NAMING = "{{ bos_token }}" + PLAIN;
  private static final String SPELLING = "{#- Begin. #}\n{{- '<s>' }}" + PLAIN;

  private static final List<Message> FIRST = List.of(Message.user("a"));
  private static final List<Message> SECOND =
      List.of(Message.user("a"), Message.assistant("b"), Message.user("b"));

  private static final String TOKENIZER =
      """
      {"added_tokens": [{"id": 0, "content": "<unk>", "special": true},
         {"id": 1, "content": "<s>", "special": true},
         {"id": 2, "content": "</s>", "special": true}],
       "pre_tokenizer": {"type": "Metaspace", "prepend_scheme": "first", "split": false},
       "post_processor": {"type": "TemplateProcessing",
         "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
           {"Sequence": {"id": "A", "type_id": 0}}],
         "pair": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
           {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
         "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
       "model": {"type": "BPE", "unk_token": "<unk>",
         "vocab": {"<unk>": 0, "<s>": 1, "</s>": 2, "▁": 3, "[": 4, "]": 5, "I": 6, "N": 7,
           "S": 8, "T": 9, "/": 10, "a": 11, "b": 12, "IN": 13, "ST": 14, "INST": 15, "▁[": 16,
           "▁a": 17},
         "merges": ["I N", "S T", "IN ST", "▁ [", "▁ a"]}}
      """;

  @TempDir private Path folder;

  // --- Folders of the hub, against the ids of transformers 5.24 --------------------------------

  private LanguageModel hub(String template, String begin) throws IOException {
    Files.writeString(folder.resolve("tokenizer.json"), TOKENIZER);
    Files.writeString(
        folder.resolve("tokenizer_config.json"), "{\"bos_token\": %s}".formatted(begin));
    Files.writeString(folder.resolve("chat_template.jinja"), template);
    return new LanguageModel(
        new ScriptedModel(18, 32),
        TokenizerFiles.load(folder),
        HubChatTemplates.chatTemplate(folder));
  }

  @Test
  void aFolderBeginsConversationsAsItsTemplateDoes() throws IOException {
    int[] first = {1, 4, 15, 5, 17, 16, 10, 15, 5};
    int[] second = {1, 4, 15, 5, 17, 16, 10, 15, 5, 12, 2, 4, 15, 5, 3, 12, 16, 10, 15, 5};
    for (String template : List.of(NAMING, SPELLING)) {
      LanguageModel model = hub(template, "{\"content\": \"<s>\"}");
      assertArrayEquals(first, model.encodeChat(FIRST));
      assertArrayEquals(second, model.encodeChat(SECOND));
    }
  }

  @Test
  void aFolderAddsNothingThatItsTemplateDoesNotWrite() throws IOException {
    int[] bare = {16, 15, 5, 17, 16, 10, 15, 5};
    LanguageModel model = hub(PLAIN, "\"<s>\"");
    assertArrayEquals(new int[] {1, 17}, model.tokenizer().withSequenceTokens(new int[] {17}));
    assertArrayEquals(bare, model.encodeChat(FIRST));
    assertArrayEquals(bare, hub(NAMING, "null").encodeChat(FIRST), "no token has that role");
  }

  // --- GGUF files -----------------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource({
    "NAMING, true, 1", "NAMING, false, 1", "NAMING, , 1",
    "SPELLING, true, 1", "SPELLING, false, 1", "SPELLING, , 1",
    "PLAIN, true, 1", "PLAIN, false, 0", "PLAIN, , 1",
  })
  void aFileBeginsConversationsIfItOrItsTemplateSaysSo(String name, Boolean adds, int count) {
    String template = Map.of("NAMING", NAMING, "SPELLING", SPELLING, "PLAIN", PLAIN).get(name);
    GgufWriter writer =
        TinyLlama.writer(TinyLlama.Shape.SMALLEST, TinyLlama.Vocabulary.SPM, 1)
            .remove("tokenizer.ggml.add_bos_token")
            .bool("tokenizer.ggml.add_eos_token", true)
            .string("tokenizer.chat_template", template);
    if (adds != null) {
      writer.bool("tokenizer.ggml.add_bos_token", adds);
    }
    try (LanguageModel model = LanguageModel.load(writer.write(folder.resolve("x.gguf")))) {
      Tokenizer tokenizer = model.tokenizer();
      assertEquals(1, tokenizer.beginOfSequence());
      for (List<Message> messages : List.of(FIRST, SECOND)) {
        int[] ids = model.encodeChat(messages);
        assertEquals(count, Arrays.stream(ids).filter(id -> id == 1).count());
        assertEquals(count, ids[0] == 1 ? 1 : 0);
        assertEquals(
            messages.size() / 2, Arrays.stream(ids).filter(id -> id == 2).count(), "no end added");
        int[] text =
            tokenizer.encode(model.chatTemplate().orElseThrow().render(messages, true), true);
        assertArrayEquals(text, Arrays.copyOfRange(ids, count, ids.length));
      }
    }
  }

  /** A file may hold it as a token like any other, which no text that is said stands for. */
  @Test
  void theBeginningNeedNotBeASpecialToken() {
    GgufWriter writer =
        TinyLlama.writer(TinyLlama.Shape.SMALLEST, TinyLlama.Vocabulary.SPM, 1)
            .string("tokenizer.chat_template", NAMING);
    String types = "tokenizer.ggml.token_type";
    int[] kinds = Gguf.open(writer.write(folder.resolve("x.gguf"))).metadata().integers(types);
    assertNotEquals(1, kinds[1]);
    kinds[1] = 1; // normal
    writer.remove(types).int32s(types, kinds);
    try (LanguageModel model = LanguageModel.load(writer.write(folder.resolve("y.gguf")))) {
      int[] ids = model.encodeChat(FIRST);
      assertEquals(1, ids[0]);
      String text = model.chatTemplate().orElseThrow().render(FIRST, true);
      assertArrayEquals(
          model.tokenizer().encode(text, true), Arrays.copyOfRange(ids, 1, ids.length));
    }
  }

  @Test
  void theEndOfASequenceIsNotItsBeginningThoughTheTokensAreTheSame() {
    GgufWriter writer =
        TinyLlama.writer(TinyLlama.Shape.SMALLEST, TinyLlama.Vocabulary.GPT2, 1)
            .bool("tokenizer.ggml.add_eos_token", true)
            .string("tokenizer.chat_template", PLAIN);
    try (LanguageModel model = LanguageModel.load(writer.write(folder.resolve("x.gguf")))) {
      int[] ids = model.encodeChat(FIRST);
      assertEquals(
          0, Arrays.stream(ids).filter(id -> id == model.tokenizer().beginOfSequence()).count());
    }
  }
}
