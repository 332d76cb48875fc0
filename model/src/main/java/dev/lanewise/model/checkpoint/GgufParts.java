package dev.lanewise.model.checkpoint;

import dev.lanewise.model.LanewiseException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A model in several GGUF files, as llama.cpp's {@code gguf-split} makes them: {@code
 * NAME-00001-of-00003.gguf} and so on, of which the first has the metadata, and perhaps nothing
 * else. Any of them stands for the whole.
 */
final class GgufParts extends JoinedCheckpoint {
  private static final String PREFIX = "split.";
  private static final String COUNT = PREFIX + "count";
  private static final String NUMBER = PREFIX + "no"; // from 0
  private static final String TENSORS = PREFIX + "tensors.count";

  private GgufParts(String name, FileMemory memory, Metadata metadata) {
    super(name, memory, metadata);
  }

  /** How many files the model lies in, of which this is one. */
  static int count(Gguf file) {
    return Math.max(1, file.metadata().integer(COUNT, 1));
  }

  /**
   * The whole model.
   *
   * @param opened one of its files, or the only one
   * @param path where that lies
   * @throws LanewiseException if another file is missing, has another name than it needs, is not
   *     sound, or is of another model
   */
  static Checkpoint of(Gguf opened, Path path, FileMemory memory) {
    int count = count(opened);
    if (count == 1) {
      return opened;
    }
    int number = number(opened, count);
    String file = path.getFileName().toString();
    String ending = ending(number, count);
    if (!file.endsWith(ending)) {
      throw new LanewiseException(
          "%s: is part %d of a model in %d files, whose names must end with %s"
              .formatted(path, number + 1L, count, ending));
    }
    String start = file.substring(0, file.length() - ending.length());
    List<Gguf> files = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Path part = path.resolveSibling(start + ending(i, count));
      files.add(i == number ? opened : part(part, i, count, memory));
    }
    Metadata metadata = files.getFirst().metadata();
    GgufParts parts = new GgufParts(path.toString(), memory, metadata.without(PREFIX));
    files.forEach(part -> parts.add("", part));
    requireAll(parts.tensors().size(), metadata);
    return parts;
  }

  private static int number(Gguf part, int count) {
    int number = part.metadata().integer(NUMBER);
    if (number < 0 || number >= count) {
      throw new LanewiseException(
          "%s: %s is %d, but %s is %d; the file is damaged, get it again"
              .formatted(part.file(), NUMBER, number, COUNT, count));
    }
    return number;
  }

  private static String ending(int number, int count) {
    return String.format(Locale.ROOT, "-%05d-of-%05d.gguf", number + 1L, count);
  }

  private static Gguf part(Path path, int number, int count, FileMemory memory) {
    if (!Files.exists(path)) {
      throw new LanewiseException(
          "%s: is missing; the model lies in %d files, which must be in one folder"
              .formatted(path, count));
    }
    Gguf part = Gguf.open(path, memory);
    int all = count(part);
    int found = number(part, all);
    if (found != number || all != count) {
      throw new LanewiseException(
          "%s: says it is part %d of %d, which its name does not; is it of another model?"
              .formatted(path, found + 1L, all));
    }
    return part;
  }

  private static void requireAll(int found, Metadata metadata) {
    int stated = metadata.integer(TENSORS, found);
    if (stated != found) {
      throw new LanewiseException(
          "%s: %s is %d, but the files have %d tensors together; are they of one model?"
              .formatted(metadata.file(), TENSORS, stated, found));
    }
  }
}
