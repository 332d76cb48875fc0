package dev.lanewise.model.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lanewise.kernels.DType;
import dev.lanewise.model.checkpoint.Safetensors;
import dev.lanewise.model.checkpoint.TensorInfo;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Dequantisation, bit for bit: a NaN equals any NaN. */
@Tag("conformance")
class QuantConformanceTest {
  private static final ValueLayout.OfInt BITS =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  @TestFactory
  List<DynamicTest> dequantisesExactly() {
    return Vectors.entries("quant", "*.safetensors").stream()
        .map(path -> dynamicTest(path.getFileName().toString(), () -> check(path)))
        .toList();
  }

  /** The type that the file's name begins with. */
  static String typeName(Path path) {
    String name = path.getFileName().toString();
    return name.substring(0, name.indexOf('-'));
  }

  private static void check(Path path) {
    DType dtype = DType.valueOf(typeName(path));
    Safetensors file = Safetensors.open(path);
    TensorInfo blocks = file.tensor("blocks");
    TensorInfo values = file.tensor("values");
    assertEquals("U8", blocks.type());
    assertEquals("F32", values.type());
    int rows = Math.toIntExact(values.shape().get(0));
    int cols = Math.toIntExact(values.shape().get(1));
    assertEquals(List.of((long) rows, dtype.bytes(cols)), blocks.shape());
    MemorySegment source = file.data(blocks);
    MemorySegment expected = file.data(values);
    float[] row = new float[cols];
    for (int r = 0; r < rows; r++) {
      dtype.format().dequantise(source, r * dtype.bytes(cols), row, 0, cols);
      for (int c = 0; c < cols; c++) {
        int wanted = expected.get(BITS, 4 * ((long) r * cols + c));
        compare(wanted, row[c], r, c);
      }
    }
  }

  private static void compare(int wantedBits, float found, int row, int col) {
    float wanted = Float.intBitsToFloat(wantedBits);
    if (Float.isNaN(wanted) ? !Float.isNaN(found) : Float.floatToRawIntBits(found) != wantedBits) {
      throw new AssertionError(
          "row %d, column %d: expected %s (%08x), found %s (%08x)"
              .formatted(row, col, wanted, wantedBits, found, Float.floatToRawIntBits(found)));
    }
  }
}
