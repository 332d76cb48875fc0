package dev.lanewise.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.json.JsonView;
import dev.lanewise.model.task.TinyTextModel;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** {@code search} from files to hits, on a model of a few kilobytes. */
class SearchCommandTest {
  @TempDir private static Path models;
  private static String model;

  @TempDir private Path folder;
  private String index;

  @BeforeAll
  static void writeModel() {
    model = TinyTextModel.write(models).toString();
  }

  @BeforeEach
  void nameIndex() {
    index = folder.resolve("x.index").toString();
  }

  private String write(String name, String text) {
    TinyTextModel.add(folder, name, text);
    return folder.resolve(name).toString();
  }

  private Outcome makeIndex(String... more) {
    List<String> args = new ArrayList<>(List.of("search", "index", "-m", model, "-o", index));
    args.addAll(List.of(more));
    return Outcome.done(args.toArray(String[]::new));
  }

  private static List<String> sources(JsonView search) {
    return search.at("hits").items().stream().map(hit -> hit.string("source")).toList();
  }

  @Test
  void aFolderIsSearchedByItsTexts() {
    String cat = write("texts/cat.txt", "the cat sat\n");
    write("texts/sub/dog.txt", "a bad dog ran\n");
    write("texts/.hidden/x.txt", "the cat sat");
    write("texts/image.bin", "\0\1\2");
    Outcome made = makeIndex(folder.resolve("texts").toString());
    assertTrue(made.err().contains("image.bin: is not text"), made.err());
    assertTrue(made.err().contains("x.index: 2 passages"), made.err());
    Outcome found = Outcome.done("search", index, "the cat sat", "--json");
    JsonView search = found.objects().getFirst();
    assertEquals("the cat sat", search.string("query"));
    assertEquals(cat, sources(search).getFirst());
    assertEquals(2, sources(search).size());
    JsonView hit = search.at("hits").items().getFirst();
    assertEquals(1, hit.number("score"), 1e-5);
    assertEquals("the cat sat", hit.string("text"));
    assertEquals(0, hit.integer("offset"));
    assertTrue(found.err().contains("found in"), found.err());
  }

  @Test
  void missingTextsAreNamedBeforeAModelIsLoaded() {
    String there = write("there.txt", "the cat sat");
    String missing = folder.resolve("missing.txt").toString();
    String model = folder.resolve("no-model.gguf").toString();
    Outcome outcome = Outcome.of("search", "index", "-m", model, there, missing);
    assertEquals(1, outcome.code());
    assertTrue(outcome.err().contains(missing + ": no such file"), outcome.err());
  }

  @Test
  void everyLineOfStandardInputIsAQuery() {
    makeIndex("--lines", write("list.csv", "the cat sat\n\na bad dog ran\n"));
    Outcome outcome = Outcome.with("a bad dog ran\n\nthe cat sat\n", "search", index, "-k", "1");
    assertEquals(0, outcome.code(), outcome.err());
    assertEquals(2, outcome.lines().size(), outcome.out());
    assertTrue(outcome.lines().get(0).contains("list.csv:3  a bad dog ran"), outcome.out());
    assertTrue(outcome.lines().get(1).contains("list.csv:1  the cat sat"), outcome.out());
  }

  @Test
  void aCatalogueRecommends() {
    makeIndex(
        write(
            "catalogue.jsonl",
            """
            {"id": 17, "text": "the cat sat on the mat."}
            {"id": "b", "text": "a bad dog ran"}
            {"id": 18, "text": "the cat sat on a mat."}
            {"text": "good dogs"}
            """));
    Outcome outcome = Outcome.done("search", index, "--like", "17", "--json");
    JsonView search = outcome.objects().getFirst();
    assertEquals("17", search.string("like"));
    assertEquals(3, sources(search).size());
    assertEquals("18", sources(search).getFirst());
    assertTrue(sources(search).contains(folder.resolve("catalogue.jsonl") + ":4"));
    Outcome.fails(1, "nothing from '99'", "search", index, "--like", "99");
  }

  @Test
  void aLinkToAFolderIsSearchedUnderItsOwnName() throws IOException {
    write("texts/sub/cat.txt", "the cat sat\n");
    Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("texts"));
    makeIndex(link.toString());
    JsonView search = Outcome.done("search", index, "cat", "--json").objects().getFirst();
    assertEquals(List.of(link.resolve("sub/cat.txt").toString()), sources(search));
  }

  @Test
  void aLineBeginsAfterItsWhiteSpace() {
    makeIndex("--lines", write("list.txt", "dog\n \t the cat sat \n"));
    JsonView search = Outcome.done("search", index, "the cat sat", "--json").objects().getFirst();
    JsonView hit = search.at("hits").items().getFirst();
    assertEquals("the cat sat", hit.string("text"));
    assertEquals("dog\n \t ".length(), hit.integer("offset"));
  }

  @Test
  void aByteOrderMarkIsNoText() {
    makeIndex(write("marked.txt", "\uFEFFthe cat sat"), write("mark.txt", "\uFEFF"));
    JsonView search = Outcome.done("search", index, "the cat sat", "--json").objects().getFirst();
    assertEquals(1, sources(search).size());
    JsonView hit = search.at("hits").items().getFirst();
    assertEquals("the cat sat", hit.string("text"));
    assertEquals(0, hit.integer("offset"));
  }

  @Test
  void aPassageThatIsCutOffIsNamed() {
    String text = write("long.txt", "a ".repeat(20));
    Outcome made = makeIndex("--lines", text);
    assertTrue(made.err().contains("a passage of " + text + ":1 has 22 tokens"), made.err());
  }

  @Test
  void aTextIsCutIntoPassagesThatTheModelTakesWhole() {
    Outcome made = makeIndex("--prefix", "the ", write("long.txt", "a ".repeat(20)));
    assertTrue(made.err().contains("x.index: 3 passages"), made.err());
    assertFalse(made.err().contains("tokens"), made.err());
  }

  @Test
  void utf16IsReadWhereAByteOrderMarkSaysSo() throws IOException {
    Path file = folder.resolve("x.txt");
    for (Charset charset : List.of(StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE)) {
      Files.write(file, "\uFEFFthe cat sat".getBytes(charset));
      makeIndex(file.toString());
      JsonView search = Outcome.done("search", index, "cat", "--json").objects().getFirst();
      assertEquals("the cat sat", search.at("hits").items().getFirst().string("text"));
    }
  }

  @Test
  void whatIsNoUtf8IsLeftOut() throws IOException {
    byte[] latin = "the caf\u00E9".getBytes(StandardCharsets.ISO_8859_1);
    String cat = write("texts/cat.txt", "the cat sat\n");
    Path inFolder = Files.write(folder.resolve("texts/latin.txt"), latin);
    Path named = Files.write(folder.resolve("named.txt"), latin);
    Outcome made = makeIndex(named.toString(), folder.resolve("texts").toString());
    assertTrue(made.err().contains(inFolder + ": is not text in UTF-8 and is left out"));
    assertTrue(made.err().contains(named + ": is not text in UTF-8 and is left out"));
    assertTrue(made.err().contains("x.index: 1 passages"), made.err());
    JsonView search = Outcome.done("search", index, "cat", "--json").objects().getFirst();
    assertEquals(List.of(cat), sources(search));
    Outcome query = Outcome.with(latin, "search", index);
    assertEquals(1, query.code());
    assertTrue(query.err().contains("is not UTF-8 at byte 7"), query.err());
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aFileInAFolderThatCannotBeReadIsLeftOut() throws IOException {
    String cat = write("texts/cat.txt", "the cat sat\n");
    Path unreadable = folder.resolve("texts/unreadable");
    Files.createSymbolicLink(unreadable, Path.of("/proc/self/mem")); // whose first byte is none
    String texts = folder.resolve("texts").toString();
    Outcome made = Outcome.of("search", "index", "-m", model, "-o", index, texts);
    assertEquals(1, made.code(), made.err());
    assertTrue(made.err().contains(unreadable + ": cannot be read"), made.err());
    assertTrue(made.err().contains("x.index: 1 passages"), made.err());
    JsonView search = Outcome.done("search", index, "cat", "--json").objects().getFirst();
    assertEquals(List.of(cat), sources(search));
    String file = unreadable.toString();
    Outcome.fails(1, "cannot be read", "search", "index", "-m", model, "-o", index, file);
    Files.delete(unreadable);
  }

  @Test
  void blankTextsOfACatalogueAreLeftOut() {
    Outcome made =
        makeIndex(write("some.jsonl", "{\"text\": \" \"}\n{\"text\": \"cat\"}\n{\"text\": \"\"}"));
    assertTrue(made.err().contains("x.index: 1 passages"), made.err());
  }

  @Test
  void theIndexRemembersWhatQueriesBeginWith() {
    makeIndex(
        "--prefix", "the ", "--query-prefix", "the ", "--lines", write("list", "cat\nbad dog\n"));
    JsonView search = Outcome.done("search", "query", index, "cat", "--json").objects().getFirst();
    assertEquals(1, search.at("hits").items().getFirst().number("score"), 1e-5);
    assertEquals("cat", search.at("hits").items().getFirst().string("text"));
  }

  @Test
  void passagesAndQueriesBeginAsTheModelWants() {
    Path prompted = TinyTextModel.write(folder.resolve("prompted"));
    TinyTextModel.add(
        prompted,
        "config_sentence_transformers.json",
        "{\"prompts\": {\"passage\": \"the bad \", \"query\": \"the \"}}");
    String list = write("prompted.txt", "cat\n");
    Outcome.done("search", "index", "-m", prompted.toString(), "-o", index, "--lines", list);
    JsonView search =
        Outcome.done("search", "query", index, "bad cat", "--json").objects().getFirst();
    assertEquals(1, search.at("hits").items().getFirst().number("score"), 1e-5);
  }

  @Test
  void anIndexWhoseModelIsGoneSaysSo() throws IOException {
    Path moved = TinyTextModel.write(folder.resolve("old"));
    String list = write("list.txt", "cat");
    Outcome.done("search", "index", "-m", moved.toString(), "-o", index, list);
    Path there = Files.move(moved, folder.resolve("new"));
    Outcome.fails(1, index + ": the model that it was made with", "search", index, "cat");
    Outcome.done("search", index, "cat", "-m", there.toString());
  }

  @Test
  void whatIsWrongIsSaid() throws IOException {
    String list = write("list.txt", "cat");
    Outcome.fails(2, "files or folders", "search", "index", "-m", model);
    Outcome.fails(2, "give an index", "search");
    Outcome.fails(2, "quotation marks", "search", "x.index", "two", "words");
    Outcome.fails(2, "either a text or --like", "search", "x.index", "word", "--like", "x");
    Outcome.fails(2, "for search index", "search", "x.index", "word", "--lines");
    Outcome.fails(2, "not for search index", "search", "index", "-m", model, list, "--like", "x");
    Outcome.fails(1, "no such file", "search", folder.resolve("none.index").toString(), "word");
    Outcome.fails(1, "is no search index", "search", list, "word");
    String nothing = write("nothing.index", "");
    Outcome.fails(1, "the file is empty; make one with search index", "search", nothing, "word");
    Outcome.fails(
        1,
        folder.resolve("empty.txt") + ": there is no text",
        "search",
        "index",
        "-m",
        model,
        "-o",
        index,
        write("empty.txt", " \n"));
    Outcome.fails(
        1, "bad.jsonl:2", "search", "index", "-m", model, "-o", index, write("bad.jsonl", "\n{}"));
    assertFalse(Files.exists(Path.of(index)));
    makeIndex(list);
    Path other = Files.createDirectory(folder.resolve("other"));
    TinyTextModel.write(other);
    Files.delete(other.resolve("model.safetensors"));
    Outcome.fails(1, "model.safetensors", "search", index, "cat", "-m", other.toString());
  }
}
