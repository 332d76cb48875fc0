package dev.lanewise.model.checkpoint;

import java.util.List;
import java.util.Map;

/**
 * A step of an ONNX graph.
 *
 * @param op the operator, such as {@code MatMul}
 * @param name of the node, such as {@code /encoder/layer.0/attention/self/query/MatMul}; may be
 *     empty
 * @param scopes what PyTorch's newer exporter notes instead: {@code ['', 'encoder',
 *     'encoder.layer.0', 'linear_4']}, the modules around the operation; may be empty
 * @param inputs names of tensors; empty for one that is left out
 * @param outputs names of tensors
 * @param attributes by name: a Float, Long, String or {@link OnnxTensor}; others are left out
 */
record OnnxNode(
    String op,
    String name,
    String scopes,
    List<String> inputs,
    List<String> outputs,
    Map<String, Object> attributes) {
  /** The whole number of an attribute. */
  long number(String attribute, long fallback) {
    return attributes.get(attribute) instanceof Long number ? number : fallback;
  }

  /** The name of an input, empty if there is none. */
  String input(int i) {
    return i < inputs.size() ? inputs.get(i) : "";
  }

  /** The module that the node belongs to, {@code encoder.layer.0}; empty if nothing tells. */
  String module() {
    String[] quoted = scopes.split("'"); // each second is a name, the last but one of them wanted
    if (quoted.length > 4) {
      return quoted[quoted.length - 4];
    }
    int end = name.lastIndexOf('/');
    return end <= 0 ? "" : name.substring(name.startsWith("/") ? 1 : 0, end).replace('/', '.');
  }

  boolean isOneOf(String... ops) {
    return List.of(ops).contains(op);
  }
}
