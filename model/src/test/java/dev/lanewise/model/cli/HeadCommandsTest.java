package dev.lanewise.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.arch.TinyEncoder;
import dev.lanewise.model.json.JsonView;
import dev.lanewise.model.task.TinyTextModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code classify}, {@code tag}, {@code answer} and {@code fill} on models of few kilobytes. */
class HeadCommandsTest {
  @TempDir private static Path folder;
  private static String classifier;
  private static String tagger;
  private static String answerer;
  private static String filler;

  @BeforeAll
  static void writeModels() throws IOException {
    classifier = write("classifier", TinyEncoder.BERT_CONFIG, TinyEncoder.BERT);
    tagger = write("tagger", TinyTextModel.TAGGER_CONFIG, TinyTextModel.TAGGER);
    answerer = write("answerer", TinyTextModel.ANSWERER_CONFIG, TinyTextModel.ANSWERER);
    filler = write("filler", TinyTextModel.FILLER_CONFIG, TinyTextModel.FILLER);
  }

  private static String write(String name, String config, String tensors) throws IOException {
    Path model = Files.createDirectory(folder.resolve(name));
    return TinyTextModel.write(model, config, tensors).toString();
  }

  private static List<String> texts(List<JsonView> objects) {
    return objects.stream().map(object -> object.string("text")).toList();
  }

  @Test
  void classesOfTexts() {
    Outcome outcome = Outcome.done("classify", "-m", classifier, "--top", "2", "a dog");
    assertEquals("good 0.5052, bad 0.4051  a dog\n", outcome.out());
    assertEquals("", outcome.err());
    outcome = Outcome.with("a dog\nthe cat\n", "classify", "-m", classifier, "-f", "-", "--json");
    assertEquals(List.of("a dog", "the cat"), texts(outcome.objects()));
    List<JsonView> labels = outcome.objects().getFirst().at("labels").items();
    assertEquals(3, labels.size());
    assertEquals("good", labels.getFirst().string("label"));
    assertEquals(0.50520343, labels.getFirst().number("score"), 1e-5);
  }

  @Test
  void classesOfPairs() {
    Outcome outcome =
        Outcome.done("classify", "-m", classifier, "--second", "the cat", "a dog", "good");
    List<String> lines = outcome.lines();
    assertTrue(lines.getFirst().endsWith("  a dog\tthe cat"), outcome.out());
    assertTrue(lines.getLast().endsWith("  good\tthe cat"), outcome.out());
    String[] command = {"classify", "-m", classifier, "-f", "-", "--pairs"};
    assertEquals(outcome.out(), Outcome.with("a dog\tthe cat\r\ngood\tthe cat\n", command).out());
    JsonView object =
        Outcome.done("classify", "-m", classifier, "--second", "the cat", "--json", "a dog")
            .object();
    assertEquals(List.of("text", "second", "labels"), List.copyOf(object.keys()));
    assertEquals("the cat", object.string("second"));
    assertEquals(3, object.at("labels").items().size());
  }

  @Test
  void whatIsNoPairIsSaid() {
    String[] command = {"classify", "-m", classifier, "-f", "-", "--pairs"};
    for (String line : List.of("a dog", "a\tdog\tran", "")) {
      Outcome outcome = Outcome.with("a\tdog\n" + line + "\n", command);
      assertEquals(1, outcome.code());
      String tabs =
          "standard input: line 2 has "
              + line.chars().filter(c -> c == '\t').count()
              + " tabs, but";
      assertTrue(outcome.err().contains(tabs), outcome.err());
      assertEquals("", outcome.out());
    }
    Outcome.fails(2, "--pairs needs -f FILE", "classify", "-m", classifier, "--pairs", "a\tdog");
    Outcome.fails(
        2,
        "either --second or --pairs",
        "classify",
        "-m",
        classifier,
        "--pairs",
        "--second=b",
        "-f",
        "-");
  }

  @Test
  void labelsOfTexts() throws IOException {
    String model = write("inference", TinyTextModel.INFERENCE_CONFIG, TinyEncoder.BERT);
    String[] command = {"classify", "-m", model, "--labels", "cat, dog ,,mat", "--json", "a dog"};
    List<JsonView> labels = Outcome.done(command).object().at("labels").items();
    double sum = 0;
    for (JsonView label : labels) {
      assertTrue(List.of("cat", "dog", "mat").contains(label.string("label")));
      sum += label.number("score");
    }
    assertEquals(3, labels.size());
    assertEquals(1, sum, 1e-5);
    Outcome outcome =
        Outcome.done(
            "classify",
            "-m",
            model,
            "--labels=cat",
            "--multi-label",
            "--hypothesis",
            "a {}",
            "dog");
    assertTrue(outcome.out().matches("cat 0\\.\\d{4}  dog\n"), outcome.out());
    Outcome.fails(
        1, "do not tell entailment", "classify", "-m", classifier, "--labels", "cat", "dog");
    Outcome.fails(2, "need --labels", "classify", "-m", model, "--hypothesis", "a {}", "dog");
    Outcome.fails(2, "need --labels", "classify", "-m", model, "--multi-label", "dog");
    Outcome.fails(2, "no labels", "classify", "-m", model, "--labels", " ,", "dog");
    Outcome.fails(2, "has no {}", "classify", "-m", model, "--labels=a", "--hypothesis=b", "dog");
    Outcome.fails(2, "leave out", "classify", "-m", model, "--labels=a", "--second=b", "dog");
  }

  @Test
  void textsThatAreCutOffAreCounted() {
    String text = "a ".repeat(20);
    Outcome outcome = Outcome.done("classify", "-m", classifier, "dog", text, text);
    assertEquals(
        "text 2 has 22 tokens, of which the first 12 count; 2 of 3 texts were cut off\n",
        outcome.err().replace("\r\n", "\n"));
  }

  @Test
  void entitiesOfTexts() {
    Outcome outcome = Outcome.done("tag", "-m", tagger, "mat on", "");
    assertEquals("0.4753  0-3  LOC  mat\n0.4989  4-6  PER  on\n\n(nothing)\n", outcome.out());
    outcome = Outcome.done("tag", "-m", tagger, "--json", "\uD83D\uDC08 mat on", "");
    List<JsonView> entities = outcome.objects().getFirst().at("entities").items();
    JsonView last = entities.getLast();
    assertEquals(8, last.integer("end"), "in code points");
    assertTrue("\uD83D\uDC08 mat on".endsWith(last.string("text")));
    assertFalse(last.string("label").contains("-"));
    assertEquals(List.of(), outcome.objects().getLast().at("entities").items());
  }

  @Test
  void answersOfTexts() {
    String text = "the good cats sat on a mat. the bad dogs ran.";
    String question = "the good dog ran";
    Outcome outcome =
        Outcome.done(
            "answer", "-m", answerer, "--question", question, text.replace("on a", "on\na"), "");
    assertEquals("0.0362  9-31  cats sat on a mat. the\n\n(no answer)\n", outcome.out());
    outcome =
        Outcome.done(
            "answer",
            "-m",
            answerer,
            "--question",
            question,
            "--top",
            "999",
            "--no-answer",
            "--json",
            text);
    JsonView object = outcome.objects().getFirst();
    assertEquals(question, object.string("question"));
    assertEquals(text, object.string("text"));
    boolean empty = false;
    for (JsonView answer : object.at("answers").items()) {
      String stretch = text.substring(answer.integer("start"), answer.integer("end"));
      assertEquals(stretch, answer.string("text"));
      empty |= stretch.isEmpty();
    }
    assertTrue(empty, "no answer is one");
  }

  @Test
  void fillingsOfTexts() {
    Outcome outcome = Outcome.done("fill", "-m", filler, "--top", "2", "[MASK] cat [MASK]");
    assertEquals(
        """
        0.2421  on cat [MASK]
        0.2191  [UNK] cat [MASK]

        0.3253  [MASK] cat on
        0.1953  [MASK] cat the
        """,
        outcome.out());
    outcome = Outcome.done("fill", "-m", filler, "--json", "The <mask> sat on a mat.");
    List<JsonView> masks = outcome.objects().getFirst().at("masks").items();
    assertEquals(1, masks.size());
    assertEquals(5, masks.getFirst().items().size());
    JsonView second = masks.getFirst().items().get(1);
    assertEquals("on", second.string("token"));
    assertEquals(8, second.integer("id"));
    assertEquals("The on sat on a mat.", second.string("text"));
    Outcome.fails(1, "write [MASK] where", "fill", "-m", filler, "no mask");
  }

  @Test
  void failuresAreFoundAmongManyTexts() {
    String texts = "[MASK]\n".repeat(4097) + "no mask\n";
    Outcome outcome = Outcome.with(texts, "fill", "-m", filler, "--top", "1", "-f", "-");
    assertEquals(1, outcome.code());
    String message = "after the first 4096 texts: text 2 has no mask";
    assertTrue(outcome.err().contains(message), outcome.err());
  }

  @Test
  void aWrongHeadNamesTheCommandThatFits() throws IOException {
    String headless = TinyTextModel.write(Files.createDirectory(folder.resolve("none"))).toString();
    Outcome.fails(
        1,
        "classes of tokens, but a head for classes of texts is needed; lanewise tag uses it",
        "classify",
        "-m",
        tagger,
        "a");
    Outcome.fails(
        1,
        "has a head for answers to questions, but a head for classes of tokens is needed; lanewise"
            + " answer uses it",
        "tag",
        "-m",
        answerer,
        "a");
    Outcome.fails(1, "lanewise fill uses it", "answer", "-m", filler, "--question", "q", "a");
    Outcome.fails(1, "lanewise classify uses it", "fill", "-m", classifier, "a");
    Outcome.fails(
        1,
        "has no head, but a head for masked tokens is needed; lanewise embed",
        "fill",
        "-m",
        headless,
        "a");
    Outcome.fails(1, "lanewise tag uses it", "rerank", "-m", tagger, "--query", "q", "a");
  }

  @Test
  void whatIsMissingIsSaid() throws IOException {
    for (String command : List.of("classify", "tag", "fill")) {
      Outcome.fails(2, "-m is missing", command, "a");
      Outcome.fails(2, "either texts or -f", command, "-m", filler);
      Outcome.fails(1, "is empty", command, "-m", filler, "-f", "-");
      assertTrue(Outcome.done(command, "--help").out().contains("(required)"));
    }
    Outcome.fails(2, "--question is missing", "answer", "-m", answerer, "a");
    Path bare = Files.createDirectory(folder.resolve("bare"));
    TinyEncoder.write(bare, TinyEncoder.BERT_CONFIG, TinyEncoder.BERT);
    Outcome.fails(
        1,
        "bare: has no tokenizer: neither tokenizer.json nor",
        "classify",
        "-m",
        bare.toString(),
        "a");
  }
}
