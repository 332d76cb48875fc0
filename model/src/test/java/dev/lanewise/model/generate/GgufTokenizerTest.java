package dev.lanewise.model.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.ChildJvm;
import dev.lanewise.model.checkpoint.Gguf;
import dev.lanewise.model.checkpoint.GgufWriter;
import dev.lanewise.model.cli.Main;
import dev.lanewise.model.tokenizer.BytePairTokenizer;
import dev.lanewise.model.tokenizer.SentencePieceBpeTokenizer;
import dev.lanewise.model.tokenizer.TokenSequence;
import dev.lanewise.model.tokenizer.Tokenizer;
import dev.lanewise.model.tokenizer.UnigramTokenizer;
import dev.lanewise.model.tokenizer.WordPieceTokenizer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufTokenizerTest {
  private static final String PREFIX = "tokenizer.ggml.";

  @TempDir private Path directory;

  private Tokenizer load(GgufWriter writer) {
    return GgufTokenizer.of(Gguf.open(writer.write(directory.resolve("x.gguf"))).metadata());
  }

  private void refused(GgufWriter writer, String... named) {
    String message = assertThrows(LanewiseException.class, () -> load(writer)).getMessage();
    for (String part : named) {
      assertTrue(message.contains(part), message);
    }
    assertTrue(message.contains("x.gguf"), message);
  }

  private static GgufWriter bytePair() {
    return new GgufWriter()
        .string(PREFIX + "model", "gpt2")
        .string(PREFIX + "pre", "gpt-2")
        .strings(PREFIX + "tokens", "a", "b", "ab", "<end>", "<begin>")
        .int32s(PREFIX + "token_type", 1, 1, 1, 3, 3)
        .strings(PREFIX + "merges", "a b")
        .uint32(PREFIX + "bos_token_id", 4)
        .uint32(PREFIX + "eos_token_id", 3);
  }

  private static GgufWriter sentencePiece() {
    return new GgufWriter()
        .string(PREFIX + "model", "llama")
        .strings(PREFIX + "tokens", "<unk>", "<s>", "</s>", "▁", "a", "▁a")
        .int32s(PREFIX + "token_type", 2, 3, 3, 1, 1, 1)
        .float32s(PREFIX + "scores", 0, 0, 0, -3, -2, -1);
  }

  @Test
  void readsBytePair() {
    Tokenizer tokenizer = load(bytePair());
    assertInstanceOf(BytePairTokenizer.class, tokenizer);
    assertArrayEquals(new int[] {2, 0}, tokenizer.encode("aba", false));
    assertArrayEquals(new int[] {2}, tokenizer.withSequenceTokens(new int[] {2}));
    assertTrue(tokenizer.isEndOfGeneration(3));
    assertFalse(tokenizer.isEndOfGeneration(4));
    Tokenizer framed =
        load(
            bytePair()
                .bool(PREFIX + "add_bos_token", true)
                .bool(PREFIX + "add_eos_token", true)
                .uint32(PREFIX + "eot_token_id", 1));
    assertArrayEquals(new int[] {4, 2, 3}, framed.withSequenceTokens(new int[] {2}));
    assertTrue(framed.isEndOfGeneration(1));
  }

  @Test
  void someNamesOfPreTokenizersMeanThatASequenceBegins() {
    Tokenizer llama3 = load(bytePair().remove(PREFIX + "pre").string(PREFIX + "pre", "llama-bpe"));
    assertArrayEquals(new int[] {4}, llama3.withSequenceTokens(new int[0]));
    assertInstanceOf(BytePairTokenizer.class, load(bytePair().remove(PREFIX + "pre")));
  }

  @Test
  void aMissingNameOfAPreTokenizerIsWarnedOf() throws Exception {
    String old = bytePair().remove(PREFIX + "pre").write(directory.resolve("old.gguf")).toString();
    String named = bytePair().write(directory.resolve("named.gguf")).toString();
    String warning = "old.gguf: tokenizer.ggml.pre is missing, so words are split by the oldest";
    ChildJvm.Result result =
        ChildJvm.run(List.of(), Main.class, "tokenize", "-m", old, "aba", "ab");
    assertEquals(0, result.exitCode());
    assertEquals(2, result.output().split(warning, -1).length, result.output());
    assertTrue(result.output().contains("2 0"), result.output());
    result = ChildJvm.run(List.of(), Main.class, "tokenize", "-m", named, "aba");
    assertFalse(result.output().contains("pre is missing"), result.output());
  }

  @Test
  void aPromptIsNotEnded() {
    GgufWriter writer =
        bytePair().bool(PREFIX + "add_bos_token", true).bool(PREFIX + "add_eos_token", true);
    assertArrayEquals(new int[] {4, 2}, load(writer).prompt(new int[] {2}));
    assertArrayEquals(new int[] {2}, load(bytePair()).prompt(new int[] {2}));
  }

  @Test
  void readsWordsPartedByWhiteSpace() {
    Tokenizer tokenizer =
        load(
            bytePair()
                .remove(PREFIX + "model")
                .string(PREFIX + "model", "whitespace")
                .bool(PREFIX + "normalizer.lowercase", true));
    assertArrayEquals(new int[] {2, 0}, tokenizer.encode(" AB\n a 你", false));
  }

  @Test
  void readsSentencePiece() {
    Tokenizer tokenizer = load(sentencePiece());
    assertInstanceOf(SentencePieceBpeTokenizer.class, tokenizer);
    assertArrayEquals(new int[] {1, 5}, tokenizer.withSequenceTokens(tokenizer.encode("a", false)));
    assertTrue(tokenizer.isEndOfGeneration(2));
    Tokenizer bare = load(sentencePiece().bool(PREFIX + "add_space_prefix", false));
    assertArrayEquals(new int[] {4}, bare.encode("a", false));
  }

  @Test
  void readsWordPiece() {
    Tokenizer tokenizer =
        load(
            new GgufWriter()
                .string(PREFIX + "model", "bert")
                .strings(PREFIX + "tokens", "[UNK]", "[CLS]", "[SEP]", "▁a", "b")
                .uint32(PREFIX + "unknown_token_id", 0)
                .uint32(PREFIX + "cls_token_id", 1)
                .uint32(PREFIX + "seperator_token_id", 2));
    assertInstanceOf(WordPieceTokenizer.class, tokenizer);
    assertArrayEquals(
        new int[] {1, 3, 4, 0, 2}, tokenizer.withSequenceTokens(tokenizer.encode("Áb c", false)));
  }

  @Test
  void readsUnigram() {
    GgufWriter writer =
        new GgufWriter()
            .string(PREFIX + "model", "t5")
            .strings(PREFIX + "tokens", "<pad>", "</s>", "<unk>", "▁", "a")
            .float32s(PREFIX + "scores", 0, 0, 0, -1, -2)
            .bool(PREFIX + "add_space_prefix", true);
    Tokenizer tokenizer = load(writer);
    assertInstanceOf(UnigramTokenizer.class, tokenizer);
    assertArrayEquals(
        new int[] {3, 4, 1}, tokenizer.withSequenceTokens(tokenizer.encode("a", false)));
    refused(writer.int32s(PREFIX + "precompiled_charsmap", 1, 2), PREFIX + "precompiled_charsmap");
  }

  private static TokenSequence pair(Tokenizer tokenizer) {
    return tokenizer.sequence(tokenizer.tokens("a"), tokenizer.tokens("b"));
  }

  @Test
  void twoTextsMayHaveASeparatorBesidesTheEnd() {
    GgufWriter framed =
        bytePair().bool(PREFIX + "add_bos_token", true).bool(PREFIX + "add_eos_token", true);
    TokenSequence plain = pair(load(framed));
    assertArrayEquals(new int[] {4, 0, 3, 1, 3}, plain.ids());
    assertArrayEquals(new int[] {0, 0, 0, 1, 1}, plain.types());
    TokenSequence apart = pair(load(framed.bool(PREFIX + "add_sep_token", true)));
    assertArrayEquals(new int[] {4, 0, 3, 3, 1, 3}, apart.ids());
    assertArrayEquals(new int[6], apart.types());
    assertArrayEquals(new int[] {-1, 0, -1, -1, 1, -1}, apart.texts());
    TokenSequence named = pair(load(framed.uint32(PREFIX + "seperator_token_id", 2)));
    assertArrayEquals(new int[] {4, 0, 3, 2, 1, 3}, named.ids());
  }

  @Test
  void aSeparatorThatIsAskedForMustBeThere() {
    GgufWriter asked =
        bytePair().remove(PREFIX + "eos_token_id").bool(PREFIX + "add_sep_token", true);
    refused(asked, "seperator_token_id is missing", "add_sep_token asks for it");
    refused(asked.uint32(PREFIX + "seperator_token_id", 5), "seperator_token_id is 5");
    // Without being asked for, it is no matter what it would be.
    load(bytePair().uint32(PREFIX + "seperator_token_id", 5));
    GgufWriter sentences = sentencePiece().bool(PREFIX + "add_sep_token", true);
    Tokenizer tokenizer = load(sentences);
    assertArrayEquals(
        new int[] {1, 5, 2, 5},
        tokenizer.sequence(tokenizer.tokens("a"), tokenizer.tokens("a")).ids());
  }

  @Test
  void modelsLikeRobertaHaveOneWithoutBeingAsked() {
    GgufWriter roberta =
        bytePair()
            .remove(PREFIX + "pre")
            .string(PREFIX + "pre", "roberta-bpe")
            .bool(PREFIX + "add_bos_token", true)
            .bool(PREFIX + "add_eos_token", true);
    assertArrayEquals(new int[] {4, 0, 3, 3, 1, 3}, pair(load(roberta)).ids());
    assertArrayEquals(
        new int[] {4, 0, 3, 1, 3}, pair(load(roberta.bool(PREFIX + "add_sep_token", false))).ids());
    GgufWriter unigram =
        new GgufWriter()
            .string(PREFIX + "model", "t5")
            .strings(PREFIX + "tokens", "<s>", "<pad>", "</s>", "<unk>", "a", "b")
            .int32s(PREFIX + "token_type", 3, 3, 3, 2, 1, 1)
            .float32s(PREFIX + "scores", 0, 0, 0, 0, -1, -1)
            .uint32(PREFIX + "bos_token_id", 0)
            .uint32(PREFIX + "eos_token_id", 2)
            .uint32(PREFIX + "unknown_token_id", 3)
            .bool(PREFIX + "add_bos_token", true);
    assertArrayEquals(new int[] {0, 4, 2, 5, 2}, pair(load(unigram)).ids());
    assertArrayEquals(
        new int[] {0, 4, 2, 2, 5, 2},
        pair(load(unigram.string("general.architecture", "bert"))).ids());
  }

  @Test
  void whatIsWrongIsNamed() {
    refused(new GgufWriter(), PREFIX + "model");
    refused(new GgufWriter().string(PREFIX + "model", "rwkv"), "rwkv", "gpt2");
    refused(bytePair().remove(PREFIX + "tokens"), PREFIX + "tokens");
    refused(bytePair().remove(PREFIX + "merges"), PREFIX + "merges");
    refused(bytePair().remove(PREFIX + "pre").string(PREFIX + "pre", "odd"), PREFIX + "pre", "odd");
    refused(
        bytePair().remove(PREFIX + "merges").strings(PREFIX + "merges", "a b", "a x"),
        PREFIX + "merges[1]");
    refused(
        bytePair().remove(PREFIX + "token_type").int32s(PREFIX + "token_type", 1, 1),
        PREFIX + "token_type");
    refused(
        bytePair().remove(PREFIX + "bos_token_id").uint32(PREFIX + "bos_token_id", 5),
        PREFIX + "bos_token_id",
        "5");
    refused(
        bytePair().remove(PREFIX + "bos_token_id").bool(PREFIX + "add_bos_token", true),
        PREFIX + "bos_token_id",
        PREFIX + "add_bos_token");
    refused(
        bytePair().remove(PREFIX + "bos_token_id").string(PREFIX + "bos_token_id", "4"),
        PREFIX + "bos_token_id");
    refused(sentencePiece().remove(PREFIX + "scores"), PREFIX + "scores");
    refused(
        sentencePiece().remove(PREFIX + "scores").float32s(PREFIX + "scores", 1, 2),
        PREFIX + "scores");
    refused(
        sentencePiece()
            .remove(PREFIX + "token_type")
            .int32s(PREFIX + "token_type", 2, 3, 3, 1, 1, 6),
        PREFIX + "tokens[5]");
  }

  @Test
  void phi3DropsWhiteSpaceAfterSpecialTokens() {
    Tokenizer tokenizer = load(sentencePiece().string("general.name", "Phi3"));
    int[] ids = tokenizer.encode("</s>\na", true);
    assertEquals("[2, 5]", java.util.Arrays.toString(ids));
  }
}
