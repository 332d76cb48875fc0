package dev.lanewise.model.checkpoint;

import dev.lanewise.model.LanewiseException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Gives the stored tensors of an ONNX graph the names that the framework's checkpoint had for them.
 *
 * <p>Exporters keep the names of parameters, but not those of the matrices that they transpose:
 * what was {@code encoder.layer.0.output.dense.weight} [out × in] is {@code onnx::MatMul_799} [in ×
 * out]. Its name follows from the bias that is added to the product, or from the node's module; and
 * it is transposed back. A matrix that has kept its name has kept its shape, unless a MatMul takes
 * it as it is: quantisers make such of a Gemm that takes it transposed. A Gemm that takes it as it
 * is has the matrix of a model that has them so (GPT-2's).
 *
 * <p>Of tensors that are equal some exporters store one, and say that the others are identical to
 * it, or name it in their place, where the node's module tells what was there.
 *
 * <p>Quantised, {@code X} is stored as {@code X_quantized}, {@code X_scale} and {@code
 * X_zero_point}; these two are called after {@code X_quantized} where X is a bias.
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
    graph.nodes().forEach(weights::addEqual);
    return weights.weights;
  }

  /** Adds what stands for a tensor that is not stored because it is equal to one that is. */
  private void addEqual(OnnxNode node) {
    if (node.op().equals("Identity") && !node.outputs().isEmpty()) {
      addEqual(node.outputs().getFirst(), node.input(0));
      return;
    }
    String module = node.module();
    for (String input : node.inputs()) {
      if (!module.isEmpty() && isShared(input)) {
        switch (node.op()) {
          case "Add", "Gemm" -> addEqual(module + BIAS, input);
          case "LayerNormalization" ->
              addEqual(module + (input.equals(node.input(1)) ? WEIGHT : BIAS), input);
          default -> {}
        }
      }
    }
  }

  private void addEqual(String name, String stored) {
    OnnxTensor tensor = graph.initializers().get(stored);
    if (tensor != null) {
      String own = unwrapped(name);
      weights.putIfAbsent(own, new OnnxWeight(own, tensor, false, null));
    }
  }

  /** Whether a vector is stored once for several nodes. */
  private boolean isShared(String vector) {
    OnnxTensor stored = graph.initializers().get(vector);
    return stored != null && stored.shape().size() == 1 && graph.consumers(vector).size() > 1;
  }

  /** Whether a tensor is only the scale or the zero point of another. */
  private boolean belongsToAnother(OnnxTensor tensor) {
    for (String ending : List.of(SCALE, ZERO_POINT)) {
      String name = tensor.name();
      if (name.endsWith(ending)) {
        String stem = name.substring(0, name.length() - ending.length());
        return graph.initializers().containsKey(stem.endsWith(QUANTISED) ? stem : stem + QUANTISED);
      }
    }
    return false;
  }

  private void add(OnnxTensor tensor) {
    String stem = tensor.name();
    OnnxTensor scale = null;
    if (stem.endsWith(QUANTISED)) {
      stem = stem.substring(0, stem.length() - QUANTISED.length());
      scale = beside(stem, SCALE);
    }
    OnnxNode product = product(tensor);
    String name = stem;
    if (stem.endsWith(WEIGHT)) {
      product = product == null || product.op().equals("Gemm") ? null : product;
    } else if (product != null) {
      name = name(product, tensor.shape().getLast(), stem);
      if (isStored(name, tensor.shape().reversed())) {
        return;
      }
    }
    name = unwrapped(name);
    OnnxWeight.Quantisation quantisation =
        scale == null ? null : quantisation(tensor, scale, beside(stem, ZERO_POINT));
    OnnxWeight other =
        weights.put(name, new OnnxWeight(name, tensor, product != null, quantisation));
    if (other != null) {
      throw new LanewiseException(
          "%s: tensors %s and %s both stand for %s"
              .formatted(graph.file(), other.stored().name(), tensor.name(), name));
    }
  }

  /** The scale or the zero point of a quantised tensor, or null. */
  private OnnxTensor beside(String stem, String ending) {
    OnnxTensor found = graph.initializers().get(stem + ending);
    return found == null ? graph.initializers().get(stem + QUANTISED + ending) : found;
  }

  private static String unwrapped(String name) {
    return name.startsWith(WRAPPER) ? name.substring(WRAPPER.length()) : name;
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
    Set<String> names = new LinkedHashSet<>(List.of(matrix.name()));
    for (OnnxNode node : graph.consumers(matrix.name())) {
      if (node.op().equals("DequantizeLinear") && !node.outputs().isEmpty()) {
        String output = node.outputs().getFirst();
        if (graph.producer(output).input(0).equals(matrix.name())) {
          names.add(output);
        }
      }
    }
    for (String name : names) {
      for (OnnxNode node : graph.consumers(name)) {
        if (multiplies(node, name)) {
          return node;
        }
      }
    }
    return null;
  }

  private static boolean multiplies(OnnxNode node, String matrix) {
    int operand = node.op().equals("QLinearMatMul") ? 3 : 1; // each has a scale and a zero point
    return node.isOneOf("MatMul", "MatMulInteger", "QLinearMatMul", "Gemm")
        && node.input(operand).equals(matrix)
        && node.number("transB", 0) == 0;
  }

  /** The name of the matrix of a product of so many columns. */
  private String name(OnnxNode product, long columns, String fallback) {
    String bias = bias(product, columns);
    String module = product.module();
    if (bias.endsWith(BIAS) && (module.isEmpty() || !isShared(bias))) {
      return bias.substring(0, bias.length() - BIAS.length()) + WEIGHT;
    }
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
    if (sum.op().equals("Add") && sum.inputs().size() == 2) {
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
