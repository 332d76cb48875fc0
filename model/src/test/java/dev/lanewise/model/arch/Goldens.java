package dev.lanewise.model.arch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;

/** What tests of tiny models against another library's numbers have in common. */
final class Goldens {
  private static final float TOLERANCE = 1e-4f;

  private Goldens() {}

  /** Numbers are what is wanted, from one of them on. */
  static void assertClose(float[] wanted, float[] found, int from) {
    for (int i = 0; i < wanted.length; i++) {
      float tolerance = TOLERANCE + TOLERANCE * Math.abs(wanted[i]);
      assertEquals(wanted[i], found[from + i], tolerance, "" + i);
    }
  }

  /** Adds the shapes of a layer's weight and bias. */
  static void put(Map<String, int[]> shapes, String name, int... shape) {
    shapes.put(name + ".weight", shape);
    shapes.put(name + ".bias", new int[] {shape[0]});
  }

  /** Adds those of a block of BERT, but for queries, keys and values. */
  static void putBlock(Map<String, int[]> shapes, String block, int dim, int hiddenDim) {
    put(shapes, block + "attention.output.dense", dim, dim);
    put(shapes, block + "attention.output.LayerNorm", dim);
    put(shapes, block + "intermediate.dense", hiddenDim, dim);
    put(shapes, block + "output.dense", dim, hiddenDim);
    put(shapes, block + "output.LayerNorm", dim);
  }
}
