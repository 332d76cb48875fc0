package dev.lanewise.model.cli;

import dev.lanewise.model.task.ConditionalModel;
import dev.lanewise.model.task.Instruction;
import dev.lanewise.model.task.TextToText;
import java.util.List;

/** {@code lanewise translate}: texts into another language. */
final class TranslateCommand implements Command {
  private final Arguments arguments =
      new Arguments(
          "translate",
          "-m MODEL [--from L --to L] (TEXT… | -f FILE) [options]",
          "Prints the translation of each text on a line of its own, or with --json an object"
              + " {\"text\":…,\"translation\":…,…}. Languages are given by their code or English"
              + " name; a model for one pair of languages needs none. A text that is longer than"
              + " the model takes in is an error: give sentences or paragraphs. The model must be"
              + " an encoder-decoder.");
  private final ConversionOptions options = new ConversionOptions(arguments);
  private final Option.Text from =
      arguments.add(new Option.Text("L", "the language of the texts, such as de", "--from"));
  private final Option.Text to =
      arguments.add(new Option.Text("L", "the language to translate into", "--to"));

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) {
    List<String> texts = options.texts().texts(io, "translate");
    try (ConditionalModel model = options.load(io)) {
      translate(texts, model, io);
    }
    return Main.OK;
  }

  private void translate(List<String> texts, ConditionalModel model, Stdio io) {
    Instruction instruction = Instruction.translation(model, from.value(), to.value());
    if ((from.given() || to.given()) && !instruction.namesLanguages()) {
      io.note(
          "lanewise: the model translates from one fixed language into another; --from and --to are"
              + " ignored");
    }
    if (model.isT5() && instruction.prefix().isEmpty() && !options.wordsGiven()) {
      io.note(
          "lanewise: nothing tells the model to translate, and the text goes in as it is; give"
              + " --from and --to, or the words before the text (--prefix)");
    }
    try (TextToText translator =
        new TextToText(
            model,
            options.worded(instruction),
            TextToText.Overlong.REFUSED,
            options.texts().threads())) {
      options.run(io, translator, texts, "translating", "translation");
    }
  }
}
