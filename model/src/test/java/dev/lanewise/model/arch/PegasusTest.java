package dev.lanewise.model.arch;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Numbers are those of Hugging Face's transformers 5.24 with torch 2.15 in float32 ({@code
 * PegasusForConditionalGeneration}), which was given the same weights by the same formula.
 */
class PegasusTest {
  private static final String CONFIG =
      TinyEncoderDecoders.BART_CONFIG.replace("\"bart\"", "\"pegasus\"");
  private static final int DIM = 16;
  private static final int HIDDEN = 20;

  @TempDir private Path folder;

  @Test
  void positionsAreSinesAndCosines() {
    assertFirstLogits(
        shapes(), 2.301851f, 1.423168f, -1.196579f, 2.944788f, -0.7550561f, -2.311261f);
  }

  @Test
  void positionsInTheFileComeFirst() {
    Map<String, int[]> shapes = shapes();
    shapes.put("model.encoder.embed_positions.weight", new int[] {12, DIM});
    shapes.put("model.decoder.embed_positions.weight", new int[] {12, DIM});
    assertFirstLogits(
        shapes, 0.7625211f, -0.8036302f, -2.407137f, 2.316447f, -1.184648f, -1.374319f);
  }

  private void assertFirstLogits(Map<String, int[]> shapes, float... wanted) {
    EncoderDecoderModel model =
        Architectures.loadEncoderDecoder(TinyEncoderDecoders.open(folder, CONFIG, shapes));
    try (Parallel team = Parallel.of(1)) {
      EncoderDecoderModel.Session session = model.newSession(Kernels.best(team), 12);
      session.encode(TinyEncoderDecoders.source());
      session.begin(1);
      session.forward(new int[] {2});
      TinyDecoder.assertFirst(wanted, session.forward(new int[] {19}));
    }
  }

  private static Map<String, int[]> shapes() {
    Map<String, int[]> shapes = new TreeMap<>();
    shapes.put("model.shared.weight", new int[] {24, DIM});
    shapes.put("final_logits_bias", new int[] {1, 24});
    putLayer(shapes, "model.encoder.layers.0");
    for (int i = 0; i < 2; i++) {
      putLayer(shapes, "model.decoder.layers." + i);
      putAttention(shapes, "model.decoder.layers." + i + ".encoder_attn");
    }
    put(shapes, "model.encoder.layer_norm", DIM);
    put(shapes, "model.decoder.layer_norm", DIM);
    return shapes;
  }

  private static void putLayer(Map<String, int[]> shapes, String layer) {
    putAttention(shapes, layer + ".self_attn");
    put(shapes, layer + ".fc1", HIDDEN, DIM);
    put(shapes, layer + ".fc2", DIM, HIDDEN);
    put(shapes, layer + ".final_layer_norm", DIM);
  }

  private static void putAttention(Map<String, int[]> shapes, String name) {
    for (String projection : new String[] {"q_proj", "k_proj", "v_proj", "out_proj"}) {
      put(shapes, name + "." + projection, DIM, DIM);
    }
    put(shapes, name + "_layer_norm", DIM);
  }

  private static void put(Map<String, int[]> shapes, String name, int... shape) {
    shapes.put(name + ".weight", shape);
    shapes.put(name + ".bias", new int[] {shape[0]});
  }
}
