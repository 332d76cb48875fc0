package dev.lanewise.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Vocabularies of the hub as GGUF files hold them. */
class GgufVocabularyTest {
  private static final String[] PIECES = {"ab", "▁ab", "abab", "▁▁", "▁", "a", "b"};

  private static final String JSON =
      """
      {"added_tokens": [{"id": 0, "content": "<unk>", "special": true},
         {"id": 1, "content": "<s>", "special": true},
         {"id": 2, "content": "</s>", "special": true}],
       "normalizer": {"type": "Sequence", "normalizers": [
         {"type": "Prepend", "prepend": "▁"},
         {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
       "pre_tokenizer": null, "post_processor": null,
       "decoder": {"type": "Sequence", "decoders": []},
       "model": {"type": "BPE", "unk_token": "<unk>", "byte_fallback": true, "vocab":
         {"<unk>": 0, "<s>": 1, "</s>": 2, "<0x41>": 3, "ab": 4, "▁ab": 5, "abab": 6, "▁▁": 7,
          "▁": 8, "a": 9, "b": 10},
        "merges": [["a", "b"], ["▁", "ab"], ["ab", "ab"], ["▁", "▁"]]}}
      """;

  private static final String CONFIG =
      """
      {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "add_bos_token": true,
       "added_tokens_decoder": {
         "11": {"content": "<|x|>", "special": false},
         "12": {"content": "▁b▁", "special": false},
         "99": {"content": "beyond", "special": false}}}
      """;

  @TempDir private Path folder;

  private static byte[] sentencePiece(int type, boolean prefix, boolean mergesSpaces) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(SentencePieceModelTest.piece("<unk>", 0, Vocabulary.UNKNOWN));
    out.writeBytes(SentencePieceModelTest.piece("<s>", 0, Vocabulary.CONTROL));
    out.writeBytes(SentencePieceModelTest.piece("</s>", 0, Vocabulary.CONTROL));
    out.writeBytes(SentencePieceModelTest.piece("<0x41>", 0, Vocabulary.BYTE));
    for (int i = 0; i < PIECES.length; i++) {
      float score = PIECES[i].startsWith("▁▁") || PIECES[i].equals("▁") ? -1e9f : -i;
      out.writeBytes(SentencePieceModelTest.piece(PIECES[i], score, Vocabulary.NORMAL));
    }
    out.writeBytes(SentencePieceModelTest.delimited(2, new byte[] {3 << 3, (byte) type}));
    byte[] normaliser = {3 << 3, (byte) (prefix ? 1 : 0), 4 << 3, (byte) (mergesSpaces ? 1 : 0)};
    out.writeBytes(SentencePieceModelTest.delimited(3, normaliser));
    return out.toByteArray();
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }

  private GgufVocabulary ofModel(String architecture) throws IOException {
    Files.write(folder.resolve("tokenizer.model"), sentencePiece(2, true, false));
    write("tokenizer_config.json", CONFIG);
    write("config.json", "{\"pad_token_id\": -1, \"sep_token_id\": 5, \"eos_token_id\": 1}");
    return GgufVocabulary.of(folder, architecture, 14);
  }

  @Test
  void sentencePiecesHaveScoresAndKinds() throws IOException {
    GgufVocabulary found = ofModel("llama");
    assertEquals("llama", found.model());
    assertEquals("default", found.pre());
    assertNull(found.merges());
    assertEquals(
        List.of(
            "<unk>", "<s>", "</s>", "<0x41>", "ab", "▁ab", "abab", "▁▁", "▁", "a", "b", "<|x|>",
            " b ", "[PAD13]"),
        found.tokens());
    assertArrayEquals(new int[] {2, 3, 3, 6, 1, 1, 1, 1, 1, 1, 1, 3, 4, 5}, found.kinds());
    assertArrayEquals(
        new float[] {0, 0, 0, 0, 0, -1, -2, -1e9f, -1e9f, -5, -6, -1000, -1000, -10000},
        found.scores());
    assertEquals(Map.of("bos", true), found.flags());
    assertEquals(Map.of("eos", 1, "sep", 5), found.ids()); // no file numbers the spellings
  }

  @Test
  void gemmaPutsNoSpaceBeforeTexts() throws IOException {
    assertEquals(Map.of("bos", true, "space_prefix", false), ofModel("gemma3").flags());
  }

  @Test
  void scoresFollowFromTheOrderOfMerges() throws IOException {
    float[] wanted = ofModel("llama").scores();
    Files.delete(folder.resolve("tokenizer.model"));
    write("tokenizer.json", JSON);
    GgufVocabulary found = GgufVocabulary.of(folder, "llama", 14);
    float[] scores = found.scores();
    for (int id = 3; id < 11; id++) {
      assertEquals(wanted[id], scores[id], found.tokens().get(id));
    }
    assertEquals(Map.of("bos", 1, "eos", 2, "unk", 0, "sep", 5), found.ids());
    assertArrayEquals(new int[] {3, 3, 3, 6, 1, 1, 1, 1, 1, 1, 1, 5, 5, 5}, found.kinds());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[\"▁\", \"ab\"], |``|model.merges lacks that of '▁' and 'ab'",
        "[\"ab\", \"ab\"], [\"▁\", \"▁\"]|[\"▁\", \"▁\"], [\"ab\", \"ab\"]|stands before that of",
        "[\"a\", \"b\"]|[\"a\", \"c\"]|model.merges[0] makes no piece",
        "\"pre_tokenizer\": null|\"pre_tokenizer\": {\"type\": \"Metaspace\"}|splits words",
        "\"pre_tokenizer\": null|\"pre_tokenizer\": {\"type\": \"Whitespace\"}|type Whitespace",
        "\"prepend\": \"▁\"|\"prepend\": \"x\"|prepends something else",
        "\"type\": \"Prepend\", \"prepend\": \"▁\"|\"type\": \"NFKC\"|of type NFKC",
        "\"content\": \"▁\"}]|\"content\": \"_\"}]|replaces something else",
      })
  void mergesThatNoScoresStandForAreRefused(String from, String to, String message)
      throws IOException {
    assertTrue(JSON.contains(from));
    write("tokenizer.json", JSON.replace(from, to));
    LanewiseException e =
        assertThrows(LanewiseException.class, () -> GgufVocabulary.of(folder, "llama", 14));
    assertTrue(e.getMessage().contains(message), e.getMessage());
    assertTrue(e.getMessage().contains("tokenizer.json"), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "1, false, is no byte-pair model",
    "2, true, drops spaces",
  })
  void otherModelsOfSentencePieceAreRefused(int type, boolean mergesSpaces, String message)
      throws IOException {
    Files.write(folder.resolve("tokenizer.model"), sentencePiece(type, true, mergesSpaces));
    LanewiseException e =
        assertThrows(LanewiseException.class, () -> GgufVocabulary.of(folder, "llama", 14));
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }

  @Test
  void filesThatNumberPiecesOtherwiseAreRefused() throws IOException {
    ofModel("llama");
    write("tokenizer.json", JSON.replace("\"a\": 9, \"b\": 10", "\"a\": 10, \"b\": 9"));
    LanewiseException e =
        assertThrows(LanewiseException.class, () -> GgufVocabulary.of(folder, "llama", 14));
    assertTrue(e.getMessage().contains("model.vocab.a is 10"), e.getMessage());
  }

  @Test
  void aSpaceBeforeTextsIsSaidWhereThereIsNone() throws IOException {
    Files.write(folder.resolve("tokenizer.model"), sentencePiece(2, false, false));
    assertEquals(Map.of("space_prefix", false), GgufVocabulary.of(folder, "llama", 14).flags());
    write("tokenizer_config.json", "{\"add_prefix_space\": true}");
    assertEquals(Map.of("space_prefix", true), GgufVocabulary.of(folder, "llama", 14).flags());
  }
}
