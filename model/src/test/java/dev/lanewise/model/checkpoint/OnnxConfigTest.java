package dev.lanewise.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import org.junit.jupiter.api.Test;

/** What the graph of an encoder tells of its sizes, heads, norms and activation. */
class OnnxConfigTest {
  /** Weights of an encoder of two layers of 8, and no nodes. */
  private static OnnxWriter encoder(String prefix) {
    OnnxWriter writer =
        new OnnxWriter()
            .tensor(prefix + "embeddings.word_embeddings.weight", new float[80], 10, 8)
            .tensor(prefix + "embeddings.position_embeddings.weight", new float[40], 5, 8)
            .tensor(prefix + "embeddings.token_type_embeddings.weight", new float[16], 2, 8);
    for (int i = 0; i < 2; i++) {
      String layer = prefix + "encoder.layer." + i;
      writer
          .tensor(layer + ".attention.self.query.weight", new float[64], 8, 8)
          .tensor(layer + ".intermediate.dense.weight", new float[96], 12, 8);
    }
    return writer;
  }

  /** What an encoder's graph tells whose nodes, behind those that are there, tell everything. */
  private static Metadata metadata(OnnxWriter writer) {
    return alone(
        writer
            .constant("one", 0, 0, -1, 8)
            .node("Reshape", "", "split", "x", "one")
            .node("LayerNormalization", "", "normed", "x")
            .node("Relu", "", "bounded", "x"));
  }

  private static Metadata alone(OnnxWriter writer) {
    return OnnxFile.open("test.onnx", NativeBytes.of(writer.toBytes())).metadata();
  }

  @Test
  void sizesFollowFromShapes() {
    for (String prefix : new String[] {"", "bert."}) {
      Metadata m = metadata(encoder(prefix));
      assertEquals("bert", m.string("model_type"));
      assertEquals(10, m.integer("vocab_size"));
      assertEquals(8, m.integer("hidden_size"));
      assertEquals(5, m.integer("max_position_embeddings"));
      assertEquals(2, m.integer("type_vocab_size"));
      assertEquals(2, m.integer("num_hidden_layers"));
      assertEquals(12, m.integer("intermediate_size"));
    }
    OnnxWriter other =
        new OnnxWriter().tensor("embeddings.word_embeddings.weight", new float[80], 10, 8);
    assertFalse(metadata(other).has("model_type"), "without a layer that is known");
  }

  /** What is usual must not stand in for heads, norms or an activation that nothing shows. */
  @Test
  void nothingIsToldWhereSomethingIsMissing() {
    OnnxWriter norm = encoder("").node("LayerNormalization", "", "normed", "x");
    assertFalse(alone(norm.node("Erf", "", "e", "x")).has("model_type"), "no heads");
    OnnxWriter heads =
        encoder("").constant("one", 0, 0, -1, 8).node("Reshape", "", "split", "x", "one");
    assertFalse(alone(heads.node("Erf", "", "e", "x")).has("model_type"), "no norm");
    OnnxWriter swish =
        encoder("")
            .constant("one", 0, 0, -1, 8)
            .node("Reshape", "", "split", "x", "one")
            .node("LayerNormalization", "", "normed", "x")
            .node("Sigmoid", "", "s", "x")
            .node("Mul", "", "y", "x", "s");
    assertFalse(alone(swish).has("model_type"), "no activation that is known");
    OnnxWriter tasks =
        encoder("").tensor("embeddings.task_type_embeddings.weight", new float[24], 3, 8);
    assertFalse(metadata(tasks).has("model_type"), "more than BERT embeds");
  }

  @Test
  void positionsThatAreCountedAreRobertas() {
    OnnxWriter writer = encoder("roberta.").node("CumSum", "", "counted", "mask", "axis");
    assertEquals("roberta", metadata(writer).string("model_type"));
  }

  @Test
  void headsFollowFromAShapeOrFromTheScale() {
    OnnxWriter whole =
        encoder("").constant("shape", 0, 0, 4, 2).node("Reshape", "", "y", "x", "shape");
    assertEquals(4, metadata(whole).integer("num_attention_heads"));
    OnnxWriter parts =
        encoder("")
            .constant("heads", 2)
            .constant("width", 4)
            .node("Concat", "", "shape", "batch", "length", "heads", "width")
            .node("Reshape", "", "y", "x", "shape");
    assertEquals(2, metadata(parts).integer("num_attention_heads"));
    OnnxWriter rest =
        encoder("").constant("shape", 0, 0, -1, 8).node("Reshape", "", "y", "x", "shape");
    assertEquals(1, metadata(rest).integer("num_attention_heads"));
    OnnxWriter scale =
        encoder("")
            .constant("root", (float) Math.sqrt(2))
            .node("MatMul", "", "scores", "q", "k")
            .node("Div", "", "scaled", "scores", "root")
            .node("LayerNormalization", "", "normed", "x")
            .node("Erf", "", "e", "x");
    assertEquals(4, alone(scale).integer("num_attention_heads"));
  }

  @Test
  void epsilonIsWhatTheNormAdds() {
    OnnxWriter nodes =
        encoder("")
            .constant("epsilon", 1e-7f)
            .node("Add", "", "shifted", "variance", "epsilon")
            .node("Sqrt", "", "root", "shifted");
    assertEquals(1e-7, metadata(nodes).number("layer_norm_eps"));
    OnnxWriter.Message epsilon = new OnnxWriter.Message().text(1, "epsilon").float32(2, 1e-12f);
    OnnxWriter one =
        encoder("")
            .node(new OnnxWriter.Message().message(5, epsilon), "LayerNormalization", "", "y", "x");
    assertEquals(1e-12, metadata(one).number("layer_norm_eps"));
  }

  @Test
  void activationFollowsFromItsNodes() {
    assertEquals("relu", metadata(encoder("")).string("hidden_act"));
    OnnxWriter fused = encoder("").node("BiasGelu", "", "y", "x", "b");
    assertEquals("gelu", metadata(fused).string("hidden_act"));
    OnnxWriter.Message tanh = new OnnxWriter.Message().text(1, "approximate").text(4, "tanh");
    OnnxWriter one =
        encoder("").node(new OnnxWriter.Message().message(5, tanh), "Gelu", "", "y", "x");
    assertEquals("gelu_new", metadata(one).string("hidden_act"));
    OnnxWriter pooled = encoder("").node("Gemm", "", "y", "x").node("Tanh", "", "z", "y");
    assertEquals("gelu", metadata(pooled.node("Erf", "", "e", "x")).string("hidden_act"));
    OnnxWriter product = encoder("").node("Mul", "", "y", "x", "c").node("Tanh", "", "z", "y");
    assertEquals("gelu_new", metadata(product).string("hidden_act"));
  }
}
