package dev.lanewise.model.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.arch.Architectures;
import dev.lanewise.model.arch.CausalModel;
import dev.lanewise.model.arch.EncoderDecoderModel;
import dev.lanewise.model.checkpoint.HuggingFace;
import dev.lanewise.model.checkpoint.Safetensors;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Tiny checkpoints of real architectures: |a − b| ≤ 1e-4 + 1e-4 · |b|, and the same tokens. */
@Tag("conformance")
class ModelsConformanceTest {
  private static final double TOLERANCE = 1e-4;

  @TestFactory
  List<DynamicTest> checkpoints() {
    return Vectors.entries("models", "*").stream()
        .map(path -> dynamicTest(path.getFileName().toString(), () -> check(path)))
        .toList();
  }

  private static void check(Path folder) {
    Safetensors expected = Safetensors.open(folder.resolve("expected.safetensors"));
    HuggingFace checkpoint = HuggingFace.open(folder);
    try (Parallel team = Parallel.of(2)) {
      Kernels kernels = Kernels.best(team);
      if (expected.has("in.decoder_input_ids")) {
        checkEncoderDecoder(Architectures.loadEncoderDecoder(checkpoint), kernels, expected);
      } else if (expected.has("in.pixel_values")) {
        new EncoderCheck(expected).check(Architectures.loadImageEncoder(checkpoint), kernels);
      } else if (expected.has("in.attention_mask")) {
        new EncoderCheck(expected).check(Architectures.loadTextEncoder(checkpoint), kernels);
      } else {
        checkCausal(Architectures.load(checkpoint), kernels, expected);
      }
    }
  }

  private static void checkCausal(CausalModel model, Kernels kernels, Safetensors expected) {
    int[] ids = tensor(expected, "in.input_ids").ints();
    CausalModel.Session session = model.newSession(kernels, model.contextLength());
    compare(
        tensor(expected, "out.hidden_first").data(),
        session.hiddenStates(ids, 0, ids.length, 1),
        "hidden_first");
    compare(tensor(expected, "out.logits").data(), allLogits(model, session, ids), "logits");
    session.rewind(0);
    checkGreedy(session, ids, kernels, expected);
  }

  private static void checkEncoderDecoder(
      EncoderDecoderModel model, Kernels kernels, Safetensors expected) {
    EncoderDecoderModel.Session session = model.newSession(kernels, model.contextLength());
    compare(
        tensor(expected, "out.encoder").data(),
        session.encode(tensor(expected, "in.input_ids").ints()),
        "encoder");
    int[] ids = tensor(expected, "in.decoder_input_ids").ints();
    int n = model.vocabSize();
    float[] logits = new float[ids.length * n];
    session.begin(1);
    for (int i = 0; i < ids.length; i++) {
      System.arraycopy(session.forward(new int[] {ids[i]}), 0, logits, i * n, n);
    }
    compare(tensor(expected, "out.logits").data(), logits, "logits");
    session.reorder(new int[0], 0);
    session.begin(1);
    int[] greedy = tensor(expected, "out.greedy").ints();
    int[] found = new int[greedy.length];
    int last = model.generationConfig().startToken();
    for (int i = 0; i < found.length; i++) {
      last = kernels.argmax(session.forward(new int[] {last}), n);
      found[i] = last;
    }
    assertArrayEquals(greedy, found);
  }

  /** [ids.length × vocabSize] */
  private static float[] allLogits(CausalModel model, CausalModel.Session session, int[] ids) {
    int n = model.vocabSize();
    float[] logits = new float[ids.length * n];
    session.forwardAll(ids, 0, ids.length, (i, row) -> System.arraycopy(row, 0, logits, i * n, n));
    return logits;
  }

  private static void checkGreedy(
      CausalModel.Session session, int[] prompt, Kernels kernels, Safetensors expected) {
    int[] greedy = tensor(expected, "out.greedy").ints();
    int[] found = new int[greedy.length];
    float[] last = session.forward(prompt, 0, prompt.length);
    for (int i = 0; i < found.length; i++) {
      found[i] = kernels.argmax(last, last.length);
      last = session.forward(found, i, i + 1);
    }
    assertArrayEquals(greedy, found);
  }

  static Tensor tensor(Safetensors file, String name) {
    return Tensor.read(file, file.tensor(name));
  }

  static void compare(float[] wanted, float[] found, String what) {
    assertEquals(wanted.length, found.length, what);
    for (int i = 0; i < wanted.length; i++) {
      double bound = TOLERANCE + TOLERANCE * Math.abs(wanted[i]);
      if (!(Math.abs(found[i] - wanted[i]) <= bound)) {
        throw new AssertionError(
            "%s: element %d is %s instead of %s, bound %s"
                .formatted(what, i, found[i], wanted[i], bound));
      }
    }
  }
}
