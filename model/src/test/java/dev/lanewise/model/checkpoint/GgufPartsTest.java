package dev.lanewise.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A model in three files. */
class GgufPartsTest {
  private static final Map<String, Float> TENSORS = Map.of("a", 1f, "b", 2f, "c", 3f, "d", 4f);

  @TempDir private Path folder;

  private static GgufWriter part(int number, String... tensors) {
    GgufWriter writer =
        new GgufWriter()
            .int32("split.no", number)
            .uint32("split.count", 3)
            .int32("split.tensors.count", TENSORS.size());
    for (String tensor : tensors) {
      float value = TENSORS.get(tensor);
      writer.tensor(tensor, new float[] {value, -value}, 2);
    }
    return writer;
  }

  private static GgufWriter first(String... tensors) {
    return part(0, tensors).string("general.architecture", "llama");
  }

  private Path path(int number) {
    return folder.resolve("model-0000%d-of-00003.gguf".formatted(number));
  }

  private void write() {
    first("a").write(path(1));
    part(1, "b", "c").write(path(2));
    part(2, "d").write(path(3));
  }

  private void refused(Path path, String... named) {
    String message =
        assertThrows(LanewiseException.class, () -> Checkpoint.open(path)).getMessage();
    for (String part : named) {
      assertTrue(message.contains(part), message);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void anyFileStandsForAll(int number) {
    write();
    Checkpoint model = Checkpoint.open(path(number));
    assertEquals(path(number).toString(), model.file());
    assertEquals(List.of("a", "b", "c", "d"), List.copyOf(model.tensors().keySet()));
    TENSORS.forEach(
        (name, value) -> {
          float[] wanted = {value, -value};
          TensorInfo tensor = model.tensor(name);
          assertArrayEquals(wanted, model.data(tensor).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED));
          assertArrayEquals(
              wanted, model.read(tensor, data -> data.toArray(ValueLayout.JAVA_FLOAT_UNALIGNED)));
        });
  }

  @Test
  void theFirstTellsOfTheModelAndNothingOfParts() {
    write();
    Metadata metadata = Checkpoint.open(path(2)).metadata();
    assertEquals("llama", metadata.string("general.architecture"));
    assertFalse(metadata.has("split.count"));
  }

  @Test
  void aMissingFileIsNamed() throws Exception {
    write();
    Files.delete(path(2));
    refused(path(3), path(2).toString(), "the model lies in 3 files");
  }

  @Test
  void namesMustSayThePlace() throws Exception {
    write();
    Path renamed = folder.resolve("model.gguf");
    Files.move(path(2), renamed);
    refused(renamed, "is part 2 of a model in 3 files", "must end with -00002-of-00003.gguf");
    part(2, "b", "c").write(path(2));
    refused(path(1), path(2) + ": says it is part 3 of 3");
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 3})
  void placesBeyondTheCountAreRefused(int number) {
    write();
    part(number, "b", "c").write(path(2));
    String wrong = path(2) + ": split.no is " + number + ", but split.count is 3";
    refused(path(2), wrong);
    refused(path(1), wrong);
  }

  @Test
  void theFirstMayHaveNoTensors() {
    first().write(path(1));
    part(1, "a", "b", "c").write(path(2));
    part(2, "d").write(path(3));
    assertEquals(4, Checkpoint.open(path(1)).tensors().size());
  }

  @Test
  void aFolderInPlaceOfAFileIsRefused() throws Exception {
    write();
    Files.delete(path(2));
    Files.createDirectory(path(2));
    refused(path(1), path(2) + ": is a directory");
  }

  @Test
  void filesOfAnotherModelAreRefused() {
    write();
    part(1, "b", "a").write(path(2));
    refused(path(1), path(2) + ": tensor a is also in " + path(1));
    part(1, "b").write(path(2));
    refused(path(1), "split.tensors.count is 4, but the files have 3 tensors together");
    part(1, "b", "c").remove("split.count").uint32("split.count", 2).write(path(2));
    refused(path(1), path(2) + ": says it is part 2 of 2");
  }

  @Test
  void oneOfThemAloneIsNoFileOfAModel() {
    write();
    String message = assertThrows(LanewiseException.class, () -> Gguf.open(path(1))).getMessage();
    assertTrue(message.contains("is one of 3 files of a model"), message);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void aCountOfOneIsAWholeModel(int count) {
    Path path = folder.resolve("whole.gguf");
    new GgufWriter()
        .uint32("split.count", count)
        .string("general.architecture", "llama")
        .tensor("a", new float[] {1}, 1)
        .write(path);
    assertEquals(1, Checkpoint.open(path).tensors().size());
    assertEquals(1, Gguf.open(path).tensors().size());
  }
}
