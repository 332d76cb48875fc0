package dev.lanewise.model.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** The cache of keys and values. */
class KvCacheTest {
  @Test
  void holdsWhatWasPutWhileItGrows() {
    KvCache cache = new KvCache(2, 3, 500);
    for (int position = 0; position < 200; position++) {
      cache.reserve(1);
      for (int layer = 0; layer < 2; layer++) {
        float[] k = {position, layer, 1};
        float[] v = {position, layer, 2};
        cache.put(layer, k, v, 0, 1);
      }
      cache.advance(1);
    }
    assertEquals(200, cache.position());
    for (int position = 0; position < 200; position++) {
      for (int layer = 0; layer < 2; layer++) {
        int at = position * 3;
        assertArrayEquals(
            new float[] {position, layer, 1}, Arrays.copyOfRange(cache.keys(layer), at, at + 3));
        assertArrayEquals(
            new float[] {position, layer, 2}, Arrays.copyOfRange(cache.values(layer), at, at + 3));
      }
    }
  }

  /** No array is as long as this: there is no memory for it, whatever the heap. */
  @Test
  void canBeUsedAfterThereWasNoMemory() {
    KvCache cache = new KvCache(1, 1, Integer.MAX_VALUE);
    assertThrows(OutOfMemoryError.class, () -> cache.reserve(Integer.MAX_VALUE));
    cache.reserve(1000);
    cache.put(0, new float[1000], new float[1000], 0, 1000);
    cache.advance(1000);
    assertEquals(1000, cache.position());
  }
}
