package dev.lanewise.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextStreamTest {
  private final BytePairTokenizer bytes = SmallVocabularies.bytePair("gpt-2");

  @Test
  void charactersComeWhole() {
    TextStream stream = new TextStream(bytes);
    byte[] rocket = "\uD83D\uDE80".getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < 3; i++) {
      assertEquals("", stream.append(rocket[i] & 0xFF));
    }
    assertEquals("\uD83D\uDE80", stream.append(rocket[3] & 0xFF));
    assertEquals("", stream.append(bytes.id("<|im_end|>")));
    assertEquals("", stream.flush());
  }

  @Test
  void anIncompleteRestIsReplaced() {
    TextStream stream = new TextStream(bytes);
    assertEquals("a", stream.append('a'));
    assertEquals("", stream.append(0xE2));
    assertEquals("", stream.append(0x82));
    assertEquals("\uFFFD", stream.flush());
    assertEquals("", stream.flush());
    assertEquals("b", stream.append('b'));
  }

  @Test
  void anyBytesMakeTheSameTextAsAtOnce() {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(9);
    int[] frequent = {0xE2, 0x82, 0xAC, 0xF0, 0x9F, 0x98, 0x80, 0xC3, 0xA9, 'a', 0xFF, 0xED, 0xA0};
    for (int round = 0; round < 2000; round++) {
      byte[] all = new byte[random.nextInt(1, 24)];
      StringBuilder text = new StringBuilder();
      TextStream stream = new TextStream(bytes);
      for (int i = 0; i < all.length; i++) {
        int value = frequent[random.nextInt(frequent.length)];
        all[i] = (byte) value;
        String more = stream.append(value);
        assertFalse(!more.isEmpty() && Character.isHighSurrogate(more.charAt(more.length() - 1)));
        text.append(more);
      }
      text.append(stream.flush());
      assertEquals(new String(all, StandardCharsets.UTF_8), text.toString());
    }
  }

  @Test
  void aLeadingSpaceIsTheCallersChoice() {
    SentencePieceBpeTokenizer tokenizer = SmallVocabularies.sentencePiece(true);
    int the = tokenizer.id("▁the");
    TextStream going = new TextStream(tokenizer);
    assertEquals(" the", going.append(the));
    TextStream fresh = new TextStream(tokenizer, true);
    assertEquals("", fresh.append(tokenizer.id("<s>")));
    assertEquals("the", fresh.append(the));
    assertEquals(" the", fresh.append(the));
  }

  /** Gemma's runs of spaces were added to its vocabulary, spelled in marks. */
  @Test
  void everyTokenIsStreamedAsItIsDecoded(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("tokenizer.json");
    Files.writeString(
        file,
        """
        {"added_tokens": [{"id": 0, "content": "<unk>", "special": true},
           {"id": 5, "content": "▁▁", "normalized": false},
           {"id": 6, "content": "▁▁▁", "normalized": false},
           {"id": 7, "content": "<x>", "normalized": false}],
         "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
         "decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern":
           {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}]},
         "model": {"type": "BPE", "byte_fallback": true, "unk_token": "<unk>", "merges": [],
           "vocab": {"<unk>": 0, "▁": 1, "▁a": 2, "a": 3, "<0x0A>": 4, "▁▁": 5, "▁▁▁": 6,
             "<0xE2>": 8}}}
        """);
    Tokenizer gemma = TokenizerFiles.load(file);
    for (int id = 0; id < gemma.vocabSize(); id++) {
      TextStream stream = new TextStream(gemma);
      assertEquals(gemma.decode(3, id), stream.append(3) + stream.append(id) + stream.flush());
    }
    assertEquals("a   a", gemma.decode(3, 5, 2));
  }
}
