package dev.lanewise.model.task;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.TinyDecoder;
import dev.lanewise.model.arch.TokenBatch;
import dev.lanewise.model.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Texts to vectors: in order, pooled and cut off as the folder says. */
class EmbedderTest {
  private static final int[] CATS_SAT = {1, 5, 14, 7, 2}; // [CLS] cat ##s sat [SEP]

  @TempDir private Path folder;

  private Embedder embedder() {
    return new Embedder(TextModel.load(TinyTextModel.write(folder)), 1);
  }

  private void module(String pooling, String rest) {
    TinyTextModel.add(
        folder,
        "modules.json",
        """
        [{"idx": 0, "path": "", "type": "sentence_transformers.models.Transformer"},
         {"idx": 1, "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}%s]
        """
            .formatted(rest));
    TinyTextModel.add(
        folder,
        "1_Pooling/config.json",
        "{\"word_embedding_dimension\": 8, \"pooling_mode_mean_sqrt_len_tokens\": false,"
            + " \"pooling_mode_%s\": true}".formatted(pooling));
  }

  /** The hidden states of the model itself, [5 × 8]. */
  private float[] states() {
    return TextModel.load(folder)
        .encoder()
        .newSession(Kernels.reference(Parallel.of(1)))
        .encode(TokenBatch.of(CATS_SAT))
        .hiddenStates();
  }

  @Test
  void withoutAWordItIsTheNormalisedMean() {
    float[] found;
    try (Embedder embedder = embedder()) {
      found = embedder.embed("Cats sat");
      assertEquals(8, embedder.dim());
    }
    float[] states = states();
    double[] mean = new double[8];
    for (int i = 0; i < 40; i++) {
      mean[i % 8] += states[i] / 5.0;
    }
    double length = 0;
    for (double x : mean) {
      length += x * x;
    }
    for (int j = 0; j < 8; j++) {
      assertEquals(mean[j] / Math.sqrt(length), found[j], 1e-6);
    }
  }

  @Test
  void modulesSayHowToPoolAndWhetherToNormalise() {
    TinyTextModel.write(folder);
    module("cls_token", "");
    try (Embedder embedder = new Embedder(TextModel.load(folder), 1)) {
      float[] first = new float[8];
      System.arraycopy(states(), 0, first, 0, 8);
      assertArrayEquals(first, embedder.embed("cats sat"), 1e-5f);
    }
    module(
        "lasttoken",
        ", {\"idx\": 2, \"path\": \"2_N\", \"type\": \"sentence_transformers.models.Normalize\"}");
    try (Embedder embedder = new Embedder(TextModel.load(folder), 1)) {
      float[] found = embedder.embed("cats sat");
      float[] last = new float[8];
      System.arraycopy(states(), 32, last, 0, 8);
      double length = 0;
      for (float x : last) {
        length += (double) x * x;
      }
      for (int j = 0; j < 8; j++) {
        assertEquals(last[j] / Math.sqrt(length), found[j], 1e-5);
      }
    }
  }

  @Test
  void newerModulesNameThePooling() throws IOException {
    TinyTextModel.write(folder);
    module("cls_token", "");
    Path pooling = folder.resolve("1_Pooling/config.json");
    Files.writeString(pooling, "{\"embedding_dimension\": 8, \"pooling_mode\": \"cls\"}");
    try (Embedder embedder = new Embedder(TextModel.load(folder), 1)) {
      float[] first = new float[8];
      System.arraycopy(states(), 0, first, 0, 8);
      assertArrayEquals(first, embedder.embed("cats sat"), 1e-5f);
    }
    Files.writeString(pooling, "{\"pooling_mode\": \"median\"}");
    refused("modules.1.config.pooling_mode is median", "mean, ");
    Files.writeString(pooling, "{\"pooling_mode\": [\"cls\", \"mean\"]}");
    refused("modules.1.config.pooling_mode is a list", "mean, ");
    Files.writeString(pooling, "{\"pooling_mode\": \"mean\", \"include_prompt\": false}");
    refused("modules.1.config.include_prompt is false");
  }

  @Test
  void otherPoolings() {
    TinyTextModel.write(folder);
    float[] states = states();
    float[] sums = new float[8];
    float[] weighted = new float[8];
    float[] greatest = new float[8];
    Arrays.fill(greatest, Float.NEGATIVE_INFINITY);
    for (int i = 0; i < 40; i++) {
      sums[i % 8] += states[i] / (float) Math.sqrt(5);
      weighted[i % 8] += states[i] * (i / 8 + 1) / 15;
      greatest[i % 8] = Math.max(greatest[i % 8], states[i]);
    }
    pooled(sums, "mean_sqrt_len_tokens");
    pooled(weighted, "weightedmean_tokens");
    pooled(greatest, "max_tokens");
  }

  private void pooled(float[] wanted, String mode) {
    module(mode, "");
    TinyTextModel.add(folder, "1_Pooling/config.json", "{\"pooling_mode_" + mode + "\": true}");
    assertArrayEquals(wanted, embedded("cats sat"), 1e-5f, mode);
  }

  private float[] embedded(String text) {
    try (Embedder embedder = new Embedder(TextModel.load(folder), 1)) {
      return embedder.embed(text);
    }
  }

  @Test
  void layersMayFollow() {
    TinyTextModel.write(folder);
    float[] weight = new float[24];
    for (int i = 0; i < 24; i++) {
      weight[i] = (i % 7 - 3) / 10f;
    }
    float[] bias = {0.1f, -0.2f, 0.3f};
    float[] wanted = new float[3];
    float[] states = states();
    for (int i = 0; i < 3; i++) {
      double sum = bias[i];
      for (int j = 0; j < 8; j++) {
        sum += weight[i * 8 + j] * states[j];
      }
      wanted[i] = (float) Math.tanh(sum);
    }
    module("cls_token", DENSE);
    dense("{\"out_features\": 3}");
    refusedModel("2_Dense", "has no weights of the layer");
    new SafetensorsWriter()
        .tensor("linear.weight", weight, 3, 8)
        .tensor("linear.bias", bias, 3)
        .write(folder.resolve("2_Dense/model.safetensors"));
    assertArrayEquals(wanted, embedded("cats sat"), 1e-5f);
    module("cls_token", DENSE + ", {\"path\": \"3_N\", \"type\": \"x.Normalize\"}");
    double length = Math.hypot(Math.hypot(wanted[0], wanted[1]), wanted[2]);
    assertEquals(wanted[2] / length, embedded("cats sat")[2], 1e-5);
    dense("{\"out_features\": 3, \"activation_function\": \"torch.nn.Softplus\"}");
    refusedModel("modules.2.config.activation_function is torch.nn.Softplus");
    dense("{\"out_features\": 3, \"use_residual\": true}");
    refusedModel("modules.2 is a layer");
    dense("{\"out_features\": 4}");
    refusedModel("modules.2.linear.weight");
  }

  private static final String DENSE =
      ", {\"path\": \"2_Dense\", \"type\": \"sentence_transformers.models.Dense\"}";

  private void dense(String config) {
    TinyTextModel.add(folder, "2_Dense/config.json", config);
  }

  private void refusedModel(String... parts) {
    String message =
        assertThrows(LanewiseException.class, () -> TextModel.load(folder)).getMessage();
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
  }

  @Test
  void promptsAreThoseOfTheFolder() {
    TinyTextModel.write(folder);
    assertEquals("", prompt("query"));
    prompts("{\"prompts\": {\"query\": \"the \", \"a.b\": \"cat \"}}");
    assertEquals("the ", prompt("question", "query"));
    assertEquals("", prompt());
    prompts("{\"prompts\": {\"a.b\": \"cat \"}, \"default_prompt_name\": \"a.b\"}");
    assertEquals("cat ", prompt());
    assertEquals("cat ", prompt("query"));
  }

  @Test
  void similarityIsThatOfTheFolder() {
    assertEquals(Similarity.COSINE, similarity("{}"));
    assertEquals(Similarity.COSINE, similarity("{\"similarity_fn_name\": \"cosine\"}"));
    assertEquals(Similarity.COSINE, similarity("{\"similarity_fn_name\": null}"));
    assertEquals(Similarity.DOT, similarity("{\"similarity_fn_name\": \"dot\"}"));
    String message =
        assertThrows(
                LanewiseException.class,
                () -> similarity("{\"similarity_fn_name\": \"manhattan\"}"))
            .getMessage();
    assertTrue(message.contains("similarity_fn_name is 'manhattan'"), message);
  }

  private Similarity similarity(String config) {
    TinyTextModel.write(folder);
    TinyTextModel.add(folder, "config_sentence_transformers.json", config);
    try (Embedder embedder = Embedder.load(folder)) {
      return embedder.similarity();
    }
  }

  private void prompts(String config) {
    TinyTextModel.add(folder, "config_sentence_transformers.json", config);
  }

  private String prompt(String... uses) {
    try (Embedder embedder = new Embedder(TextModel.load(folder), 1)) {
      return embedder.prompt(uses);
    }
  }

  @Test
  void textsMayBeWantedInSmallLetters() throws IOException {
    Path file = TinyTextModel.write(folder).resolve("tokenizer.json");
    String tokenizer = Files.readString(file);
    Files.writeString(file, tokenizer.replace("\"lowercase\": true", "\"lowercase\": false"));
    module("mean_tokens", "");
    assertFalse(Arrays.equals(embedded("cats sat"), embedded("Cats SAT")));
    TinyTextModel.add(folder, "sentence_bert_config.json", "{\"do_lower_case\": true}");
    assertArrayEquals(embedded("cats sat"), embedded("Cats SAT"));
  }

  @Test
  void theTokenizerMayKnowTheGreatestLength() {
    TinyTextModel.write(folder);
    TinyTextModel.add(folder, "tokenizer_config.json", "{\"model_max_length\": 7}");
    assertEquals(7, longest());
    module("mean_tokens", "");
    assertEquals(7, longest());
    TinyTextModel.add(folder, "sentence_bert_config.json", "{\"max_seq_length\": 6}");
    assertEquals(6, longest());
    TinyTextModel.add(folder, "sentence_bert_config.json", "{}");
    TinyTextModel.add(
        folder, "tokenizer_config.json", "{\"model_max_length\": 1000000000000000019884624838656}");
    assertEquals(TextModel.load(folder).encoder().maxLength(), longest());
  }

  private int longest() {
    try (Embedder embedder = new Embedder(TextModel.load(folder), 1)) {
      return embedder.maxLength();
    }
  }

  @Test
  void ofADecoderItIsTheLastTokenWhereNothingIsSaid() {
    TinyTextModel.write(folder);
    TinyDecoder.write(folder, name -> name, TinyDecoder.SIZES + "\"llama\"}");
    List<String> texts = List.of("a cat", "Cats sat", "the bad dogs ran on the mat", "");
    try (Embedder embedder = new Embedder(TextModel.load(folder), 2)) {
      float[][] all = embedder.embed(texts);
      for (int i = 0; i < all.length; i++) {
        assertArrayEquals(embedder.embed(texts.get(i)), all[i], texts.get(i));
      }
      float[] last = Arrays.copyOfRange(states(), 4 * 16, 5 * 16);
      double squares = 0;
      for (float x : last) {
        squares += (double) x * x;
      }
      for (int j = 0; j < 16; j++) {
        assertEquals(last[j] / Math.sqrt(squares), all[1][j], 1e-5);
      }
    }
  }

  @Test
  void resultsComeInTheOrderOfTheTexts() {
    List<String> texts = List.of("a", "the cat sat on the mat.", "", "dog", "the bad dogs ran");
    try (Embedder embedder = embedder()) {
      float[][] all = embedder.embed(texts);
      for (int i = 0; i < all.length; i++) {
        assertArrayEquals(embedder.embed(texts.get(i)), all[i], texts.get(i));
      }
      assertEquals(0, embedder.embed(List.of()).length);
    }
  }

  @Test
  void longTextsAreCutOffAndThatIsTold() {
    TinyTextModel.write(folder);
    module("mean_tokens", "");
    TinyTextModel.add(folder, "sentence_bert_config.json", "{\"max_seq_length\": 6}");
    TruncationLog progress = new TruncationLog();
    try (Embedder embedder = new Embedder(TextModel.load(folder), 1)) {
      assertEquals(6, embedder.maxLength());
      float[][] found =
          embedder.embed(List.of("the cat sat on", "the cat sat on the mat"), progress);
      assertArrayEquals(found[0], found[1]);
    }
    assertEquals(List.of(new TruncationLog.Cut(1, 8, 6)), progress.cuts);
  }

  private void refused(String... parts) {
    String message =
        assertThrows(LanewiseException.class, () -> new Embedder(TextModel.load(folder), 1))
            .getMessage();
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
  }

  @Test
  void whatIsNotKnownIsRefused() throws IOException {
    TinyTextModel.write(folder);
    module("median_tokens", "");
    refused("pooling_mode_median_tokens", "mean, ");
    module("mean_tokens", ", {\"path\": \"2_CNN\", \"type\": \"sentence_transformers.CNN\"}");
    refused("modules.json", "sentence_transformers.CNN");
    module("mean_tokens", ", {\"path\": \"../x\", \"type\": \"sentence_transformers.Dense\"}");
    refused("modules.json", "[2].path", "'../x'");
    Files.delete(folder.resolve("modules.json"));
    Files.delete(folder.resolve("tokenizer.json"));
    refused("has no tokenizer");
    refusedPath(folder.resolve("nothing.gguf"), "no such file");
  }

  private static void refusedPath(Path path, String part) {
    String message = assertThrows(LanewiseException.class, () -> TextModel.load(path)).getMessage();
    assertTrue(message.contains(part), message);
  }

  @Test
  void aSecondCallerIsRefusedAndTheFirstNotDisturbed() {
    try (Embedder embedder = embedder()) {
      float[] wanted = embedder.embed("Cats sat");
      List<IllegalStateException> refusals = new ArrayList<>();
      BatchProgress intruder =
          new BatchProgress() {
            @Override
            public void update(int done, int total) {
              refusals.add(
                  assertThrows(IllegalStateException.class, () -> embedder.embed("a dog ran")));
            }
          };
      assertArrayEquals(wanted, embedder.embed(List.of("Cats sat"), intruder)[0]);
      assertEquals(1, refusals.size());
      assertArrayEquals(wanted, embedder.embed("Cats sat"));
    }
  }

  @Test
  void aClosedEmbedderSaysSo() {
    Embedder embedder = embedder();
    embedder.close();
    String message =
        assertThrows(IllegalStateException.class, () -> embedder.embed("a cat")).getMessage();
    assertEquals("this encoder of texts is closed", message);
  }
}
