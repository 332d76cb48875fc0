package dev.lanewise.model.cli;

import dev.lanewise.kernels.DType;
import dev.lanewise.model.speed.BenchAttention;
import dev.lanewise.model.speed.BenchGemm;
import dev.lanewise.model.speed.BenchGemv;
import dev.lanewise.model.speed.BenchSoftmax;
import dev.lanewise.model.speed.KernelBench;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** The words of {@code bench gemm M N K} and its like, read as the kernel wants them. */
final class KernelArguments {
  /** The kernels that can be named. */
  private static final List<String> KERNELS = List.of("gemm", "softmax", "attention", "gemv");

  /** What else {@code bench} measures; the suites are the launcher's. */
  private static final List<String> OTHERS =
      List.of("embed", "kernels", "models", "peers", "all", "compare");

  private final String kernel;
  private final List<String> words;

  private KernelArguments(List<String> words) {
    kernel = words.getFirst();
    this.words = words.subList(1, words.size());
  }

  /**
   * The bench that a command line asks for.
   *
   * @param words the kernel's name and its sizes
   * @throws UsageException if there is no such kernel, or these are no sizes for it
   */
  static KernelBench bench(List<String> words, boolean causal) {
    KernelArguments arguments = new KernelArguments(words);
    KernelBench bench =
        switch (arguments.kernel) {
          case "gemm" -> arguments.gemm();
          case "softmax" -> arguments.softmax();
          case "attention" -> arguments.attention(causal);
          case "gemv" -> arguments.gemv();
          default -> throw arguments.unknown();
        };
    if (causal && !(bench instanceof BenchAttention)) {
      throw new UsageException("--causal is for attention, not for " + arguments.kernel);
    }
    return bench;
  }

  private UsageException unknown() {
    if (OTHERS.contains(kernel)) {
      return new UsageException(
          "'" + kernel + "' must come first, and its options behind it: bench " + kernel + " …");
    }
    List<String> all = Stream.concat(KERNELS.stream(), OTHERS.stream()).toList();
    return new UsageException(
        "there is no '"
            + kernel
            + "' to measure"
            + Nearest.suggestion(kernel, all)
            + "; choose one of the kernels "
            + String.join(", ", KERNELS)
            + ", one of "
            + String.join(", ", OTHERS)
            + ", or name a model with -m");
  }

  private KernelBench gemm() {
    require("M", "N", "K");
    return new BenchGemm(size(0, "M"), size(1, "N"), size(2, "K"));
  }

  private KernelBench softmax() {
    require("ROWS", "COLUMNS");
    return new BenchSoftmax(size(0, "ROWS"), size(1, "COLUMNS"));
  }

  private KernelBench attention(boolean causal) {
    require("HEADS", "HEAD_DIM", "LENGTH");
    return new BenchAttention(size(0, "HEADS"), size(1, "HEAD_DIM"), size(2, "LENGTH"), causal);
  }

  private KernelBench gemv() {
    require("TYPE", "ROWS", "COLUMNS");
    DType type = type(words.getFirst());
    int rows = size(1, "ROWS");
    int cols = size(2, "COLUMNS");
    if (cols % type.blockSize() != 0) {
      throw new UsageException(
          "COLUMNS is "
              + cols
              + " but must be a multiple of "
              + type.blockSize()
              + ", the block of "
              + type);
    }
    return new BenchGemv(type, rows, cols);
  }

  private static DType type(String name) {
    List<String> known = Arrays.stream(DType.values()).map(DType::name).toList();
    String upper = name.toUpperCase(Locale.ROOT);
    if (!known.contains(upper)) {
      throw new UsageException(
          "there is no type '"
              + name
              + "'"
              + Nearest.suggestion(upper, known)
              + "; choose one of "
              + String.join(", ", known));
    }
    return DType.valueOf(upper);
  }

  /** Refuses fewer or more words than these names. */
  private void require(String... names) {
    if (words.size() != names.length) {
      throw new UsageException(
          kernel + " takes " + String.join(" ", names) + ", and " + words.size() + " were given");
    }
  }

  /** The word at an index as a size. */
  private int size(int index, String name) {
    int size;
    try {
      size = Integer.parseInt(words.get(index));
    } catch (NumberFormatException e) {
      size = 0;
    }
    if (size <= 0) {
      throw new UsageException(
          name
              + " is '"
              + words.get(index)
              + "' but must be a whole number from 1 to "
              + Integer.MAX_VALUE);
    }
    return size;
  }
}
