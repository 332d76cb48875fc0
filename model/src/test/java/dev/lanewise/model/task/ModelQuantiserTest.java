package dev.lanewise.model.task;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.TinyDecoder;
import dev.lanewise.model.arch.TinyEncoderDecoders;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.GgufWriter;
import dev.lanewise.model.checkpoint.TensorInfo;
import dev.lanewise.model.checkpoint.Weights;
import dev.lanewise.model.generate.GenerationOptions;
import dev.lanewise.model.generate.Generator;
import dev.lanewise.model.generate.HubConversion;
import dev.lanewise.model.generate.HubConversionTest;
import dev.lanewise.model.generate.LanguageModel;
import dev.lanewise.model.generate.SamplerOptions;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Which tensors {@link ModelQuantiser} rounds, to what, and that it leaves all else alone. */
class ModelQuantiserTest {
  private static final int LAYERS = 8;

  /** Shapes by names, of a model in float32. */
  private static final Map<String, int[]> SHAPES = new LinkedHashMap<>();

  static {
    SHAPES.put("token_embd.weight", new int[] {5, 256});
    SHAPES.put("output_norm.weight", new int[] {256});
    SHAPES.put("blk.0.attn_q.weight", new int[] {3, 64});
    SHAPES.put("blk.0.attn_k.weight", new int[] {3, 48});
    SHAPES.put("blk.0.attn_k.bias", new int[] {3});
    SHAPES.put("blk.0.ffn_gate_inp.weight", new int[] {2, 256});
    SHAPES.put("blk.0.ffn_up_exps.weight", new int[] {2, 3, 256});
    for (int i = 0; i < LAYERS; i++) {
      SHAPES.put("blk." + i + ".attn_v.weight", new int[] {3, 256});
    }
  }

  @TempDir private static Path folder;
  private static Path source;

  @BeforeAll
  static void writeModel() {
    source = writer(true).write(folder.resolve("model.gguf"));
  }

  private static GgufWriter writer(boolean tied) {
    GgufWriter writer =
        new GgufWriter()
            .alignment(64)
            .string("general.architecture", "llama")
            .string("general.name", "Größe")
            .uint32("general.file_type", 0)
            .uint64("big", -1L)
            .float64("pi", Math.PI)
            .bool("yes", true)
            .strings("tokenizer.ggml.tokens", "a", "", "ß");
    SHAPES.forEach((name, shape) -> add(writer, name, shape));
    if (!tied) {
      add(writer, "output.weight", 5, 256);
    }
    return writer;
  }

  private static void add(GgufWriter writer, String name, int... shape) {
    long[] dims = Arrays.stream(shape).asLongStream().toArray();
    writer.tensor(name, TinyEncoderDecoders.values(name, shape), dims);
  }

  private static Checkpoint quantised(Path source, Quantisation quantisation, int threads)
      throws IOException {
    Path target = folder.resolve(quantisation + "-" + threads + ".gguf");
    Files.deleteIfExists(target);
    try (ModelQuantiser quantiser = ModelQuantiser.open(source, quantisation, threads)) {
      quantiser.write(target, BatchProgress.NONE);
    }
    return Checkpoint.open(target);
  }

  @ParameterizedTest
  @EnumSource(Quantisation.class)
  void everyTensorIsRoundedAsItsTypeSays(Quantisation quantisation) throws IOException {
    Checkpoint found = quantised(source, quantisation, 2);
    assertEquals(List.copyOf(SHAPES.keySet()), List.copyOf(found.tensors().keySet()));
    SHAPES.forEach(
        (name, shape) -> {
          TensorInfo tensor = found.tensor(name);
          int cols = shape[shape.length - 1];
          float[] values = TinyEncoderDecoders.values(name, shape);
          DType type = tensor.dtype().orElseThrow();
          Matrix wanted = Matrix.of(values, values.length / cols, cols, type);
          assertArrayEquals(
              wanted.data().toArray(ValueLayout.JAVA_BYTE),
              found.data(tensor).toArray(ValueLayout.JAVA_BYTE),
              name);
        });
  }

  @ParameterizedTest
  @CsvSource({
    "F32, F32, 0",
    "F16, F16, 1",
    "BF16, BF16, 32",
    "Q8_0, Q8_0, 7",
    "Q6_K, Q6_K, 18",
    "Q5_1, Q5_1, 9",
    "Q5_0, Q5_0, 8",
    "Q4_K_M, Q4_K, 15",
    "Q4_K_S, Q4_K, 14",
    "Q4_1, Q4_1, 3",
    "Q4_0, Q4_0, 2"
  })
  void mostMatricesGetTheTypeOfTheName(Quantisation quantisation, String type, int number)
      throws IOException {
    Checkpoint found = quantised(source, quantisation, 1);
    assertEquals(type, found.tensor("blk.0.ffn_up_exps.weight").type());
    assertEquals(number, found.metadata().integer("general.file_type"));
  }

  /** More numbers than are rounded or copied at a time. */
  @ParameterizedTest
  @EnumSource(names = {"Q8_0", "F32"})
  void largeMatricesAreRoundedPieceByPiece(Quantisation quantisation) throws IOException {
    int rows = 4100;
    int cols = 512;
    float[] values = new float[rows * cols];
    for (int i = 0; i < values.length; i++) {
      values[i] = (i * 7919 % 2003 - 1001) / 999f;
    }
    Path large =
        new GgufWriter()
            .string("general.architecture", "llama")
            .tensor("blk.0.ffn_up.weight", values, rows, cols)
            .write(folder.resolve("large.gguf"));
    Checkpoint found = quantised(large, quantisation, 2);
    TensorInfo tensor = found.tensor("blk.0.ffn_up.weight");
    Matrix wanted = Matrix.of(values, rows, cols, DType.valueOf(quantisation.name()));
    assertArrayEquals(
        wanted.data().toArray(ValueLayout.JAVA_BYTE),
        found.data(tensor).toArray(ValueLayout.JAVA_BYTE));
  }

  @Test
  void nothingGetsLarger() throws IOException {
    quantised(source, Quantisation.Q8_0, 3);
    LanewiseException e =
        assertThrows(
            LanewiseException.class,
            () -> quantised(folder.resolve("Q8_0-3.gguf"), Quantisation.F16, 1));
    assertTrue(e.getMessage().contains("Q8_0 and would only get larger as F16"), e.getMessage());
  }

  private static Map<String, String> types(Checkpoint model) {
    Map<String, String> types = new LinkedHashMap<>();
    model.tensors().values().forEach(tensor -> types.put(tensor.name(), tensor.type()));
    return types;
  }

  @Test
  void smallTypesSpareWhatDecidesMuch() throws IOException {
    Map<String, String> types = types(quantised(source, Quantisation.Q4_K_M, 1));
    assertEquals("Q6_K", types.get("token_embd.weight")); // the logits come from it
    assertEquals("F32", types.get("output_norm.weight"));
    assertEquals("Q5_0", types.get("blk.0.attn_q.weight")); // rows are no blocks of 256
    assertEquals("F16", types.get("blk.0.attn_k.weight")); // nor of 32
    assertEquals("F32", types.get("blk.0.attn_k.bias"));
    assertEquals("F32", types.get("blk.0.ffn_gate_inp.weight"));
    assertEquals("Q4_K", types.get("blk.0.ffn_up_exps.weight"));
    List<String> values =
        Stream.iterate(0, i -> i < LAYERS, i -> i + 1)
            .map(i -> types.get("blk." + i + ".attn_v.weight"))
            .toList();
    assertEquals(List.of("Q6_K", "Q4_K", "Q4_K", "Q6_K", "Q4_K", "Q4_K", "Q6_K", "Q6_K"), values);
    assertEquals(
        "Q4_K", types(quantised(source, Quantisation.Q4_K_S, 1)).get("blk.0.attn_v.weight"));
    assertEquals("Q8_0", types(quantised(source, Quantisation.Q8_0, 1)).get("token_embd.weight"));
  }

  @Test
  void anOutputOfItsOwnIsSparedInsteadOfTheEmbedding() throws IOException {
    Path untied = writer(false).write(folder.resolve("untied.gguf"));
    Map<String, String> types = types(quantised(untied, Quantisation.Q4_0, 1));
    assertEquals("Q4_0", types.get("token_embd.weight"));
    assertEquals("Q6_K", types.get("output.weight"));
  }

  @Test
  void whatTheFileSaysStays() throws IOException {
    Checkpoint before = Checkpoint.open(source);
    Checkpoint after = quantised(source, Quantisation.Q4_1, 1);
    for (String key : before.metadata().keys()) {
      if (!key.equals("general.alignment") && !key.equals("general.file_type")) {
        assertEquals(before.metadata().value(key), after.metadata().value(key), key);
        assertEquals(before.metadata().describe(key), after.metadata().describe(key));
      }
    }
    assertEquals(3, after.metadata().integer("general.file_type"));
  }

  @Test
  void theBytesDoNotDependOnThreads() throws IOException {
    quantised(source, Quantisation.Q4_K_M, 1);
    quantised(source, Quantisation.Q4_K_M, 3);
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("Q4_K_M-1.gguf")),
        Files.readAllBytes(folder.resolve("Q4_K_M-3.gguf")));
  }

  @Test
  void eightBitsMayBecomeFewerButNotFewerBitsOthers() throws IOException {
    quantised(source, Quantisation.Q8_0, 1);
    Checkpoint twice = quantised(folder.resolve("Q8_0-1.gguf"), Quantisation.Q4_0, 1);
    assertEquals("Q4_0", twice.tensor("blk.1.attn_v.weight").type());
    LanewiseException e =
        assertThrows(
            LanewiseException.class,
            () -> quantised(folder.resolve("Q4_0-1.gguf"), Quantisation.Q5_0, 1));
    assertTrue(e.getMessage().contains("blk.0.attn_q.weight is of type Q4_0"), e.getMessage());
  }

  @Test
  void whatCannotBeDoneLeavesNoFile() throws IOException {
    Path target = folder.resolve("stopped.gguf");
    try (ModelQuantiser quantiser = ModelQuantiser.open(source, Quantisation.Q8_0, 1)) {
      BatchProgress stopping =
          new BatchProgress() {
            private int done;

            @Override
            public void update(int done, int total) {
              assertEquals(SHAPES.size(), total);
              this.done = done;
            }

            @Override
            public boolean cancelled() {
              return done == 3;
            }
          };
      assertThrows(CancellationException.class, () -> quantiser.write(target, stopping));
      assertThrows(
          LanewiseException.class,
          () -> quantiser.write(folder.resolve("nowhere/x.gguf"), BatchProgress.NONE));
      LanewiseException e =
          assertThrows(LanewiseException.class, () -> quantiser.write(source, BatchProgress.NONE));
      assertTrue(e.getMessage().contains("model.gguf: is there already"), e.getMessage());
    }
    assertFalse(Files.exists(target));
    try (Stream<Path> files = Files.list(folder)) {
      assertTrue(files.noneMatch(file -> file.toString().endsWith(".part")));
    }
  }

  private static void assertRefused(String part, float wrong, Quantisation quantisation) {
    float[] values = TinyEncoderDecoders.values("x", new int[] {3, 256});
    values[2 * 256 + 5] = wrong;
    Path model =
        new GgufWriter()
            .string("general.architecture", "llama")
            .tensor("blk.0.ffn_up.weight", values, 3, 256)
            .write(folder.resolve("wrong.gguf"));
    LanewiseException e =
        assertThrows(LanewiseException.class, () -> quantised(model, quantisation, 2));
    assertTrue(
        e.getMessage().contains("wrong.gguf: tensor blk.0.ffn_up.weight has " + part),
        e.getMessage());
    assertFalse(Files.exists(folder.resolve(quantisation + "-2.gguf")));
  }

  @ParameterizedTest
  @EnumSource(Quantisation.class)
  void whatIsNoNumberIsRefused(Quantisation quantisation) {
    assertRefused("NaN, which is no finite number, in row 2", Float.NaN, quantisation);
    assertRefused("-Infinity, which is", Float.NEGATIVE_INFINITY, quantisation);
  }

  @Test
  void whatATypeCannotHoldIsRefused() {
    assertRefused("numbers in row 2 that are too large for F16", -65_520, Quantisation.F16);
    assertRefused("numbers in row 2 that are too large for Q4_K", 3e38f, Quantisation.Q4_K_S);
    assertRefused("numbers in row 2 that are too large for Q8_0", 1e7f, Quantisation.Q8_0);
  }

  @Test
  void theLargestNumberOfAHalfIsKept() throws IOException {
    Path model =
        new GgufWriter()
            .string("general.architecture", "llama")
            .tensor("blk.0.ffn_up.weight", new float[] {65_519, 1}, 1, 2)
            .write(folder.resolve("large-numbers.gguf"));
    Checkpoint found = quantised(model, Quantisation.F16, 1);
    float[] row = new float[2];
    Weights.of(found).matrix("blk.0.ffn_up.weight", 1, 2).row(0, row, 0);
    assertArrayEquals(new float[] {65_504, 1}, row);
  }

  @Test
  void aFolderOfTheHubBecomesAFile(@TempDir Path hub) throws IOException {
    HubConversionTest.writeLlama(hub);
    Checkpoint converted = HubConversion.of(Checkpoint.open(hub));
    Checkpoint exact = quantised(hub, Quantisation.F32, 2);
    assertEquals(0, exact.metadata().integer("general.file_type"));
    assertEquals(converted.tensors().keySet(), exact.tensors().keySet());
    for (TensorInfo tensor : converted.tensors().values()) {
      assertArrayEquals(
          converted.data(tensor).toArray(ValueLayout.JAVA_BYTE),
          exact.data(exact.tensor(tensor.name())).toArray(ValueLayout.JAVA_BYTE),
          tensor.name());
    }
    Map<String, String> types = types(quantised(hub, Quantisation.BF16, 1));
    assertEquals("BF16", types.get("blk.0.attn_q.weight"));
    assertEquals("F32", types.get("blk.0.attn_norm.weight"));
    assertArrayEquals(continuation(hub), continuation(folder.resolve("F32-2.gguf")));
  }

  private static int[] continuation(Path model) {
    GenerationOptions options =
        GenerationOptions.builder().maxTokens(12).sampler(SamplerOptions.greedy()).build();
    try (LanguageModel loaded = LanguageModel.load(model);
        Generator generator = loaded.newGenerator(1, 32)) {
      return generator.generate("hello wor", options, _ -> {}).ids();
    }
  }

  @Test
  void aFolderThatCannotBeConvertedLeavesNoFile(@TempDir Path hub) {
    TinyDecoder.write(hub, name -> name, TinyDecoder.SIZES + "\"qwen2\"}");
    LanewiseException e =
        assertThrows(LanewiseException.class, () -> ModelQuantiser.open(hub, Quantisation.Q8_0));
    assertTrue(e.getMessage().contains("has neither tokenizer.json"), e.getMessage());
  }
}
