package dev.lanewise.model.arch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Gguf;
import dev.lanewise.model.checkpoint.GgufWriter;
import dev.lanewise.model.checkpoint.Metadata;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What GGUF files say about embeddings; folders are in EmbedderTest. */
class EmbeddingConfigTest {
  @TempDir private Path folder;

  private Metadata metadata(int poolingType) {
    return metadata(TinyEncoder.bertGguf().uint32("bert.pooling_type", poolingType));
  }

  private Metadata metadata(GgufWriter writer) {
    return Gguf.open(writer.write(folder.resolve("model.gguf"))).metadata();
  }

  @ParameterizedTest
  @CsvSource({"0, MEAN", "1, MEAN", "2, CLS", "3, LAST"})
  void ggufNumbersThePoolings(int type, Pooling pooling) {
    assertEquals(
        new EmbeddingConfig(pooling, true, Integer.MAX_VALUE, false),
        EmbeddingConfig.of(metadata(type)));
  }

  @Test
  void ofADecoderItIsTheLastTokenUnlessTheFileSaysMore() {
    assertEquals(Pooling.LAST, EmbeddingConfig.of(metadata(TinyDecoder.gguf())).pooling());
    GgufWriter mean = TinyDecoder.gguf().uint32("qwen2.pooling_type", 1);
    assertEquals(Pooling.MEAN, EmbeddingConfig.of(metadata(mean)).pooling());
    assertTrue(EmbeddingConfig.isGuess(metadata(TinyDecoder.gguf())));
    assertFalse(EmbeddingConfig.isGuess(metadata(mean)));
    assertFalse(EmbeddingConfig.isGuess(metadata(TinyEncoder.bertGguf())));
  }

  @Test
  void ggufMayRankOrAskForMore() {
    for (int type : new int[] {4, 5}) {
      String message =
          assertThrows(LanewiseException.class, () -> EmbeddingConfig.of(metadata(type)))
              .getMessage();
      assertTrue(message.contains("bert.pooling_type is " + type), message);
    }
  }
}
