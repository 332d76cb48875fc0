package dev.lanewise.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The files {@code zipped.bin}, {@code pickled.bin} ({@code _use_new_zipfile_serialization=False})
 * and {@code protocol-4.bin} ({@code pickle_protocol=4}) are of torch 2.15's {@code torch.save}:
 * the state of a linear layer as {@code weight}, the same once more as {@code tied}, rows 1 and 2
 * of {@code arange(12)} as [4 × 3], tensors of other types, a parameter, and values that are no
 * tensors. That of {@code transposed.bin} is not contiguous.
 */
class PytorchFileTest {
  @TempDir private Path folder;

  private static byte[] bytes(String name) {
    try (var in = PytorchFileTest.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private PytorchFile open(byte[] bytes) {
    MemorySegment source = Arena.ofAuto().allocate(bytes.length, 64);
    source.copyFrom(MemorySegment.ofArray(bytes));
    return PytorchFile.open("tiny.bin", source);
  }

  private static float[] floats(Checkpoint file, String tensor) {
    return file.data(file.tensor(tensor)).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"zipped.bin", "pickled.bin", "protocol-4.bin", "zip64.bin"})
  void tensorsAreThoseThatWereSaved(String name) throws IOException {
    Path path = Files.write(folder.resolve(name), bytes(name));
    PytorchFile file = PytorchFile.open(path, FileMemory.automatic(name));
    List<String> names =
        List.of(
            "weight",
            "tied",
            "rows",
            "half",
            "brain",
            "double",
            "ids",
            "scalar",
            "flag",
            "parameter",
            "none");
    assertEquals(names, List.copyOf(file.tensors().keySet()));
    assertEquals("F32 [2 x 3]", file.tensor("weight").describe());
    assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, floats(file, "weight"));
    assertEquals(file.tensor("weight").offset(), file.tensor("tied").offset());
    assertEquals("F32 [2 x 3]", file.tensor("rows").describe());
    assertArrayEquals(new float[] {3, 4, 5, 6, 7, 8}, floats(file, "rows"));
    assertEquals("F16 [2]", file.tensor("half").describe());
    short[] half = file.data(file.tensor("half")).toArray(ValueLayout.JAVA_SHORT_UNALIGNED);
    assertArrayEquals(new short[] {0x3800, (short) 0xC000}, half);
    assertEquals("BF16 [2 x 1]", file.tensor("brain").describe());
    assertEquals("F64 [1]", file.tensor("double").describe());
    double[] wide = file.data(file.tensor("double")).toArray(ValueLayout.JAVA_DOUBLE_UNALIGNED);
    assertArrayEquals(new double[] {0.1}, wide);
    assertEquals("I64 [1 x 3]", file.tensor("ids").describe());
    assertEquals("I64 []", file.tensor("scalar").describe());
    assertEquals("BOOL [2]", file.tensor("flag").describe());
    assertArrayEquals(new float[] {9, 8}, floats(file, "parameter"));
    assertEquals("F32 [0 x 3]", file.tensor("none").describe());
    assertEquals(0, file.tensor("none").bytes());
  }

  @Test
  void foldersOfTheHubMayHoldThem() throws IOException {
    Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"llama\"}");
    Files.write(folder.resolve("pytorch_model.bin"), bytes("zipped.bin"));
    assertTrue(HuggingFace.open(folder).has("weight"));
    assertTrue(Checkpoint.open(folder.resolve("pytorch_model.bin")).has("weight"));
    Files.move(folder.resolve("pytorch_model.bin"), folder.resolve("pytorch_model-00001.bin"));
    Files.writeString(
        folder.resolve("pytorch_model.bin.index.json"),
        "{\"weight_map\": {\"weight\": \"pytorch_model-00001.bin\"}}");
    assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, floats(HuggingFace.open(folder), "weight"));
  }

  @Test
  void tensorsThatAreNotContiguousAreRefusedByName() {
    refuses(bytes("transposed.bin"), "tensor t", "[3, 2]", "[1, 3]", "contiguous()");
  }

  /** The classic attack: a pickle that has Python call os.system. Here it is a value unknown. */
  @Test
  void nothingThatAFileNamesIsRun() throws IOException {
    Path proof = folder.resolve("run");
    byte[] attack = attack("touch " + proof);
    byte[] file = bytes("pickled.bin");
    int third = indexOf(file, new byte[] {'}', 'q', 0, '(', 'X', 16, 0, 0, 0}) - 2;
    byte[] head = Arrays.copyOf(file, third);
    byte[] system = {(byte) 0x80, 2, '}', '.'};
    byte[] none = {(byte) 0x80, 2, ']', '.'};
    refuses(GgufWriter.join(head, system, attack, none), "holds no tensors by name", "state_dict");
    assertFalse(Files.exists(proof));
  }

  private static byte[] attack(String command) {
    byte[] text = command.getBytes(StandardCharsets.UTF_8);
    byte[] begin = "\u0002cposix\nsystem\nX".getBytes(StandardCharsets.UTF_8);
    byte[] end = {(byte) 0x85, 'R', '.'};
    return GgufWriter.join(
        new byte[] {(byte) 0x80}, begin, GgufWriter.ints(text.length), text, end);
  }

  private static int indexOf(byte[] bytes, byte[] part) {
    for (int i = 0; i + part.length <= bytes.length; i++) {
      if (Arrays.equals(bytes, i, i + part.length, part, 0, part.length)) {
        return i;
      }
    }
    throw new AssertionError("not there");
  }

  @ParameterizedTest
  @CsvSource({
    "'', neither a zip file nor a pickle",
    "GGUF, neither a zip file nor a pickle",
    "\u0080\u0002K\u0001., not one of torch.save",
    "\u0080\u0002a., takes a value where there is none",
    "\u0080\u0002X\u0009\u0000\u0000\u0000abc, needs 9 bytes more",
    "\u0080\u0002\u0001., operation 0x01",
    "\u0080\u0002h\u0005., the value number 5",
    "\u0080\u0002t., ends a list that did not begin",
    "PK\u0003\u0004______________________, has no directory at its end"
  })
  void whatIsNoneIsRefused(String text, String problem) {
    refuses(text.getBytes(StandardCharsets.ISO_8859_1), problem);
  }

  private void refuses(byte[] bytes, String... parts) {
    String message = assertThrows(LanewiseException.class, () -> open(bytes)).getMessage();
    assertTrue(message.startsWith("tiny.bin: "), message);
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
  }

  /** Bytes changed, cut off, doubled: what opens has tensors that lie in the file. */
  @ParameterizedTest
  @ValueSource(strings = {"zipped.bin", "pickled.bin", "protocol-4.bin", "zip64.bin"})
  void mutantsOpenOrAreRefused(String name) {
    byte[] sound = bytes(name);
    SplittableRandom random = new SplittableRandom(name.hashCode());
    int opened = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] mutant = mutant(sound, random);
      try {
        PytorchFile file = open(mutant);
        file.tensors().values().forEach(tensor -> file.data(tensor).byteSize());
        opened++;
      } catch (LanewiseException e) {
        assertTrue(e.getMessage().startsWith("tiny.bin: "), e.getMessage());
      }
    }
    assertTrue(opened > 100 && opened < 19_900, opened + " opened");
  }

  private static byte[] mutant(byte[] sound, SplittableRandom random) {
    byte[] mutant =
        random.nextInt(8) == 0 ? Arrays.copyOf(sound, random.nextInt(sound.length)) : sound.clone();
    for (int n = random.nextInt(4); n >= 0 && mutant.length > 0; n--) {
      int at = random.nextInt(mutant.length);
      byte[] values = {(byte) random.nextInt(), 0, -1, 127, (byte) (mutant[at] + 1)};
      mutant[at] = values[random.nextInt(values.length)];
    }
    return mutant;
  }
}
