package dev.lanewise.model.cli;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.task.Embedder;
import dev.lanewise.model.task.Hit;
import dev.lanewise.model.task.Passage;
import dev.lanewise.model.task.SearchIndex;
import dev.lanewise.model.task.SearchIndexWriter;
import dev.lanewise.model.task.Searcher;
import dev.lanewise.model.task.Similarity;
import dev.lanewise.model.task.TextModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;

/** {@code lanewise search}: makes an index of files by what they mean, and looks things up. */
final class SearchCommand implements Command {
  /** Passages that are sorted by length and held in memory with their vectors. */
  private static final int PART = 4096;

  /** Of the time before the first of many queries. */
  private static final long WARM_UP_NANOS = 1_000_000_000;

  /** What of a passage fits on a line. */
  private static final int SHOWN_CHARACTERS = 120;

  private final Arguments arguments =
      new Arguments(
          "search",
          """
          index [-m MODEL] (FOLDER | FILE)… [-o INDEX] [options]
                 lanewise search [query] INDEX [TEXT] [options]
                 lanewise search INDEX --like SOURCE [options]\
          """,
          "Finds passages that mean what a text says. search index cuts text files into passages"
              + " and writes their vectors to a file; of a .jsonl file every line is an object with"
              + " a \"text\" and perhaps an \"id\". Of a folder, hidden files and what is no text"
              + " are left out; what cannot be read is reported, the rest is indexed, and the exit"
              + " code is 1. search looks a text up, or every line of standard input, with the"
              + " model of the index unless -m names another, or what is most like something in the"
              + " index: after lanewise search index catalogue.jsonl -o catalogue.index, the"
              + " command lanewise search catalogue.index --like 17 recommends what else someone"
              + " may want who liked 17. With --json it prints for each search an object"
              + " {\"query\":…,\"hits\":[{\"score\":…,\"source\":…,\"offset\":…,\"text\":…}]}, in"
              + " which \"like\" stands instead of \"query\" after --like. Offsets count characters"
              + " of UTF-16 from 0.");
  private final ModelOptions model = ModelOptions.embedder().addChoice(arguments);
  private final Option.Whole threads = arguments.add(Option.Whole.threads("threads"));
  private final Option.Text output =
      arguments.add(
          new Option.Text("INDEX", "index: the file to write (default: lanewise.index)", "-o"));
  private final Option.Flag lines =
      arguments.add(new Option.Flag("index: every line of a file is a passage", "--lines"));
  private final Option.Text prefix =
      arguments.add(
          new Option.Text(
              "P",
              "index: what to put before each passage, such as 'passage: ' for E5 (default: what"
                  + " the model's files say)",
              "--prefix"));
  private final Option.Text queryPrefix =
      arguments.add(
          new Option.Text(
              "P",
              "index: what to put before each query later, such as 'query: ' for E5 (default: what"
                  + " the model's files say)",
              "--query-prefix"));
  private final Option.Whole count =
      arguments.add(
          new Option.Whole(
              "K",
              10,
              1,
              1 << 20,
              "most passages to find, with --like most sources (default 10)",
              "-k"));
  private final Option.Text like =
      arguments.add(
          new Option.Text("SOURCE", "a path or an id, to find what is most like it", "--like"));
  private final Option.Flag json =
      arguments.add(new Option.Flag("print one JSON object per search", "--json"));

  SearchCommand() {
    arguments.allowPositionals(Integer.MAX_VALUE);
  }

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) throws IOException {
    List<String> words = arguments.positionals();
    String first = words.isEmpty() ? "" : words.getFirst();
    if (first.equals("index")) {
      return makeIndex(words.subList(1, words.size()), io);
    }
    search(first.equals("query") ? words.subList(1, words.size()) : words, io);
    return Main.OK;
  }

  // --- The index ------------------------------------------------------------------------------

  private int makeIndex(List<String> names, Stdio io) {
    if (names.isEmpty()) {
      throw new UsageException("give the files or folders that the index is of");
    }
    if (count.given() || like.given() || json.given()) {
      throw new UsageException("-k, --like and --json are for searches, not for search index");
    }
    SearchFiles.requireThere(names);
    Path target = Stdio.path(output.given() ? output.value() : "lanewise.index");
    try (TextModel loaded = TextModel.load(model.path(io));
        Embedder embedder = new Embedder(loaded, threads.intValue())) {
      EmbedCommand.noteGuess(loaded, io);
      String before =
          prefix.given() ? prefix.value() : embedder.prompt("document", "passage", "corpus");
      SearchFiles files =
          new SearchFiles(lines.given(), text -> embedder.takesWhole(before + text), io);
      List<Passage> passages = files.read(names);
      if (passages.isEmpty()) {
        throw new LanewiseException(
            String.join(", ", names) + ": there is no text in there to make an index of");
      }
      int code = embed(passages, before, embedder, target, io);
      return code == Main.OK && files.incomplete() ? Main.FAILED : code;
    }
  }

  private int embed(
      List<Passage> passages, String before, Embedder embedder, Path target, Stdio io) {
    BatchProgressLine progress =
        new BatchProgressLine(io, "embedding", passages.size())
            .naming(number -> "a passage of " + passages.get(number).source());
    try (Interruption interruption = Interruption.install()) {
      interruption.enter();
      try {
        write(target, passages, before, embedder, progress.until(interruption), io);
      } catch (CancellationException e) { // here, while the exit still waits
        progress.clear();
        io.note("lanewise search: stopped; " + target + " is not written");
        return Interruption.EXIT_CODE;
      }
    }
    progress.done();
    io.note(target + ": " + passages.size() + " passages");
    return Main.OK;
  }

  /** As the model's makers want it, or by the cosine if that is not known here. */
  private static Similarity similarity(Embedder embedder, Stdio io) {
    try {
      return embedder.similarity();
    } catch (LanewiseException e) {
      io.note("lanewise: " + e.getMessage() + "; vectors are compared by their cosine");
      return Similarity.COSINE;
    }
  }

  private void write(
      Path target,
      List<Passage> passages,
      String before,
      Embedder embedder,
      BatchProgressLine progress,
      Stdio io) {
    try (SearchIndexWriter writer =
        new SearchIndexWriter(target, embedder.dim(), similarity(embedder, io))) {
      for (int from = 0; from < passages.size(); from += PART) {
        List<Passage> part = passages.subList(from, Math.min(passages.size(), from + PART));
        progress.part(from);
        List<String> texts = part.stream().map(passage -> before + passage.text()).toList();
        writer.add(part, embedder.embed(texts, progress));
      }
      writer.finish(
          model.reference(), queryPrefix.given() ? queryPrefix.value() : embedder.prompt("query"));
    }
  }

  // --- Searches -------------------------------------------------------------------------------

  private void search(List<String> words, Stdio io) throws IOException {
    if (words.isEmpty()) {
      throw new UsageException("give an index to search, or make one: search index FILE…");
    }
    if (like.given() && words.size() == 2) {
      throw new UsageException("give either a text or --like SOURCE");
    }
    if (words.size() > 2) {
      throw new UsageException(
          "one argument too many: '" + words.getLast() + "'; put a text into quotation marks");
    }
    if (output.given() || lines.given() || prefix.given() || queryPrefix.given()) {
      throw new UsageException(
          "-o, --lines, --prefix and --query-prefix are for search index, which remembers them");
    }
    SearchIndex index = SearchIndex.open(Stdio.path(words.getFirst()));
    try (Searcher searcher = new Searcher(index, threads.intValue())) {
      if (like.given()) {
        long start = System.nanoTime();
        print("like", like.value(), searcher.like(like.value(), count.intValue()), start, io);
      } else {
        look(words.size() == 2 ? words.get(1) : null, index, searcher, io);
      }
    }
  }

  /** Looks a text up, or every line of standard input if it is null. */
  private void look(String text, SearchIndex index, Searcher searcher, Stdio io)
      throws IOException {
    try (TextModel loaded = TextModel.load(modelFor(index, io));
        Embedder embedder = new Embedder(loaded, threads.intValue())) {
      if (embedder.dim() != index.dim()) {
        throw new LanewiseException(
            "%s: has vectors of %d numbers, but the model makes %d; it was made with %s"
                .formatted(index.file(), index.dim(), embedder.dim(), index.model()));
      }
      if (text != null) {
        look(text, index, searcher, embedder, io);
        return;
      }
      warmUp(embedder);
      for (String query = io.readLine(); query != null; query = io.readLine()) {
        if (!query.isBlank()) {
          look(query, index, searcher, embedder, io);
        }
      }
    }
  }

  private Path modelFor(SearchIndex index, Stdio io) {
    if (model.given()) {
      return model.path(io);
    }
    try {
      return model.path(index.model(), io);
    } catch (LanewiseException e) {
      throw new LanewiseException(
          "%s: the model that it was made with is not there; name its new place with -m: %s"
              .formatted(index.file(), e.getMessage()),
          e);
    }
  }

  /** The first queries would have to wait for the compilers; better before than while one waits. */
  private static void warmUp(Embedder embedder) {
    long end = System.nanoTime() + WARM_UP_NANOS;
    while (System.nanoTime() < end) {
      embedder.embed("warm-up");
    }
  }

  private void look(
      String query, SearchIndex index, Searcher searcher, Embedder embedder, Stdio io) {
    long start = System.nanoTime();
    float[] vector = embedder.embed(index.queryPrefix() + query);
    print("query", query, searcher.nearest(vector, count.intValue()), start, io);
  }

  private void print(String key, String query, List<Hit> hits, long start, Stdio io) {
    double millis = (System.nanoTime() - start) * 1e-6;
    io.emit(json.given() ? Json.write(toMap(key, query, hits)) + "\n" : table(hits));
    io.note("[" + hits.size() + " found in " + Decimals.fixed(millis, 1) + " ms]");
  }

  private static Map<String, Object> toMap(String key, String query, List<Hit> hits) {
    List<Object> list = new ArrayList<>();
    for (Hit hit : hits) {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("score", hit.score());
      map.put("source", hit.passage().source());
      map.put("offset", hit.passage().offset());
      map.put("text", hit.passage().text());
      list.add(map);
    }
    Map<String, Object> map = new LinkedHashMap<>();
    map.put(key, query);
    map.put("hits", list);
    return map;
  }

  private static String table(List<Hit> hits) {
    Columns columns = new Columns();
    for (Hit hit : hits) {
      String text = hit.passage().text().replaceAll("\\s+", " ");
      columns.row(
          Decimals.fixed(hit.score(), 3),
          hit.passage().source(),
          text.length() <= SHOWN_CHARACTERS ? text : text.substring(0, SHOWN_CHARACTERS) + "…");
    }
    return columns.toString();
  }
}
