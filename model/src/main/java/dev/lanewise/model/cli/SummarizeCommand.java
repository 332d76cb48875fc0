package dev.lanewise.model.cli;

import dev.lanewise.model.task.ConditionalModel;
import dev.lanewise.model.task.Instruction;
import dev.lanewise.model.task.TextToText;
import java.util.List;

/** {@code lanewise summarize}: texts to short ones. */
final class SummarizeCommand implements Command {
  private final Arguments arguments =
      new Arguments(
          "summarize",
          "-m MODEL (TEXT… | -f FILE) [options]",
          "Prints the summary of each text on a line of its own, or with --json an object"
              + " {\"text\":…,\"summary\":…,…}. A text that is longer than the model takes in is"
              + " cut off, and a line on standard error says so. The model must be an"
              + " encoder-decoder.");
  private final ConversionOptions options = new ConversionOptions(arguments);
  private final Option.Flag whole =
      arguments.add(
          new Option.Flag("with -f: the file is one text, not one in every line", "--whole"));

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) {
    List<String> texts = options.texts().texts(io, "summarize");
    if (whole.given()) {
      texts = List.of(String.join("\n", texts));
    }
    try (ConditionalModel model = options.load(io);
        TextToText summariser =
            new TextToText(
                model,
                options.worded(Instruction.summary(model)),
                TextToText.Overlong.CUT_OFF,
                options.texts().threads())) {
      options.run(io, summariser, texts, "summarising", "summary");
    }
    return Main.OK;
  }
}
