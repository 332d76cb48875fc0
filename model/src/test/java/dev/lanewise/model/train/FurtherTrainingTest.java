package dev.lanewise.model.train;

import static dev.lanewise.model.train.ParameterSums.assertClose;
import static dev.lanewise.model.train.ParameterSums.find;
import static dev.lanewise.model.train.ParameterSums.norm;
import static dev.lanewise.model.train.ParameterSums.weighted;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.GgufBuilder;
import dev.lanewise.model.checkpoint.TensorInfo;
import dev.lanewise.model.checkpoint.Weights;
import dev.lanewise.model.generate.LanguageModel;
import dev.lanewise.model.task.BatchProgress;
import dev.lanewise.model.task.ModelQuantiser;
import dev.lanewise.model.task.Quantisation;
import dev.lanewise.model.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Models that have learnt before are trained further. Losses and gradients are those of
 * transformers 5.24 (GPT2LMHeadModel) with torch 2.15 in float32, which was given {@link TinyGpt2}.
 */
class FurtherTrainingTest {
  private static final int[] IDS = {12, 10, 2, 13, 10, 7, 6, 14, 16, 0};
  private static final int[] TARGETS = {10, 2, 13, 10, 8, 6, 14, 16, 0, 17};

  @TempDir private Path folder;

  private static TrainingOptions.Builder options(Path model) {
    return TrainingOptions.from(model).context(5).batch(2).steps(4).warmUp(1).seed(3);
  }

  private Trainer trainer(boolean tied, int frozen) {
    Path model = TinyGpt2.write(folder, tied);
    return new Trainer(TinyGpt2.text(), options(model).frozen(frozen).build());
  }

  @ParameterizedTest
  @CsvSource({
    "token_embd.weight, 0.663883, -0.1674689",
    "position_embd.weight, 0.733165, 1.225255",
    "blk.0.attn_norm.weight, 0.6404203, -1.109014",
    "blk.0.attn_norm.bias, 0.9294521, 2.612818",
    "blk.0.attn_qkv.weight, 1.535769, -0.5226234",
    "blk.0.attn_qkv.bias, 0.8226445, -1.482536",
    "blk.0.attn_output.weight, 0.7148481, -1.394977",
    "blk.0.attn_output.bias, 0.3925294, -0.9512701",
    "blk.0.ffn_norm.weight, 0.4182095, 0.5343707",
    "blk.0.ffn_norm.bias, 0.3856035, -1.027538",
    "blk.0.ffn_up.weight, 0.819602, 2.008953",
    "blk.0.ffn_up.bias, 0.3021857, -0.1083336",
    "blk.0.ffn_down.weight, 0.4796641, -0.3332791",
    "blk.0.ffn_down.bias, 0.1698418, -0.2793284",
    "blk.1.attn_norm.weight, 0.2306357, 0.05258496",
    "blk.1.attn_norm.bias, 0.1674406, 0.4366926",
    "blk.1.attn_qkv.weight, 0.885591, 1.267041",
    "blk.1.attn_qkv.bias, 0.2055229, -0.1759482",
    "blk.1.attn_output.weight, 0.584412, -0.8285051",
    "blk.1.attn_output.bias, 0.1243597, -0.2221863",
    "blk.1.ffn_norm.weight, 0.161186, -0.3651215",
    "blk.1.ffn_norm.bias, 0.2732868, -0.3872779",
    "blk.1.ffn_up.weight, 0.7690659, 4.187549",
    "blk.1.ffn_up.bias, 0.2397534, -0.0599102",
    "blk.1.ffn_down.weight, 0.5630819, -0.4105236",
    "blk.1.ffn_down.bias, 0.1163586, -0.2375371",
    "output_norm.weight, 1.226055, 0.540829",
    "output_norm.bias, 0.9330087, -1.711212",
    "output.weight, 1.165433, 0.4110526",
  })
  void gradientsAgreeWithTransformers(String name, double norm, double weighted) {
    try (Trainer trainer = trainer(false, 0)) {
      assertEquals(29, trainer.model().parameters().trained().size());
      assertClose(4.817852, trainer.model().forward(IDS, TARGETS));
      trainer.model().backward(IDS, TARGETS);
      float[] gradient = find(trainer.model(), name).gradient();
      assertClose(norm, norm(gradient));
      assertClose(weighted, weighted(gradient));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "false, 0, 4.817852, 3.982297, 3.029935, 2.84436, 14.02945, 0.1228226",
    "false, 1, 4.817852, 4.417603, 3.696552, 3.541162, 13.80805, 0.2318762",
    "false, 2, 4.817852, 4.676391, 4.409375, 4.345947, 14.65565, 0.2290884",
    "true, 0, 4.915489, 4.032075, 2.941989, 2.767948, 15.04339, 0.02746212",
    "true, 1, 4.915489, 4.565089, 4.007261, 3.896236, 14.92647, 0.02297063",
    "true, 2, 4.915489, 4.871706, 4.785579, 4.764357, 14.65565, 0.02072717",
  })
  void stepsAgreeWithTransformers(
      boolean tied,
      int frozen,
      double first,
      double second,
      double third,
      double last,
      double down,
      double bias) {
    try (Trainer trainer = trainer(tied, frozen);
        Parallel team = Parallel.of(2)) {
      TrainableGpt2 model = trainer.model();
      AdamW optimiser = new AdamW(model.parameters().trained(), team, 0.1f);
      float[] rates = {0.01f, 0.02f, 0.005f};
      double[] losses = {first, second, third};
      for (int i = 0; i < rates.length; i++) {
        assertEquals(losses[i], model.forward(IDS, TARGETS), 1e-4);
        model.backward(IDS, TARGETS);
        optimiser.step(rates[i], 1); // the gradients are 1.4 to 3.9 long
      }
      assertEquals(last, model.forward(IDS, TARGETS), 1e-4);
      assertEquals(down, weighted(find(trainer.model(), "blk.1.ffn_down.weight").values()), 1e-3);
      assertEquals(bias, weighted(find(trainer.model(), "output_norm.bias").values()), 1e-4);
    }
  }

  @Test
  void whatIsFrozenKeepsItsBitsAndTakesNoMemory() {
    try (Trainer all = trainer(true, 0);
        Trainer some = trainer(true, 1)) {
      List<float[]> before =
          some.model().parameters().all().stream().map(p -> p.values().clone()).toList();
      some.run(TrainingProgress.NONE);
      int kept = 0;
      for (int i = 0; i < before.size(); i++) {
        Parameter parameter = some.model().parameters().all().get(i);
        boolean same = Arrays.equals(before.get(i), parameter.values());
        boolean early = parameter.name().matches("(token|position)_embd.*|blk\\.0\\..*");
        assertEquals(early, same, parameter.name());
        assertEquals(early ? 0 : parameter.values().length, parameter.gradient().length);
        kept += early ? parameter.values().length : 0;
      }
      assertEquals(all.parameters(), some.parameters());
      assertEquals(all.parameters(), all.trainedParameters());
      assertEquals(all.parameters() - kept, some.trainedParameters());
      assertTrue(some.memory() < all.memory());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void sizesAreCountedAsTheyAre(boolean tied) {
    try (Trainer trainer = trainer(tied, 0)) {
      long count =
          trainer.model().parameters().all().stream().mapToLong(p -> p.values().length).sum();
      assertEquals(count, trainer.parameters());
    }
  }

  @Test
  void theBitsAreThoseOfAnyNumberOfThreads() {
    Path model = TinyGpt2.write(folder, false);
    List<float[]> one = trained(model, 1);
    for (int threads = 2; threads <= 3; threads++) {
      List<float[]> more = trained(model, threads);
      for (int i = 0; i < one.size(); i++) {
        assertArrayEquals(one.get(i), more.get(i));
      }
    }
  }

  private static List<float[]> trained(Path model, int threads) {
    TrainingOptions options = options(model).context(12).batch(9).threads(threads).build();
    try (Trainer trainer = new Trainer(TinyGpt2.text(), options)) {
      trainer.run(TrainingProgress.NONE);
      return trainer.model().parameters().all().stream().map(Parameter::values).toList();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatIsWrittenComputesTheSameWithTheSameTokens(boolean tied) {
    Path file = folder.resolve("further.gguf");
    float[] expected;
    try (Trainer trainer = trainer(tied, 0)) {
      assertEquals(20 * TinyGpt2.TOKENS.length - 19, trainer.tokens()); // " the" is one
      trainer.run(TrainingProgress.NONE);
      trainer.write(file);
      trainer.model().forward(IDS, TARGETS);
      expected = trainer.model().logits();
    }
    Tokenizer before = LanguageModel.loadTokenizer(folder);
    try (LanguageModel model = LanguageModel.load(file);
        Parallel team = Parallel.of(1)) {
      Tokenizer tokenizer = model.tokenizer();
      assertArrayEquals(TinyGpt2.TOKENS, tokenizer.encode(TinyGpt2.TEXT, true));
      assertArrayEquals(before.encode("then", false), tokenizer.encode("then", false));
      assertArrayEquals(before.prompt(IDS), tokenizer.prompt(IDS));
      assertTrue(tokenizer.isEndOfGeneration(TinyGpt2.END));
      assertEquals(TinyGpt2.END, tokenizer.beginOfSequence());
      assertEquals(TinyGpt2.VOCABULARY, tokenizer.vocabSize());
      assertEquals(12, model.contextLength());
      List<float[]> rows = new ArrayList<>();
      model
          .model()
          .newSession(Kernels.best(team), 5)
          .forwardAll(IDS, 0, 5, (index, logits) -> rows.add(logits.clone()));
      for (int i = 0; i < 5 * TinyGpt2.VOCABULARY; i++) {
        float of = expected[i];
        float is = rows.get(i / TinyGpt2.VOCABULARY)[i % TinyGpt2.VOCABULARY];
        assertEquals(of, is, 1e-4f + 1e-4f * Math.abs(of));
      }
    }
  }

  @Test
  void aFileOfItsOwnGoesOnWhereItEnded() {
    Path file = folder.resolve("first.gguf");
    double ended;
    try (Trainer trainer = trainer(false, 0)) {
      trainer.run(TrainingProgress.NONE);
      ended = trainer.evaluate();
      trainer.write(file);
    }
    List<Double> begun = new ArrayList<>();
    TrainingProgress progress =
        new TrainingProgress() {
          @Override
          public void begun(double heldOutLoss) {
            begun.add(heldOutLoss);
          }
        };
    Path second = folder.resolve("second.gguf");
    TrainingOptions options = options(file).learningRate(1e-2f).steps(40).build();
    try (Trainer trainer = new Trainer(TinyGpt2.text(), options)) {
      trainer.run(progress);
      assertEquals(List.of(ended), begun);
      assertTrue(trainer.evaluate() < ended - 0.5, trainer.evaluate() + " of " + ended);
      trainer.write(second);
    }
    assertEquals(
        Checkpoint.open(file).metadata().value("tokenizer.ggml.merges"),
        Checkpoint.open(second).metadata().value("tokenizer.ggml.merges"));
    assertEquals(
        Checkpoint.open(file).tensors().keySet(), Checkpoint.open(second).tensors().keySet());
  }

  @ParameterizedTest
  @ValueSource(strings = {"F16", "Q8_0"})
  void weightsOfOtherTypesAreRead(String type) {
    byte[] bytes = "the cat then sat on the mat\n".repeat(20).getBytes(StandardCharsets.UTF_8);
    TrainingText text = TrainingText.of("plain", bytes);
    Path exact = folder.resolve("exact.gguf");
    TrainingOptions small =
        TrainingOptions.builder().layers(1).heads(2).dim(32).context(6).batch(2).steps(1).build();
    double loss;
    try (Trainer trainer = new Trainer(text, small)) {
      trainer.run(TrainingProgress.NONE);
      loss = trainer.evaluate();
      trainer.write(exact);
    }
    Path rounded = folder.resolve("rounded.gguf");
    try (ModelQuantiser quantiser = ModelQuantiser.open(exact, Quantisation.valueOf(type))) {
      quantiser.write(rounded, BatchProgress.NONE);
    }
    TrainingOptions options = options(rounded).context(6).build();
    try (Trainer trainer = new Trainer(text, options)) {
      assertEquals(loss, trainer.evaluate(), 1e-2);
      Matrix up = Weights.of(Checkpoint.open(rounded)).matrix("blk.0.ffn_up.weight", 128, 32);
      assertEquals(type, up.dtype().name());
      float[] row = new float[32];
      up.row(77, row, 0);
      float[] values = find(trainer.model(), "blk.0.ffn_up.weight").values();
      assertArrayEquals(row, Arrays.copyOfRange(values, 77 * 32, 78 * 32));
    }
  }

  @Test
  void anOutputThatRepeatsTheEmbeddingIsTied() {
    GgufBuilder builder = new GgufBuilder();
    putUntrained(
        builder,
        (name, matrix) -> {
          if (name.equals("token_embd.weight")) {
            builder.tensor("output.weight", matrix);
          }
          return matrix;
        });
    Path twice = folder.resolve("twice.gguf");
    builder.writeNew(twice);
    try (Trainer trainer = new Trainer(TinyGpt2.text(), options(twice).build())) {
      assertClose(4.915489, trainer.model().forward(IDS, TARGETS));
      trainer.write(folder.resolve("tied.gguf"));
    }
    assertFalse(Checkpoint.open(folder.resolve("tied.gguf")).has("output.weight"));
  }

  /** What a file of the tied model holds that is to learn, each tensor as it is changed. */
  private void putUntrained(GgufBuilder builder, BiFunction<String, Matrix, Matrix> changed) {
    Path path = folder.resolve("untrained.gguf");
    try (Trainer trainer = trainer(true, 0)) {
      trainer.write(path);
    }
    Checkpoint checkpoint = Checkpoint.open(path);
    builder.metadata(checkpoint.metadata());
    Weights weights = Weights.of(checkpoint);
    for (TensorInfo tensor : checkpoint.tensors().values()) {
      int rows = tensor.shape().size() == 1 ? 1 : tensor.shape().getFirst().intValue();
      Matrix matrix = weights.matrix(tensor.name(), rows, tensor.shape().getLast().intValue());
      builder.tensor(tensor.name(), changed.apply(tensor.name(), matrix));
    }
  }

  private static void assertFails(String part, Executable work) {
    LanewiseException e = assertThrows(LanewiseException.class, work);
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "'\"gpt2\"', '\"llama\"', model_type is 'llama'",
    "'\"n_inner\"', '\"activation_function\": \"relu\", \"n_inner\"', 'activation_function is"
        + " ''relu'''",
    "'\"n_inner\"', '\"scale_attn_weights\": false, \"n_inner\"', scale_attn_weights is false",
    "'\"n_inner\"', '\"head_dim\": 2, \"n_inner\"', '2 heads of width 2, 2 for keys'",
    "'\"n_inner\": 20', '\"n_inner\": 24', 'h.0.mlp.c_fc.weight is F32 [20 x 8], but'",
    "'\"n_inner\"', '\"scale_attn_by_inverse_layer_idx\": true, \"n_inner\"', layer_idx is true",
  })
  void otherModelsAreRefused(String part, String other, String message) {
    TinyGpt2.write(folder, true, TinyGpt2.CONFIG.replace(part, other), TinyGpt2.TOKENIZER);
    TrainingOptions options = options(folder).build();
    assertFails(message, () -> new Trainer(TinyGpt2.text(), options).close());
  }

  @Test
  void tokenizersThatFilesCannotNameAreRefused() {
    TrainingOptions options = options(folder).build();
    String prefixed = TinyGpt2.TOKENIZER.replaceFirst("space\": false", "space\": true");
    TinyGpt2.write(folder, true, TinyGpt2.CONFIG, prefixed);
    assertFails("splits words as none", () -> new Trainer(TinyGpt2.text(), options).close());
    String lower =
        TinyGpt2.TOKENIZER.replaceFirst("\\{", "{\"normalizer\": {\"type\": \"Lowercase\"}, ");
    TinyGpt2.write(folder, true, TinyGpt2.CONFIG, lower);
    assertFails("changes texts", () -> new Trainer(TinyGpt2.text(), options).close());
    String larger = TinyGpt2.TOKENIZER.replace("\"id\": 17", "\"id\": 21");
    TinyGpt2.write(folder, true, TinyGpt2.CONFIG, larger);
    assertFails(
        "has the id 21, but the model has embeddings of 19 tokens",
        () -> new Trainer(TinyGpt2.text(), options).close());
  }

  @Test
  void textsThatTheTokenizerCannotSpellAreRefused() {
    TrainingOptions options = options(TinyGpt2.write(folder, true)).build();
    byte[] latin = "caf\u00E9".getBytes(StandardCharsets.ISO_8859_1);
    assertFails(
        "not in UTF-8", () -> new Trainer(TrainingText.of("latin", latin), options).close());
    byte[] short_ = "the cat".getBytes(StandardCharsets.UTF_8);
    assertFails(
        "has 4 tokens", () -> new Trainer(TrainingText.of("short", short_), options).close());
  }

  @Test
  void textsThatAreTooLongForTheTokenizerAreRefusedBeforehand() {
    TrainingText text = TinyGpt2.text();
    text.requireMemoryForTokens(20L * text.length());
    assertFails(
        "a text: to make tokens of its 1080 bytes takes 0 MB",
        () -> text.requireMemoryForTokens(20L * text.length() - 1));
  }

  @ParameterizedTest
  @CsvSource({
    "blk.1.ffn_down.bias, NaN, tensor blk.1.ffn_down.bias has weights that are NaN",
    "output_norm.bias, 3e38, 'the loss is '",
  })
  void damagedCheckpointsAreNamed(String name, float weight, String message) {
    GgufBuilder builder = new GgufBuilder();
    putUntrained(
        builder,
        (tensor, matrix) -> {
          float[] values = new float[matrix.rows() * matrix.cols()];
          Arrays.fill(values, weight);
          return tensor.equals(name) ? Matrix.of(values, matrix.rows(), matrix.cols()) : matrix;
        });
    Path file = folder.resolve("nan.gguf");
    builder.writeNew(file);
    assertFails(
        "nan.gguf: " + message,
        () -> {
          try (Trainer trainer = new Trainer(TinyGpt2.text(), options(file).build())) {
            trainer.run(TrainingProgress.NONE);
          }
        });
  }

  @Test
  void optionsOfOneKindAreRefusedByTheOther() {
    assertFails("has sizes of its own", () -> options(folder).layers(2).build());
    assertFails("no weights that are worth", () -> TrainingOptions.builder().frozen(1).build());
    assertFails("frozen -1", () -> options(folder).frozen(-1).build());
    assertFails("frozen 3: the model has 2 layers only", () -> trainer(true, 3).close());
  }

  @Test
  void aHeapThatIsTooSmallIsRefusedBeforehand() {
    TrainingShape gpt2 = new TrainingShape(12, 12, 768, 3072, 1024, 50257, 1e-5f, true, 0, 128, 4);
    assertEquals(124_439_808, gpt2.parameters());
    gpt2.requireMemory("gpt2.gguf", 0, 4L << 30);
    assertFails("with the text's 2000 and", () -> gpt2.requireMemory("x", 2_000_000_000, 4L << 30));
    Executable check = () -> gpt2.requireMemory("gpt2.gguf", 0, 2_700_000_000L);
    assertFails("gpt2.gguf: training takes 2522 MB", check);
    assertFails("497 for the weights, 497 for their gradients, 995 for AdamW", check);
    assertFails("LANEWISE_JAVA_OPTS=-Xmx3g", check);
  }
}
