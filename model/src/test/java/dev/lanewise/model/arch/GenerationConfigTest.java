package dev.lanewise.model.arch;

import static dev.lanewise.model.arch.TinyEncoderDecoders.BART_CONFIG;
import static dev.lanewise.model.arch.TinyEncoderDecoders.BART_GENERATION;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.GenerationConfig.Stopping;
import dev.lanewise.model.checkpoint.Checkpoint;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GenerationConfigTest {
  @TempDir private Path folder;

  private GenerationConfig read(String config, String generation) {
    return Architectures.loadEncoderDecoder(
            TinyEncoderDecoders.openBart(folder, TinyEncoderDecoders.bart(), config, generation))
        .generationConfig();
  }

  @Test
  void aFileOfItsOwnSaysEverything() {
    assertEquals(
        new GenerationConfig(
            2,
            List.of(2),
            0,
            2,
            List.of(List.of(7), List.of(4, 5)),
            List.of(),
            2,
            0,
            1,
            0,
            12,
            4,
            2,
            Stopping.WHEN_FULL,
            false),
        read(BART_CONFIG, BART_GENERATION));
  }

  @Test
  void olderFoldersSayItInTheOneFile() {
    assertEquals(
        new GenerationConfig(
            2,
            List.of(2),
            GenerationConfig.NONE,
            GenerationConfig.NONE,
            List.of(),
            List.of(),
            0,
            0,
            1,
            0,
            0,
            7,
            1,
            Stopping.WHEN_UNLIKELY,
            false),
        read(BART_CONFIG, "{}"));
  }

  @Test
  void onlyStartAndEndMayBeMissingInTheFileOfItsOwn() {
    GenerationConfig config = read(BART_CONFIG, "{\"length_penalty\": 0.5}");
    assertEquals(2, config.startToken());
    assertEquals(List.of(2), config.endTokens());
    assertEquals(1, config.beams());
  }

  @Test
  void theMostTokensMayLeaveOutTheStart() {
    String generation = "{\"max_new_tokens\": 30, \"max_length\": 9}";
    assertEquals(31, read(BART_CONFIG, generation).maxLength());
  }

  @Test
  void theLeastTokensMayLeaveOutTheStart() {
    String generation = "{\"min_new_tokens\": 6, \"min_length\": 9}";
    assertEquals(7, read(BART_CONFIG, generation).minLength());
  }

  @Test
  void scoresMayBePenalisedSuppressedAndRenormalised() {
    String generation =
        """
        {"repetition_penalty": 1.5, "suppress_tokens": [3, 4], "renormalize_logits": true,
         "begin_suppress_tokens": [2, 6], "encoder_no_repeat_ngram_size": 3,
         "bad_words_ids": [[7, 8]]}
        """;
    GenerationConfig config = read(BART_CONFIG, generation);
    assertEquals(1.5f, config.repetitionPenalty());
    assertEquals(List.of(List.of(7, 8), List.of(3), List.of(4)), config.bannedWords());
    assertEquals(List.of(2, 6), config.bannedFirst());
    assertEquals(3, config.noRepeatNgramOfSource());
    assertTrue(config.renormalised());
    refuses("repetition_penalty is -1", BART_CONFIG, "{\"repetition_penalty\": -1}");
  }

  @Test
  void anEndTokenIsNoWordButMayBeSuppressed() {
    String words = "{\"bad_words_ids\": [[2], [2, 2], [3]]}";
    assertEquals(List.of(List.of(2, 2), List.of(3)), read(BART_CONFIG, words).bannedWords());
    String suppressed = "{\"suppress_tokens\": [2]}";
    assertEquals(List.of(List.of(2)), read(BART_CONFIG, suppressed).bannedWords());
  }

  @Test
  void ofSeveralForcedTokensTheLowestIsTaken() {
    assertEquals(3, read(BART_CONFIG, "{\"forced_eos_token_id\": [9, 3]}").lastToken());
  }

  @Test
  void emptyListsForbidNothing() {
    String generation =
        """
        {"bad_words_ids": [[]], "suppress_tokens": [], "begin_suppress_tokens": []}
        """;
    assertEquals(read(BART_CONFIG, "{\"num_beams\": 1}"), read(BART_CONFIG, generation));
  }

  @Test
  void aTaskMayWantOtherNumbers() {
    String tasks =
        """
        {"task_specific_params": {"short": {"num_beams": 2, "max_length": 5},
                                  "wrong": {"num_beams": 2000}},
        """;
    Checkpoint checkpoint =
        TinyEncoderDecoders.openBart(
            folder,
            TinyEncoderDecoders.bart(),
            BART_CONFIG.replaceFirst("\\{", tasks),
            BART_GENERATION);
    GenerationConfig config = Architectures.loadEncoderDecoder(checkpoint).generationConfig();
    GenerationConfig task = config.forTask(checkpoint.metadata(), "short");
    assertEquals(2, task.beams());
    assertEquals(5, task.maxLength());
    assertEquals(config.noRepeatNgram(), task.noRepeatNgram());
    assertEquals(config.lengthPenalty(), task.lengthPenalty());
    assertEquals(config.stopping(), task.stopping());
    assertEquals(config.firstToken(), task.firstToken());
    assertEquals(config, config.forTask(checkpoint.metadata(), "other"));
    assertEquals(7, config.startingWith(7).startToken());
    assertEquals(8, config.forcingFirst(8).firstToken());
    LanewiseException e =
        assertThrows(LanewiseException.class, () -> config.forTask(checkpoint.metadata(), "wrong"));
    assertTrue(
        e.getMessage().contains("task_specific_params.wrong.num_beams is 2000"), e.getMessage());
  }

  @Test
  void severalEndTokens() {
    String generation = BART_GENERATION.replace("\"eos_token_id\": 2", "\"eos_token_id\": [2, 9]");
    GenerationConfig config = read(BART_CONFIG, generation);
    assertEquals(List.of(2, 9), config.endTokens());
    assertTrue(config.isEnd(9));
  }

  @Test
  void aNullIsNoEndToken() {
    String generation = BART_GENERATION.replace("\"eos_token_id\": 2", "\"eos_token_id\": null");
    assertEquals(List.of(), read(BART_CONFIG, generation).endTokens());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"encoder_repetition_penalty\": 1.5",
        "\"exponential_decay_length_penalty\": [5, 1.01]",
        "\"guidance_scale\": 1.5",
        "\"num_beam_groups\": 2",
        "\"penalty_alpha\": 0.6",
        "\"force_words_ids\": [[4, 5], [6]]",
        "\"constraints\": [{\"token_ids\": [4]}]",
        "\"sequence_bias\": [[[4, 5], -10.0]]",
        "\"sequence_bias\": {\"(4, 5)\": -10.0}",
        "\"stop_strings\": [\".\"]",
        "\"watermarking_config\": {\"bias\": 2.5}"
      })
  void refusesWhatItCannotDo(String setting) {
    refuses(
        "generation_config." + setting.split("\"")[1] + " is ", BART_CONFIG, "{" + setting + "}");
    read(BART_CONFIG, "{" + setting.replaceFirst(":.*", ": null}")); // is not set
  }

  @Test
  void whatIsSwitchedOffRefusesNothing() {
    String generation =
        """
        {"penalty_alpha": 0, "force_words_ids": [], "sequence_bias": {},
         "constraints": [], "num_beam_groups": 1, "num_beams": 3, "num_return_sequences": 2}
        """;
    assertEquals(3, read(BART_CONFIG, generation).beams());
  }

  @Test
  void drawingIsLeftToTheCaller() {
    for (boolean drawn : new boolean[] {false, true}) {
      String generation = "{\"num_beams\": 3, \"do_sample\": %s, \"top_k\": 5}".formatted(drawn);
      assertEquals(read(BART_CONFIG, "{\"num_beams\": 3}"), read(BART_CONFIG, generation));
    }
  }

  @Test
  void neverStopsEarly() {
    String generation =
        BART_GENERATION.replace("\"early_stopping\": true", "\"early_stopping\": \"never\"");
    assertEquals(Stopping.WHEN_HOPELESS, read(BART_CONFIG, generation).stopping());
  }

  @Test
  void ggufHasKeysOfItsOwn() {
    GenerationConfig config =
        Architectures.loadEncoderDecoder(TinyEncoderDecoders.openT5(folder)).generationConfig();
    assertEquals(0, config.startToken());
    assertEquals(List.of(1), config.endTokens());
  }

  @Test
  void refusesTokensOutsideTheVocabulary() {
    refuses(
        "generation_config.forced_bos_token_id is 24; the model's tokens are 0 to 23",
        BART_CONFIG,
        BART_GENERATION.replace("\"forced_bos_token_id\": 0", "\"forced_bos_token_id\": 24"));
    refuses(
        "generation_config.bad_words_ids.1 is -5",
        BART_CONFIG,
        BART_GENERATION.replace("[4, 5]", "[4, -5]"));
    refuses("num_beams is 0", BART_CONFIG.replace("\"num_beams\": 7", "\"num_beams\": 0"), "{}");
  }

  @Test
  void refusesToGuessTheStart() {
    refuses(
        "key decoder_start_token_id is missing",
        BART_CONFIG.replace("\"decoder_start_token_id\": 2,", ""),
        "{}");
  }

  private void refuses(String part, String config, String generation) {
    LanewiseException e = assertThrows(LanewiseException.class, () -> read(config, generation));
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }
}
