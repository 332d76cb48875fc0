package dev.lanewise.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lanewise.model.tokenizer.Truncation.Strategy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What transformers 5.24 makes of a {@code tokenizer_config.json} beside a tokenizer.json. */
class HubOverridesTest {
  private static final String BERT =
      """
      {"normalizer": {"type": "BertNormalizer", "lowercase": true, "strip_accents": %s},
       "pre_tokenizer": {"type": "BertPreTokenizer"},
       "model": {"type": "WordPiece", "unk_token": "?",
         "vocab": {"?": 0, "e": 1, "é": 2, "E": 3, "É": 4, "工": 5, "工工": 6}}}
      """;

  private static final String ROBERTA =
      """
      {"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
       "post_processor": {"type": "RobertaProcessing", "cls": ["<s>", 0], "sep": ["</s>", 1],
         "trim_offsets": true, "add_prefix_space": false},
       "model": {"type": "BPE", "vocab": {"<s>": 0, "</s>": 1, "a": 2, "Ġ": 3, "Ġa": 4},
         "merges": ["Ġ a"]}}
      """;

  @TempDir private Path folder;

  private Tokenizer tokenizer(String json, String config, String type) throws IOException {
    Files.writeString(folder.resolve("tokenizer.json"), json);
    Files.writeString(folder.resolve("tokenizer_config.json"), config);
    Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"%s\"}".formatted(type));
    return TokenizerFiles.load(folder);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{}; bert; [1, 1, 5, 5]",
        "{\"do_lower_case\": false}; bert; [3, 4, 5, 5]",
        "{\"do_lower_case\": false}; nomic_bert; [3, 4, 5, 5]",
        "{\"do_lower_case\": false}; modernbert; [1, 1, 5, 5]",
        "{\"do_lower_case\": false, \"strip_accents\": true}; electra; [3, 3, 5, 5]",
        "{\"strip_accents\": false}; distilbert; [1, 2, 5, 5]",
        "{\"tokenize_chinese_chars\": false}; bert; [1, 1, 6]",
        "{\"do_lower_case\": false, \"tokenizer_class\": \"BertTokenizerFast\"}; gpt2; [3, 4, 5,"
            + " 5]",
        "{\"do_lower_case\": false, \"tokenizer_class\": \"PreTrainedTokenizerFast\"}; bert;"
            + " [1, 1, 5, 5]"
      })
  void bertsNormaliserIsTheConfigurations(String config, String type, String ids)
      throws IOException {
    Tokenizer tokenizer = tokenizer(BERT.formatted("null"), config, type);
    assertEquals(ids, Arrays.toString(tokenizer.encode("E É 工工", false)));
  }

  @Test
  void caseDecidesOnAccentsAnew() throws IOException {
    String kept = BERT.formatted("false");
    assertArrayEquals(new int[] {2}, tokenizer(kept, "{}", "bert").encode("É", false));
    assertArrayEquals(
        new int[] {1}, tokenizer(kept, "{\"do_lower_case\": true}", "bert").encode("É", false));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{}; roberta; [2, 4]; [0, 2]",
        "{\"add_prefix_space\": true}; roberta; [4, 4]; [0, 2]",
        "{\"add_prefix_space\": true, \"tokenizer_class\": \"BartTokenizer\"}; x; [4, 4]; [0, 2]",
        "{\"trim_offsets\": false}; bart; [2, 4]; [0, 1]",
        "{\"trim_offsets\": false, \"tokenizer_class\": \"PreTrainedTokenizerFast\"}; bart; [2, 4];"
            + " [0, 2]"
      })
  void robertasWordsAndRangesAreTheConfigurations(
      String config, String type, String ids, String starts) throws IOException {
    Tokens tokens = tokenizer(ROBERTA, config, type).tokens("a a");
    assertEquals(ids, Arrays.toString(tokens.ids()));
    assertEquals(starts, Arrays.toString(tokens.starts()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "null; {}; ?abcdef!; ?ab!fgh!; ?abc!ij!",
        "{\"direction\": \"Left\", \"max_length\": 5}; {}; ?efghij!; ?de!klm!; ?fgh!ij!",
        "null; {\"truncation_side\": \"left\"}; ?efghij!; ?de!klm!; ?fgh!ij!",
        "{\"direction\": \"Left\"}; {\"truncation_side\": \"right\"}; ?abcdef!; ?ab!fgh!; ?abc!ij!"
      })
  void textsAreCutWhereTheFilesSay(
      String truncation, String config, String text, String pair, String first) throws IOException {
    String letters = "?!abcdefghijklm";
    StringBuilder vocab = new StringBuilder();
    letters.chars().forEach(c -> vocab.append("\"%c\": %d,".formatted(c, letters.indexOf(c))));
    Tokenizer tokenizer =
        tokenizer(
            """
            {"truncation": %s, "pre_tokenizer": {"type": "Split", "pattern": {"String": ""}},
             "post_processor": {"type": "BertProcessing", "cls": ["?", 0], "sep": ["!", 1]},
             "model": {"type": "WordLevel", "unk_token": "?", "vocab": {%s "x": 15}}}
            """
                .formatted(truncation, vocab),
            config,
            "bert");
    assertEquals(text, cut(tokenizer, Strategy.LONGEST_FIRST, "abcdefghij"));
    assertEquals(pair, cut(tokenizer, Strategy.LONGEST_FIRST, "abcde", "fghijklm"));
    assertEquals(first, cut(tokenizer, Strategy.ONLY_FIRST, "abcdefgh", "ij"));
  }

  /** As the classes of version 4 had it, for which these files were made. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{\"add_eos_token\": true, \"eos_token\": \"!\"}; mistral; ?a!; ?a!?b!",
        "{\"add_eos_token\": true, \"eos_token\": \"!\","
            + " \"tokenizer_class\": \"LlamaTokenizer\"}; x; ?a!; ?a!?b!",
        "{\"add_eos_token\": false, \"eos_token\": \"!\"}; mistral; ?a; ?a?b",
        "{\"add_eos_token\": true, \"eos_token\": \"?\"}; qwen2; ?a?; ?a?b?",
        "{\"add_eos_token\": true}; qwen2; ?a; ?a?b",
        "{\"add_eos_token\": true, \"eos_token\": \"!\"}; bert; ?a; ?a?b",
        "{\"add_eos_token\": true, \"eos_token\": \"!\","
            + " \"tokenizer_class\": \"PreTrainedTokenizerFast\"}; llama; ?a; ?a?b"
      })
  void decodersThatEmbedEndTextsAsTheConfigurationSays(
      String config, String type, String text, String pair) throws IOException {
    Tokenizer tokenizer =
        tokenizer(
            """
            {"pre_tokenizer": {"type": "Split", "pattern": {"String": ""}},
             "post_processor": {"type": "TemplateProcessing",
               "single": [{"SpecialToken": {"id": "?", "type_id": 0}},
                 {"Sequence": {"id": "A", "type_id": 0}}],
               "pair": [{"SpecialToken": {"id": "?", "type_id": 0}},
                 {"Sequence": {"id": "A", "type_id": 0}},
                 {"SpecialToken": {"id": "?", "type_id": 1}},
                 {"Sequence": {"id": "B", "type_id": 1}}],
               "special_tokens": {"?": {"id": "?", "ids": [0], "tokens": ["?"]}}},
             "model": {"type": "WordLevel", "unk_token": "?",
               "vocab": {"?": 0, "!": 1, "a": 2, "b": 3}}}
            """,
            config,
            type);
    assertEquals(text, cut(tokenizer, Strategy.LONGEST_FIRST, "a"));
    assertEquals(pair, cut(tokenizer, Strategy.LONGEST_FIRST, "a", "b"));
  }

  private static String cut(Tokenizer tokenizer, Strategy strategy, String... texts) {
    Truncation truncation = new Truncation(8, strategy);
    Tokens first = tokenizer.tokens(texts[0]);
    TokenSequence sequence =
        texts.length == 1
            ? truncation.sequence(tokenizer, first)
            : truncation.sequence(tokenizer, first, tokenizer.tokens(texts[1]));
    StringBuilder pieces = new StringBuilder();
    for (int id : sequence.ids()) {
      pieces.append(tokenizer.piece(id));
    }
    return pieces.toString();
  }
}
