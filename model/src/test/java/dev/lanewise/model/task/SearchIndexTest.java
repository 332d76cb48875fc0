package dev.lanewise.model.task;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Search indexes on disk: what goes in comes out, and damaged files are refused. */
class SearchIndexTest {
  private static final List<Passage> PASSAGES =
      List.of(
          new Passage("a.txt", 0, "one"),
          new Passage("a.txt", 7, ""),
          new Passage("größe", 3, "zwei 😀"));
  private static final float[][] VECTORS = {{3, 4}, {0, -2}, {1, 0}};

  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void write() {
    file = folder.resolve("x.index");
    try (SearchIndexWriter writer = new SearchIndexWriter(file, 2)) {
      writer.add(PASSAGES.subList(0, 1), new float[][] {VECTORS[0]});
      writer.add(PASSAGES.subList(1, 3), new float[][] {VECTORS[1], VECTORS[2]});
      assertEquals(3, writer.size());
      writer.finish("models/tiny", "query: ");
    }
  }

  private void refused(Path path, String... parts) {
    String message =
        assertThrows(LanewiseException.class, () -> SearchIndex.open(path)).getMessage();
    assertTrue(message.startsWith(path.toString()), message);
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
  }

  /** Vectors of two callers would come between each other. */
  @Test
  void aWriterServesOneCaller() {
    try (SearchIndexWriter writer = new SearchIndexWriter(folder.resolve("y.index"), 2)) {
      List<Passage> more =
          new AbstractList<>() {
            @Override
            public Passage get(int index) {
              writer.add(PASSAGES, VECTORS); // as another thread might, just then
              return PASSAGES.get(index);
            }

            @Override
            public int size() {
              return 3;
            }
          };
      String message =
          assertThrows(IllegalStateException.class, () -> writer.add(more, VECTORS)).getMessage();
      assertTrue(message.startsWith("this writer serves one caller at a time"), message);
      assertEquals(0, writer.size());
      writer.add(PASSAGES, VECTORS);
      assertEquals(3, writer.size());
    }
  }

  @Test
  void whatGoesInComesOut() {
    SearchIndex index = SearchIndex.open(file);
    assertEquals(3, index.size());
    assertEquals(2, index.dim());
    assertEquals("models/tiny", index.model());
    assertEquals("query: ", index.queryPrefix());
    float[] row = new float[2];
    for (int i = 0; i < 3; i++) {
      assertEquals(PASSAGES.get(i), index.passage(i));
      index.vectors().row(i, row, 0);
      float length = (float) Math.hypot(VECTORS[i][0], VECTORS[i][1]);
      assertArrayEquals(new float[] {VECTORS[i][0] / length, VECTORS[i][1] / length}, row, 1e-7f);
    }
    assertThrows(IndexOutOfBoundsException.class, () -> index.passage(-1));
    assertThrows(IndexOutOfBoundsException.class, () -> index.passage(3));
  }

  @Test
  void anUnfinishedIndexLeavesTheOldOne() throws IOException {
    byte[] before = Files.readAllBytes(file);
    try (SearchIndexWriter writer = new SearchIndexWriter(file, 2)) {
      writer.add(PASSAGES.subList(0, 1), new float[][] {{1, 1}});
    }
    assertArrayEquals(before, Files.readAllBytes(file));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(1, files.count(), "nothing stays behind");
    }
  }

  @Test
  void ofTwoWritersAtOnceTheLastToFinishCounts() throws IOException {
    SearchIndexWriter first = new SearchIndexWriter(file, 2);
    SearchIndexWriter second = new SearchIndexWriter(file, 2);
    try (first;
        second) {
      second.add(PASSAGES, VECTORS);
      first.add(PASSAGES.subList(0, 1), new float[][] {VECTORS[0]});
      first.finish("first", "");
      first.close();
      assertEquals("first", SearchIndex.open(file).model());
      assertEquals(1, SearchIndex.open(file).size());
      second.finish("second", "");
    }
    assertEquals("second", SearchIndex.open(file).model());
    assertEquals(3, SearchIndex.open(file).size());
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(1, files.count(), "nothing stays behind");
    }
  }

  @Test
  void anIndexThatCannotGetItsNameLeavesNothing() throws IOException {
    Path taken = Files.createDirectories(folder.resolve("taken/inside")).getParent();
    try (SearchIndexWriter writer = new SearchIndexWriter(taken, 2)) {
      writer.add(PASSAGES.subList(0, 1), new float[][] {{1, 1}});
      String message =
          assertThrows(LanewiseException.class, () -> writer.finish("m", "")).getMessage();
      assertTrue(message.startsWith(taken.toString()), message);
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(Set.of(file, taken), files.collect(Collectors.toSet()));
    }
  }

  @Test
  void badInputIsRefused() {
    try (SearchIndexWriter writer = new SearchIndexWriter(folder.resolve("y"), 2)) {
      assertThrows(LanewiseException.class, () -> writer.finish("m", ""));
      List<Passage> one = PASSAGES.subList(0, 1);
      float[][][] bad = {{{1, 2, 3}}, {{Float.NaN, 1}}, {{1, Float.POSITIVE_INFINITY}}, {}};
      for (float[][] vectors : bad) {
        assertThrows(LanewiseException.class, () -> writer.add(one, vectors));
      }
      String message =
          assertThrows(LanewiseException.class, () -> writer.add(one, new float[][] {{1, 1f / 0}}))
              .getMessage();
      assertTrue(message.startsWith(one.getFirst().source() + ", from character"), message);
    }
    assertFalse(Files.exists(folder.resolve("y")));
    Path nowhere = folder.resolve("no/such/folder");
    assertThrows(LanewiseException.class, () -> new SearchIndexWriter(nowhere, 2));
    assertThrows(IllegalArgumentException.class, () -> new SearchIndexWriter(file, 0));
  }

  @Test
  void goesOnAfterACallThatFailed() throws IOException {
    Path again = folder.resolve("again");
    try (SearchIndexWriter writer = new SearchIndexWriter(again, 2)) {
      List<Passage> missing = Arrays.asList(PASSAGES.get(0), null);
      float[][] two = {VECTORS[0], VECTORS[2]};
      assertThrows(NullPointerException.class, () -> writer.add(missing, two));
      assertEquals(1, writer.size());
      writer.add(PASSAGES.subList(1, 3), new float[][] {VECTORS[1], VECTORS[2]});
      assertThrows(NullPointerException.class, () -> writer.finish("models/tiny", null));
      writer.finish("models/tiny", "query: ");
    }
    assertEquals(-1, Files.mismatch(file, again));
  }

  @Test
  void anInterruptIsNamed() {
    try (SearchIndexWriter writer = new SearchIndexWriter(folder.resolve("y"), 2)) {
      Thread.currentThread().interrupt();
      String message =
          assertThrows(LanewiseException.class, () -> writer.add(PASSAGES, VECTORS)).getMessage();
      assertTrue(Thread.interrupted());
      assertTrue(message.endsWith("the thread that wrote it was interrupted"), message);
    }
  }

  @Test
  void whatIsFinishedTakesNoMore() {
    SearchIndexWriter left = new SearchIndexWriter(folder.resolve("z"), 2);
    try (left) {
      left.add(PASSAGES.subList(0, 1), new float[][] {{1, 1}});
      left.finish("m", "");
      for (Executable more : more(left)) {
        String message = assertThrows(IllegalStateException.class, more).getMessage();
        assertEquals("this index is finished", message);
      }
    }
    SearchIndexWriter closed = new SearchIndexWriter(folder.resolve("w"), 2);
    closed.close();
    for (Executable more : more(closed)) {
      String message = assertThrows(IllegalStateException.class, more).getMessage();
      assertEquals("this index is closed", message);
    }
  }

  private static List<Executable> more(SearchIndexWriter writer) {
    return List.of(
        () -> writer.add(PASSAGES.subList(0, 1), new float[][] {{1, 1}}),
        () -> writer.finish("m", ""));
  }

  @Test
  void everyTruncationIsRefused() throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    for (int n = 0; n < bytes.length; n++) {
      refused(Files.write(folder.resolve("cut"), Arrays.copyOf(bytes, n)));
    }
    refused(Files.write(folder.resolve("long"), Arrays.copyOf(bytes, bytes.length + 1)), "damaged");
    refused(folder, "directory");
    refused(folder.resolve("none"), "no such file");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 88, is no search index",
    "8, 2, version 2",
    "12, 0, the width of its vectors is 0",
    "15, 127, the width of its vectors",
    "16, 0, the number of its passages is 0",
    "19, 255, the number of its passages",
    "16, 2, its header asks for",
    "23, 128, the length of a name",
    "24, 200, the length of a prefix",
    "28, 2, the number of its similarity is 2",
    "39, 128, the length of its entries",
    "88, 1, entry 0 begins at byte 1",
    "96, 1, entry 1 begins at byte 1",
    "112, 0, entry 3 begins at byte",
  })
  void everyNumberIsChecked(int at, int value, String message) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[at] = (byte) value;
    refused(Files.write(folder.resolve("damaged"), bytes), message);
  }

  @Test
  void aSourceMustFitItsEntry() throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int entries = 64 + 3 * 2 * 4 + 4 * 8;
    bytes[entries + 4] = 100;
    SearchIndex index = SearchIndex.open(Files.write(folder.resolve("damaged"), bytes));
    String message = assertThrows(LanewiseException.class, () -> index.passage(0)).getMessage();
    assertTrue(message.contains("the source of entry 0 has 100 bytes"), message);
    assertEquals(PASSAGES.get(1), index.passage(1));
  }

  @Test
  void aFolderThatIsNotThereIsNamed() {
    Path file = folder.resolve("none").resolve("x.index");
    String message =
        assertThrows(LanewiseException.class, () -> new SearchIndexWriter(file, 3)).getMessage();
    assertEquals(file + ": cannot be written: there is no such folder", message);
  }
}
