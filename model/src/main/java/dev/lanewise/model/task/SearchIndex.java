package dev.lanewise.model.task;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.FileMemory;
import dev.lanewise.model.checkpoint.MappedFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;

/**
 * Passages with their vectors in a file, as {@link SearchIndexWriter} writes it and {@link
 * Searcher} searches it. Mapped, so that opening takes no time and only what is found is read;
 * immutable and safe to share. The mapping is given back by {@link #close}, or some time after the
 * index has become unreachable.
 *
 * <pre>
 *  0  "LWSEARCH"
 *  8  int32  version, 1
 * 12  int32  dim
 * 16  int32  n, the passages
 * 20  int32  bytes of the model's name
 * 24  int32  bytes of the prefix of queries
 * 28  int32  0 if vectors are compared by their cosine, 1 if by their dot product
 * 32  int64  bytes of the entries
 * 40  0
 * 64  float32 [n × dim]  vectors, of length 1 for the cosine
 *     int64 [n + 1]      where each entry begins, counted from the first, and where the last ends
 *     entries            int32 offset, int32 bytes of the source, source, text
 *     the model's name, the prefix of queries
 * </pre>
 *
 * <p>Numbers are little-endian, texts UTF-8.
 */
public final class SearchIndex implements AutoCloseable {
  static final byte[] MAGIC = "LWSEARCH".getBytes(StandardCharsets.US_ASCII);
  static final int VERSION = 1;
  static final int HEADER_BYTES = 64;

  /** Of an entry, before its texts. */
  static final int ENTRY_BYTES = 8;

  static final int MAX_DIM = 1 << 20;

  private static final String ADVICE = "make one with search index";

  static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final String file;
  private final FileMemory memory;
  private final Similarity similarity;
  private final Matrix vectors;
  private final MemorySegment starts;
  private final MemorySegment entries;
  private final String model;
  private final String queryPrefix;

  private SearchIndex(FileMemory memory, MemorySegment source) {
    this.file = memory.file();
    this.memory = memory;
    long size = source.byteSize();
    if (size < HEADER_BYTES
        || MemorySegment.ofArray(MAGIC).mismatch(source.asSlice(0, MAGIC.length)) >= 0) {
      throw new LanewiseException(file + ": is no search index; " + ADVICE);
    }
    int version = source.get(INT, 8);
    if (version != VERSION) {
      throw new LanewiseException(
          "%s: is a search index of version %d, but only %d is known; make it anew"
              .formatted(file, version, VERSION));
    }
    int dim = within("the width of its vectors", source.get(INT, 12), 1, MAX_DIM);
    int n = within("the number of its passages", source.get(INT, 16), 1, Integer.MAX_VALUE - 8);
    long modelBytes = within("the length of a name", source.get(INT, 20), 0, size);
    long prefixBytes = within("the length of a prefix", source.get(INT, 24), 0, size);
    int similarities = Similarity.values().length;
    similarity =
        Similarity.values()[
            within("the number of its similarity", source.get(INT, 28), 0, similarities - 1)];
    long entryBytes = source.get(LONG, 32);
    if (entryBytes < 0 || entryBytes > size) {
      throw damaged("the length of its entries is " + entryBytes);
    }
    long vectorBytes = 4L * n * dim;
    long startBytes = 8L * (n + 1L);
    long wanted = HEADER_BYTES + vectorBytes + startBytes + entryBytes + modelBytes + prefixBytes;
    if (wanted != size) {
      throw damaged("it has %d bytes where its header asks for %d".formatted(size, wanted));
    }
    vectors = new Matrix(source.asSlice(HEADER_BYTES, vectorBytes), n, dim, DType.F32);
    starts = source.asSlice(HEADER_BYTES + vectorBytes, startBytes);
    entries = source.asSlice(HEADER_BYTES + vectorBytes + startBytes, entryBytes);
    model = text(source.asSlice(size - prefixBytes - modelBytes, modelBytes));
    queryPrefix = text(source.asSlice(size - prefixBytes, prefixBytes));
    checkStarts();
  }

  /**
   * Opens a file.
   *
   * @throws LanewiseException if it cannot be read, is no search index, or is damaged
   */
  public static SearchIndex open(Path path) {
    return FileMemory.owned(
        path.toString(), memory -> new SearchIndex(memory, MappedFile.map(path, memory, ADVICE)));
  }

  private int within(String what, int value, long min, long max) {
    if (value < min || value > max) {
      throw damaged(what + " is " + value);
    }
    return value;
  }

  private void checkStarts() {
    long last = 0;
    for (int i = 0; i <= size(); i++) {
      long start = starts.get(LONG, 8L * i);
      long least = i == 0 ? 0 : last + ENTRY_BYTES;
      if (start < least || start > entries.byteSize() || (i == 0 && start != 0)) {
        throw damaged("entry %d begins at byte %d of %d".formatted(i, start, entries.byteSize()));
      }
      last = start;
    }
    if (last != entries.byteSize()) {
      throw damaged("its entries end at byte %d of %d".formatted(last, entries.byteSize()));
    }
  }

  private LanewiseException damaged(String why) {
    return new LanewiseException(file + ": the search index is damaged: " + why + "; make it anew");
  }

  private static String text(MemorySegment bytes) {
    return new String(bytes.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
  }

  /** By what its vectors are compared. */
  public Similarity similarity() {
    return similarity;
  }

  /** The file's name, for messages. */
  public String file() {
    return file;
  }

  /** Number of passages. */
  public int size() {
    return vectors.rows();
  }

  /** Width of the vectors. */
  public int dim() {
    return vectors.cols();
  }

  /** What the model that made the vectors was called: a path or a name; queries need the same. */
  public String model() {
    return model;
  }

  /** What that model wants queries to begin with; empty for nothing. */
  public String queryPrefix() {
    return queryPrefix;
  }

  /** What the index lies in. */
  FileMemory memory() {
    return memory;
  }

  /** The vectors of all passages, [size × dim], each of length 1; valid while the index is. */
  public Matrix vectors() {
    return vectors;
  }

  /**
   * A passage.
   *
   * @param number from 0
   * @throws LanewiseException if the file is damaged there
   * @throws IndexOutOfBoundsException if there is no such passage
   */
  public Passage passage(int number) {
    Objects.checkIndex(number, size());
    return memory.guarded(
        () -> {
          MemorySegment entry = entry(number);
          long sourceEnd = (long) ENTRY_BYTES + sourceBytes(entry, number);
          return new Passage(
              text(entry.asSlice(ENTRY_BYTES, sourceEnd - ENTRY_BYTES)),
              entry.get(INT, 0),
              text(entry.asSlice(sourceEnd)));
        });
  }

  /** Whether a passage comes from a source, without reading more than that. */
  boolean isFrom(int number, byte[] source) {
    MemorySegment entry = entry(number);
    return sourceBytes(entry, number) == source.length
        && entry.asSlice(ENTRY_BYTES, source.length).mismatch(MemorySegment.ofArray(source)) < 0;
  }

  private MemorySegment entry(int number) {
    long start = starts.get(LONG, 8L * number);
    long bytes = starts.get(LONG, 8L * number + 8) - start;
    if (bytes > Integer.MAX_VALUE) {
      throw damaged("entry %d has %d bytes".formatted(number, bytes));
    }
    return entries.asSlice(start, bytes);
  }

  private int sourceBytes(MemorySegment entry, int number) {
    int bytes = entry.get(INT, 4);
    if (bytes < 0 || bytes > entry.byteSize() - ENTRY_BYTES) {
      throw damaged("the source of entry %d has %d bytes".formatted(number, bytes));
    }
    return bytes;
  }

  /**
   * Gives the mapping back. Searchers that use the index, in whatever thread, end in an {@link
   * IllegalStateException} from now on.
   */
  @Override
  public void close() {
    memory.close();
  }
}
