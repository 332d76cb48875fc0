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
    TinyEncoderDecoders.putBartLayer(shapes, "model.encoder.layers.0");
    for (String layer : new String[] {"model.decoder.layers.0", "model.decoder.layers.1"}) {
      TinyEncoderDecoders.putBartLayer(shapes, layer);
      TinyEncoderDecoders.putBartAttention(shapes, layer + ".encoder_attn");
    }
    TinyEncoderDecoders.putWithBias(shapes, "model.encoder.layer_norm", DIM);
    TinyEncoderDecoders.putWithBias(shapes, "model.decoder.layer_norm", DIM);
    return shapes;
  }
}
