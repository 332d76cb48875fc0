package dev.lanewise.model.task;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.GenerationConfig;
import dev.lanewise.model.arch.TinyEncoderDecoders;
import dev.lanewise.model.tokenizer.TokenSequence;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What models are told to do. */
class InstructionTest {
  private static final String TASKS =
      """
      {"task_specific_params": {
         "summarization": {"prefix": "summarize: ", "num_beams": 3, "min_length": 2,
                           "max_length": 9, "length_penalty": 2.5, "no_repeat_ngram_size": 3},
         "translation_en_to_de": {"prefix": "translate English to German: ", "num_beams": 6},
         "translation_en_to_fr": {"prefix": "translate English to French: ",
                                  "early_stopping": true}},
      """;

  @TempDir private Path folder;

  private ConditionalModel model(String tasks, List<String> pieces, String first) {
    String config = TinyEncoderDecoders.BART_CONFIG.replaceFirst("\\{", tasks);
    TinyConditionalModel.write(folder, config, "{}", TinyConditionalModel.tokenizer(pieces, first));
    return ConditionalModel.load(folder);
  }

  private ConditionalModel model(String tasks) {
    return model(tasks, TinyConditionalModel.BART_PIECES, "<s>");
  }

  private static void refuses(String part, ConditionalModel model, String from, String to) {
    String message =
        assertThrows(LanewiseException.class, () -> Instruction.translation(model, from, to))
            .getMessage();
    assertTrue(message.contains(part), message);
  }

  @Test
  void aTaskHasWordsAndNumbersOfItsOwn() {
    Instruction summary = Instruction.summary(model(TASKS));
    assertEquals("summarize: ", summary.prefix());
    assertEquals(3, summary.config().beams());
    assertEquals(2, summary.config().minLength());
    assertEquals(9, summary.config().maxLength());
    assertEquals(3, summary.config().noRepeatNgram());
    assertEquals(2.5f, summary.config().lengthPenalty());
    assertEquals("go: ", summary.withPrefix("go: ").prefix());
    assertThrows(NullPointerException.class, () -> summary.withPrefix(null));
    Instruction plain = Instruction.summary(model("{"));
    assertEquals("", plain.prefix());
    assertEquals(7, plain.config().beams());
    assertEquals(" ", Instruction.summary(model("{\"prefix\": \" \", ")).prefix());
    assertEquals(7, Instruction.none(model(TASKS)).config().beams());
  }

  @Test
  void aTaskIsFoundByItsLanguages() {
    ConditionalModel model = model(TASKS);
    Instruction german = Instruction.translation(model, "en", "German");
    assertEquals("translate English to German: ", german.prefix());
    assertEquals(6, german.config().beams());
    assertTrue(german.namesLanguages());
    Instruction french = Instruction.translation(model, null, "fra");
    assertEquals("translate English to French: ", french.prefix());
    assertEquals(GenerationConfig.Stopping.WHEN_FULL, french.config().stopping());
    String several = "(translation_en_to_de, translation_en_to_fr); say from which and to which";
    refuses(several, model, null, null);
    refuses(several, model, "en", null);
  }

  @Test
  void theOnlyTaskNeedsNoLanguages() {
    ConditionalModel model =
        model("{\"task_specific_params\": {\"translation_en_to_ro\": {\"prefix\": \"ro: \"}}, ");
    assertEquals("ro: ", Instruction.translation(model, null, null).prefix());
  }

  @Test
  void aModelOfOnePairIsToldNothing() {
    Instruction instruction = Instruction.translation(model("{"), "en", "de");
    assertEquals("", instruction.prefix());
    assertFalse(instruction.namesLanguages());
  }

  @Test
  void t5IsToldInWords() {
    ConditionalModel bart = model("{");
    ConditionalModel t5 =
        new ConditionalModel(
            bart.model(), bart.tokenizer(), TinyEncoderDecoders.openT5(folder).metadata());
    assertEquals("summarize: ", Instruction.summary(t5).prefix());
    assertEquals("translate German to English: ", Instruction.translation(t5, "de", "en").prefix());
    assertEquals(
        "translate French to English: ", Instruction.translation(t5, "French", "eng").prefix());
    refuses("'xx' is no language that is known here", t5, "xx", "de");
    refuses("'Klingonese' is no language that is known here", t5, "en", "Klingonese");
    assertEquals("", Instruction.translation(t5, null, null).prefix());
    refuses("say from which and to which", t5, null, "de");
  }

  private static int[] source(ConditionalModel model, Instruction instruction, String text) {
    TokenSequence sequence = model.tokenizer().sequence(model.tokenizer().tokens(text));
    return instruction.languages().source(model.tokenizer(), sequence);
  }

  @Test
  void tokensNameLanguages() {
    ConditionalModel model = model("{", TinyConditionalModel.LANGUAGE_PIECES, "en_XX");
    Instruction german = Instruction.translation(model, null, "de");
    assertArrayEquals(new int[] {21, 6, 2}, source(model, german, "cat"));
    assertEquals(22, german.config().firstToken());
    assertEquals(2, german.config().startToken());
    Instruction english = Instruction.translation(model, "fr_XX", "English");
    assertArrayEquals(new int[] {23, 6, 2}, source(model, english, "cat"));
    assertEquals(21, english.config().firstToken());
    assertTrue(english.namesLanguages());
    refuses("several languages; say into which: de_DE, en_XX, fr_XX", model, "en", null);
    refuses("'es' is no language of the model's; it knows de_DE, en_XX, fr_XX", model, "es", "de");
  }

  @Test
  void aLanguageAtTheStartIsReplaced() {
    String start = "{\"x\": 1, ";
    String config =
        TinyEncoderDecoders.BART_CONFIG
            .replaceFirst("\\{", start)
            .replace("\"decoder_start_token_id\": 2", "\"decoder_start_token_id\": 22");
    TinyConditionalModel.write(
        folder,
        config,
        "{}",
        TinyConditionalModel.tokenizer(TinyConditionalModel.LANGUAGE_PIECES, "en_XX"));
    ConditionalModel model = ConditionalModel.load(folder);
    assertEquals(22, Instruction.translation(model, null, null).config().startToken());
    Instruction french = Instruction.translation(model, null, "fr");
    assertEquals(23, french.config().startToken());
    assertEquals(GenerationConfig.NONE, french.config().firstToken());
  }

  @Test
  void marksStandBeforeTheSource() {
    ConditionalModel model = model("{", TinyConditionalModel.MARKED_PIECES, "<s>");
    Instruction french = Instruction.translation(model, null, "French");
    assertArrayEquals(new int[] {22, 0, 6, 2}, source(model, french, "cat"));
    refuses("say into which: deu, fra", model, null, null);
  }
}
