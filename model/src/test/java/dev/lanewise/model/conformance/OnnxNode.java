package dev.lanewise.model.conformance;

import dev.lanewise.model.checkpoint.Safetensors;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** One ONNX node with its inputs and the outputs it must have. */
record OnnxNode(Path path, Safetensors file, JsonView attributes) {
  static OnnxNode open(Path path) {
    Safetensors file = Safetensors.open(path);
    byte[] attributes = file.metadata().string("attributes").getBytes(StandardCharsets.UTF_8);
    return new OnnxNode(path, file, Json.view(path + ": attributes", attributes));
  }

  String op() {
    return file.metadata().string("op");
  }

  double tolerance(String name) {
    return Double.parseDouble(file.metadata().string(name));
  }

  boolean hasInput(int position) {
    return file.has("in." + position);
  }

  Tensor input(int position) {
    return Tensor.read(file, file.tensor("in." + position));
  }

  boolean hasOutput(int position) {
    return file.has("out." + position);
  }

  Tensor output(int position) {
    return Tensor.read(file, file.tensor("out." + position));
  }

  /** An axis, counted from the front. */
  int axis(int fallback, int rank) {
    int axis = attributes.integer("axis", fallback);
    return axis < 0 ? rank + axis : axis;
  }

  float number(String name, double fallback) {
    return (float) attributes.number(name, fallback);
  }
}
