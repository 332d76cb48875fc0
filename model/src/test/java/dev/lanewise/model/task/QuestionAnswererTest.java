package dev.lanewise.model.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.TinyEncoder;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Answers to questions: those of the pipeline of transformers 4.57.1 for these models. */
class QuestionAnswererTest {
  private static final String QUESTION = "the good dog ran";
  private static final String SHORT = "the good cats sat on a mat. the bad dogs ran.";

  /** Of 73 tokens, read in windows of 33. */
  private static final String LONG =
      "on a on good ran dogs ran . dogs good . a the good bad the the . bad mat the the sat ran ran"
          + " . a ran ran on on dogs the cat the the bad good . ran on the good the a on cat on cat"
          + " a cat mat ran mat sat on the on the bad the ran ran bad on ran ran on on the";

  @TempDir private Path folder;

  private QuestionAnswerer answerer() {
    return answerer(TinyTextModel.ANSWERER_CONFIG, TinyTextModel.ANSWERER);
  }

  private QuestionAnswerer answerer(String config, String tensors) {
    return new QuestionAnswerer(TextModel.load(TinyTextModel.write(folder, config, tensors)), 2);
  }

  private static List<Answer> answer(
      QuestionAnswerer answerer, String text, int top, boolean noAnswer) {
    return answerer.answer(QUESTION, List.of(text), top, noAnswer, BatchProgress.NONE).getFirst();
  }

  private static void same(List<Answer> found, Answer... wanted) {
    assertEquals(wanted.length, found.size(), found.toString());
    for (int i = 0; i < wanted.length; i++) {
      Answer answer = found.get(i);
      float score = wanted[i].score();
      assertEquals(score, answer.score(), 1e-5);
      assertEquals(wanted[i], new Answer(score, answer.start(), answer.end(), answer.text()));
    }
  }

  @Test
  void answersAreThoseOfTheReference() {
    try (QuestionAnswerer answerer = answerer()) {
      Answer best = new Answer(0.036220900f, 9, 31, "cats sat on a mat. the");
      Answer second = new Answer(0.034067529f, 9, 20, "cats sat on");
      Answer third = new Answer(0.031851381f, 0, 3, "the");
      same(answer(answerer, SHORT, 1, false), best);
      same(
          answer(answerer, SHORT, 5, false),
          best,
          second,
          third,
          new Answer(0.021503191f, 0, 31, "the good cats sat on a mat. the"),
          new Answer(0.020454733f, 0, 13, "the good cats"));
      same(answer(answerer, SHORT, 3, true), best, second, third);
    }
  }

  @Test
  void aLongTextIsReadInWindows() {
    try (QuestionAnswerer answerer = answerer()) {
      same(answer(answerer, LONG, 1, false), new Answer(0.14259097f, 97, 100, "ran"));
      Answer ran = new Answer(0.15623811f, 97, 100, "ran");
      Answer twice = new Answer(0.062164318f, 97, 104, "ran ran");
      same(
          answer(answerer, LONG, 5, false),
          ran,
          twice,
          new Answer(0.050272467f, 59, 62, "the"),
          new Answer(0.023131819f, 197, 248, LONG.substring(197, 248)),
          new Answer(0.022830570f, 197, 214, "sat on the on the"));
      same(answer(answerer, LONG, 3, true), ran, twice, new Answer(0.042504997f, 59, 62, "the"));
    }
  }

  @Test
  void anEncoderWithoutTypesOfTokens() {
    String config = TinyTextModel.longer(TinyEncoder.DISTILBERT_CONFIG);
    try (QuestionAnswerer answerer =
        answerer(config, TinyTextModel.longer(TinyEncoder.DISTILBERT))) {
      same(
          answer(answerer, LONG, 5, false),
          new Answer(0.043368762f, 73, 76, "the"),
          new Answer(0.032141522f, 219, 226, "the ran"),
          new Answer(0.015327114f, 185, 226, LONG.substring(185, 226)),
          new Answer(0.013948855f, 197, 226, LONG.substring(197, 226)),
          new Answer(0.013757098f, 81, 88, "sat ran"));
    }
  }

  @Test
  void noAnswerIsAnEmptyOne() {
    try (QuestionAnswerer answerer = answerer()) {
      List<Answer> all = answer(answerer, SHORT, 1000, true);
      assertEquals(1, all.stream().filter(each -> each.text().isEmpty()).count());
      for (int i = 1; i < all.size(); i++) {
        assertTrue(all.get(i).score() <= all.get(i - 1).score());
      }
      assertEquals(List.of(), answer(answerer, "", 3, false));
      same(answer(answerer, "", 3, true), new Answer(1, 0, 0, ""));
      assertEquals(List.of(), answer(answerer, SHORT, 0, false));
      assertThrows(IllegalArgumentException.class, () -> answer(answerer, "", -1, false));
    }
  }

  @Test
  void textsHaveTheSameAnswersAloneAndAmongOthers() {
    try (QuestionAnswerer answerer = answerer()) {
      List<String> texts = List.of("a cat", LONG, "", SHORT);
      List<List<Answer>> found = answerer.answer(QUESTION, texts, 3, false, BatchProgress.NONE);
      for (int i = 0; i < texts.size(); i++) {
        assertEquals(answer(answerer, texts.get(i), 3, false), found.get(i));
      }
    }
  }

  @Test
  void aQuestionMustLeaveRoom() {
    try (QuestionAnswerer answerer = answerer()) {
      String question = "a ".repeat(38);
      String message =
          assertThrows(
                  LanewiseException.class,
                  () -> answerer.answer(question, List.of(SHORT), 1, false, BatchProgress.NONE))
              .getMessage();
      assertTrue(
          message.startsWith("the question has 38 tokens, and the model reads at most 40"),
          message);
      String longest = "a ".repeat(35);
      assertEquals(
          1,
          answerer.answer(longest, List.of(SHORT), 1, false, BatchProgress.NONE).getFirst().size());
    }
  }

  @Test
  void otherHeadsAreRefused() {
    TextModel headless = TextModel.load(TinyTextModel.write(folder));
    String message =
        assertThrows(LanewiseException.class, () -> new QuestionAnswerer(headless, 1)).getMessage();
    assertTrue(message.contains("has no head, but a head for answers"), message);
  }

  @Test
  void oneTextIsAnsweredAsAmongOthers() {
    List<Answer> wanted;
    try (QuestionAnswerer answerer = answerer()) {
      wanted = answer(answerer, SHORT, 3, false);
    }
    try (QuestionAnswerer answerer = QuestionAnswerer.load(folder)) {
      assertEquals(wanted, answerer.answer(QUESTION, SHORT, 3));
    }
  }
}
