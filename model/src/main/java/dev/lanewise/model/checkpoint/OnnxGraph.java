package dev.lanewise.model.checkpoint;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** An ONNX graph: its stored tensors, and the nodes between which tensors go by name. */
final class OnnxGraph {
  private final String file;
  private final Map<String, OnnxTensor> initializers;
  private final List<OnnxNode> nodes;
  private final Map<String, OnnxNode> producers = new HashMap<>();
  private final Map<String, List<OnnxNode>> consumers = new HashMap<>();

  OnnxGraph(String file, Map<String, OnnxTensor> initializers, List<OnnxNode> nodes) {
    this.file = file;
    this.initializers = initializers;
    this.nodes = nodes;
    for (OnnxNode node : nodes) {
      node.outputs().forEach(output -> producers.put(output, node));
      node.inputs()
          .forEach(input -> consumers.computeIfAbsent(input, _ -> new ArrayList<>()).add(node));
    }
  }

  /** The file's name, for messages. */
  String file() {
    return file;
  }

  /** The stored tensors by name, in the order of the file. */
  Map<String, OnnxTensor> initializers() {
    return initializers;
  }

  List<OnnxNode> nodes() {
    return nodes;
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

  /** A tensor whose values are in the file: stored, or a Constant node's; null for any other. */
  OnnxTensor constant(String tensor) {
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
