package dev.lanewise.model.cli;

import dev.lanewise.model.arch.HeadKind;
import dev.lanewise.model.task.Answer;
import dev.lanewise.model.task.QuestionAnswerer;
import dev.lanewise.model.task.TextModel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code lanewise answer}: the answers that texts give to a question. */
final class AnswerCommand implements Command {
  private final Arguments arguments =
      new Arguments(
          "answer",
          "-m MODEL --question Q (TEXT… | -f FILE) [options]",
          "Finds the stretches of each text that answer a question: a line with score, place and"
              + " answer for each, and an empty line between texts; or with --json an object for"
              + " each text,"
              + " {\"question\":…,\"text\":…,\"answers\":[{\"score\":…,\"start\":…,\"end\":…,\"text\":…},…]}."
              + " Places count characters (code points) from 0. Long texts are read in windows that"
              + " overlap.");
  private final TextOptions options = new TextOptions(arguments, ModelOptions.required());
  private final Option.Text question =
      arguments.add(new Option.Text("Q", "the question (required)", "--question"));
  private final Option.Whole top = arguments.add(Option.Whole.top(1, "answers of a text"));
  private final Option.Flag noAnswer =
      arguments.add(
          new Option.Flag(
              "a text may hold no answer, which is then an empty one; for models that were trained"
                  + " for it",
              "--no-answer"));
  private boolean first = true;

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) {
    if (!question.given()) {
      throw new UsageException("option --question is missing: what shall the texts answer?");
    }
    List<String> texts = options.texts(io, "look for an answer");
    try (TextModel model = options.load(io, HeadKind.ANSWER_SPAN);
        QuestionAnswerer answerer = new QuestionAnswerer(model, options.threads())) {
      TextOptions.run(
          io,
          "answering",
          texts,
          (part, progress) ->
              answerer.answer(question.value(), part, top.intValue(), noAnswer.given(), progress),
          (text, answers) -> print(text, answers, io));
    }
    return Main.OK;
  }

  private void print(String text, List<Answer> answers, Stdio io) {
    List<Stretch> stretches =
        answers.stream()
            .map(each -> new Stretch(null, each.score(), each.start(), each.end(), each.text()))
            .toList();
    if (options.json()) {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("question", question.value());
      map.put("text", text);
      io.emit(Stretch.object(map, text, "answers", stretches));
    } else {
      io.emit((first ? "" : "\n") + Stretch.lines(text, stretches, "(no answer)"));
    }
    first = false;
  }
}
