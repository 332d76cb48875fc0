package dev.lanewise.bench.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.OrtSession.SessionOptions.ExecutionMode;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import dev.lanewise.bench.Contender;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * ONNX Runtime with a model of one node. Inputs and output stay in direct buffers, so that nothing
 * is copied between Java and it.
 */
final class OnnxRuntime implements Contender {
  private final List<OnnxTensor> tensors = new ArrayList<>();
  private final Map<String, OnnxTensor> inputs = new HashMap<>();
  private final Map<String, OnnxTensor> outputs;
  private final FloatBuffer output;
  private final OrtSession session;

  /** An input. */
  record Input(float[] values, long... shape) {}

  OnnxRuntime(OnnxModel.Node node, int threads, List<Input> inputs, long... outputShape) {
    byte[] model = OnnxModel.of(node, inputs.stream().map(Input::shape).toList(), outputShape);
    try (SessionOptions options = new SessionOptions()) {
      OrtEnvironment environment = OrtEnvironment.getEnvironment();
      options.setIntraOpNumThreads(threads);
      options.setInterOpNumThreads(1);
      options.setExecutionMode(ExecutionMode.SEQUENTIAL);
      options.setOptimizationLevel(OptLevel.ALL_OPT);
      session = environment.createSession(model, options);
      for (int i = 0; i < inputs.size(); i++) {
        Input input = inputs.get(i);
        FloatBuffer values = direct(input.shape()).put(0, input.values());
        this.inputs.put(OnnxModel.input(i), tensor(environment, values, input.shape()));
      }
      output = direct(outputShape);
      outputs = Map.of(OnnxModel.OUTPUT, tensor(environment, output, outputShape));
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  private static FloatBuffer direct(long[] shape) {
    long bytes = Float.BYTES;
    for (long size : shape) {
      bytes *= size;
    }
    return ByteBuffer.allocateDirect(Math.toIntExact(bytes))
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  private OnnxTensor tensor(OrtEnvironment environment, FloatBuffer values, long[] shape)
      throws OrtException {
    OnnxTensor tensor = OnnxTensor.createTensor(environment, values, shape);
    tensors.add(tensor);
    return tensor;
  }

  @Override
  public void run() {
    try {
      session.run(inputs, outputs).close();
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public float[] output() {
    float[] values = new float[output.capacity()];
    output.get(0, values);
    return values;
  }

  @Override
  public void close() {
    try {
      tensors.forEach(OnnxTensor::close);
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }
}
