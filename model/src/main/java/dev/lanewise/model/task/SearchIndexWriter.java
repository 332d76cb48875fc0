package dev.lanewise.model.task;

import static dev.lanewise.model.task.SearchIndex.ENTRY_BYTES;
import static dev.lanewise.model.task.SearchIndex.HEADER_BYTES;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.SingleCaller;
import dev.lanewise.model.WholeFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes a {@link SearchIndex}. Vectors go to a file of its own beside the index as they come; it
 * takes the index's name once all is there, so that there is a whole index or none. Of several
 * writers of one index the last to finish counts.
 *
 * {@snippet :
 * try (Embedder embedder = new Embedder(model, 2);
 *     SearchIndexWriter writer =
 *         new SearchIndexWriter(file, embedder.dim(), embedder.similarity())) {
 *   writer.add(Passage.split("README.md", text, embedder::takesWhole), embedder, BatchProgress.NONE);
 *   writer.finish("models/all-MiniLM-L6-v2", "");
 * }
 * }
 */
public final class SearchIndexWriter implements AutoCloseable {
  private final Path target;
  private final Path part;
  private final int dim;
  private final Similarity similarity;
  private final FileChannel channel;
  private final List<byte[]> entries = new ArrayList<>();
  private final SingleCaller caller = new SingleCaller("this writer");
  private boolean finished;

  /**
   * Begins an index of vectors that will be compared by their cosine.
   *
   * @param dim width of the vectors
   * @throws LanewiseException if the file cannot be written
   * @throws IllegalArgumentException if the width is not positive
   */
  public SearchIndexWriter(Path target, int dim) {
    this(target, dim, Similarity.COSINE);
  }

  /**
   * Begins an index.
   *
   * @param dim width of the vectors
   * @param similarity by which they will be compared
   * @throws LanewiseException if the file cannot be written
   * @throws IllegalArgumentException if the width is not positive
   */
  public SearchIndexWriter(Path target, int dim, Similarity similarity) {
    if (dim <= 0) {
      throw new IllegalArgumentException("vectors must have a width above 0, got " + dim);
    }
    this.target = target;
    this.dim = dim;
    this.similarity = similarity;
    part = WholeFile.part(target);
    try {
      channel = FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw LanewiseException.cannotWrite(target, e);
    }
  }

  /** Number of passages so far. */
  public int size() {
    return entries.size();
  }

  /**
   * Adds passages.
   *
   * @param embedder turns them into vectors
   * @throws IllegalStateException if the index is finished or closed, or the writer at work
   * @throws java.util.concurrent.CancellationException if the progress says so, or the thread is
   *     interrupted
   */
  public void add(List<Passage> passages, Embedder embedder, BatchProgress progress) {
    add(passages, embedder.embed(passages.stream().map(Passage::text).toList(), progress));
  }

  /**
   * Adds passages with their vectors, which need not have length 1. Of those before one that is
   * refused, or cannot be written, nothing is lost.
   *
   * @param vectors [passages][dim]
   * @throws LanewiseException if they do not fit, or cannot be written
   * @throws IllegalStateException if the index is finished or closed, or the writer at work
   */
  public void add(List<Passage> passages, float[][] vectors) {
    caller.enter();
    try {
      addAll(passages, vectors);
    } finally {
      caller.leave();
    }
  }

  private void addAll(List<Passage> passages, float[][] vectors) {
    goOn();
    if (vectors.length != passages.size()) {
      throw new LanewiseException(
          "%d passages need as many vectors, not %d".formatted(passages.size(), vectors.length));
    }
    ByteBuffer bytes = buffer(4 * dim);
    for (int i = 0; i < vectors.length; i++) {
      float[] comparable = comparable(passages.get(i), vectors[i]);
      byte[] entry = entry(passages.get(i));
      bytes.clear().asFloatBuffer().put(comparable);
      write(bytes);
      entries.add(entry);
    }
  }

  private float[] comparable(Passage passage, float[] vector) {
    try {
      return Vectors.comparable(vector, dim, similarity);
    } catch (LanewiseException e) {
      throw new LanewiseException(
          "%s, from character %d on: %s"
              .formatted(passage.source(), passage.offset(), e.getMessage()),
          e);
    }
  }

  private static byte[] entry(Passage passage) {
    byte[] source = passage.source().getBytes(StandardCharsets.UTF_8);
    byte[] text = passage.text().getBytes(StandardCharsets.UTF_8);
    return buffer(Math.addExact(ENTRY_BYTES + source.length, text.length))
        .putInt(passage.offset())
        .putInt(source.length)
        .put(source)
        .put(text)
        .array();
  }

  /**
   * Writes the rest and gives the file its name.
   *
   * @param model what the model is called; whoever searches needs the same
   * @param queryPrefix what it wants queries to begin with
   * @throws LanewiseException if there are no passages, or the file cannot be written
   * @throws IllegalStateException if the index is finished already or closed, or the writer at work
   */
  public void finish(String model, String queryPrefix) {
    caller.enter();
    try {
      write(model, queryPrefix);
    } finally {
      caller.leave();
    }
  }

  private void write(String model, String queryPrefix) {
    goOn();
    if (entries.isEmpty()) {
      throw new LanewiseException(target + ": there is nothing to put into the search index");
    }
    byte[] name = model.getBytes(StandardCharsets.UTF_8);
    byte[] prefix = queryPrefix.getBytes(StandardCharsets.UTF_8);
    long start = 0;
    ByteBuffer starts = buffer(8);
    write(starts.putLong(0).flip());
    for (byte[] entry : entries) {
      start += entry.length;
      write(starts.clear().putLong(start).flip());
    }
    for (byte[] entry : entries) {
      write(ByteBuffer.wrap(entry));
    }
    write(ByteBuffer.wrap(name));
    write(ByteBuffer.wrap(prefix));
    ByteBuffer header = buffer(HEADER_BYTES);
    header.put(SearchIndex.MAGIC).putInt(SearchIndex.VERSION).putInt(dim).putInt(entries.size());
    header
        .putInt(name.length)
        .putInt(prefix.length)
        .putInt(similarity.ordinal())
        .putLong(start)
        .rewind();
    try {
      channel.position(0);
      write(header);
      channel.force(true);
      channel.close();
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      finished = true;
    } catch (IOException e) {
      throw LanewiseException.cannotWrite(target, e);
    }
  }

  /** Goes on behind the vectors of the passages so far, whatever a call that failed has left. */
  private void goOn() {
    if (!channel.isOpen()) {
      throw new IllegalStateException("this index is " + (finished ? "finished" : "closed"));
    }
    long end = HEADER_BYTES + 4L * dim * entries.size();
    try {
      channel.truncate(end).position(end);
    } catch (IOException e) {
      throw LanewiseException.cannotWrite(target, e);
    }
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private void write(ByteBuffer bytes) {
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      throw LanewiseException.cannotWrite(target, e);
    }
  }

  /** Deletes what was written, unless it is finished. */
  @Override
  public void close() {
    try {
      channel.close();
      Files.deleteIfExists(part); // once finished it has another name
    } catch (IOException e) {
      throw LanewiseException.cannotWrite(target, e);
    }
  }
}
