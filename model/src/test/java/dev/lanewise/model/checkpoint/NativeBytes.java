package dev.lanewise.model.checkpoint;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Files that exist in memory only. */
final class NativeBytes {
  private NativeBytes() {}

  /** The bytes outside the heap, where readers expect a mapped file. */
  static MemorySegment of(byte[] bytes) {
    // An arena gives no segment of nothing at an address of its own, so one byte is the least.
    MemorySegment memory = Arena.ofAuto().allocate(Math.max(1, bytes.length), 64);
    MemorySegment.copy(MemorySegment.ofArray(bytes), 0, memory, 0, bytes.length);
    return memory.asSlice(0, bytes.length);
  }

  static Gguf gguf(GgufWriter writer) {
    return gguf(writer.toBytes());
  }

  static Gguf gguf(byte[] bytes) {
    return Gguf.open("test.gguf", of(bytes));
  }

  static Safetensors safetensors(byte[] bytes) {
    return Safetensors.open("test.safetensors", of(bytes));
  }
}
