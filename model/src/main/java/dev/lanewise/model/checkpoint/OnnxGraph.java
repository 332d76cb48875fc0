package dev.lanewise.model.checkpoint;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An ONNX graph: its stored tensors, and the nodes between which tensors go by name. */
final class OnnxGraph {
  private static final int MAX_NUMBERS = 8;

  private final String file;
  private final Map<String, OnnxTensor> initializers;
  private final List<OnnxNode> nodes;
  private final List<String> outputs;
  private final Map<String, OnnxNode> producers = new LinkedHashMap<>();
  private final Map<String, List<OnnxNode>> consumers = new HashMap<>();

  OnnxGraph(
      String file,
      Map<String, OnnxTensor> initializers,
      List<OnnxNode> nodes,
      List<String> outputs) {
    this.file = file;
    this.initializers = new LinkedHashMap<>(initializers);
    this.nodes = nodes;
    this.outputs = outputs;
    for (OnnxNode node : nodes) {
      node.outputs().forEach(output -> producers.put(output, node));
      node.inputs().stream()
          .distinct()
          .forEach(input -> consumers.computeIfAbsent(input, _ -> new ArrayList<>()).add(node));
    }
    for (String output : producers.keySet()) {
      OnnxTensor constant = constant(output);
      if (constant != null && constant.mayBeWeight()) {
        this.initializers.putIfAbsent(output, constant.named(output));
      }
    }
  }

  /** The file's name, for messages. */
  String file() {
    return file;
  }

  /** The stored tensors by name, in the order of the file; then weights that are Constant nodes. */
  Map<String, OnnxTensor> initializers() {
    return initializers;
  }

  List<OnnxNode> nodes() {
    return nodes;
  }

  /** The names of what the graph gives. */
  List<String> outputs() {
    return outputs;
  }

  /** Whether any node is of one of the operators. */
  boolean has(String... ops) {
    return nodes.stream().anyMatch(node -> node.isOneOf(ops));
  }

  /** The nodes that read a tensor. */
  List<OnnxNode> consumers(String tensor) {
    return consumers.getOrDefault(tensor, List.of());
  }

  /** The node that makes a tensor, or null if none does. */
  OnnxNode producer(String tensor) {
    return producers.get(tensor);
  }

  /** A few numbers that are in the file, stored or of a Constant node; or none. */
  double[] numbers(String tensor) {
    OnnxTensor constant = constant(tensor);
    return constant == null
            || constant.type() == OnnxType.STRING
            || constant.elements() > MAX_NUMBERS
        ? new double[0]
        : constant.numbers(MAX_NUMBERS);
  }

  /** A tensor whose values are in the file: stored, or a Constant node's; null for any other. */
  private OnnxTensor constant(String tensor) {
    OnnxTensor stored = initializers.get(tensor);
    OnnxNode producer = producers.get(tensor);
    if (stored == null
        && producer != null
        && producer.op().equals("Constant")
        && producer.attributes().get("value") instanceof OnnxTensor value) {
      return value;
    }
    return stored;
  }
}
