package dev.lanewise.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Folders of the hub's layout without a {@code tokenizer.json}, one for each family. */
class TokenizerFilesTest {
  private static final String VOCAB =
      """
      {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "<mask>": 4, "a": 5, "b": 6, "ab": 7, "Ġ": 8,
       "Ġab": 9, "1": 10, "<|endoftext|>": 11}
      """;
  private static final String MERGES = "#version: 0.2\na b\nĠ ab\n";
  private static final String BERT =
      "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nplay\n##ing\nPlay\ncafe\n工\n";

  @TempDir private Path folder;

  private void write(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }

  private void config(String family) throws IOException {
    write("tokenizer_config.json", "{\"tokenizer_class\": \"%s\"}".formatted(family));
  }

  private Tokenizer load() {
    return TokenizerFiles.load(folder);
  }

  private static int[] ids(Tokenizer tokenizer, String text) {
    return tokenizer.sequence(tokenizer.tokens(text, true)).ids();
  }

  private static TokenSequence pair(Tokenizer tokenizer, String first, String second) {
    return tokenizer.sequence(tokenizer.tokens(first, true), tokenizer.tokens(second, true));
  }

  // --- vocab.txt ------------------------------------------------------------------------------

  @Test
  void bert() throws IOException {
    write("vocab.txt", BERT);
    Tokenizer tokenizer = load();
    assertArrayEquals(new int[] {2, 5, 6, 8, 9, 4, 1, 3}, ids(tokenizer, "Playing Café工 [MASK] x"));
    TokenSequence pair = pair(tokenizer, "play", "cafe");
    assertArrayEquals(new int[] {2, 5, 3, 8, 3}, pair.ids());
    assertArrayEquals(new int[] {0, 0, 0, 1, 1}, pair.types());
    assertEquals("playing cafe", tokenizer.decode(2, 5, 6, 8, 3));
  }

  @Test
  void bertOfAnotherConfiguration() throws IOException {
    write("vocab.txt", BERT.replace("[UNK]", "<odd>").replace("\n", "\r\n"));
    write(
        "tokenizer_config.json",
        """
        {"tokenizer_class": "DistilBertTokenizerFast", "do_lower_case": false,
         "strip_accents": true, "tokenize_chinese_chars": false,
         "unk_token": {"content": "<odd>", "lstrip": false},
         "added_tokens_decoder": {"12": {"content": "<new>", "special": true, "rstrip": true}}}
        """);
    Tokenizer tokenizer = load();
    assertArrayEquals(
        new int[] {2, 7, 6, 1, 1, 12, 5, 3}, ids(tokenizer, "Playing Café x工<new> play"));
  }

  @Test
  void mpnetHasAnglesAroundItsTokens() throws IOException {
    write("vocab.txt", "<s>\n<pad>\n</s>\n[UNK]\nplay\n##ing\n<mask>\n");
    write("config.json", "{\"model_type\": \"mpnet\"}");
    Tokenizer tokenizer = load();
    assertArrayEquals(new int[] {0, 4, 6, 2}, ids(tokenizer, "Play <mask>"));
    assertArrayEquals(new int[] {0, 4, 2, 2, 4, 5, 2}, pair(tokenizer, "play", "playing").ids());
  }

  // --- vocab.json and merges.txt ----------------------------------------------------------------

  @Test
  void roberta() throws IOException {
    write("vocab.json", VOCAB);
    write("merges.txt", MERGES);
    config("RobertaTokenizer");
    Tokenizer tokenizer = load();
    assertArrayEquals(new int[] {0, 7, 9, 4, 2}, ids(tokenizer, "ab ab <mask>"));
    assertArrayEquals(new int[] {0, 7, 2, 2, 5, 2}, pair(tokenizer, "ab", "a").ids());
    assertEquals("ab ab", tokenizer.decode(0, 7, 9, 2));
    assertArrayEquals(new int[] {0, 3}, tokenizer.tokens("ab ab").starts());
    write(
        "tokenizer_config.json",
        "{\"tokenizer_class\": \"RobertaTokenizer\", \"trim_offsets\": false}");
    assertArrayEquals(new int[] {0, 2}, load().tokens("ab ab").starts());
  }

  @Test
  void gpt2AndQwenAddNothing() throws IOException {
    write("vocab.json", VOCAB);
    write("merges.txt", MERGES);
    assertArrayEquals(new int[] {7, 9, 11}, ids(load(), "ab ab<|endoftext|>"), "no class at all");
    config("Qwen2Tokenizer");
    assertArrayEquals(new int[] {7, 10, 10}, ids(load(), "ab11"));
    Files.delete(folder.resolve("tokenizer_config.json"));
    write("config.json", "{\"model_type\": \"qwen3\"}");
    assertArrayEquals(new int[] {7, 10, 10}, ids(load(), "ab11"));
    write(
        "tokenizer_config.json",
        "{\"tokenizer_class\": \"GPT2Tokenizer\", \"add_bos_token\": true}");
    assertArrayEquals(new int[] {11, 7}, ids(load(), "ab"));
    assertArrayEquals(new int[] {11, 7, 11, 5}, pair(load(), "ab", "a").ids());
  }

  @Test
  void clip() throws IOException {
    write(
        "vocab.json",
        "{\"a\": 0, \"b\": 1, \"a</w>\": 2, \"b</w>\": 3, \"ab</w>\": 4,"
            + " \"<|startoftext|>\": 5, \"<|endoftext|>\": 6}");
    write("merges.txt", "#version: 0.2\na b</w>\n");
    config("CLIPTokenizer");
    assertArrayEquals(new int[] {5, 4, 0, 2, 6}, ids(load(), "  AB   aa "));
  }

  // --- SentencePiece ----------------------------------------------------------------------------

  private Tokenizer sentencePiece(String name, int type, String family, String... own)
      throws IOException {
    Files.write(folder.resolve(name), SentencePieceModelTest.model(type, own));
    config(family);
    return load();
  }

  @Test
  void xlmRobertaCountsFromFairseqsTokens() throws IOException {
    Tokenizer tokenizer =
        sentencePiece("sentencepiece.bpe.model", 1, "XLMRobertaTokenizer", "<unk>", "<s>", "</s>");
    assertArrayEquals(new int[] {0, 4, 5, 6, 3, 7, 2}, ids(tokenizer, "aa x <mask>"));
    assertArrayEquals(new int[] {0, 4, 2, 2, 4, 2}, pair(tokenizer, "a", "a").ids());
    assertEquals("aa", tokenizer.decode(0, 4, 5, 2));
    assertEquals(8, tokenizer.vocabSize());
  }

  @Test
  void camembertAndMbart() throws IOException {
    Tokenizer camembert =
        sentencePiece("sentencepiece.bpe.model", 1, "CamembertTokenizer", "<unk>", "<s>", "</s>");
    assertArrayEquals(new int[] {5, 7, 8, 6}, ids(camembert, "aa"));
    assertEquals(10, camembert.id("<mask>"));
    Tokenizer mbart =
        sentencePiece("sentencepiece.bpe.model", 1, "MBartTokenizer", "<unk>", "<s>", "</s>");
    assertArrayEquals(new int[] {4, 5, 2, 10}, ids(mbart, "aa"));
    assertEquals("en_XX", mbart.piece(10));
    assertEquals(32, mbart.id("<mask>"));
  }

  @Test
  void t5HasSentinels() throws IOException {
    Files.write(
        folder.resolve("spiece.model"), SentencePieceModelTest.model(1, "<pad>", "</s>", "<unk>"));
    write("config.json", "{\"model_type\": \"t5\", \"eos_token_id\": 1}");
    write("tokenizer_config.json", "{\"extra_ids\": 2}");
    Tokenizer tokenizer = load();
    assertArrayEquals(new int[] {3, 7, 1}, ids(tokenizer, "a<extra_id_0>"));
    assertEquals(6, tokenizer.id("<extra_id_1>"));
    assertArrayEquals(new int[] {3, 1, 3, 1}, pair(tokenizer, "a", "a").ids());
    assertTrue(tokenizer.isEndOfGeneration(1));
    write("tokenizer_config.json", "{\"extra_ids\": 2000000000}");
    String message = assertThrows(LanewiseException.class, this::load).getMessage();
    assertTrue(message.contains("spiece.model: tokenizer_config.json wants 2000000000"), message);
  }

  @Test
  void pegasusHasAHundredAndThreeTokensFirst() throws IOException {
    Tokenizer tokenizer =
        sentencePiece("spiece.model", 1, "PegasusTokenizer", "<pad>", "</s>", "<unk>");
    assertArrayEquals(new int[] {106, 107, 1}, ids(tokenizer, "aa"));
    assertEquals("<mask_1>", tokenizer.piece(2));
    assertEquals("<unk>", tokenizer.piece(105));
  }

  @Test
  void albertDropsAccentsAndCase() throws IOException {
    Tokenizer tokenizer =
        sentencePiece("spiece.model", 1, "AlbertTokenizer", "<pad>", "<unk>", "[CLS]", "[SEP]");
    assertArrayEquals(new int[] {2, 4, 5, 3}, ids(tokenizer, "AÀ"));
    TokenSequence pair = pair(tokenizer, "a", "a");
    assertArrayEquals(new int[] {2, 4, 3, 4, 3}, pair.ids());
    assertArrayEquals(new int[] {0, 0, 0, 1, 1}, pair.types());
    Tokenizer xlnet = sentencePiece("spiece.model", 1, "XLNetTokenizer", "<unk>", "<cls>", "<sep>");
    assertArrayEquals(new int[] {3, 2, 1}, ids(xlnet, "a"));
    assertArrayEquals(new int[] {0, 0, 1, 1, 2}, pair(xlnet, "a", "a").types());
  }

  @Test
  void llamaBeginsSequences() throws IOException {
    Tokenizer tokenizer =
        sentencePiece("tokenizer.model", 2, "LlamaTokenizer", "<unk>", "<s>", "</s>");
    assertArrayEquals(new int[] {1, 3, 4}, ids(tokenizer, "aa"));
    write("tokenizer_config.json", "{\"add_bos_token\": false, \"add_eos_token\": true}");
    assertArrayEquals(new int[] {3, 4, 2}, ids(load(), "aa"));
  }

  @Test
  void newerLlamasPutASpaceBeforeTheWholeTextAlone() throws IOException {
    Tokenizer tokenizer =
        sentencePiece("tokenizer.model", 2, "LlamaTokenizer", "<unk>", "<s>", "</s>");
    assertArrayEquals(new int[] {3, 1, 3}, tokenizer.encode("a<s>a", true));
    write("tokenizer_config.json", "{\"legacy\": false}");
    assertArrayEquals(new int[] {3, 1, 4}, load().encode("a<s>a", true));
    assertArrayEquals(new int[] {3, 1, 4}, load().tokens("a<s>a", true).ids());
    assertArrayEquals(new int[] {1, 4}, load().encode("<s>a", true));
    assertArrayEquals(new int[] {3, 1, 3}, load().encode("a<s>  a", true), "its own space");
  }

  @Test
  void marianNumbersPiecesByItsTable() throws IOException {
    Files.write(
        folder.resolve("source.spm"), SentencePieceModelTest.model(1, "<unk>", "<s>", "</s>"));
    write(
        "vocab.json",
        "{\"</s>\": 0, \"<unk>\": 1, \"▁a\": 2, \"▁\": 3, \"▁le\": 4, \">>fra<<\": 5, \"<pad>\":"
            + " 6}");
    Tokenizer tokenizer = load();
    assertArrayEquals(new int[] {2, 1, 0}, ids(tokenizer, "aa"), "a alone is not in the table");
    Tokens tokens = tokenizer.tokens(">>fra<< a");
    assertArrayEquals(new int[] {5, 2}, tokens.ids());
    assertArrayEquals(new int[] {0, 8}, tokens.starts());
    assertArrayEquals(new int[] {7, 9}, tokens.ends());
    assertArrayEquals(new int[] {1, 2}, tokenizer.encode(">>xyz<<a", false));
    assertArrayEquals(new int[] {5, 2, 3, 1, 2}, tokenizer.encode(">>fra<< a << a", false));
    assertEquals("le a", tokenizer.decode(6, 4, 2, 0));
    assertEquals(7, tokenizer.vocabSize());
    write("vocab.json", "{\"</s>\": 0, \"<unk>\": 1, \"▁a\": 2, \"é\": 3}");
    assertArrayEquals(new int[] {2, 3, 0}, ids(load(), "aé"), "é is in the table alone");
  }

  // --- What is wrong ----------------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "config.json | {} | has no tokenizer",
        "vocab.txt | [UNK] | vocab.txt: lacks [CLS]",
        "tokenizer.json | {} | tokenizer.json: model is missing",
        "spiece.model | x | spiece.model",
        "source.spm | x | vocab.json",
      })
  void badFoldersAreRefused(String name, String text, String part) throws IOException {
    write(name, text);
    String message = assertThrows(LanewiseException.class, this::load).getMessage();
    assertTrue(message.contains(part), message);
  }

  @Test
  void otherFamiliesAreRefusedByName() throws IOException {
    write("vocab.txt", BERT);
    config("BertJapaneseTokenizer");
    String message = assertThrows(LanewiseException.class, this::load).getMessage();
    assertTrue(message.contains("bertjapanese") && message.contains("mpnet"), message);
    Files.delete(folder.resolve("vocab.txt"));
    write("vocab.json", VOCAB);
    write("merges.txt", MERGES);
    message = assertThrows(LanewiseException.class, this::load).getMessage();
    assertTrue(message.contains("vocab.json") && message.contains("qwen2"), message);
  }

  @Test
  void aFamilyOfOtherNumbersIsRefused() {
    String message =
        assertThrows(
                LanewiseException.class,
                () -> sentencePiece("spiece.model", 1, "NllbTokenizer", "<unk>", "<s>", "</s>"))
            .getMessage();
    assertTrue(message.contains("spiece.model") && message.contains("nllb"), message);
  }

  @Test
  void xglmBeginsWithTheEnd() throws IOException {
    Tokenizer tokenizer =
        sentencePiece("sentencepiece.bpe.model", 1, "XGLMTokenizer", "<unk>", "<s>", "</s>");
    assertArrayEquals(new int[] {2, 4, 5}, ids(tokenizer, "aa"));
    assertEquals(14, tokenizer.vocabSize());
  }

  @Test
  void damagedFilesAreRefused() throws IOException {
    Files.write(folder.resolve("vocab.txt"), new byte[] {'a', (byte) 0xFF, '\n'});
    String message = assertThrows(LanewiseException.class, this::load).getMessage();
    assertTrue(message.contains("vocab.txt: is not UTF-8"), message);
    write("vocab.json", "{\"a\": 0, \"b\": 1}");
    write("merges.txt", "a b\n");
    message = assertThrows(LanewiseException.class, this::load).getMessage();
    assertTrue(message.contains("vocab.json") && message.contains("merges"), message);
    write("vocab.json", "{\"a\": 0, \"b\": \"x\"}");
    assertThrows(LanewiseException.class, this::load);
    Files.write(folder.resolve("source.spm"), SentencePieceModelTest.model(1, "<unk>"));
    write("vocab.json", "{\"</s>\": 0, \"<unk>\": 0}");
    message = assertThrows(LanewiseException.class, this::load).getMessage();
    assertTrue(message.contains("expected each of 0 to 1 once"), message);
  }

  /** The ids of GPT-2 stand in many a configuration of another vocabulary. */
  @Test
  void endsOutsideOfTheVocabularyAreNone() throws IOException {
    write("config.json", "{\"model_type\": \"bert\", \"eos_token_id\": 50256}");
    write("vocab.txt", BERT);
    assertArrayEquals(new int[] {2, 5, 3}, ids(load(), "play"));
    write("generation_config.json", "{\"eos_token_id\": [-1, 0, 10]}");
    assertTrue(load().isEndOfGeneration(0));
    Files.write(folder.resolve("spiece.model"), SentencePieceModelTest.model(1, "<unk>"));
    assertArrayEquals(new int[] {1, 2}, ids(load(), "aa"));
    Files.write(folder.resolve("source.spm"), SentencePieceModelTest.model(1, "<unk>"));
    write("vocab.json", "{\"</s>\": 0, \"<unk>\": 1, \"▁a\": 2}");
    assertArrayEquals(new int[] {2, 0}, ids(load(), "a"));
    write(
        "tokenizer.json",
        "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": []}}");
    assertArrayEquals(new int[] {0, 0}, ids(load(), "aa"));
  }

  @Test
  void oneFileWillDo() throws IOException {
    write("vocab.txt", BERT);
    Path file = folder.resolve("vocab.txt");
    assertTrue(TokenizerFiles.isOne(file) && TokenizerFiles.isOne(folder));
    assertArrayEquals(new int[] {2, 5, 3}, ids(TokenizerFiles.load(file), "play"));
    Path spm = folder.resolve("some.model");
    Files.write(spm, SentencePieceModelTest.model(1, "<unk>"));
    assertArrayEquals(new int[] {1}, ids(TokenizerFiles.load(spm), "a"));
    assertThrows(
        LanewiseException.class, () -> TokenizerFiles.load(folder.resolve("tokenizer.json")));
  }
}
