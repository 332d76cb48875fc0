package dev.lanewise.model.checkpoint;

import dev.lanewise.model.json.JsonView;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@code modules.json} would say of a graph that makes embeddings itself, as exporters write
 * it for the library Sentence Transformers: how the output {@code sentence_embedding} follows from
 * the hidden states, found by going back from it. Of another graph nothing is said.
 */
final class OnnxModules {
  private static final String EMBEDDING = "sentence_embedding";

  /** What stands before the operator of a node that is not known, where a module's type is said. */
  private static final String OPERATOR = "onnx.";

  /** More steps than any way back from an embedding to the states has. */
  private static final int MAX_STEPS = 32;

  private final OnnxGraph graph;
  private final List<String> modules = new ArrayList<>(); // from the last to the first
  private String pooling = "";

  private OnnxModules(OnnxGraph graph) {
    this.graph = graph;
  }

  /** The values by the keys of {@link SentenceModules}. */
  static Map<String, MetadataValue> of(OnnxGraph graph) {
    Map<String, MetadataValue> values = new LinkedHashMap<>();
    if (graph.outputs().contains(EMBEDDING)) {
      OnnxModules modules = new OnnxModules(graph);
      modules.goBack();
      JsonMetadata.add(new JsonView(graph.file(), "", modules.values()), "", values);
    }
    return values;
  }

  private Map<String, Object> values() {
    Map<String, Object> values = new LinkedHashMap<>();
    for (int i = 0; i < modules.size(); i++) {
      String type = modules.get(modules.size() - 1 - i);
      values.put("modules." + i + ".type", type);
      if (type.equals("Pooling")) {
        values.put("modules." + i + ".config.pooling_mode", pooling);
      }
    }
    return values;
  }

  private void goBack() {
    String tensor = EMBEDDING;
    for (int i = 0; pooling.isEmpty(); i++) {
      OnnxNode node = graph.producer(tensor);
      if (i == MAX_STEPS || node == null || !step(node)) {
        modules.add(OPERATOR + (node == null ? "" : node.op()));
        break;
      }
      tensor = node.input(0);
    }
    modules.add("Transformer");
  }

  /** Takes a node as a part of what is known; false if it is none. */
  private boolean step(OnnxNode node) {
    switch (node.op()) {
      case "Cast", "Identity", "Reshape", "Squeeze" -> {}
      case "Concat" -> {
        if (node.inputs().size() > 1) {
          return false;
        }
      }
      case "LpNormalization" -> modules.add("Normalize");
      case "Div" -> {
        OnnxNode divided = graph.producer(node.input(0));
        if (comesFrom(node.input(1), "ReduceL2")) {
          modules.add("Normalize");
        } else if (divided != null && divided.op().equals("ReduceSum")) {
          pool("mean");
        } else {
          return false;
        }
      }
      case "Gather" -> {
        if (node.number("axis", 0) != 1 || !isZero(node.input(1))) {
          return false;
        }
        pool("cls");
      }
      case "ReduceMax" -> pool("max");
      default -> {
        return false;
      }
    }
    return true;
  }

  private void pool(String mode) {
    pooling = mode;
    modules.add("Pooling");
  }

  /** Whether a tensor is what a node of an operator made, if perhaps bounded and made wider. */
  private boolean comesFrom(String tensor, String op) {
    OnnxNode node = graph.producer(tensor);
    for (int i = 0; i < MAX_STEPS && node != null; i++) {
      if (node.op().equals(op)) {
        return true;
      }
      node = node.isOneOf("Cast", "Clip", "Expand", "Max") ? graph.producer(node.input(0)) : null;
    }
    return false;
  }

  private boolean isZero(String tensor) {
    double[] numbers = graph.numbers(tensor);
    return numbers.length == 1 && numbers[0] == 0;
  }
}
