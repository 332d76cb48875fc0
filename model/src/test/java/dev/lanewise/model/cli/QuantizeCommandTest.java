package dev.lanewise.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.checkpoint.TinyLlama;
import dev.lanewise.model.generate.HubConversionTest;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code quantize}, and that what it writes runs. */
class QuantizeCommandTest {
  @TempDir private static Path folder;
  private static String base;

  @BeforeAll
  static void writeModel() {
    base = TinyLlama.write(folder.resolve("base.gguf"), 1).toString();
  }

  @Test
  void theFileThatItNamesIsAModel() throws Exception {
    String target = folder.resolve("small.gguf").toString();
    Outcome outcome = Outcome.done("quantize", "-m", base, "--type", "q8_0", "-o", target);
    assertEquals(target + "\n", outcome.out());
    assertTrue(outcome.err().contains(target + ": "), outcome.err());
    assertTrue(Files.size(Path.of(target)) < Files.size(Path.of(base)));
    Outcome.done("logits", "-m", target, "--ids", "1,2");
    Outcome.fails(1, "is there already", "quantize", "-m", base, "--type", "F16", "-o", target);
  }

  @Test
  void aFolderOfTheHubIsConverted(@TempDir Path hub) throws Exception {
    HubConversionTest.writeLlama(hub);
    String target = folder.resolve("converted.gguf").toString();
    String[] call = {"quantize", "-m", hub.toString(), "--type", "f32", "-o", target};
    Outcome.done(call);
    String folderSays = Outcome.done("logits", "-m", hub.toString(), "-p", "hello").out();
    String fileSays = Outcome.done("logits", "-m", target, "-p", "hello").out();
    assertEquals(withoutTimes(folderSays), withoutTimes(fileSays));
    Files.writeString(hub.resolve("tokenizer.json"), "{");
    Outcome.fails(
        1, "tokenizer.json", "quantize", "-m", hub.toString(), "--type", "F32", "-o", "x");
  }

  private static String withoutTimes(String json) {
    return json.replaceAll("\"[a-z_]*(seconds|model|file)\": *[^,}]*", "");
  }

  @Test
  void wrongUseSaysWhatIsMissing() {
    Outcome.fails(2, "option -m is missing", "quantize", "--type", "Q8_0", "-o", "x.gguf");
    Outcome.fails(2, "option --type is missing: one of F32", "quantize", "-m", base, "-o", "x");
    Outcome.fails(
        2, "--type Q4_M: must be one of F32", "quantize", "-m", base, "--type", "Q4_M", "-o", "x");
    Outcome.fails(2, "option -o is missing", "quantize", "-m", base, "--type", "Q8_0");
  }
}
