package dev.lanewise.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.checkpoint.TinyLlama;
import dev.lanewise.model.json.JsonView;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code logits}, and {@code perplexity}, which follows from them. */
class LogitsCommandTest {
  @TempDir private static Path folder;
  private static String base;

  @BeforeAll
  static void writeModel() {
    base = TinyLlama.write(folder.resolve("base.gguf"), 1).toString();
  }

  @Test
  void logitsAgreeWithEachOther() {
    JsonView top = Outcome.done("logits", "-m", base, "--ids", "1,300,301", "--top", "4").object();
    assertEquals(List.of("ids", "top", "logsumexp"), List.copyOf(top.keys()));
    assertEquals(List.of(1L, 300L, 301L), top.at("ids").value());
    JsonView all = Outcome.done("logits", "-m", base, "--ids", "1,300,301", "--all").object();
    List<JsonView> rows = all.at("logits").items();
    assertEquals(3, rows.size());
    double sum = 0;
    List<Double> last = new ArrayList<>();
    for (JsonView logit : rows.getLast().items()) {
      last.add(logit.number());
      sum += Math.exp(logit.number());
    }
    assertEquals(Math.log(sum), top.number("logsumexp"), 1e-4);
    double before = Double.POSITIVE_INFINITY;
    assertEquals(4, top.at("top").items().size());
    for (JsonView pair : top.at("top").items()) {
      double logit = pair.items().get(1).number();
      assertTrue(logit <= before);
      assertEquals(last.get(pair.items().getFirst().integer()), logit, 1e-4);
      before = logit;
    }
    last.sort(null);
    assertEquals(last.get(last.size() - 4), before, 1e-4);
  }

  @Test
  void idsNeedNoTokenizer() {
    String mute =
        TinyLlama.writer(TinyLlama.Shape.NORMAL, TinyLlama.Vocabulary.SPM, 1)
            .string("tokenizer.ggml.model", "unheard-of")
            .write(folder.resolve("mute.gguf"))
            .toString();
    assertEquals(
        Outcome.done("logits", "-m", base, "--ids", "1,300").out(),
        Outcome.done("logits", "-m", mute, "--ids", "1,300").out());
    Outcome.fails(1, "token id 99999: ids run from 0", "logits", "-m", mute, "--ids", "99999");
    Outcome.fails(1, "unheard-of", "logits", "-m", mute, "-p", "hello");
    String bench = "bench -p 2 -n 0 -r 1 -t 1 --warm-up 0 --json -m ";
    assertEquals(1, Outcome.done((bench + mute).split(" ")).object().items().size());
  }

  @Test
  void logitsOfATextBeginWithItsSequenceTokens() {
    JsonView json = Outcome.done("logits", "-m", base, "-p", "hello").object();
    assertEquals(1, json.at("ids").items().getFirst().integer());
    assertEquals(10, json.at("top").items().size());
  }

  @Test
  void windowsFitTheContextAndAreCounted() throws Exception {
    Path file = Files.writeString(folder.resolve("twelve.txt"), "hello the world and");
    String ids =
        Outcome.done("tokenize", "-m", base, "-f", file.toString(), "--sequence").out().strip();
    assertEquals(12, ids.split(" ").length);
    String perplexity = "perplexity -m " + base + " -f " + file;
    Outcome outcome = Outcome.done((perplexity + " --window 11").split(" "));
    assertTrue(outcome.err().contains("window 1 of 1"), outcome.err());
    String wide = perplexity + " --window 64 -c ";
    Outcome.fails(2, "--window 64 is more than the context of 63", (wide + "63").split(" "));
    assertEquals(11, Outcome.done((wide + "64").split(" ")).object().integer("tokens"));
    Outcome.fails(2, "--window 2 is more than the context of 1", (perplexity + " -c 1").split(" "));
    outcome = Outcome.done((perplexity + " -c 4").split(" "));
    assertTrue(outcome.err().contains("window 3 of 3"), outcome.err());
  }

  @Test
  void perplexityFollowsFromTheLogits() throws Exception {
    Path file = Files.writeString(folder.resolve("text.txt"), "hello the world and the hello");
    String ids =
        Outcome.done("tokenize", "-m", base, "-f", file.toString(), "--sequence").out().strip();
    List<Integer> tokens = new ArrayList<>();
    for (String id : ids.split(" ")) {
      tokens.add(Integer.parseInt(id));
    }
    double sum = 0;
    int predicted = 0;
    int window = 3;
    for (int from = 0; from < tokens.size(); from += window) {
      List<Integer> part = tokens.subList(from, Math.min(tokens.size(), from + window));
      String list = part.toString().replaceAll("[\\[\\] ]", "");
      List<JsonView> rows =
          Outcome.done("logits", "-m", base, "--all", "--ids", list).object().at("logits").items();
      for (int i = 0; i + 1 < part.size(); i++) {
        double exponentials = 0;
        for (JsonView logit : rows.get(i).items()) {
          exponentials += Math.exp(logit.number());
        }
        sum += Math.log(exponentials) - rows.get(i).items().get(part.get(i + 1)).number();
        predicted++;
      }
    }
    JsonView json =
        Outcome.done("perplexity", "-m", base, "-f", file.toString(), "--window", "3").object();
    assertEquals(List.of("tokens", "mean_nll", "perplexity"), List.copyOf(json.keys()));
    assertEquals(predicted, json.integer("tokens"));
    assertEquals(sum / predicted, json.number("mean_nll"), 1e-4);
    assertEquals(Math.exp(sum / predicted), json.number("perplexity"), 1e-2);
  }
}
