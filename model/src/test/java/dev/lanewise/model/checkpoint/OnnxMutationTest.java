package dev.lanewise.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.Architectures;
import dev.lanewise.model.arch.TextEncoder;
import dev.lanewise.model.arch.TinyEncoder;
import dev.lanewise.model.arch.TokenBatch;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Thousands of broken ONNX files: each loads or is refused, and nothing else happens. */
class OnnxMutationTest {
  private static final int QUICK_MUTANTS = 2000;
  private static final int ALL_MUTANTS = 100_000;
  private static final long DEADLINE_MILLIS = 10_000;
  private static final Parallel ONE_THREAD = Parallel.of(1);

  /** An encoder, and quantised matrices of every kind. */
  private static List<byte[]> files() {
    byte[] quantised =
        new OnnxWriter()
            .tensor("a.weight_quantized", false, new byte[64], 2, 32)
            .tensor("a.weight_scale", new float[] {0.5f})
            .tensor("a.weight_zero_point", OnnxType.U8, OnnxWriter.INT32_DATA, new byte[] {5})
            .tensor("m_quantized", true, new byte[64], 32, 2)
            .tensor("m_scale", new float[] {1, 2}, 2)
            .tensor("m_zero_point", true, new byte[2], 2)
            .tensor("i", OnnxType.I64, OnnxWriter.INT64_DATA, OnnxWriter.packed(1, -1, 300), 3)
            .tensor("f", OnnxType.F32, OnnxWriter.FLOAT_DATA, OnnxWriter.floats(1, 2), 2)
            .node("axis", 1, "DequantizeLinear", "", "m", "m_quantized", "m_scale", "m_zero_point")
            .node("MatMul", "/up/MatMul", "y", "x", "m")
            .constant("shape", 0, 0, 2, 4)
            .toBytes();
    return List.of(TinyEncoder.bertOnnx().toBytes(), quantised);
  }

  /** Changes bits or bytes, most of them not of weights, cuts off, or puts parts elsewhere. */
  private static final class Mutator implements MutationRun.Mutator {
    private final List<byte[]> bases = files();

    @Override
    public int maxBytes() {
      return 2 * bases.stream().mapToInt(base -> base.length).max().orElseThrow();
    }

    @Override
    public byte[] mutant(long seed) {
      SplittableRandom random = new SplittableRandom(seed);
      byte[] mutant = bases.get(random.nextInt(bases.size())).clone();
      for (int i = random.nextInt(1, 4); i > 0; i--) {
        int at = random.nextInt(mutant.length);
        switch (random.nextInt(5)) {
          case 0 -> mutant[at] ^= (byte) (1 << random.nextInt(8));
          case 1 -> mutant[at] = (byte) random.nextInt(256);
          case 2 -> // a number of variable length that is as large as can be
              Arrays.fill(mutant, at, Math.min(mutant.length, at + random.nextInt(11)), (byte) -1);
          case 3 -> mutant = Arrays.copyOf(mutant, Math.max(1, at));
          default -> {
            int length = Math.min(random.nextInt(64), mutant.length - at);
            System.arraycopy(
                mutant, random.nextInt(mutant.length - length + 1), mutant, at, length);
          }
        }
      }
      return mutant;
    }
  }

  private static void use(Checkpoint checkpoint) {
    new LoadEverything(List.of(OnnxMutationTest::useEncoder)).accept(checkpoint);
  }

  private static void useEncoder(Checkpoint checkpoint) {
    if (!checkpoint.metadata().has("model_type")) {
      return;
    }
    TextEncoder model = Architectures.loadTextEncoder(checkpoint);
    int[] ids = new int[Math.min(3, model.maxLength())];
    model.newSession(Kernels.reference(ONE_THREAD)).encode(TokenBatch.of(ids, ids));
  }

  @Test
  void everyMutantLoadsOrIsRefused() throws InterruptedException {
    MutationRun run =
        new MutationRun(new Mutator(), OnnxFile::open, OnnxMutationTest::use, DEADLINE_MILLIS);
    long loaded = run.run(0, QUICK_MUTANTS, 0);
    // Both ends must be reached, or the mutants would show nothing.
    assertTrue(loaded > QUICK_MUTANTS / 50, loaded + " loaded");
    assertTrue(loaded < QUICK_MUTANTS * 3 / 4, loaded + " loaded");
  }

  @Test
  void aFileCutOffAnywhereIsRefused() {
    byte[] file = files().getLast();
    // The last field of the file tells a version and may be missing.
    int end = file.length - 6;
    assertEquals(4, OnnxFile.open("whole", NativeBytes.of(file)).tensors().size());
    for (int n = 0; n < end; n++) {
      byte[] cut = Arrays.copyOf(file, n);
      assertThrows(
          LanewiseException.class, () -> OnnxFile.open("cut", NativeBytes.of(cut)), "at " + n);
    }
  }

  /** As much as a file of a few megabytes can put around one tensor: each is looked at once. */
  @Test
  @Timeout(20)
  void nodesWithoutNumberAroundOneTensorAreNoHang() {
    int n = 30_000;
    OnnxWriter writer =
        new OnnxWriter()
            .tensor("embeddings.word_embeddings.weight", new float[8], 1, 8)
            .tensor("encoder.layer.0.attention.self.query.weight", new float[64], 8, 8)
            .tensor("m", true, new byte[4], 2, 2);
    String[] parts = new String[n];
    Arrays.fill(parts, "part");
    writer.node("Concat", "", "shape", parts);
    for (int i = 0; i < n; i++) {
      writer
          .node("DequantizeLinear", "", "y", "m")
          .node(i % 2 == 0 ? "Relu" : "Reshape", "", "z", "y", "shape");
    }
    OnnxFile file = OnnxFile.open("many", NativeBytes.of(writer.toBytes()));
    assertEquals(3, file.tensors().size());
  }

  @Test
  @Tag("conformance")
  void everyMutantLoadsOrIsRefusedInASmallHeap() throws IOException, InterruptedException {
    ChildJvm.Result result =
        ChildJvm.run(List.of("-Xmx64m"), Main.class, String.valueOf(ALL_MUTANTS));
    assertEquals(0, result.exitCode(), result.output());
  }

  /** The run in a Java machine of its own. Argument: how many mutants. */
  static final class Main {
    private Main() {}

    public static void main(String[] args) throws InterruptedException {
      MutationRun run =
          new MutationRun(new Mutator(), OnnxFile::open, OnnxMutationTest::use, DEADLINE_MILLIS);
      run.run(0, Long.parseLong(args[0]), 10_000);
    }
  }
}
