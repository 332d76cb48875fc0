package dev.lanewise.model.checkpoint;

import dev.lanewise.model.LanewiseException;
import java.lang.foreign.Arena;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The memory outside of the heap that belongs to a model, or to another file: what is mapped, and
 * the copies of tensors in other layouts.
 *
 * <p>Memory that {@linkplain #owned belongs to what was loaded} is given back when that is closed,
 * and at the latest some time after nobody can reach this object any more; whoever uses it does so
 * within {@link #guarded}. {@linkplain #automatic Automatic} memory is given back after nobody can
 * reach any part of it, closed or not.
 *
 * <p>Tried and given up: copies one behind the other in slabs of 32 MiB, on huge pages that the C
 * library asks Linux for (GLIBC_TUNABLES=glibc.malloc.hugetlb=1). Tokens came up to a twentieth
 * faster, but 540 MB of float32 took 1.5 s instead of 0.6 to load.
 */
public final class FileMemory implements AutoCloseable {
  private static final Cleaner CLEANER = Cleaner.create();

  private final String file;
  private final Arena arena;
  private final Cleaner.Cleanable givingBack; // null for automatic memory
  private volatile boolean closed;

  private FileMemory(String file, Arena arena, boolean closeable) {
    this.file = file;
    this.arena = arena;
    givingBack = closeable ? CLEANER.register(this, arena::close) : null;
  }

  /**
   * Memory that the garbage collector gives back.
   *
   * @param file what it belongs to, for messages
   */
  public static FileMemory automatic(String file) {
    return new FileMemory(file, Arena.ofAuto(), false);
  }

  /**
   * What some work loads into memory of its own. It must hold on to the memory, and close it when
   * it is closed; if the work fails, that happens here.
   *
   * @param file what the memory belongs to, for messages
   */
  @SuppressWarnings("MustBeClosedChecker") // the arena is closed by close, or by the cleaner
  public static <T> T owned(String file, Function<FileMemory, T> work) {
    FileMemory memory = new FileMemory(file, Arena.ofShared(), true);
    try {
      return memory.guarded(() -> work.apply(memory));
    } catch (RuntimeException | Error e) {
      memory.close();
      throw e;
    }
  }

  /** The name of what the memory belongs to, for messages. */
  public String file() {
    return file;
  }

  /** Where whatever is mapped or copied is to lie. */
  Arena arena() {
    return arena;
  }

  /**
   * Runs work that reads the memory, which stays meanwhile unless it is closed by someone.
   *
   * @throws LanewiseException if the file cannot be read any more, as another made it shorter
   * @throws IllegalStateException if the memory is closed, before or meanwhile
   */
  public <T> T guarded(Supplier<T> work) {
    requireOpen();
    try {
      return work.get();
    } catch (InternalError | IllegalStateException e) {
      throw translated(e);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /**
   * Insists on memory that is not closed.
   *
   * @throws IllegalStateException otherwise
   */
  public void requireOpen() {
    if (closed) {
      throw isClosed(null);
    }
  }

  /**
   * What to throw for something that reading the memory has thrown: a message that names the file
   * if it cannot be read any more, or the memory was closed; otherwise the same.
   */
  public RuntimeException translated(Throwable thrown) {
    return switch (thrown) {
      case InternalError error -> MappedFile.translated(file, error);
      case IllegalStateException _ when closed -> isClosed(thrown);
      case RuntimeException other -> other;
      case Error error -> throw error;
      default -> throw new IllegalArgumentException(thrown);
    };
  }

  private IllegalStateException isClosed(Throwable cause) {
    return new IllegalStateException(file + " is closed; load it again to go on with it", cause);
  }

  /**
   * Gives the memory back. Whoever reads it from now on, or is in the middle of it, gets an {@link
   * IllegalStateException}.
   */
  @Override
  public void close() {
    closed = true;
    if (givingBack != null) {
      givingBack.clean();
    }
  }
}
