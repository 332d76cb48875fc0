package dev.lanewise.model.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The nearest passages, against a plain loop over all. */
class SearcherTest {
  private static final int DIM = 24;

  @TempDir private Path folder;

  private SearchIndex index(List<Passage> passages, float[][] vectors) {
    Path file = folder.resolve("x.index");
    try (SearchIndexWriter writer = new SearchIndexWriter(file, vectors[0].length)) {
      writer.add(passages, vectors);
      writer.finish("m", "");
    }
    return SearchIndex.open(file);
  }

  private static float[] random(SplittableRandom random) {
    float[] vector = new float[DIM];
    for (int j = 0; j < DIM; j++) {
      vector[j] = (float) random.nextDouble(-1, 1);
    }
    return vector;
  }

  private static double cosine(float[] a, float[] b) {
    double dot = 0;
    double aa = 0;
    double bb = 0;
    for (int j = 0; j < DIM; j++) {
      dot += (double) a[j] * b[j];
      aa += (double) a[j] * a[j];
      bb += (double) b[j] * b[j];
    }
    return dot / Math.sqrt(aa * bb);
  }

  @Test
  void whatIsNoDirectionAndNoCount() {
    List<Passage> passages = List.of(new Passage("a", 0, ""), new Passage("b", 0, ""));
    SearchIndex index = index(passages, new float[][] {{1, 0}, {0, 1}});
    try (Searcher searcher = new Searcher(index, 1)) {
      List<Hit> hits = searcher.nearest(new float[2], 2);
      assertEquals(passages, hits.stream().map(Hit::passage).toList());
      assertEquals(0, hits.getFirst().score());
      assertEquals(List.of(), searcher.nearest(new float[] {1, 1}, 0));
      float[] nan = {1, Float.NaN};
      assertThrows(LanewiseException.class, () -> searcher.nearest(nan, 1));
      assertThrows(IllegalArgumentException.class, () -> searcher.nearest(new float[] {1, 1}, -1));
      assertThrows(IllegalArgumentException.class, () -> searcher.like("a", -1));
    }
  }

  @Test
  void findsTheNearestInOrder() {
    SplittableRandom random = new SplittableRandom(3);
    List<Passage> passages = new ArrayList<>();
    float[][] vectors = new float[1000][];
    for (int i = 0; i < vectors.length; i++) {
      passages.add(new Passage("s" + i, 0, ""));
      vectors[i] = random(random);
    }
    float[] query = random(random);
    List<String> wanted =
        IntStream.range(0, vectors.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -cosine(query, vectors[i])))
            .limit(7)
            .map(i -> "s" + i)
            .toList();
    try (Searcher searcher = new Searcher(index(passages, vectors), 2)) {
      List<Hit> hits = searcher.nearest(query, 7);
      assertEquals(wanted, hits.stream().map(hit -> hit.passage().source()).toList());
      int best = passages.indexOf(hits.getFirst().passage());
      assertEquals(cosine(query, vectors[best]), hits.getFirst().score(), 1e-6);
      assertEquals(1000, searcher.nearest(query, 5000).size());
      String message =
          assertThrows(LanewiseException.class, () -> searcher.nearest(new float[3], 1))
              .getMessage();
      assertTrue(message.contains("3 numbers"), message);
    }
  }

  /** By the dot product a long vector may be nearer than one of the same direction. */
  @Test
  void comparesByTheDotProductIfTheIndexSaysSo() {
    Path file = folder.resolve("dot.index");
    float[][] vectors = {{1, 0, 0}, {2, 3, 0}, {4, 4, 0}};
    try (SearchIndexWriter writer = new SearchIndexWriter(file, 3, Similarity.DOT)) {
      writer.add(
          List.of(new Passage("a", 0, ""), new Passage("b", 0, ""), new Passage("b", 1, "")),
          vectors);
      writer.finish("model", "");
    }
    try (Searcher searcher = new Searcher(SearchIndex.open(file), 1)) {
      List<Hit> hits = searcher.nearest(new float[] {2, 0, 0}, 3);
      assertEquals(List.of(8f, 4f, 2f), hits.stream().map(Hit::score).toList());
      assertEquals(List.of(3f), searcher.like("b", 5).stream().map(Hit::score).toList());
      float[] infinite = {Float.POSITIVE_INFINITY, 0, 0};
      assertThrows(LanewiseException.class, () -> searcher.nearest(infinite, 1));
    }
  }

  /** Two films of pirates, one of them in two parts, one of space, one of both. */
  @Test
  void recommendsWhatIsMostLikeSomething() {
    List<Passage> passages =
        List.of(
            new Passage("Captain Blood", 0, "sails"),
            new Passage("Captain Blood", 9, "swords"),
            new Passage("Solaris", 0, "stars"),
            new Passage("Treasure Planet", 0, "sails between stars"),
            new Passage("Treasure Planet", 9, "robots"),
            new Passage("The Sea Hawk", 0, "sails and swords"));
    float[][] vectors = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1, 0, 1}, {0, 0, 2}, {3, 3, 0}};
    try (Searcher searcher = new Searcher(index(passages, vectors), 1)) {
      List<Hit> hits = searcher.like("Captain Blood", 10);
      assertEquals(
          List.of("sails and swords", "sails between stars", "stars"),
          hits.stream().map(hit -> hit.passage().text()).toList());
      assertEquals(1, hits.getFirst().score(), 1e-6);
      assertEquals(1, searcher.like("Solaris", 1).size());
      String message =
          assertThrows(LanewiseException.class, () -> searcher.like("Jaws", 1)).getMessage();
      assertTrue(message.contains("nothing from 'Jaws'"), message);
    }
  }

  @Test
  void aClosedSearcherSaysSo() {
    Searcher searcher =
        new Searcher(index(List.of(new Passage("a", 0, "")), new float[][] {new float[DIM]}), 1);
    searcher.close();
    for (String message :
        List.of(
            assertThrows(
                    IllegalStateException.class,
                    () -> searcher.nearest(random(new SplittableRandom(1)), 1))
                .getMessage(),
            assertThrows(IllegalStateException.class, () -> searcher.like("a", 1)).getMessage())) {
      assertEquals("this searcher is closed", message);
    }
  }
}
