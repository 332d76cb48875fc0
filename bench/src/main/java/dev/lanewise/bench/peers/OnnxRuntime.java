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
import java.nio.LongBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * ONNX Runtime with a model of one node, or with a whole one. Inputs and output stay in direct
 * buffers, so that nothing is copied between Java and it.
 */
final class OnnxRuntime implements Contender {
  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final Map<String, OnnxTensor> inputs = new HashMap<>();
  private final Map<String, OnnxTensor> outputs;
  private final FloatBuffer output;
  private final OrtSession session;

  /** An input. */
  record Input(float[] values, long... shape) {}

  /** A model of one node, with its inputs. */
  OnnxRuntime(OnnxModel.Node node, int threads, List<Input> inputs, long... outputShape) {
    this(
        OnnxModel.of(node, inputs.stream().map(Input::shape).toList(), outputShape),
        threads,
        OnnxModel.OUTPUT,
        outputShape);
    for (int i = 0; i < inputs.size(); i++) {
      Input input = inputs.get(i);
      FloatBuffer values = direct(Float.BYTES, input.shape()).asFloatBuffer();
      values.put(0, input.values());
      add(OnnxModel.input(i), () -> OnnxTensor.createTensor(environment, values, input.shape()));
    }
  }

  /**
   * A whole model, without its inputs.
   *
   * @param model the bytes of its file
   * @param name of the output that is wanted, of float32
   */
  OnnxRuntime(byte[] model, int threads, String name, long... outputShape) {
    try (SessionOptions options = new SessionOptions()) {
      options.setIntraOpNumThreads(threads);
      options.setInterOpNumThreads(1);
      options.setExecutionMode(ExecutionMode.SEQUENTIAL);
      options.setOptimizationLevel(OptLevel.ALL_OPT);
      session = environment.createSession(model, options);
      output = direct(Float.BYTES, outputShape).asFloatBuffer();
      outputs = Map.of(name, OnnxTensor.createTensor(environment, output, outputShape));
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Adds an input of int64. */
  OnnxRuntime with(String name, long[] values, long... shape) {
    LongBuffer buffer = direct(Long.BYTES, shape).asLongBuffer();
    buffer.put(0, values);
    add(name, () -> OnnxTensor.createTensor(environment, buffer, shape));
    return this;
  }

  /** What makes a tensor. */
  private interface Maker {
    OnnxTensor make() throws OrtException;
  }

  private void add(String name, Maker maker) {
    try {
      inputs.put(name, maker.make());
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  private static ByteBuffer direct(int size, long[] shape) {
    long bytes = size;
    for (long n : shape) {
      bytes *= n;
    }
    return ByteBuffer.allocateDirect(Math.toIntExact(bytes)).order(ByteOrder.nativeOrder());
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
      inputs.values().forEach(OnnxTensor::close);
      outputs.values().forEach(OnnxTensor::close);
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }
}
