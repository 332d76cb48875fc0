package dev.lanewise.model.arch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Gguf;
import dev.lanewise.model.checkpoint.GgufWriter;
import dev.lanewise.model.checkpoint.SafetensorsWriter;
import dev.lanewise.model.checkpoint.TinyLlama;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ArchitecturesTest {
  @TempDir private Path folder;

  private static void refuses(String part, Executable load) {
    LanewiseException e = assertThrows(LanewiseException.class, load);
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }

  @Test
  void saysWhatAModelOfAnotherKindIs() {
    Checkpoint t5 = TinyEncoderDecoders.openT5(folder);
    refuses(
        "general.architecture is 't5', an encoder-decoder that turns one text into another",
        () -> Architectures.load(t5));
    Checkpoint llama = Gguf.open(TinyLlama.write(folder.resolve("llama.gguf"), 1));
    refuses(
        "general.architecture is 'llama', a language model that continues texts",
        () -> Architectures.loadEncoderDecoder(llama));
    String message = refusal("harp", Architectures::loadEncoderDecoder);
    assertTrue(message.contains("is 'harp'; encoder-decoders known here: bart"), message);
  }

  @Test
  void saysThatWeightsWereQuantisedByAnotherLibrary() throws IOException {
    String config =
        TinyDecoder.SIZES + "\"llama\", \"quantization_config\": {\"quant_method\": \"gptq\"}}";
    Checkpoint floats = TinyDecoder.open(folder, "model.", config);
    TinyDecoder.logits(floats); // nothing is quantised whatever the file says
    Path weights = folder.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    String header = new String(bytes, StandardCharsets.ISO_8859_1);
    int at = header.indexOf("F32");
    bytes[at] = 'I'; // the first tensor's type
    Files.write(weights, bytes);
    refuses(
        "quantization_config.quant_method is 'gptq': weights that it quantised do not run here",
        () -> Architectures.load(Checkpoint.open(folder)));
  }

  @Test
  void loadsAModelFromItsParts() {
    Path first = folder.resolve("model-00001-of-00002.gguf");
    inTwo(0).removeTensors().write(first);
    inTwo(1).write(folder.resolve("model-00002-of-00002.gguf"));
    assertArrayEquals(
        TinyDecoder.logits(Gguf.open(TinyDecoder.gguf().write(folder.resolve("whole.gguf")))),
        TinyDecoder.logits(Checkpoint.open(first)));
  }

  private static GgufWriter inTwo(int number) {
    return TinyDecoder.gguf().uint32("split.no", number).uint32("split.count", 2);
  }

  @Test
  void refusesAGgufFileWithMoreBlocksThanItCounts() {
    GgufWriter decoder = TinyDecoder.gguf().remove("qwen2.block_count");
    Checkpoint fewer =
        Gguf.open(decoder.uint32("qwen2.block_count", 1).write(folder.resolve("fewer.gguf")));
    refuses(
        "qwen2.block_count is 1; it must be more, for there is a tensor blk.1.",
        () -> Architectures.load(fewer));
    GgufWriter t5 = TinyEncoderDecoders.t5().remove("t5.block_count").uint32("t5.block_count", 1);
    Checkpoint shorter = Gguf.open(t5.write(folder.resolve("shorter.gguf")));
    refuses(
        "t5.block_count is 1; it must be more, for there is a tensor enc.blk.1.",
        () -> Architectures.loadEncoderDecoder(shorter));
  }

  @Test
  void theEncoderOfT5IsAnEncoderOfTexts() {
    String config =
        TinyEncoder.BERT_CONFIG
            .replace("BertForSequenceClassification", "T5EncoderModel")
            .replace("\"bert\"", "\"t5\"");
    Checkpoint checkpoint = TinyEncoder.open(folder, config, TinyEncoder.BERT);
    refuses(
        "model_type is 't5', an encoder of texts (T5EncoderModel); encoder-decoders known here",
        () -> Architectures.loadEncoderDecoder(checkpoint));
    refuses("tensor shared.weight is missing", () -> Architectures.loadTextEncoder(checkpoint));
  }

  @ParameterizedTest
  @EnumSource(Architecture.class)
  void everyArchitectureHasALoader(Architecture architecture) {
    Consumer<Checkpoint> loader =
        switch (architecture.kind()) {
          case CAUSAL -> Architectures::load;
          case TEXT_ENCODER -> Architectures::loadTextEncoder;
          case IMAGE_ENCODER -> Architectures::loadImageEncoder;
          case ENCODER_DECODER -> Architectures::loadEncoderDecoder;
        };
    int named = 0;
    for (String name : architecture.kind().names()) {
      if (Architecture.named(name) == architecture) {
        String message = refusal(name, loader); // for want of anything but the name
        assertFalse(message.contains("known here"), message);
        assertEquals(
            architecture.kind() == Architecture.Kind.TEXT_ENCODER,
            Architectures.isTextEncoder(named(name)));
        named++;
      }
    }
    assertTrue(named > 0);
  }

  private String refusal(String architecture, Consumer<Checkpoint> loader) {
    Checkpoint file = named(architecture);
    return assertThrows(LanewiseException.class, () -> loader.accept(file)).getMessage();
  }

  /** A file with a name and nothing else. */
  private Checkpoint named(String architecture) {
    return Gguf.open(
        new GgufWriter()
            .string("general.architecture", architecture)
            .write(folder.resolve(architecture + ".gguf")));
  }

  @Test
  void refusesHeadsThatAreWideTogether() {
    Path path = folder.resolve("wide.gguf");
    TinyLlama.writer(TinyLlama.Shape.SMALLEST, TinyLlama.Vocabulary.SPM, 1)
        .uint32("llama.attention.key_length", 1 << 20)
        .write(path);
    refuses(
        "llama.attention.key_length is 1048576; it must be from 1 to 524288",
        () -> Architectures.load(Gguf.open(path)));
  }

  @Test
  void namesTheMissingTensorAsTheFileDoes() {
    String name = "model.decoder.layers.1.encoder_attn.q_proj.weight";
    Checkpoint bart = bart(TinyEncoderDecoders.bart().without(name));
    refuses("tensor " + name + " is missing", () -> Architectures.loadEncoderDecoder(bart));
  }

  @Test
  void namesTheTensorOfAnotherShape() {
    String name = "model.encoder.embed_positions.weight";
    Checkpoint bart = bart(TinyEncoderDecoders.bart().tensor(name, new float[12 * 16], 12, 16));
    refuses(name, () -> Architectures.loadEncoderDecoder(bart));
  }

  @Test
  void t5SharesItsEmbeddingWhereItHasNoHead() {
    Path path = folder.resolve("tied.gguf");
    TinyEncoderDecoders.t5().removeTensor("output.weight").write(path);
    EncoderDecoderModel model = Architectures.loadEncoderDecoder(Gguf.open(path));
    assertEquals(24, model.vocabSize());
  }

  private static SafetensorsWriter bart(String... embeddings) {
    SafetensorsWriter tensors = TinyEncoderDecoders.bart().without("model.shared.weight");
    for (String name : embeddings) {
      boolean source = name.contains("encoder");
      tensors.tensor(
          name, TinyEncoderDecoders.values(source ? "source" : "shared", 24, 16), 24, 16);
    }
    return tensors;
  }

  private float[] logits(SafetensorsWriter bart) {
    EncoderDecoderModel.Session session =
        Architectures.loadEncoderDecoder(bart(bart)).newSession(Kernels.best(Parallel.of(1)), 4);
    session.encode(TinyEncoderDecoders.source());
    session.begin(1);
    session.forward(new int[] {2});
    return session.forward(new int[] {19}).clone();
  }

  @Test
  void aTiedMatrixMayHaveTheNameOfTheOutput() {
    assertArrayEquals(logits(bart("model.shared.weight")), logits(bart("lm_head.weight")));
    // Of two vocabularies the target's is tied.
    String source = "model.encoder.embed_tokens.weight";
    assertArrayEquals(
        logits(bart(source, "model.decoder.embed_tokens.weight")),
        logits(bart(source, "lm_head.weight")));
    String untied =
        TinyEncoderDecoders.BART_CONFIG.replaceFirst("\\{", "{\"tie_word_embeddings\": false, ");
    Checkpoint other = bart(bart("lm_head.weight"), untied);
    refuses("tensor model.shared.weight is missing", () -> Architectures.loadEncoderDecoder(other));
  }

  private Checkpoint bart(SafetensorsWriter tensors) {
    return bart(tensors, TinyEncoderDecoders.BART_CONFIG);
  }

  private Checkpoint bart(SafetensorsWriter tensors, String config) {
    return TinyEncoderDecoders.openBart(
        folder, tensors, config, TinyEncoderDecoders.BART_GENERATION);
  }
}
