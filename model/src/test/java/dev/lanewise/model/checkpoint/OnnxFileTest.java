package dev.lanewise.model.checkpoint;

import static dev.lanewise.model.checkpoint.OnnxWriter.FLOAT_DATA;
import static dev.lanewise.model.checkpoint.OnnxWriter.INT32_DATA;
import static dev.lanewise.model.checkpoint.OnnxWriter.INT64_DATA;
import static dev.lanewise.model.checkpoint.OnnxWriter.RAW_DATA;
import static dev.lanewise.model.checkpoint.OnnxWriter.floats;
import static dev.lanewise.model.checkpoint.OnnxWriter.packed;
import static dev.lanewise.model.checkpoint.OnnxWriter.tensorMessage;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.Matrix;
import dev.lanewise.model.LanewiseException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tensors of ONNX files: where their elements lie, what they are called, and what is refused. */
class OnnxFileTest {
  private static final String FILE = "test.onnx";

  @TempDir private Path folder;

  private static OnnxFile open(OnnxWriter writer) {
    return open(writer.toBytes());
  }

  private static OnnxFile open(byte[] bytes) {
    return OnnxFile.open(FILE, NativeBytes.of(bytes));
  }

  private static void refuses(OnnxWriter writer, String... parts) {
    String message = assertThrows(LanewiseException.class, () -> open(writer)).getMessage();
    assertTrue(message.startsWith(FILE + ": "), message);
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
  }

  private static float[] row(Checkpoint file, String name, int rows, int cols, int row) {
    Matrix matrix = Weights.of(file).matrix(name, rows, cols);
    float[] values = new float[cols];
    matrix.row(row, values, 0);
    return values;
  }

  @Test
  void elementsLieInAnyOfTheFields() {
    Weights weights =
        Weights.of(
            open(
                new OnnxWriter()
                    .tensor("raw", OnnxType.F32, RAW_DATA, floats(1, -2), 2)
                    .tensor("floats", OnnxType.F32, FLOAT_DATA, floats(3, 4), 2)
                    .tensor("half", OnnxType.F16, RAW_DATA, new byte[] {0, 0x3C, 0, (byte) 0xC0}, 2)
                    .tensor("packed", OnnxType.F16, INT32_DATA, packed(0x3C00, 0xC000), 2)
                    .tensor("brain", OnnxType.BF16, INT32_DATA, packed(0x3F80), 1)));
    assertArrayEquals(new float[] {1, -2}, weights.vector("raw", 2));
    assertArrayEquals(new float[] {3, 4}, weights.vector("floats", 2));
    assertArrayEquals(new float[] {1, -2}, weights.vector("half", 2));
    assertArrayEquals(new float[] {1, -2}, weights.vector("packed", 2));
    assertArrayEquals(new float[] {1}, weights.vector("brain", 1));
  }

  @Test
  void tensorsOfOtherTypesAreListed() {
    OnnxFile file =
        open(
            new OnnxWriter()
                .tensor("ids", OnnxType.I64, INT64_DATA, packed(1, -1), 1, 2)
                .tensor("none", OnnxType.F32, RAW_DATA, new byte[0], 0, 7));
    assertEquals("I64 [1 x 2]", file.tensor("ids").describe());
    assertEquals(16, file.data(file.tensor("ids")).byteSize());
    assertEquals(0, file.tensor("none").elements());
    assertThrows(LanewiseException.class, () -> Weights.of(file).vector("ids", 2));
  }

  @Test
  void aMatrixWithoutANameIsCalledAfterItsBiasAndTurned() {
    OnnxFile file =
        open(
            new OnnxWriter()
                .tensor("onnx::MatMul_7", new float[] {1, 2, 3, 4, 5, 6}, 2, 3)
                .tensor("layer.0.up.bias", new float[3], 3)
                .node("MatMul", "MatMul_1", "y", "x", "onnx::MatMul_7")
                .node("Add", "Add_1", "z", "layer.0.up.bias", "y"));
    assertEquals("F32 [3 x 2]", file.tensor("layer.0.up.weight").describe());
    assertArrayEquals(new float[] {2, 5}, row(file, "layer.0.up.weight", 3, 2, 1));
    assertEquals("onnx::MatMul_7", file.nameInFile("layer.0.up.weight"));
  }

  @Test
  void withoutABiasItIsCalledAfterItsNode() {
    byte[] halves = {0, 0x3C, 0, 0x40, 0, 0x42, 0, 0x44, 0, 0x45, 0, 0x46}; // 1 to 6
    OnnxFile file =
        open(
            new OnnxWriter()
                .tensor("onnx::MatMul_7", OnnxType.F16, RAW_DATA, halves, 2, 3)
                .tensor("onnx::MatMul_8", new float[6], 2, 3)
                .tensor("0.auto_model.norm.weight", new float[1], 1)
                .node("MatMul", "/0/auto_model/layer.0/up/MatMul", "y", "x", "onnx::MatMul_7")
                .node("MatMul", "MatMul_1", "z", "x", "onnx::MatMul_8"));
    assertEquals("F16 [3 x 2]", file.tensor("layer.0.up.weight").describe());
    assertArrayEquals(new float[] {2, 5}, row(file, "layer.0.up.weight", 3, 2, 1));
    assertTrue(file.has("norm.weight"), "what a wrapper puts before names falls away");
    assertTrue(file.has("onnx::MatMul_8"), "nothing tells the name");
  }

  @Test
  void orAfterTheModuleThatIsNotedBesideIt() {
    OnnxWriter.Message node =
        new OnnxWriter.Message()
            .message(9, note("pkg.torch.onnx.stack_trace", "File 'a', line 1"))
            .message(9, note("pkg.torch.onnx.name_scopes", "['', 'layer.0', 'layer.0.up', 'y']"))
            .message(9, note("namespace", ": /layer.0/layer.0.up"));
    OnnxWriter.Message outermost =
        new OnnxWriter.Message().message(9, note("pkg.torch.onnx.name_scopes", "['', 'z']"));
    OnnxFile file =
        open(
            new OnnxWriter()
                .tensor("val_7", new float[] {1, 2, 3, 4, 5, 6}, 2, 3)
                .tensor("val_8", new float[6], 2, 3)
                .node(node, "MatMul", "node_y", "y", "x", "val_7")
                .node(outermost, "MatMul", "node_z", "z", "x", "val_8"));
    assertArrayEquals(new float[] {2, 5}, row(file, "layer.0.up.weight", 3, 2, 1));
    assertTrue(file.has("val_8"), "the model itself has no name");
  }

  private static OnnxWriter.Message note(String key, String value) {
    return new OnnxWriter.Message().text(1, key).text(2, value);
  }

  /** As exporters leave an embedding that is a head's matrix too, if they turn that beforehand. */
  @Test
  void aMatrixThatIsStoredBothWaysIsReadAsItsNameSays() {
    OnnxFile file =
        open(
            new OnnxWriter()
                .tensor("val_7", new float[6], 2, 3)
                .tensor("decoder.weight", new float[] {1, 4, 2, 5, 3, 6}, 3, 2)
                .tensor("decoder.bias", new float[3], 3)
                .node("Gather", "", "e", "decoder.weight", "ids")
                .node("MatMul", "", "y", "x", "val_7")
                .node("Add", "", "z", "y", "decoder.bias"));
    assertArrayEquals(new float[] {2, 5}, row(file, "decoder.weight", 3, 2, 1));
    assertEquals(2, file.tensors().size());
  }

  @Test
  void whereATensorIsMissingTheMessageTellsOfFixedShapes() throws IOException {
    new OnnxWriter().tensor("a.weight", new float[1], 1).write(folder.resolve("model.onnx"));
    Files.writeString(folder.resolve("config.json"), "{}");
    Checkpoint renamed = new Renamed(Checkpoint.open(folder), Map.of("b", "c"));
    LanewiseException e =
        assertThrows(LanewiseException.class, () -> Weights.of(renamed).vector("c.weight", 2));
    assertTrue(e.getMessage().contains("b.weight is missing"), e.getMessage());
    assertTrue(e.getMessage().contains("dynamic shapes"), e.getMessage());
  }

  @Test
  void whereAnOperatorHoldsTheWeightsItIsNamed() {
    OnnxFile file =
        open(
            new OnnxWriter()
                .tensor("qkv", new float[12], 2, 6)
                .node("Attention", "", "y", "x", "qkv", "biases"));
    LanewiseException e =
        assertThrows(LanewiseException.class, () -> Weights.of(file).vector("q.weight", 2));
    assertTrue(e.getMessage().contains("whose operator Attention holds weights"), e.getMessage());
  }

  @Test
  void aMatrixThatKeptItsNameKeepsItsShape() {
    OnnxFile file =
        open(
            new OnnxWriter()
                .tensor("pooler.dense.weight", new float[6], 2, 3)
                .tensor("onnx::Gemm_4", new float[6], 2, 3)
                .node("transB", 1, "Gemm", "/a/Gemm", "y", "x", "pooler.dense.weight")
                .node("transB", 1, "Gemm", "/b/Gemm", "z", "x", "onnx::Gemm_4"));
    assertEquals("F32 [2 x 3]", file.tensor("pooler.dense.weight").describe());
    assertEquals("F32 [2 x 3]", file.tensor("onnx::Gemm_4").describe(), "no product as it stands");
  }

  /** Quantisers turn the matrix of a Gemm around, and may leave it its name. */
  @Test
  void aMatrixThatAMatMulTakesAsItIsIsTurnedWhateverItsName() {
    OnnxFile file =
        open(
            new OnnxWriter()
                .tensor("pooler.weight_quantized", true, new byte[] {1, 2, 3, 4}, 2, 2)
                .tensor("pooler.weight_scale", new float[] {1}, 1)
                .tensor("cls.weight", new float[] {1, 2, 3, 4}, 2, 2)
                .tensor("conv.weight", new float[] {1, 2, 3, 4}, 2, 2)
                .node("MatMulInteger", "", "y", "x", "pooler.weight_quantized")
                .node("MatMul", "", "z", "x", "cls.weight")
                .node("Gemm", "", "c", "x", "conv.weight", "conv.bias"));
    assertArrayEquals(new float[] {2, 4}, row(file, "pooler.weight", 2, 2, 1));
    assertArrayEquals(new float[] {2, 4}, row(file, "cls.weight", 2, 2, 1));
    assertArrayEquals(new float[] {3, 4}, row(file, "conv.weight", 2, 2, 1), "GPT-2's are so");
  }

  /** Biases of zeros, mostly: stored once, and named instead of or beside the others. */
  @Test
  void tensorsThatAreEqualAreStoredOnce() {
    OnnxFile file =
        open(
            new OnnxWriter()
                .tensor("a.bias", new float[] {5, 6}, 2)
                .tensor("val_1", new float[6], 3, 2)
                .tensor("val_2", new float[6], 3, 2)
                .node("Identity", "", "0.auto_model.e.bias", "a.bias")
                .node("MatMul", "/a/MatMul", "y", "x", "val_1")
                .node("Add", "/a/Add", "y_sum", "y", "a.bias")
                .node("MatMul", "/b/MatMul", "z", "x", "val_2")
                .node("Add", "/b/Add", "z_sum", "z", "a.bias")
                .node("LayerNormalization", "/n/Norm", "n", "x", "a.bias", "one"));
    for (String name : List.of("a.bias", "b.bias", "e.bias", "n.weight")) {
      assertArrayEquals(new float[] {5, 6}, Weights.of(file).vector(name, 2), name);
    }
    assertTrue(file.has("a.weight") && file.has("b.weight"));
    assertEquals(6, file.tensors().size());
  }

  @Test
  void weightsMayBeConstantNodes() {
    OnnxFile file =
        open(
            new OnnxWriter()
                .constant("shape", 1, 2)
                .constant("a.bias", tensorMessage("", OnnxType.F32, RAW_DATA, floats(1, 2), 2))
                .constant("m", tensorMessage("m", OnnxType.F32, RAW_DATA, floats(1, 2, 3, 4), 2, 2))
                .node("MatMul", "", "y", "x", "m")
                .node("Add", "", "z", "y", "a.bias"));
    assertArrayEquals(new float[] {1, 2}, Weights.of(file).vector("a.bias", 2));
    assertArrayEquals(new float[] {2, 4}, row(file, "a.weight", 2, 2, 1));
    assertEquals(2, file.tensors().size(), "numbers that are not weights are left out");
  }

  /** As quantisers leave an embedding: bytes without sign, one scale, taken up before it counts. */
  @Test
  void anEmbeddingIsDequantised() {
    OnnxFile file =
        open(
            new OnnxWriter()
                .tensor("embed.weight_quantized", false, new byte[] {0, 3, 5, (byte) 255}, 2, 2)
                .tensor("embed.weight_scale", OnnxType.F32, FLOAT_DATA, floats(0.5f))
                .tensor("embed.weight_zero_point", OnnxType.U8, INT32_DATA, packed(3))
                .node("Gather", "", "q", "embed.weight_quantized", "ids"));
    assertEquals(1, file.tensors().size());
    assertArrayEquals(new float[] {-1.5f, 0}, row(file, "embed.weight", 2, 2, 0));
    assertArrayEquals(new float[] {1, 126}, row(file, "embed.weight", 2, 2, 1));
  }

  private static OnnxWriter product(String op, int rows, int cols, boolean signed, long zero) {
    byte[] data = new byte[rows * cols];
    float[] scales = new float[cols];
    long[] zeroPoints = new long[cols];
    for (int i = 0; i < data.length; i++) {
      data[i] = (byte) (5 * i);
    }
    for (int i = 0; i < cols; i++) {
      scales[i] = 1 + i;
      zeroPoints[i] = zero;
    }
    return new OnnxWriter()
        .tensor("m_quantized", signed, data, rows, cols)
        .tensor("m_scale", scales, cols)
        .tensor(
            "m_zero_point",
            signed ? OnnxType.I8 : OnnxType.U8,
            INT32_DATA,
            packed(zeroPoints),
            cols)
        .tensor("up.bias", new float[cols], cols)
        .node(op, "", "y", "x", "m_quantized", "x_zero_point", "m_zero_point");
  }

  @ParameterizedTest
  @CsvSource({"true, 0, Q8_0", "false, 128, Q8_0", "true, 1, F32", "false, 127, F32"})
  void aProductOfBytesIsDequantised(boolean signed, int zero, String type) {
    OnnxFile file =
        open(
            product("MatMulInteger", 32, 3, signed, zero)
                .node("Cast", "", "y_cast", "y")
                .node("Mul", "", "y_scaled", "y_cast", "scales")
                .node("Add", "", "z", "y_scaled", "up.bias"));
    assertEquals(type + " [3 x 32]", file.tensor("up.weight").describe());
    float[] row = row(file, "up.weight", 3, 32, 2);
    for (int i = 0; i < row.length; i++) {
      byte stored = (byte) (5 * (3 * i + 2));
      assertEquals(3 * ((signed ? stored : stored & 0xFF) - zero), row[i]);
    }
    float[] again = new float[32];
    Weights.of(file).interleaved("up.weight", 3, 32).row(2, again, 0);
    assertArrayEquals(row, again, "also where it is read for the time of a copy");
  }

  @Test
  void aMatrixMayBeDequantisedBeforeItIsMultiplied() {
    OnnxFile file =
        open(
            new OnnxWriter()
                .tensor("m_quantized", true, new byte[] {0, 5, 10, 15, 20, 25}, 2, 3)
                .tensor("m_scale", new float[] {1, 2, 3}, 3)
                .node("axis", 1, "DequantizeLinear", "", "m", "m_quantized", "m_scale")
                .node("MatMul", "/up/MatMul", "y", "x", "m"));
    assertEquals("F32 [3 x 2]", file.tensor("up.weight").describe(), "rows too short for blocks");
    assertArrayEquals(new float[] {10, 40}, row(file, "up.weight", 3, 2, 1));
  }

  @Test
  void biasesMayBeQuantisedToo() {
    OnnxFile file =
        open(
            new OnnxWriter()
                .tensor("up.bias_quantized", OnnxType.I32, INT32_DATA, packed(3, -4), 2)
                .tensor("up.bias_quantized_scale", new float[] {0.5f, 2}, 2)
                .tensor("up.bias_quantized_zero_point", OnnxType.I32, INT32_DATA, packed(0, 0), 2)
                .node("DequantizeLinear", "", "up.bias", "up.bias_quantized"));
    assertEquals(1, file.tensors().size());
    assertArrayEquals(new float[] {1.5f, -8}, Weights.of(file).vector("up.bias", 2));
  }

  @Test
  void aProductOfWholeNumbersAloneIsOneToo() {
    OnnxFile file =
        open(
            new OnnxWriter()
                .tensor("m_quantized", true, new byte[] {0, 5, 10, 15, 20, 25}, 2, 3)
                .tensor("m_scale", new float[] {2}, 1)
                .node(
                    "QLinearMatMul", "/up/MatMul", "y", "x", "xs", "xz", "m_quantized", "m_scale"));
    assertArrayEquals(new float[] {10, 40}, row(file, "up.weight", 3, 2, 1));
  }

  @Test
  void scalesMustFit() {
    OnnxWriter few =
        new OnnxWriter()
            .tensor("m_quantized", true, new byte[6], 2, 3)
            .tensor("m_scale", new float[2], 2);
    refuses(few, "m_quantized", "2 scales");
    OnnxWriter many =
        new OnnxWriter()
            .tensor("m_quantized", true, new byte[6], 2, 3)
            .tensor("m_scale", new float[3], 3)
            .tensor("m_zero_point", true, new byte[2], 2);
    refuses(many, "3 scales and 2 zero points");
  }

  @Test
  void unsoundTensorsAreRefused() {
    refuses(new OnnxWriter().tensor("a", OnnxType.F32, RAW_DATA, new byte[7], 2), "a", "7 bytes");
    refuses(new OnnxWriter().tensor("a", OnnxType.I32, INT32_DATA, packed(1), 2), "1 numbers");
    refuses(new OnnxWriter().tensor("a", OnnxType.I64, FLOAT_DATA, floats(1, 2), 1), "field 4");
    refuses(new OnnxWriter().tensor("a", OnnxType.F32, RAW_DATA, new byte[8], 1 << 30, 1 << 30));
    refuses(
        new OnnxWriter().tensor("a", OnnxType.F32, RAW_DATA, new byte[8], -2),
        "a has a negative dimension");
    refuses(
        new OnnxWriter().tensor("a", OnnxType.F32, RAW_DATA, new byte[4], new int[9]),
        "more than 8");
    refuses(new OnnxWriter().tensor("", OnnxType.F32, RAW_DATA, new byte[4], 1), "no name");
    refuses(new OnnxWriter().tensor("a", new float[1], 1).tensor("a", new float[1], 1), "second");
    OnnxWriter.Message tensor = tensorMessage("a", OnnxType.F32, RAW_DATA, floats(1), 1);
    refuses(new OnnxWriter().initializer(tensor.bytes(FLOAT_DATA, floats(1))), "twice");
    refuses(new OnnxWriter().initializer(new OnnxWriter.Message().number(2, 99)), "type 99");
    refuses(new OnnxWriter().initializer(new OnnxWriter.Message().text(8, "a")), "no element type");
  }

  @Test
  void twoTensorsMustNotStandForOne() {
    OnnxWriter writer =
        new OnnxWriter()
            .tensor("up.weight", new float[6], 2, 3)
            .tensor("m", new float[6], 2, 3)
            .node("MatMul", "/up/MatMul", "y", "x", "m");
    refuses(writer, "up.weight and m both stand for up.weight");
  }

  @Test
  void otherFilesAreRefused() {
    assertThrows(LanewiseException.class, () -> open(new byte[0]));
    assertThrows(LanewiseException.class, () -> open(GgufWriter.utf8("GGUF, but not in ONNX")));
    byte[] noGraph = new OnnxWriter.Message().number(1, 8).toBytes();
    String message = assertThrows(LanewiseException.class, () -> open(noGraph)).getMessage();
    assertTrue(message.contains("holds no graph"), message);
    byte[] deep = new byte[1 << 16];
    Arrays.fill(deep, (byte) 0x3A);
    assertThrows(LanewiseException.class, () -> open(deep));
  }

  /** A million empty nodes are two bytes each in the file. */
  @Test
  void aGraphWithoutEndIsRefused() {
    OnnxWriter.Message graph = new OnnxWriter.Message();
    for (int i = 0; i < 1 << 20; i++) {
      graph.bytes(1, new byte[0]);
    }
    byte[] bytes = new OnnxWriter.Message().message(7, graph).toBytes();
    String message = assertThrows(LanewiseException.class, () -> open(bytes)).getMessage();
    assertTrue(message.contains("the graph takes more than"), message);
  }

  @Test
  void readsTensorsBeyondTwoGibibytes() throws IOException {
    long rows = (1L << 31) / 4096 + 1;
    long bytes = 4096 * rows;
    byte[] tensor =
        new OnnxWriter.Message()
            .number(1, rows)
            .number(1, 1024)
            .number(2, 1)
            .text(8, "a")
            .head(RAW_DATA, bytes)
            .toBytes();
    byte[] graph = new OnnxWriter.Message().head(5, tensor.length + bytes).toBytes();
    byte[] model = new OnnxWriter.Message().head(7, graph.length + tensor.length + bytes).toBytes();
    byte[] front = GgufWriter.join(model, graph, tensor);
    Path path = folder.resolve("large.onnx");
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.write(front);
      file.setLength(front.length + bytes); // sparse: takes no room
      file.seek(front.length + bytes - 4);
      file.write(floats(7));
    }
    Matrix matrix = Weights.of(OnnxFile.open(path)).matrix("a", (int) rows, 1024);
    float[] row = new float[1024];
    matrix.row((int) rows - 1, row, 0);
    assertEquals(7, row[1023]);
  }

  private OnnxWriter elsewhere(String location, long offset, long length) {
    OnnxWriter.Message tensor = new OnnxWriter.Message().number(1, 2).number(2, 1).text(8, "a");
    for (String[] entry :
        List.of(
            new String[] {"location", location},
            new String[] {"offset", "" + offset},
            new String[] {"length", "" + length})) {
      tensor.message(13, new OnnxWriter.Message().text(1, entry[0]).text(2, entry[1]));
    }
    return new OnnxWriter().initializer(tensor.number(14, 1));
  }

  @Test
  void elementsMayLieInAFileBeside() throws IOException {
    Files.write(folder.resolve("m (1).onnx_data"), floats(9, 1, 2));
    Path path = elsewhere("m (1).onnx_data", 4, 8).write(folder.resolve("m.onnx"));
    OnnxFile file = OnnxFile.open(path);
    assertArrayEquals(new float[] {1, 2}, Weights.of(file).vector("a", 2));
    TensorInfo tensor = file.tensor("a");
    assertEquals(8, file.<Long>read(tensor, data -> data.byteSize()));
  }

  @ParameterizedTest
  @CsvSource({
    "../m.onnx_data, 0, 8, not the name of a file",
    "/etc/passwd, 0, 8, not the name of a file",
    ".m, 0, 8, not the name of a file",
    "'', 0, 8, not the name of a file",
    "m.onnx_data, 4, 12, which has 12",
    "m.onnx_data, 13, 8, which has 12",
    "m.onnx_data, -1, 8, as its offset",
    "m.onnx_data, 4, 4, 4 bytes",
    "gone, 0, 8, no such file"
  })
  void filesBesideMustFit(String location, long offset, long length, String part)
      throws IOException {
    Files.write(folder.resolve("m.onnx_data"), new byte[12]);
    Path path = elsewhere(location, offset, length).write(folder.resolve("m.onnx"));
    String message = assertThrows(LanewiseException.class, () -> OnnxFile.open(path)).getMessage();
    assertTrue(message.contains(part), message);
  }

  @Test
  void aFileOpensAsWhatItIs() throws IOException {
    OnnxWriter writer = new OnnxWriter().tensor("a", new float[] {1}, 1);
    Path path = writer.write(folder.resolve("m.onnx"));
    String message =
        assertThrows(LanewiseException.class, () -> Checkpoint.open(path)).getMessage();
    assertTrue(message.contains("config.json"), message);
    Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"bert\"}");
    assertEquals("bert", Checkpoint.open(path).metadata().string("model_type"));
    Path below = Files.createDirectory(folder.resolve("onnx")).resolve("model.onnx");
    Files.move(path, below);
    for (Path place : List.of(folder, below)) {
      HuggingFace file = (HuggingFace) Checkpoint.open(place);
      assertTrue(file.has("a"));
      assertEquals(folder.toAbsolutePath(), file.folder().toAbsolutePath());
    }
    new SafetensorsWriter().tensor("b", new float[1], 1).write(folder.resolve("model.safetensors"));
    assertFalse(Checkpoint.open(folder).has("a"), "safetensors go first");
    assertTrue(Checkpoint.open(folder.resolve("model.safetensors")).has("b"));
  }
}
