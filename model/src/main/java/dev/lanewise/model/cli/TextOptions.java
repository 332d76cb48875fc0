package dev.lanewise.model.cli;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.HeadKind;
import dev.lanewise.model.task.BatchProgress;
import dev.lanewise.model.task.TextModel;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiConsumer;

/** What the commands over texts share: the model, where the texts come from, and how they go. */
final class TextOptions {
  /** Texts that are sorted by length and held in memory together. */
  private static final int PART = 4096;

  private final Arguments arguments;
  private final ModelOptions model;
  private final Option.Text file;
  private final Option.Whole threads;
  private final Option.Flag json;

  /** Does the work of a command on some of the texts. */
  @FunctionalInterface
  interface Work<T, R> {
    /** The results of texts in their order. */
    List<R> results(List<T> texts, BatchProgress progress);
  }

  /** Declares the options, and that other arguments are texts. */
  TextOptions(Arguments arguments, ModelOptions model) {
    this.arguments = arguments;
    this.model = model.addChoice(arguments);
    file =
        arguments.add(
            new Option.Text(
                "FILE", "a file with a text in every line; - is standard input", "-f", "--file"));
    threads = arguments.add(Option.Whole.threads("threads"));
    json = arguments.add(new Option.Flag("print one JSON object per text", "--json"));
    arguments.allowPositionals(Integer.MAX_VALUE);
  }

  /** Threads to work with. */
  int threads() {
    return threads.intValue();
  }

  /** Whether JSON is wanted. */
  boolean json() {
    return json.given();
  }

  /**
   * The texts.
   *
   * @param what is done with them, such as {@code "embed"}
   * @throws UsageException if there are none, or from two places
   * @throws LanewiseException if the file holds none
   */
  List<String> texts(Stdio io, String what) {
    if (file.given() != arguments.positionals().isEmpty()) {
      throw new UsageException("give either texts or -f FILE");
    }
    List<String> texts =
        file.given() ? io.read(file.value()).lines().toList() : arguments.positionals();
    if (texts.isEmpty()) {
      throw new LanewiseException(file() + ": is empty; there is no text to " + what);
    }
    return texts;
  }

  /** What messages call the file that texts come from; null if they are arguments. */
  String file() {
    return file.given() ? Stdio.name(file.value()) : null;
  }

  /** The model, whatever head it has. */
  TextModel load(Stdio io) {
    return TextModel.load(model.path(io));
  }

  /**
   * The model.
   *
   * @throws LanewiseException if it has another head, with the command that serves it
   */
  TextModel load(Stdio io, HeadKind wanted) {
    Path path = model.path(io);
    TextModel loaded = TextModel.load(path);
    HeadKind head = loaded.encoder().head();
    if (head != wanted) {
      loaded.close();
      throw new LanewiseException(
          "%s has %s, but %s is needed; %s"
              .formatted(
                  loaded.metadata().file(),
                  head.description(),
                  wanted.description(),
                  advice(head, loaded.encoder().outputs())));
    }
    return loaded;
  }

  private static String advice(HeadKind head, int outputs) {
    return switch (head) {
      case NONE -> "lanewise embed needs none";
      case MASKED_TOKENS -> "lanewise fill uses it";
      case SEQUENCE_CLASSES ->
          outputs == 1 ? "lanewise rerank or classify uses it" : "lanewise classify uses it";
      case TOKEN_CLASSES -> "lanewise tag uses it";
      case ANSWER_SPAN -> "lanewise answer uses it";
      case IMAGE_CLASSES -> "it is not made for texts";
    };
  }

  /**
   * Works on texts, part after part, and prints the results of each.
   *
   * @param verb what is done, such as {@code "embedding"}
   * @param texts or pairs of them
   * @param print takes a text and its result
   */
  static <T, R> void run(
      Stdio io, String verb, List<T> texts, Work<T, R> work, BiConsumer<T, R> print) {
    BatchProgressLine progress = new BatchProgressLine(io, verb, texts.size());
    for (int from = 0; from < texts.size(); from += PART) {
      List<T> part = texts.subList(from, Math.min(texts.size(), from + PART));
      progress.part(from);
      List<R> results = results(part, from, work, progress);
      for (int i = 0; i < part.size(); i++) {
        print.accept(part.get(i), results.get(i));
      }
    }
    progress.done();
  }

  private static <T, R> List<R> results(
      List<T> part, int before, Work<T, R> work, BatchProgressLine progress) {
    try {
      return work.results(part, progress);
    } catch (LanewiseException e) {
      if (before == 0) {
        throw e;
      }
      throw new LanewiseException(
          "after the first %d texts: %s".formatted(before, e.getMessage()), e);
    }
  }
}
