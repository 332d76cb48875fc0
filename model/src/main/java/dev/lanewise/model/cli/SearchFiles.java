package dev.lanewise.model.cli;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.catalogue.Sizes;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import dev.lanewise.model.task.Passage;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** The passages of files and folders. */
final class SearchFiles {
  private static final long MAX_BYTES = 1L << 28;

  /** A zero byte among the first of a file says that it is no text. */
  private static final int LOOK = 8192;

  private final boolean lines;
  private final Predicate<String> fits;
  private final Stdio io;
  private final List<Passage> passages = new ArrayList<>();
  private boolean incomplete;

  /**
   * @param lines whether every line is a passage
   * @param fits whether a passage of another text is short enough
   */
  SearchFiles(boolean lines, Predicate<String> fits, Stdio io) {
    this.lines = lines;
    this.fits = fits;
    this.io = io;
  }

  /**
   * Insists that what the command line names is there, before a model is pulled for it.
   *
   * @throws LanewiseException if something is not
   */
  static void requireThere(List<String> names) {
    for (String name : names) {
      if (!Files.exists(Stdio.path(name))) {
        throw LanewiseException.cannotRead(name, new NoSuchFileException(name));
      }
    }
  }

  /** Whether something in a folder could not be read. */
  boolean incomplete() {
    return incomplete;
  }

  /**
   * The passages of what the command line names, in its order.
   *
   * @throws LanewiseException if a file that is named cannot be read
   */
  List<Passage> read(List<String> names) {
    for (String name : names) {
      Path path = Stdio.path(name);
      if (Files.isDirectory(path)) {
        readFolder(path);
      } else {
        add(path, text(path));
      }
    }
    return passages;
  }

  /** All files below, but for hidden ones, by names that begin with the folder's as it is given. */
  private void readFolder(Path folder) {
    List<Path> files = new ArrayList<>();
    try {
      Path real = folder.toRealPath(); // as a walk does not go where a link leads
      Files.walkFileTree(real, new Walk(real, folder, files));
    } catch (IOException e) {
      throw LanewiseException.cannotRead(folder, e);
    }
    files.sort(null);
    for (Path file : files) {
      String text;
      try {
        text = text(file);
      } catch (LanewiseException e) {
        leaveOut(e);
        continue;
      }
      add(file, text);
    }
  }

  /** What nobody named does not stop the others when it cannot be read. */
  private void leaveOut(LanewiseException reason) {
    io.note("lanewise: " + reason.getMessage() + "; it is left out");
    incomplete = true;
  }

  /** Collects the files below a folder. */
  private final class Walk extends SimpleFileVisitor<Path> {
    private final Path real;
    private final Path named;
    private final List<Path> files;

    Walk(Path real, Path named, List<Path> files) {
      this.real = real;
      this.named = named;
      this.files = files;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
      return isHidden(folder) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      if (!isHidden(file) && Files.isRegularFile(file)) {
        files.add(named(file));
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException reason) {
      leaveOut(LanewiseException.cannotRead(named(file), reason));
      return FileVisitResult.CONTINUE;
    }

    private boolean isHidden(Path path) {
      return !path.equals(real) && path.getFileName().toString().startsWith(".");
    }

    private Path named(Path path) {
      return named.resolve(real.relativize(path));
    }
  }

  /** The text of a file; empty, with a note, if it is none or too much. */
  private String text(Path file) {
    try {
      long bytes = Files.exists(file) ? Files.size(file) : 0;
      if (bytes > MAX_BYTES) {
        io.note(file + ": has " + Sizes.text(bytes) + " and is left out; cut it into parts");
        return "";
      }
    } catch (IOException e) {
      throw LanewiseException.cannotRead(file, e);
    }
    try {
      String text = io.read(file.toString());
      if (text.substring(0, Math.min(LOOK, text.length())).indexOf('\0') < 0) {
        return text;
      }
    } catch (LanewiseException e) {
      if (!(e.getCause() instanceof CharacterCodingException)) {
        throw e;
      }
    }
    io.note(file + ": is not text in UTF-8 and is left out");
    return "";
  }

  private void add(Path file, String text) {
    String source = file.toString();
    if (source.endsWith(".jsonl")) {
      addObjects(source, text);
    } else if (lines) {
      addLines(source, text);
    } else {
      passages.addAll(Passage.split(source, text, fits));
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
