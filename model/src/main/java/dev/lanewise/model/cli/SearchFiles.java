package dev.lanewise.model.cli;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.catalogue.Sizes;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import dev.lanewise.model.task.Passage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The passages of files and folders. */
final class SearchFiles {
  private static final long MAX_BYTES = 1L << 28;

  /** A zero byte among the first of a file says that it is no text. */
  private static final int LOOK = 8192;

  private final boolean lines;
  private final Stdio io;
  private final List<Passage> passages = new ArrayList<>();

  /**
   * @param lines whether every line is a passage
   */
  SearchFiles(boolean lines, Stdio io) {
    this.lines = lines;
    this.io = io;
  }

  /**
   * The passages of what the command line names, in its order.
   *
   * @throws LanewiseException if a file cannot be read
   */
  List<Passage> read(List<String> names) {
    for (String name : names) {
      Path path = Stdio.path(name);
      if (Files.isDirectory(path)) {
        readFolder(path);
      } else {
        readFile(path);
      }
    }
    return passages;
  }

  /** All files below, but for hidden ones, by names that begin with the folder's as it is given. */
  private void readFolder(Path folder) {
    try {
      Path real = folder.toRealPath(); // as a walk does not go where a link leads
      try (Stream<Path> files = Files.walk(real)) {
        files
            .filter(file -> !isHidden(real.relativize(file)) && Files.isRegularFile(file))
            .map(file -> folder.resolve(real.relativize(file)))
            .sorted()
            .forEach(this::readFile);
      }
    } catch (UncheckedIOException e) {
      throw LanewiseException.cannotRead("a file in " + folder, e.getCause());
    } catch (IOException e) {
      throw LanewiseException.cannotRead(folder, e);
    }
  }

  private static boolean isHidden(Path path) {
    for (Path part : path) {
      if (part.toString().startsWith(".")) {
        return true;
      }
    }
    return false;
  }

  private void readFile(Path file) {
    try {
      long bytes = Files.exists(file) ? Files.size(file) : 0;
      if (bytes > MAX_BYTES) {
        io.note(file + ": has " + Sizes.text(bytes) + " and is left out; cut it into parts");
        return;
      }
    } catch (IOException e) {
      throw LanewiseException.cannotRead(file, e);
    }
    String text = io.read(file.toString());
    if (text.substring(0, Math.min(LOOK, text.length())).indexOf('\0') >= 0) {
      io.note(file + ": is no text and is left out");
    } else if (file.toString().endsWith(".jsonl")) {
      addObjects(file.toString(), text);
    } else if (lines) {
      addLines(file.toString(), text);
    } else {
      passages.addAll(Passage.split(file.toString(), text));
    }
  }

  private void addLines(String file, String text) {
    int number = 1;
    int offset = 0;
    for (String line : text.split("\n", -1)) {
      if (!line.isBlank()) {
        int blank = line.length() - line.stripLeading().length();
        passages.add(new Passage(file + ":" + number, offset + blank, line.strip()));
      }
      number++;
      offset += line.length() + 1;
    }
  }

  /** An object in every line: its "text", under its "id" if it has one. */
  private void addObjects(String file, String text) {
    int number = 1;
    for (String line : text.split("\n", -1)) {
      if (!line.isBlank()) {
        String place = file + ":" + number;
        JsonView object = Json.view(place, line.getBytes(StandardCharsets.UTF_8));
        String source = object.has("id") ? String.valueOf(object.at("id").value()) : place;
        String passage = object.string("text");
        if (!passage.isBlank()) {
          passages.add(new Passage(source, 0, passage));
        }
      }
      number++;
    }
  }
}
