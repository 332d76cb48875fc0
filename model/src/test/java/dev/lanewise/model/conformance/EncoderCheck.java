package dev.lanewise.model.conformance;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.model.arch.Encoding;
import dev.lanewise.model.arch.HeadKind;
import dev.lanewise.model.arch.ImageEncoder;
import dev.lanewise.model.arch.TextEncoder;
import dev.lanewise.model.arch.TokenBatch;
import dev.lanewise.model.checkpoint.Safetensors;
import java.util.Arrays;
import java.util.function.IntFunction;

/** An encoder against the outputs that were recorded of it, whichever these are. */
final class EncoderCheck {
  private final Safetensors expected;
  private boolean[] real; // by token; null where all are
  private int checked;

  EncoderCheck(Safetensors expected) {
    this.expected = expected;
  }

  void check(TextEncoder model, Kernels kernels) {
    Tensor ids = ModelsConformanceTest.tensor(expected, "in.input_ids");
    int[] mask = ModelsConformanceTest.tensor(expected, "in.attention_mask").ints();
    int[] types = null;
    if (expected.has("in.token_type_ids")) {
      types = ModelsConformanceTest.tensor(expected, "in.token_type_ids").ints();
    }
    real = new boolean[mask.length];
    for (int i = 0; i < mask.length; i++) {
      real[i] = mask[i] == 1;
    }
    TextEncoder.Session session = model.newSession(kernels);
    TokenBatch batch = TokenBatch.masked(ids.ints(), types, mask, ids.dim(1));
    checkStates(layers -> session.hiddenStates(batch, layers), model.nLayers());
    Encoding encoding = session.encode(batch);
    checkOutputs(encoding);
    if (model.head() == HeadKind.ANSWER_SPAN) {
      float[] scores = encoding.logits();
      compare("start_logits", column(scores, 0), real);
      compare("end_logits", column(scores, 1), real);
    } else if (model.head() != HeadKind.NONE) {
      compare("logits", encoding.logits(), model.head().ofTokens() ? real : null);
    }
    requireAllChecked();
  }

  void check(ImageEncoder model, Kernels kernels) {
    float[] pixels = ModelsConformanceTest.tensor(expected, "in.pixel_values").data();
    ImageEncoder.Session session = model.newSession(kernels);
    checkStates(layers -> session.hiddenStates(pixels, layers), model.nLayers());
    Encoding encoding = session.encode(pixels);
    checkOutputs(encoding);
    if (model.head() != HeadKind.NONE) {
      compare("logits", encoding.logits(), null);
    }
    requireAllChecked();
  }

  private void checkStates(IntFunction<float[]> states, int nLayers) {
    if (expected.has("out.hidden_first")) {
      compare("hidden_first", states.apply(1), real);
    }
    if (expected.has("out.last_hidden")) {
      compare("last_hidden", states.apply(nLayers), real);
    }
  }

  private void checkOutputs(Encoding encoding) {
    if (expected.has("out.last_hidden_state")) {
      compare("last_hidden_state", encoding.hiddenStates(), real);
    }
    if (expected.has("out.pooler_output")) {
      compare("pooler_output", encoding.poolerOutput(), null);
    }
  }

  private static float[] column(float[] pairs, int column) {
    float[] values = new float[pairs.length / 2];
    for (int i = 0; i < values.length; i++) {
      values[i] = pairs[2 * i + column];
    }
    return values;
  }

  /**
   * Compares with a recorded output.
   *
   * @param rows which rows of it count; null for all
   */
  private void compare(String name, float[] found, boolean[] rows) {
    float[] wanted = ModelsConformanceTest.tensor(expected, "out." + name).data();
    float[] counting = Arrays.copyOf(found, wanted.length);
    int width = rows == null ? wanted.length : wanted.length / rows.length;
    for (int i = 0; i < wanted.length; i++) {
      if (rows != null && !rows[i / width]) {
        counting[i] = wanted[i];
      }
    }
    ModelsConformanceTest.compare(wanted, counting, name);
    checked++;
  }

  private void requireAllChecked() {
    long outputs =
        expected.tensors().keySet().stream().filter(name -> name.startsWith("out.")).count();
    if (checked != outputs || checked == 0) {
      throw new AssertionError("%d of %d outputs were checked".formatted(checked, outputs));
    }
  }
}
