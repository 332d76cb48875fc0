package dev.lanewise.model.checkpoint;

import dev.lanewise.model.LanewiseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Gives the stored tensors of an ONNX graph the names that the framework's checkpoint had for them.
 *
 * <p>Exporters keep the names of parameters, but not those of the matrices that they transpose:
 * what was {@code encoder.layer.0.output.dense.weight} [out × in] is {@code onnx::MatMul_799} [in ×
 * out]. Its name follows from the bias that is added to the product, or from the node's module; and
 * it is transposed back. A matrix that has kept its name has kept its shape.
 *
 * <p>Quantised, {@code X} is stored as {@code X_quantized}, {@code X_scale} and {@code
 * X_zero_point}.
 */
final class OnnxWeights {
  private static final String QUANTISED = "_quantized";
  private static final String SCALE = "_scale";
  private static final String ZERO_POINT = "_zero_point";
  private static final String WEIGHT = ".weight";
  private static final String BIAS = ".bias";

  /** What stands before all names where Sentence Transformers exports its steps as one graph. */
  private static final String WRAPPER = "0.auto_model.";

  /** Most scales of one tensor. */
  private static final int MAX_SCALES = 1 << 24;

  private final OnnxGraph graph;
  private final Map<String, OnnxWeight> weights = new LinkedHashMap<>();

  private OnnxWeights(OnnxGraph graph) {
    this.graph = graph;
  }

  /** The weights by their names, in the order of the file. */
  static Map<String, OnnxWeight> of(OnnxGraph graph) {
    OnnxWeights weights = new OnnxWeights(graph);
    for (OnnxTensor tensor : graph.initializers().values()) {
      if (tensor.type() != OnnxType.STRING && !weights.belongsToAnother(tensor)) {
        weights.add(tensor);
      }
    }
    return weights.weights;
  }

  /** Whether a tensor is only the scale or the zero point of another. */
  private boolean belongsToAnother(OnnxTensor tensor) {
    for (String ending : List.of(SCALE, ZERO_POINT)) {
      String name = tensor.name();
      if (name.endsWith(ending)) {
        String stem = name.substring(0, name.length() - ending.length());
        return graph.initializers().containsKey(stem + QUANTISED);
      }
    }
    return false;
  }

  private void add(OnnxTensor tensor) {
    String stem = tensor.name();
    OnnxTensor scale = null;
    if (stem.endsWith(QUANTISED)) {
      stem = stem.substring(0, stem.length() - QUANTISED.length());
      scale = graph.initializers().get(stem + SCALE);
    }
    OnnxNode product = stem.endsWith(WEIGHT) ? null : product(tensor);
    String name = product == null ? stem : name(product, tensor.shape().getLast(), stem);
    if (product != null && isStored(name, tensor.shape().reversed())) {
      return;
    }
    if (name.startsWith(WRAPPER)) {
      name = name.substring(WRAPPER.length());
    }
    OnnxWeight.Quantisation quantisation =
        scale == null
            ? null
            : quantisation(tensor, scale, graph.initializers().get(stem + ZERO_POINT));
    OnnxWeight other =
        weights.put(name, new OnnxWeight(name, tensor, product != null, quantisation));
    if (other != null) {
      throw new LanewiseException(
          "%s: tensors %s and %s both stand for %s"
              .formatted(graph.file(), other.stored().name(), tensor.name(), name));
    }
  }

  /** Whether a matrix is there by its own name, such as an embedding that is also multiplied by. */
  private boolean isStored(String name, List<Long> shape) {
    OnnxTensor stored = graph.initializers().get(name);
    return stored != null && stored.shape().equals(shape);
  }

  /** The node that multiplies something by a matrix as it is stored, or null if none does. */
  private OnnxNode product(OnnxTensor matrix) {
    if (matrix.shape().size() != 2) {
      return null;
    }
    for (OnnxNode node : graph.consumers(matrix.name())) {
      if (multiplies(node, matrix.name())) {
        return node;
      }
      if (node.op().equals("DequantizeLinear") && !node.outputs().isEmpty()) {
        String output = node.outputs().getFirst();
        for (OnnxNode next : graph.consumers(output)) {
          if (multiplies(next, output)) {
            return next;
          }
        }
      }
    }
    return null;
  }

  private static boolean multiplies(OnnxNode node, String matrix) {
    return node.isOneOf("MatMul", "MatMulInteger", "Gemm")
        && node.input(1).equals(matrix)
        && node.number("transB", 0) == 0;
  }

  /** The name of the matrix of a product of so many columns. */
  private String name(OnnxNode product, long columns, String fallback) {
    String bias = bias(product, columns);
    if (bias.endsWith(BIAS)) {
      return bias.substring(0, bias.length() - BIAS.length()) + WEIGHT;
    }
    String module = product.module();
    return module.isEmpty() ? fallback : module + WEIGHT;
  }

  /** The name of the vector that is added to a product, or nothing. */
  private String bias(OnnxNode product, long columns) {
    if (product.op().equals("Gemm")) {
      return product.input(2);
    }
    OnnxNode sum = next(product);
    if (product.op().equals("MatMulInteger")) {
      // Whole numbers become float32, and are scaled, before the bias comes.
      sum = sum.op().equals("Cast") ? next(sum) : sum;
      sum = sum.op().equals("Mul") ? next(sum) : sum;
    }
    if (sum.op().equals("Add")) {
      for (String input : sum.inputs()) {
        OnnxTensor stored = graph.initializers().get(input);
        if (stored != null && stored.shape().equals(List.of(columns))) {
          return input;
        }
      }
    }
    return "";
  }

  /** The node that reads what another makes; that node itself if there is no other, or several. */
  private OnnxNode next(OnnxNode node) {
    List<OnnxNode> next =
        node.outputs().isEmpty() ? List.of() : graph.consumers(node.outputs().getFirst());
    return next.size() == 1 ? next.getFirst() : node;
  }

  private OnnxWeight.Quantisation quantisation(
      OnnxTensor tensor, OnnxTensor scale, OnnxTensor zeroPoint) {
    double[] scales = scale.numbers(MAX_SCALES);
    double[] zeroPoints =
        zeroPoint == null ? new double[scales.length] : zeroPoint.numbers(MAX_SCALES);
    int axis = scales.length == 1 ? -1 : axis(tensor);
    boolean fits =
        axis < 0 || (axis < tensor.shape().size() && tensor.shape().get(axis) == scales.length);
    if (!fits || zeroPoints.length != scales.length) {
      throw new LanewiseException(
          "%s: tensor %s of the shape %s has %d scales and %d zero points; there must be as many of"
                  .formatted(
                      graph.file(), tensor.name(), tensor.shape(), scales.length, zeroPoints.length)
              + " each, for all of it or for each index of one axis");
    }
    return new OnnxWeight.Quantisation(scales, zeroPoints, axis);
  }

  /** The axis along which scales differ: the last of a product's, else what the node says. */
  private int axis(OnnxTensor tensor) {
    int last = tensor.shape().size() - 1;
    for (OnnxNode node : graph.consumers(tensor.name())) {
      if (node.op().equals("DequantizeLinear")) {
        long axis = node.number("axis", Math.min(1, last));
        return Math.clamp(axis < 0 ? axis + last + 1 : axis, 0, Math.max(0, last));
      }
    }
    return Math.max(0, last);
  }
}
