package dev.lanewise.model.arch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.SafetensorsWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * BART and mBART with a head. Numbers are those of Hugging Face's transformers 5.24 with torch 2.15
 * in float32, which was given the same weights by the same formula ({@link TinyEncoderDecoders}).
 */
class BartEncoderTest {
  private static final String CLASSES = "BartForSequenceClassification";
  private static final String ANSWERS = "BartForQuestionAnswering";
  private static final int DIM = 16;

  /** A pair and a text; token 2 ends each part. */
  private static final int[][] IDS = {{0, 5, 17, 2, 9, 3, 2}, {0, 22, 2, 14, 2}};

  /** The same as mBART wants them, with a language behind the end. */
  private static final int[][] MBART_IDS = {{5, 17, 9, 3, 2, 21}, {22, 14, 2, 7}};

  @TempDir private Path folder;

  private Checkpoint file(String modelClass) {
    SafetensorsWriter tensors = TinyEncoderDecoders.bart();
    put(tensors, "classification_head.dense", DIM, DIM);
    put(tensors, "classification_head.out_proj", 3, DIM);
    put(tensors, "qa_outputs", 2, DIM);
    put(tensors, "model.encoder.layer_norm", DIM);
    put(tensors, "model.decoder.layer_norm", DIM);
    String head =
        "{\"architectures\": [\"%s\"], \"id2label\": {\"0\": \"no\", \"1\": \"maybe\", \"2\": \"yes\"},"
            .formatted(modelClass);
    String config = TinyEncoderDecoders.BART_CONFIG.replaceFirst("\\{", head);
    if (modelClass.startsWith("MBart")) {
      config = config.replace("\"bart\"", "\"mbart\"");
    }
    return TinyEncoderDecoders.openBart(
        folder, tensors, config, TinyEncoderDecoders.BART_GENERATION);
  }

  private static void put(SafetensorsWriter tensors, String name, int... shape) {
    String weight = name + ".weight";
    String bias = name + ".bias";
    tensors.tensor(weight, TinyEncoderDecoders.values(weight, shape), shape);
    tensors.tensor(bias, TinyEncoderDecoders.values(bias, shape[0]), shape[0]);
  }

  private TextEncoder model(String modelClass) {
    return Architectures.loadTextEncoder(file(modelClass));
  }

  private static Encoding encode(TextEncoder model, int[]... ids) {
    return model.newSession(Kernels.best(Parallel.of(1))).encode(TokenBatch.of(ids));
  }

  @Test
  void textsAreClassifiedByWhatTheDecoderThinksOfTheirEnd() {
    TextEncoder model = model(CLASSES);
    assertEquals(HeadKind.SEQUENCE_CLASSES, model.head());
    assertEquals(List.of("no", "maybe", "yes"), model.labels());
    assertEquals(12, model.maxLength());
    TinyDecoder.assertFirst(
        new float[] {-1.036651f, 0.1050919f, -0.5430211f, -1.639645f, 0.7110676f, -0.5989034f},
        encode(model, IDS).logits());
  }

  @Test
  void theDecoderOfMbartBeginsWithTheLanguage() {
    TinyDecoder.assertFirst(
        new float[] {1.915856f, -0.2027337f, -0.312712f, -1.419828f, 0.5657414f, -0.3036564f},
        encode(model("M" + CLASSES), MBART_IDS).logits());
  }

  @Test
  void answersHaveEnds() {
    TextEncoder model = model(ANSWERS);
    assertEquals(HeadKind.ANSWER_SPAN, model.head());
    Encoding encoding = encode(model, IDS);
    TinyDecoder.assertFirst(new float[] {3.432239f, 1.065723f}, encoding.logits(0, 0));
    TinyDecoder.assertFirst(new float[] {2.032124f, 1.161172f}, encoding.logits(0, 6));
    TinyDecoder.assertFirst(new float[] {2.569537f, -0.3497646f}, encoding.logits(1, 4));
    encoding = encode(model("M" + ANSWERS), MBART_IDS);
    TinyDecoder.assertFirst(new float[] {-3.909300f, -1.183149f}, encoding.logits(0, 5));
    TinyDecoder.assertFirst(new float[] {-3.510407f, 1.430394f}, encoding.logits(1, 3));
  }

  @Test
  void blocksAreThoseOfTheEncoderAndThenThoseOfTheDecoder() {
    TextEncoder model = model(CLASSES);
    assertEquals(3, model.nLayers());
    Kernels kernels = Kernels.best(Parallel.of(1));
    float[] states = model.newSession(kernels).hiddenStates(TokenBatch.of(IDS[0]), 1);
    Checkpoint whole = TinyEncoderDecoders.openBart(folder);
    float[] source = Architectures.loadEncoderDecoder(whole).newSession(kernels, 1).encode(IDS[0]);
    assertArrayEquals(source, states, 1e-5f);
  }

  @ParameterizedTest
  @ValueSource(strings = {CLASSES, "M" + CLASSES})
  void aSequenceHasTheSameBitsAloneAndAmongOthers(String modelClass) {
    TextEncoder model = model(modelClass);
    try (Parallel team = Parallel.of(3)) {
      Encoding all = model.newSession(Kernels.best(team)).encode(TokenBatch.of(IDS).steady());
      float[] alone =
          model
              .newSession(Kernels.best(Parallel.of(1)))
              .encode(TokenBatch.of(IDS[1]).steady())
              .logits();
      assertArrayEquals(Arrays.copyOf(alone, 3), Arrays.copyOfRange(all.logits(), 3, 6));
    }
  }

  @Test
  void aTextWithoutAnEndHasStatesAndNoClass() {
    Encoding encoding = encode(model(CLASSES), IDS[0], new int[] {0, 5});
    assertEquals(2, encoding.sequences());
    String message = assertThrows(LanewiseException.class, encoding::logits).getMessage();
    assertTrue(message.startsWith("sequence 1 has no token that marks its end"), message);
    assertTrue(message.contains(folder.toString()), message);
  }

  @ParameterizedTest
  @ValueSource(strings = {CLASSES, "M" + ANSWERS})
  void whatHasAHeadMakesNoTexts(String modelClass) {
    Checkpoint file = file(modelClass);
    String message =
        assertThrows(LanewiseException.class, () -> Architectures.loadEncoderDecoder(file))
            .getMessage();
    assertTrue(message.contains("an encoder of texts (" + modelClass + ")"), message);
    assertTrue(Architectures.isTextEncoder(file));
  }

  @Test
  void whatHasNoneIsNoEncoder() {
    Checkpoint file = file("BartForConditionalGeneration");
    String message =
        assertThrows(LanewiseException.class, () -> Architectures.loadTextEncoder(file))
            .getMessage();
    assertTrue(message.contains("is 'bart', an encoder-decoder that turns one text"), message);
  }
}
