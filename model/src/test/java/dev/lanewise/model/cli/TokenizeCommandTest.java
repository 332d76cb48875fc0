package dev.lanewise.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.checkpoint.TinyLlama;
import dev.lanewise.model.json.JsonView;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code tokenize} with vocabularies of SentencePiece and of byte pairs. */
class TokenizeCommandTest {
  @TempDir private static Path folder;
  private static String base;
  private static String instruct;

  @BeforeAll
  static void writeModels() {
    base = TinyLlama.write(folder.resolve("base.gguf"), 1).toString();
    instruct =
        TinyLlama.writer(TinyLlama.Shape.NORMAL, TinyLlama.Vocabulary.GPT2, 2)
            .write(folder.resolve("instruct.gguf"))
            .toString();
  }

  @Test
  void tokenizePrintsALineForEachText() {
    Outcome outcome = Outcome.done("tokenize", "-m", base, "hello world", "and", "");
    List<String> lines = outcome.out().lines().toList();
    assertEquals(3, lines.size(), outcome.out());
    assertEquals("", lines.get(2));
    String ids = lines.getFirst();
    assertTrue(ids.matches("[0-9]+( [0-9]+)*"), ids);
    assertEquals(
        "hello world", Outcome.done("tokenize", "-m", base, "--decode", ids).out().strip());
    assertEquals(
        "hello world",
        Outcome.done("tokenize", "-m", base, "--decode", ids.replace(" ", ",")).out().strip());
    assertEquals(
        "{\"ids\":[" + ids.replace(" ", ",") + "],\"text\":\"hello world\"}\n",
        Outcome.done("tokenize", "-m", base, "--decode", ids, "--json").out());
    List<String> words = new ArrayList<>(List.of("tokenize", "-m", base, "--decode"));
    words.addAll(List.of(ids.split(" ")));
    assertEquals("hello world", Outcome.done(words.toArray(String[]::new)).out().strip());
    assertEquals(
        "1 " + ids + "\n", Outcome.done("tokenize", "-m", base, "--sequence", "hello world").out());
  }

  @Test
  void whatDoesNotGoTogetherIsRefused() {
    for (String option : List.of("--pieces", "--offsets")) {
      Outcome.fails(2, "--decode prints a text", "tokenize", "-m", base, "--decode", "300", option);
    }
  }

  @Test
  void tokenizeShowsPiecesAndOffsets() {
    Outcome outcome = Outcome.done("tokenize", "-m", instruct, "hello é", "--pieces", "--offsets");
    List<String[]> rows = outcome.out().lines().map(line -> line.split("\t")).toList();
    assertEquals("hello", rows.getFirst()[1]);
    int end = 0;
    for (String[] row : rows) {
      assertEquals(4, row.length);
      boolean same = row[3].equals(Integer.toString(end));
      assertTrue(
          same || row[2].equals(Integer.toString(end)), "tokens touch, or share a character");
      end = Integer.parseInt(row[3]);
    }
    assertEquals(7, end, "characters of the text");
    JsonView json =
        Outcome.done("tokenize", "-m", instruct, "hello é", "--pieces", "--offsets", "--json")
            .object();
    assertEquals(rows.size(), json.at("ids").items().size());
    assertEquals(rows.size(), json.at("offsets").items().size());
    assertEquals("hello", json.at("pieces").items().getFirst().string());
  }

  @Test
  void offsetsLeaveOutTheSpaceThatSentencePieceAdds() {
    Outcome outcome = Outcome.done("tokenize", "-m", base, "hello world", "--offsets");
    List<String[]> rows = outcome.out().lines().map(line -> line.split("\t")).toList();
    assertEquals("0", rows.getFirst()[1]);
    assertEquals("11", rows.getLast()[2]);
  }

  @Test
  void tokenizeParsesSpecialTokensOnlyIfTold() {
    String plain = Outcome.done("tokenize", "-m", instruct, "<|endoftext|>").out();
    String special = Outcome.done("tokenize", "-m", instruct, "<|endoftext|>", "--special").out();
    assertTrue(plain.strip().contains(" "), plain);
    assertFalse(special.strip().contains(" "), special);
  }
}
