package dev.lanewise.model.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;

/** Writes small safetensors files of float32 tensors for tests. */
public final class SafetensorsWriter {
  private record Tensor(float[] values, int[] shape) {}

  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  /** Puts a tensor, or puts another in its place. */
  public SafetensorsWriter tensor(String name, float[] values, int... shape) {
    tensors.put(name, new Tensor(values, shape));
    return this;
  }

  /** Leaves a tensor out. */
  public SafetensorsWriter without(String name) {
    tensors.remove(name);
    return this;
  }

  /** Writes the file. */
  public Path write(Path path) {
    StringJoiner header = new StringJoiner(",", "{", "}");
    int bytes = 0;
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      int end = bytes + Float.BYTES * entry.getValue().values().length;
      header.add(
          "\"%s\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
              .formatted(entry.getKey(), Arrays.toString(entry.getValue().shape()), bytes, end));
      bytes = end;
    }
    byte[] text = header.toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer file =
        ByteBuffer.allocate(Long.BYTES + text.length + bytes).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(text.length).put(text);
    for (Tensor tensor : tensors.values()) {
      for (float value : tensor.values()) {
        file.putFloat(value);
      }
    }
    try {
      return Files.write(path, file.array());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
