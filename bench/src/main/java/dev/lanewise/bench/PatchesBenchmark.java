package dev.lanewise.bench;

import dev.lanewise.kernels.PatchShape;
import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** An image on its way into a vision transformer. */
public class PatchesBenchmark extends ContractBenchmark {
  /** Channels, height, width and patch of the image: ViT's, and that of CLIP's large model. */
  @Param({"3x224x224x16", "3x336x336x14"})
  String shape;

  private PatchShape patches;
  private float[] image;
  private float[] y;

  /** Nothing is computed: each number is read and written. */
  @Override
  protected Work work() {
    int[] sizes = sizes(shape, 4);
    return Work.perElement((double) sizes[0] * sizes[1] * sizes[2], 0, 8);
  }

  @Override
  void prepare(RandomGenerator random) {
    int[] sizes = sizes(shape, 4);
    patches = new PatchShape(sizes[0], sizes[1], sizes[2], sizes[3], sizes[3]);
    image = RandomOperands.array(sizes[0] * sizes[1] * sizes[2], random);
    y = new float[patches.count() * patches.patchWidth()];
  }

  /** The patches, row by row. */
  @Benchmark
  public float[] patches() {
    kernels.patches(image, y, patches);
    return y;
  }
}
