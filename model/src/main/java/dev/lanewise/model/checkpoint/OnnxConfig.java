package dev.lanewise.model.checkpoint;

import dev.lanewise.model.json.JsonView;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a {@code config.json} would say of the model in an ONNX graph, as far as the graph tells:
 * the sizes of an encoder of BERT's or RoBERTa's kind, by the shapes of its weights, and what its
 * nodes show of heads, norms and activation. Of another model nothing is said, nor of one whose
 * weights and nodes do not show all of it: what is usual would be guessed in its place.
 */
final class OnnxConfig {
  private static final String EMBEDDING = "embeddings.word_embeddings.weight";

  /** More than a shape that divides rows into heads is put together of. */
  private static final int MAX_PARTS = 8;

  private static final String TABLE = "_embeddings.weight";

  /** Where a shape is not known before the graph runs; also what a shape says for "the rest". */
  private static final long UNKNOWN = -1;

  private final OnnxGraph graph;
  private final Map<String, OnnxWeight> weights;
  private final Map<String, Object> config = new LinkedHashMap<>();

  private OnnxConfig(OnnxGraph graph, Map<String, OnnxWeight> weights) {
    this.graph = graph;
    this.weights = weights;
  }

  /** The values by the hub's keys. */
  static Map<String, MetadataValue> of(OnnxGraph graph, Map<String, OnnxWeight> weights) {
    OnnxConfig config = new OnnxConfig(graph, weights);
    for (String prefix : List.of("", "bert.", "roberta.")) {
      if (weights.containsKey(prefix + EMBEDDING) && weights.containsKey(query(prefix, 0))) {
        config.addEncoder(prefix);
      }
    }
    Map<String, MetadataValue> values = new LinkedHashMap<>();
    JsonMetadata.add(new JsonView(graph.file(), "", config.config), "", values);
    return values;
  }

  private void addEncoder(String prefix) {
    // RoBERTa counts positions by summing up the mask of real tokens.
    config.put("model_type", graph.has("CumSum") ? "roberta" : "bert");
    long dim = size(prefix + EMBEDDING, 1);
    config.put("vocab_size", size(prefix + EMBEDDING, 0));
    config.put("hidden_size", dim);
    config.put(
        "max_position_embeddings", size(prefix + "embeddings.position_embeddings.weight", 0));
    config.put("type_vocab_size", size(prefix + "embeddings.token_type_embeddings.weight", 0));
    long layers = 0;
    while (weights.containsKey(query(prefix, layers))) {
      layers++;
    }
    config.put("num_hidden_layers", layers);
    config.put("intermediate_size", size(prefix + "encoder.layer.0.intermediate.dense.weight", 0));
    long heads = heads(dim);
    Double epsilon = epsilon();
    String activation = activation();
    if (config.containsValue(0L)
        || hasOtherEmbeddings(prefix)
        || heads == 0
        || epsilon == null
        || activation.isEmpty()) {
      config.clear();
      return;
    }
    config.put("num_attention_heads", heads);
    config.put("layer_norm_eps", epsilon);
    config.put("hidden_act", activation);
  }

  /** Whether more is embedded than tokens, positions and types, as relatives of BERT do. */
  private boolean hasOtherEmbeddings(String prefix) {
    return weights.keySet().stream()
            .filter(name -> name.startsWith(prefix + "embeddings.") && name.endsWith(TABLE))
            .count()
        > 3;
  }

  private static String query(String prefix, long layer) {
    return prefix + "encoder.layer." + layer + ".attention.self.query.weight";
  }

  /** A dimension of a matrix, or 0 if it is not there. */
  private long size(String matrix, int dimension) {
    OnnxWeight weight = weights.get(matrix);
    return weight == null || weight.info().shape().size() != 2
        ? 0
        : weight.info().shape().get(dimension);
  }

  /** The heads into which a node divides rows: [batch × length × heads × head dimension]. */
  private long heads(long dim) {
    for (OnnxNode node : graph.nodes()) {
      List<Long> shape = node.op().equals("Reshape") ? shape(node.input(1)) : List.of();
      if (shape.size() == 4) {
        long headDim = shape.get(3);
        long heads = headDim > 0 && dim % headDim == 0 ? dim / headDim : 0;
        if (heads > 0 && (shape.get(2) == heads || shape.get(2) == UNKNOWN)) {
          return heads;
        }
      }
    }
    return headsByScale(dim);
  }

  /** The numbers of a shape, put together by a node or not. */
  private List<Long> shape(String tensor) {
    OnnxNode producer = graph.producer(tensor);
    List<String> parts =
        producer != null && producer.op().equals("Concat") ? producer.inputs() : List.of(tensor);
    List<Long> shape = new ArrayList<>();
    if (parts.size() > MAX_PARTS) {
      return shape;
    }
    for (String part : parts) {
      double[] numbers = graph.numbers(part);
      if (numbers.length == 0) {
        shape.add(UNKNOWN);
      }
      for (double number : numbers) {
        shape.add((long) number);
      }
    }
    return shape;
  }

  /** The heads by the √headDim that divides the scores. */
  private long headsByScale(long dim) {
    for (OnnxNode node : graph.nodes()) {
      double[] divisor = node.op().equals("Div") ? graph.numbers(node.input(1)) : new double[0];
      OnnxNode producer = graph.producer(node.input(0));
      if (divisor.length == 1 && producer != null && producer.op().equals("MatMul")) {
        long headDim = Math.round(divisor[0] * divisor[0]);
        if (headDim > 0 && headDim <= dim && dim % headDim == 0) {
          return dim / headDim;
        }
      }
    }
    return 0;
  }

  /** Of the first norm: its attribute, or what is added before the root is drawn. */
  private Double epsilon() {
    for (OnnxNode node : graph.nodes()) {
      if (node.op().equals("LayerNormalization")) {
        return node.attributes().get("epsilon") instanceof Float value ? shortest(value) : 1e-5;
      }
      OnnxNode sum = node.op().equals("Sqrt") ? graph.producer(node.input(0)) : null;
      if (sum != null && sum.op().equals("Add") && sum.inputs().size() == 2) {
        for (String input : sum.inputs()) {
          double[] number = graph.numbers(input);
          if (number.length == 1 && number[0] > 0 && number[0] < 1) {
            return shortest((float) number[0]);
          }
        }
      }
    }
    return null;
  }

  /** The number that people wrote, 1e-12, and not its float's 9.999999960041972e-13. */
  private static double shortest(float value) {
    return Double.parseDouble(Float.toString(value));
  }

  /** The name that the hub has for it; empty if it is none of those that are known by a node. */
  private String activation() {
    if (graph.has("Erf", "BiasGelu")) {
      return "gelu";
    }
    for (OnnxNode node : graph.nodes()) {
      if (node.op().equals("Gelu")) {
        return "tanh".equals(node.attributes().get("approximate")) ? "gelu_new" : "gelu";
      }
    }
    if (graph.has("FastGelu") || hasTanhOfProducts()) {
      return "gelu_new";
    }
    return graph.has("Relu") ? "relu" : "";
  }

  /** Whether a Tanh is of GELU: of a number times the sum of x and its cube; a pooler's is not. */
  private boolean hasTanhOfProducts() {
    for (OnnxNode node : graph.nodes()) {
      OnnxNode inner = node.op().equals("Tanh") ? graph.producer(node.input(0)) : null;
      if (inner != null && inner.op().equals("Mul")) {
        return true;
      }
    }
    return false;
  }
}
