package dev.lanewise.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Small tokenizer files of each kind, and what is wrong with others. */
class HubTokenizerTest {
  private static final String BERT =
      """
      {"added_tokens": [{"id": 0, "content": "[UNK]", "special": true},
                        {"id": 1, "content": "[CLS]", "special": true},
                        {"id": 2, "content": "[SEP]", "special": true}],
       "normalizer": {"type": "BertNormalizer", "lowercase": true},
       "pre_tokenizer": {"type": "BertPreTokenizer"},
       "post_processor": {"type": "TemplateProcessing",
         "single": [{"SpecialToken": {"id": "[CLS]"}}, {"Sequence": {"id": "A"}},
                    {"SpecialToken": {"id": "[SEP]"}}],
         "special_tokens": {"[CLS]": {"ids": [1]}, "[SEP]": {"ids": [2]}}},
       "decoder": {"type": "WordPiece"},
       "model": {"type": "WordPiece", "unk_token": "[UNK]",
         "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "play": 3, "##ing": 4, "caf": 5, "##e": 6}}}
      """;

  private static final String TWO =
      """
      {"type": "Sequence", "processors": [
         {"type": "BertProcessing", "cls": ["[CLS]", 1], "sep": ["[SEP]", 2]},
         {"type": "TemplateProcessing"\
      """;

  private static final String BYTE_PAIR =
      """
      {"added_tokens": [{"id": 6, "content": "<end>", "special": true},
                        {"id": 7, "content": "<tool>", "special": false}],
       "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
       "decoder": {"type": "ByteLevel"},
       "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "Ġ": 3, "Ġab": 4, "1": 5},
         "merges": ["a b", ["Ġ", "ab"]]}}
      """;

  private static final String SENTENCE_PIECE =
      """
      {"added_tokens": [{"id": 0, "content": "<unk>", "special": true}],
       "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"},
         {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
       "decoder": {"type": "Metaspace"},
       "model": {"type": "BPE", "byte_fallback": true, "unk_token": "<unk>",
         "vocab": {"<unk>": 0, "<0x21>": 1, "▁": 2, "a": 3, "▁a": 4, "aa": 5},
         "merges": ["a a", "▁ a"]}}
      """;

  private static final String UNIGRAM =
      """
      {"added_tokens": [{"id": 0, "content": "<unk>", "special": true},
                        {"id": 4, "content": "</s>", "special": true}],
       "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"},
         {"type": "Metaspace", "prepend_scheme": "always"}]},
       "model": {"type": "Unigram", "unk_id": 0,
         "vocab": [["<unk>", 0], ["▁a", -1.5], ["b", -2], ["▁", -3]]}}
      """;

  @TempDir private Path folder;

  private Tokenizer tokenizer(String json) throws IOException {
    Path file = folder.resolve("tokenizer.json");
    Files.writeString(file, json);
    return TokenizerFiles.load(file);
  }

  @Test
  void tokensKnowTheirWords() throws IOException {
    // a b | Ġ a b → Ġab | <end> | b | 1
    Tokens tokens = tokenizer(BYTE_PAIR).tokens("ab ab<end>b1", true);
    assertArrayEquals(new int[] {2, 4, 6, 1, 5}, tokens.ids());
    assertArrayEquals(new int[] {0, 1, 2, 3, 4}, tokens.words());
    // ▁a b b | ▁a
    tokens = tokenizer(UNIGRAM).tokens("abb  a");
    assertArrayEquals(new int[] {1, 2, 2, 1}, tokens.ids());
    assertArrayEquals(new int[] {0, 0, 0, 1}, tokens.words());
  }

  @Test
  void wordPiece() throws IOException {
    Tokenizer tokenizer = tokenizer(BERT);
    int[] ids = tokenizer.encode("Playing Café x", false);
    assertArrayEquals(new int[] {3, 4, 5, 6, 0}, ids);
    assertArrayEquals(new int[] {1, 3, 4, 5, 6, 0, 2}, tokenizer.withSequenceTokens(ids));
    assertEquals("playing cafe", tokenizer.decode(3, 4, 5, 6).strip());
  }

  /** As in the library tokenizers, where the second reads what the first made as two texts. */
  @Test
  void refusesTemplatesOneAfterTheOther() {
    String after = "\"special_tokens\": {\"[CLS]\": {\"ids\": [1]}, \"[SEP]\": {\"ids\": [2]}}}";
    String json =
        BERT.replace("{\"type\": \"TemplateProcessing\"", TWO).replace(after, after + "]}");
    String message = assertThrows(LanewiseException.class, () -> tokenizer(json)).getMessage();
    assertTrue(message.contains("post_processor.processors[1] puts tokens around"), message);
  }

  /** As the library tokenizers does it, in whole texts and token by token. */
  @ParameterizedTest
  @CsvSource({
    "BERT, play ##ing <x>, 3 4 2 7",
    "BYTE_PAIR, ab Ġab 1, 2 6 4 5",
    "SENTENCE_PIECE, ▁a <0x21> aa, 4 0 1 5",
    "WORDS, hello world, 1 2"
  })
  void withoutADecoderThereAreSpacesBetweenPieces(String kind, String text, String ids)
      throws IOException {
    String json =
        switch (kind) {
          case "BERT" ->
              BERT.replace("[{\"id\": 0", "[{\"id\": 7, \"content\": \"<x>\"}, {\"id\": 0");
          case "BYTE_PAIR" -> BYTE_PAIR;
          case "SENTENCE_PIECE" -> SENTENCE_PIECE;
          default ->
              """
              {"pre_tokenizer": {"type": "Metaspace"},
               "model": {"type": "WordLevel", "unk_token": "?",
                 "vocab": {"?": 0, "hello": 1, "world": 2}}}
              """;
        };
    Tokenizer tokenizer = tokenizer(json.replaceFirst("\"decoder\".*", ""));
    assertEquals(text, tokenizer.decode(integers(ids)));
    TextStream stream = new TextStream(tokenizer, true);
    StringBuilder streamed = new StringBuilder();
    for (int id : integers(ids)) {
      streamed.append(stream.append(id));
    }
    assertEquals(text, streamed.toString());
  }

  @Test
  void byteLevelPairs() throws IOException {
    Tokenizer tokenizer = tokenizer(BYTE_PAIR);
    assertArrayEquals(new int[] {2, 4, 5, 5}, tokenizer.encode("ab ab11", false));
    assertArrayEquals(new int[] {2, 6, 7}, tokenizer.encode("ab<end><tool>", true));
    assertEquals("ab ab", tokenizer.decode(2, 4));
  }

  @Test
  void sentencePiecePairs() throws IOException {
    Tokenizer tokenizer = tokenizer(SENTENCE_PIECE);
    assertArrayEquals(new int[] {2, 5, 1}, tokenizer.encode("aa!", false), "the first merge first");
    assertArrayEquals(new int[] {4, 4}, tokenizer.encode("a a", false));
    assertEquals("a a", tokenizer.decode(4, 4));
  }

  @Test
  void unigram() throws IOException {
    Tokenizer tokenizer = tokenizer(UNIGRAM);
    assertArrayEquals(new int[] {1, 2, 1, 0}, tokenizer.encode("ab   ax", false));
    assertArrayEquals(new int[] {1, 4}, tokenizer.encode("a</s>", true));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"type\": \"BPE\" | \"type\": \"Letters\" | model is of type Letters",
        "\"ByteLevel\" | \"Magic\" | pre_tokenizer is of type Magic",
        "[\"Ġ\", \"ab\"] | [\"Ġ\", \"zz\"] | merge",
        "\"Ġab\": 4 | \"Ġab\": 4000000 | model.vocab.Ġab is 4000000",
        "\"id\": 6 | \"id\": -6 | added_tokens[0].id is -6",
        "\"id\": 6 | \"id\": 600000 | added_tokens[0].id is 600000, far beyond the 6 pieces",
        "\"ab\": 2 | \"ab\": \"two\" | model.vocab.ab is a string"
      })
  void whatIsUnknownIsNamed(String sound, String damaged, String part) {
    String json = BYTE_PAIR.replace(sound, damaged);
    String message = assertThrows(LanewiseException.class, () -> tokenizer(json)).getMessage();
    assertTrue(message.contains("tokenizer.json"), message);
    assertTrue(message.contains(part), message);
  }

  @Test
  void mergesMayHoldSpaces() throws IOException {
    Tokenizer tokenizer =
        tokenizer(
            """
            {"model": {"type": "BPE", "vocab": {" ": 0, "  ": 1, "a": 2, "  a": 3, "\\u0000": 4,
               "\\u0000a": 5},
             "merges": [[" ", " "], ["  ", "a"], ["\\u0000", "a"]]}}
            """);
    assertArrayEquals(new int[] {3, 1, 0, 5}, tokenizer.encode("  a   \0a", false));
  }

  @Test
  void addedTokensSpellNoWords() throws IOException {
    Tokenizer tokenizer =
        tokenizer(
            """
            {"added_tokens": [{"id": 2, "content": "ab", "single_word": true}],
             "model": {"type": "BPE", "ignore_merges": true, "vocab": {"a": 0, "b": 1},
               "merges": []}}
            """);
    assertArrayEquals(new int[] {2}, tokenizer.encode("ab", true));
    assertArrayEquals(new int[] {0, 1, 0}, tokenizer.encode("aba", true));
    assertEquals(2, tokenizer.id("ab"));
  }

  /** As the tokenizers library does it, but the ranges of what comes after stay right. */
  @ParameterizedTest
  @ValueSource(strings = {"null", "{\"type\": \"ByteLevel\", \"add_prefix_space\": false}"})
  void piecesMergeAcrossWhatIsLeftOut(String preTokenizer) throws IOException {
    Tokenizer tokenizer =
        tokenizer(
            """
            {"pre_tokenizer": %s, "model": {"type": "BPE",
               "vocab": {"h": 0, "e": 1, "l": 2, "o": 3, "he": 4, "ll": 5, "llo": 6, "hello": 7},
               "merges": ["h e", "l l", "ll o", "he llo"]}}
            """
                .formatted(preTokenizer));
    for (String text : new String[] {"heZllo", "Zhello", "helloZ", "hZeZlZlZo", "helélo"}) {
      assertArrayEquals(new int[] {7}, tokenizer.encode(text, true), text);
    }
    assertArrayEquals(new int[] {}, tokenizer.encode("ZZ", true));
    Tokens tokens = tokenizer.tokens("ZheZZoh", true);
    assertArrayEquals(new int[] {4, 3, 0}, tokens.ids());
    assertArrayEquals(new int[] {1, 5, 6}, tokens.starts());
    assertArrayEquals(new int[] {3, 6, 7}, tokens.ends());
  }

  /** What {@code added_tokens} does not list is a piece like others, however it is spelled. */
  @Test
  void piecesAreNotSpecialForTheirSpelling() throws IOException {
    String json =
        """
        {%s "model": {"type": "BPE", "vocab": {"<": 0, "/": 1, "s": 2, ">": 3, "</s>": 4},
           "merges": []}}
        """;
    Tokenizer plain = tokenizer(json.formatted(""));
    assertArrayEquals(new int[] {0, 1, 2, 3}, plain.encode("</s>", true));
    assertFalse(plain.isEndOfGeneration(4));
    String added = "\"added_tokens\": [{\"id\": 4, \"content\": \"</s>\", \"special\": true}],";
    Tokenizer special = tokenizer(json.formatted(added));
    assertArrayEquals(new int[] {4}, special.encode("</s>", true));
    assertTrue(special.isEndOfGeneration(4));
  }

  @Test
  void piecesInsideOfWordsMayHaveAPrefix() throws IOException {
    Tokenizer tokenizer =
        tokenizer(
            """
            {"model": {"type": "BPE", "continuing_subword_prefix": "@@",
               "vocab": {"a": 0, "@@a": 1, "@@b": 2, "ab": 3, "@@ab": 4},
               "merges": ["a @@b", "@@a @@b"]}}
            """);
    assertArrayEquals(new int[] {3, 4, 1}, tokenizer.encode("ababa", false));
  }

  @Test
  void dropoutIsRefused() {
    String json = BYTE_PAIR.replace("\"type\": \"BPE\"", "\"type\": \"BPE\", \"dropout\": 0.1");
    String message = assertThrows(LanewiseException.class, () -> tokenizer(json)).getMessage();
    assertTrue(message.contains("model.dropout is not 0"), message);
  }

  @Test
  void patternsAreRecognised() throws IOException {
    String split =
        "{\"type\": \"Sequence\", \"pretokenizers\": [{\"type\": \"Split\", \"pattern\":"
            + " {\"Regex\": \"%s\"}}, {\"type\": \"ByteLevel\", \"use_regex\": false}]}";
    String byteLevel = "{\"type\": \"ByteLevel\", \"add_prefix_space\": false}";
    Tokenizer tokenizer = tokenizer(BYTE_PAIR.replace(byteLevel, split.formatted("\\\\p{N}")));
    assertArrayEquals(new int[] {5, 5, 2}, tokenizer.encode("11ab", false));
    String message =
        assertThrows(
                LanewiseException.class,
                () -> tokenizer(BYTE_PAIR.replace(byteLevel, split.formatted("(x"))))
            .getMessage();
    assertTrue(
        message.contains("pretokenizers[0].pattern: the pattern (x cannot be used"), message);
  }

  @Test
  void unknownBytesAreFusedAsUnknownCharactersAre() throws IOException {
    String json =
        """
        {"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
         "model": {"type": "BPE", "unk_token": "?", "fuse_unk": true,
           "vocab": {"?": 0, "a": 1}, "merges": []}}
        """;
    Tokens tokens = tokenizer(json).tokens("a\u00e9bca");
    assertArrayEquals(new int[] {1, 0, 1}, tokens.ids());
    assertArrayEquals(new int[] {0, 1, 4}, tokens.starts());
    assertArrayEquals(new int[] {1, 4, 5}, tokens.ends());
    Tokenizer apart = tokenizer(json.replace("true", "false"));
    assertArrayEquals(new int[] {1, 0, 0, 0, 0, 1}, apart.encode("a\u00e9bca", false));
  }

  /** The answers of tokenizers 0.23.3, without byte tokens where they are not to be used. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "true; ByteLevel; a\\nb; 1 3 4 5; 0 1 1 2",
        "true; ByteLevel; a é; 1 3 6 0; 0 1 1 2",
        "false; ByteLevel; a\\nb; 1 0; 0 1",
        "true; WhitespaceSplit; ab; 1 5; 0 1",
        "false; WhitespaceSplit; ab; 1 0; 0 1"
      })
  void unknownCharactersFallBackToBytes(
      boolean fallback, String words, String text, String ids, String starts) throws IOException {
    Tokenizer tokenizer =
        tokenizer(
            """
            {"pre_tokenizer": {"type": "%s", "add_prefix_space": false, "use_regex": false},
             "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": %s,
               "merges": [], "vocab": {"<unk>": 0, "a": 1, "<0x61>": 2, "<0xC4>": 3, "<0x8A>": 4,
                 "<0x62>": 5, "<0xA0>": 6}}}
            """
                .formatted(words, fallback));
    Tokens tokens = tokenizer.tokens(text.translateEscapes());
    assertArrayEquals(integers(ids), tokens.ids());
    assertArrayEquals(integers(starts), tokens.starts());
  }

  /** The answer of tokenizers 0.23.3: what the normaliser made of a token is what is decoded. */
  @Test
  void addedTokensAreDecodedAsTheyAreNormalised() throws IOException {
    Tokenizer tokenizer =
        tokenizer(
            """
            {"added_tokens": [{"id": 2, "content": "naïve", "normalized": true},
                              {"id": 3, "content": "<é>", "special": true, "normalized": true}],
             "normalizer": {"type": "ByteLevel"}, "decoder": {"type": "ByteLevel"},
             "model": {"type": "BPE", "vocab": {"a": 0, "Ġ": 1}, "merges": []}}
            """);
    int[] ids = tokenizer.encode("a naïve<é> a", true);
    assertArrayEquals(new int[] {0, 1, 2, 3, 1, 0}, ids);
    assertEquals("a naïve a", tokenizer.decode(ids), "special tokens are no text");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void specialTokensCountWhereSegmentsAllowThem(boolean normalised) throws IOException {
    Tokenizer tokenizer =
        tokenizer(
            """
            {"added_tokens": [{"id": 2, "content": "<s>", "special": true, "normalized": %s},
                              {"id": 3, "content": "</s>", "special": true}],
             "normalizer": {"type": "Lowercase"},
             "model": {"type": "BPE", "unk_token": "?", "vocab": {"a": 0, "?": 1}, "merges": []}}
            """
                .formatted(normalised));
    List<Segment> segments =
        List.of(
            new Segment("<s>a\uD83D\uDE80", true),
            new Segment("<s>", false),
            new Segment("<s>", true),
            new Segment("<s>", false),
            new Segment("</s>", true));
    assertArrayEquals(integers("2 0 1 1 1 1 2 1 1 1 3"), tokenizer.encode(segments));
  }

  /** As tokenizers 0.23.3: what is normalised is looked for last, whatever the normaliser does. */
  @Test
  void normalisedTokensComeSecond() throws IOException {
    Tokenizer tokenizer =
        tokenizer(
            """
            {"added_tokens": [{"id": 2, "content": "<s>", "normalized": true},
                              {"id": 3, "content": "<", "normalized": false}],
             "model": {"type": "BPE", "vocab": {"s": 0, ">": 1}, "merges": []}}
            """);
    assertArrayEquals(new int[] {3, 0, 1}, tokenizer.encode("<s>", true));
  }

  /** As tokenizers 0.23.3, which refuses a text that has a character of no piece. */
  @Test
  void unigramModelsMayHaveNoUnknownToken() throws IOException {
    Tokenizer tokenizer =
        tokenizer("{\"model\": {\"type\": \"Unigram\", \"vocab\": [[\"a\", -1], [\"ab\", -2]]}}");
    assertArrayEquals(new int[] {0, 1}, tokenizer.encode("aab", false));
    String message =
        assertThrows(LanewiseException.class, () -> tokenizer.encode("abb", false)).getMessage();
    assertTrue(message.contains("no token for byte 0x62"), message);
  }

  private static int[] integers(String numbers) {
    return Stream.of(numbers.split(" ")).mapToInt(Integer::parseInt).toArray();
  }

  /** Answers of tokenizers 0.23: joiners are in no word, small numbers outside of brackets. */
  @ParameterizedTest
  @CsvSource({"\\\\w+, 0 1 2 2 3 4 4", "[\\\\w]+, 0 1 2 3 3 3 4"})
  void charactersOfWordsAreThoseOfOniguruma(String regex, String words) throws IOException {
    Tokenizer tokenizer =
        tokenizer(
            """
            {"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "%s"}, "behavior": "Isolated"},
             "model": {"type": "BPE", "vocab": {"a": 0, "\\u200d": 1, "²": 2, " ": 3, "½": 4, "_": 5},
               "merges": []}}
            """
                .formatted(regex));
    assertArrayEquals(integers(words), tokenizer.tokens("a\u200da² ½_").words());
  }
}
