package dev.lanewise.model.arch;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Gguf;
import dev.lanewise.model.checkpoint.GgufWriter;
import dev.lanewise.model.checkpoint.HuggingFace;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an encoder cannot do ends in a message that says why, and what would do. */
class EncoderErrorsTest {
  @TempDir private Path folder;

  private HuggingFace bert(String config) {
    return TinyEncoder.open(folder, config, TinyEncoder.BERT);
  }

  private TextEncoder bert() {
    return Architectures.loadTextEncoder(bert(TinyEncoder.BERT_CONFIG));
  }

  private TextEncoder distilbert() {
    return Architectures.loadTextEncoder(
        TinyEncoder.open(folder, TinyEncoder.DISTILBERT_CONFIG, TinyEncoder.DISTILBERT));
  }

  private static TextEncoder.Session session(TextEncoder model) {
    return model.newSession(Kernels.best(Parallel.of(1)));
  }

  private static void refuses(Executable work, String... parts) {
    String message = assertThrows(LanewiseException.class, work).getMessage();
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
  }

  /** As someone might make it whose converter knows nothing of relative positions. */
  @Test
  void aGgufFileOfAnotherModelThatSaysItIsBertIsRefused() {
    Path file =
        TinyEncoder.bertGguf()
            .tensor("attn_rel_b.weight", new float[64], 32, 2)
            .write(folder.resolve("mpnet.gguf"));
    refuses(
        () -> Architectures.loadTextEncoder(Gguf.open(file)),
        "mpnet.gguf: tensor attn_rel_b.weight is none of BERT's");
  }

  @ParameterizedTest
  @ValueSource(strings = {"deberta-v2", "mpnet", "roberta"})
  void aGgufFileOfAModelThatGgufDoesNotKnowIsRefused(String architecture) {
    Path file =
        new GgufWriter()
            .string("general.architecture", architecture)
            .uint32(architecture + ".block_count", 1)
            .write(folder.resolve("model.gguf"));
    refuses(
        () -> Architectures.loadTextEncoder(Gguf.open(file)),
        "model.gguf: general.architecture is '" + architecture + "', a model that GGUF files");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'\"num_attention_heads\": 2' | '\"num_attention_heads\": 3' | num_attention_heads is 3",
        "'\"num_hidden_layers\": 1' | '\"num_hidden_layers\": 0' | num_hidden_layers is 0",
        "'\"num_hidden_layers\": 1' | '\"num_hidden_layers\": 2' | encoder.layer.1.attention",
        "'\"intermediate_size\": 12' | '\"intermediate_size\": 11' | needs [11 x 8]",
        "'\"intermediate_size\": 12,' | '' | needs [3072 x 8]",
        "'\"hidden_act\": \"gelu\"' | '\"hidden_act\": \"mish\"' | hidden_act is 'mish'",
        "'\"layer_norm_eps\": 1e-12' | '\"layer_norm_eps\": -1' | layer_norm_eps is -1",
        "'\"vocab_size\": 16' | '\"vocab_size\": 17' | vocab_size is 17",
        "'\"type_vocab_size\": 2' | '\"type_vocab_size\": 3' | token_type_embeddings.weight is",
        "'\"max_position_embeddings\": 12' | '\"max_position_embeddings\": 13' | needs [13 x 8]",
        "', \"2\": \"neither\"' | '' | id2label names 2 classes but the head scores 3",
        "'\"2\": \"neither\"' | '\"x\": \"neither\"' | id2label.2 is missing",
        "'\"pad_token_id\": 0' | '\"is_decoder\": true' | is_decoder is true",
        "SequenceClassification | MultipleChoice | architectures names BertForMultipleChoice",
        "'\"pad_token_id\": 0' | '\"position_embedding_type\": \"relative_key\"' | 'relative_key'",
      })
  void refusesAConfigurationThatDoesNotFit(String part, String instead, String message) {
    String config = TinyEncoder.BERT_CONFIG.replace(part, instead == null ? "" : instead);
    HuggingFace checkpoint = bert(config);
    String found =
        assertThrows(LanewiseException.class, () -> Architectures.loadTextEncoder(checkpoint))
            .getMessage();
    assertTrue(found.replace(",", "").contains(message), found);
    assertTrue(found.contains(folder.toString()), found);
  }

  @Test
  void namesAMissingTensorAsTheFileWould() {
    String tensors = TinyEncoder.BERT.replace("bert.pooler.dense.weight", "bert.else.weight");
    HuggingFace checkpoint = TinyEncoder.open(folder, TinyEncoder.BERT_CONFIG, tensors);
    refuses(() -> Architectures.loadTextEncoder(checkpoint), "bert.pooler.dense.weight", "missing");
  }

  @Test
  void aPaddingTokenBehindThePositionsIsRefused() {
    String config =
        TinyEncoder.ROBERTA_CONFIG.replace("\"pad_token_id\": 1", "\"pad_token_id\": 11");
    HuggingFace checkpoint = TinyEncoder.open(folder, config, TinyEncoder.ROBERTA);
    refuses(() -> Architectures.loadTextEncoder(checkpoint), "pad_token_id is 11", "0 to 10");
  }

  @Test
  void otherKindsOfModelsAreNamed() {
    HuggingFace checkpoint = bert(TinyEncoder.BERT_CONFIG);
    refuses(() -> Architectures.load(checkpoint), "model_type is 'bert'", "language models");
    refuses(() -> Architectures.loadImageEncoder(checkpoint), "image encoders", "vit");
    HuggingFace unknown = bert(TinyEncoder.BERT_CONFIG.replace("\"bert\"", "\"burt\""));
    refuses(() -> Architectures.loadTextEncoder(unknown), "'burt'", "text encoders", "bert");
  }

  @Test
  void tokensMustBeKnown() {
    TextEncoder.Session session = session(bert());
    refuses(() -> session.encode(TokenBatch.of(new int[] {2, 16})), "id 16, token 1", "0 to 15");
    refuses(() -> session.encode(TokenBatch.of(new int[] {-1})), "id -1", "0 to 15");
    TokenBatch types = TokenBatch.of(new int[][] {{2, 3}}, new int[][] {{0, 2}});
    refuses(() -> session.encode(types), "type 2, token 1", "0 to 1");
    TokenBatch second = TokenBatch.of(new int[][] {{2, 3}}, new int[][] {{0, 1}});
    refuses(() -> session(distilbert()).encode(second), "type 1", "0 to 0");
  }

  @Test
  void sequencesMustFitThePositions() {
    TextEncoder.Session session = session(bert());
    refuses(
        () -> session.encode(TokenBatch.of(new int[] {2}, new int[13])), "sequence 1", "13", "12");
    refuses(() -> session.hiddenStates(TokenBatch.of(new int[] {2}), 2), "block 2", "has 1");
  }

  @Test
  void batchesMustBePaddedAtTheEnd() {
    int[] ids = {1, 2, 3, 4};
    refuses(() -> TokenBatch.masked(ids, null, new int[] {0, 1, 1, 1}, 4), "masked before token 1");
    refuses(() -> TokenBatch.masked(ids, null, new int[] {1, 0, 1, 1}, 4), "masked before token 2");
    refuses(() -> TokenBatch.masked(ids, null, new int[] {1, 1, 2, 1}, 4), "token 2", "is 2");
    refuses(() -> TokenBatch.masked(ids, null, new int[] {0, 0, 1, 1}, 2), "sequence 0 has 0");
    refuses(() -> TokenBatch.masked(ids, null, new int[] {1, 1, 1}, 2), "3 numbers");
    refuses(() -> TokenBatch.masked(ids, null, new int[] {1, 1}, 2), "need 2 ids");
    refuses(() -> TokenBatch.of(), "no sequences");
    refuses(() -> TokenBatch.of(new int[] {1}, new int[0]), "sequence 1 has 0");
    refuses(() -> TokenBatch.of(new int[][] {{1, 2}}, new int[][] {{0}}), "1 types");
  }

  @Test
  void onlyWhatIsThereCanBeAsked() {
    TextEncoder model = bert();
    refuses(
        () -> model.require(HeadKind.ANSWER_SPAN),
        "a head for classes of texts, but a head for answers to questions");
    Encoding classes = session(model).encode(TokenBatch.of(new int[] {2, 3}));
    refuses(() -> classes.logits(0, 1), "a head for classes of texts", "no scores");
    Encoding span = session(distilbert()).encode(TokenBatch.of(new int[] {2, 3}));
    refuses(span::poolerOutput, "no pooler");
    refuses(() -> span.logits(0, 2), "no token 2");
    refuses(() -> span.logits(1, 0), "sequence 1 of 1");
    HuggingFace headless =
        bert(TinyEncoder.BERT_CONFIG.replace("ForSequenceClassification", "Model"));
    TextEncoder none = Architectures.loadTextEncoder(headless);
    refuses(() -> none.require(HeadKind.MASKED_TOKENS), "has no head, but a head for masked");
    refuses(session(none).encode(TokenBatch.of(new int[] {2}))::logits, "no head");
  }

  @Test
  void imagesMustBeOfTheRightSize() {
    HuggingFace file = TinyEncoder.open(folder, TinyEncoder.DEIT_CONFIG, TinyEncoder.DEIT);
    ImageEncoder.Session session =
        Architectures.loadImageEncoder(file).newSession(Kernels.best(Parallel.of(1)));
    refuses(() -> session.encode(new float[47]), "47", "3 x 4 x 4");
    refuses(() -> session.encode(new float[0]), "0 pixel");
    String[][] changes = {
      {"\"patch_size\": 2", "\"patch_size\": 5", "patch_size is 5 x 5"},
      {"\"patch_size\": 2", "\"patch_size\": [1, 2]", "patch_size is 1 x 2"},
      {"\"patch_size\": 2", "\"patch_size\": [2, 2, 2]", "one number or two"},
      {"\"image_size\": 4", "\"image_size\": 6", "[11 x 8]"},
      {"\"num_channels\": 3", "\"num_channels\": 1", "[8 x 1 x 2 x 2]"},
    };
    for (String[] change : changes) {
      String config = TinyEncoder.DEIT_CONFIG.replace(change[0], change[1]);
      HuggingFace changed = TinyEncoder.open(folder, config, TinyEncoder.DEIT);
      refuses(() -> Architectures.loadImageEncoder(changed), change[2]);
    }
  }
}
