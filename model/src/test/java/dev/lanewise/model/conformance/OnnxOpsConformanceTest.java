package dev.lanewise.model.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Nodes of the ONNX backend suite: |a − b| ≤ atol + rtol · |b|, with both kinds of kernels. */
@Tag("conformance")
class OnnxOpsConformanceTest {
  @TestFactory
  List<DynamicTest> nodes() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path op : Vectors.entries("onnx-ops", "*")) {
      for (Path path : Vectors.entries("onnx-ops/" + op.getFileName(), "*.safetensors")) {
        tests.add(dynamicTest(path.getFileName().toString(), () -> check(path)));
      }
    }
    return tests;
  }

  private static void check(Path path) {
    OnnxNode node = OnnxNode.open(path);
    try (Parallel team = Parallel.of(2)) {
      for (Kernels kernels : List.of(Kernels.reference(team), Kernels.best(team))) {
        Map<Integer, Tensor> outputs = OnnxOps.run(node, kernels);
        for (String name : node.file().tensors().keySet()) {
          if (name.startsWith("out.")) {
            int position = Integer.parseInt(name.substring("out.".length()));
            String what = name + " of " + kernels.description();
            Tensor found = outputs.get(position);
            assertNotNull(found, what + " is missing");
            compare(node, node.output(position), found, what);
          }
        }
      }
    }
  }

  private static void compare(OnnxNode node, Tensor wanted, Tensor found, String what) {
    // Files hold a scalar, such as the product of two vectors, as one element in a row.
    int[] shape = found.rank() == 0 ? new int[] {1} : found.shape();
    assertArrayEquals(wanted.shape(), shape, what);
    for (int i = 0; i < wanted.data().length; i++) {
      float a = found.data()[i];
      float b = wanted.data()[i];
      double bound = node.tolerance("atol") + node.tolerance("rtol") * Math.abs(b);
      boolean same = a == b || (Float.isNaN(a) && Float.isNaN(b));
      if (!same && !(Math.abs(a - b) <= bound)) {
        throw new AssertionError(
            "%s: element %d is %s instead of %s, bound %s".formatted(what, i, a, b, bound));
      }
    }
  }
}
