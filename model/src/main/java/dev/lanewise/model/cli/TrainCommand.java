package dev.lanewise.model.cli;

import dev.lanewise.model.checkpoint.GgufBuilder;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.train.Trainer;
import dev.lanewise.model.train.TrainingOptions;
import dev.lanewise.model.train.TrainingText;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** {@code lanewise train}: a text to a small language model. */
final class TrainCommand implements Command {
  private static final TrainingOptions STANDARD = TrainingOptions.standard();

  private final Arguments arguments =
      new Arguments(
          "train",
          "-f FILE -o MODEL [options]",
          "Trains a small GPT-2 from nothing to continue a text, of which every byte is a token,"
              + " writes it to a GGUF file and prints its path. The last tenth of the text is held"
              + " out: how well the model predicts that tells what it has learnt. Losses are means"
              + " of the negative log-likelihood of a byte. Ctrl-C ends the training and writes"
              + " what was learnt so far. Afterwards lanewise generate --raw -m MODEL -p TEXT"
              + " continues a text.");
  private final Option.Text file =
      arguments.add(new Option.Text("FILE", "the text", "-f", "--file"));
  private final Option.Text output =
      arguments.add(new Option.Text("MODEL", "the file to write, not there yet", "-o"));
  private final Option.Whole layers =
      whole("L", STANDARD.layers(), 1, "blocks of the model", "--layers");
  private final Option.Whole heads =
      whole("H", STANDARD.heads(), 1, "attention heads of a block; they divide D", "--heads");
  private final Option.Whole dim =
      whole("D", STANDARD.dim(), 2, "width of the hidden states", "--dim");
  private final Option.Whole context =
      whole("C", STANDARD.context(), 2, "tokens that the model sees at most", "-c", "--context");
  private final Option.Whole batch =
      whole("B", STANDARD.batch(), 1, "windows of C tokens in a step", "--batch");
  private final Option.Whole steps = whole("N", STANDARD.steps(), 1, "steps", "--steps");
  private final Option.Decimal rate =
      decimal("X", STANDARD.learningRate(), 1e-9f, 1, "highest learning rate", "--rate");
  private final Option.Whole warmUp =
      whole("N", STANDARD.warmUp(), 0, "steps in which the learning rate rises", "--warm-up");
  private final Option.Decimal weightDecay =
      decimal("X", STANDARD.weightDecay(), 0, 1e3f, "weight decay; 0 is off", "--weight-decay");
  private final Option.Decimal clip =
      decimal("X", STANDARD.clip(), 0, 1e6f, "most length of the gradient; 0 is off", "--clip");
  private final Option.Whole every =
      whole(
          "N",
          STANDARD.evaluationInterval(),
          1,
          "steps from one look at the text held out to the next",
          "--every");
  private final Option.Whole seed = arguments.add(Option.Whole.seed(""));
  private final Option.Whole threads = arguments.add(Option.Whole.threads("threads"));
  private final Option.Flag json =
      arguments.add(new Option.Flag("print one JSON object in the end", "--json"));

  private Option.Whole whole(String value, int fallback, int min, String help, String... names) {
    String text = help + " (default " + fallback + ")";
    return arguments.add(new Option.Whole(value, fallback, min, 1 << 24, text, names));
  }

  private Option.Decimal decimal(
      String value, float fallback, float min, float max, String help, String name) {
    String text = help + " (default " + fallback + ")";
    return arguments.add(new Option.Decimal(value, fallback, min, max, text, name));
  }

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) {
    if (!file.given()) {
      throw new UsageException("option -f is missing: which text?");
    }
    if (!output.given()) {
      throw new UsageException("option -o is missing: which file shall be written?");
    }
    Path target = Stdio.path(output.value());
    GgufBuilder.requireNew(target);
    TrainingOptions options = options();
    TrainingText text = TrainingText.read(Stdio.path(file.value()));
    try (Trainer trainer = new Trainer(text, options);
        Interruption interruption = Interruption.install()) {
      interruption.enter();
      io.note(
          "%d bytes, %d different ones; %d parameters; seed %d"
              .formatted(text.length(), text.vocabSize(), trainer.parameters(), trainer.seed()));
      TrainingLine progress = new TrainingLine(io, options, interruption);
      trainer.run(progress);
      return finish(trainer, progress, target, io);
    }
  }

  private TrainingOptions options() {
    TrainingOptions.Builder options =
        TrainingOptions.builder()
            .layers(layers.intValue())
            .heads(heads.intValue())
            .dim(dim.intValue())
            .context(context.intValue())
            .batch(batch.intValue())
            .steps(steps.intValue())
            .learningRate(rate.value())
            .warmUp(warmUp.intValue())
            .weightDecay(weightDecay.value())
            .clip(clip.value())
            .threads(threads.intValue())
            .evaluationInterval(every.intValue());
    if (seed.given()) {
      options.seed(seed.value());
    }
    return options.build();
  }

  private int finish(Trainer trainer, TrainingLine progress, Path target, Stdio io) {
    progress.clear();
    boolean stopped = trainer.steps() < steps.intValue();
    if (trainer.steps() == 0) {
      io.note("lanewise train: stopped before the first step; " + target + " is not written");
      return Interruption.EXIT_CODE;
    }
    trainer.write(target);
    if (stopped) {
      io.note("lanewise train: stopped after %d steps".formatted(trainer.steps()));
    }
    io.note(target + ": written");
    io.emit(json.given() ? Json.write(toMap(trainer, progress, target)) + "\n" : target + "\n");
    return stopped ? Interruption.EXIT_CODE : Main.OK;
  }

  private Map<String, Object> toMap(Trainer trainer, TrainingLine progress, Path target) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("model", target.toString());
    map.put("parameters", trainer.parameters());
    map.put("seed", trainer.seed());
    map.put("steps", trainer.steps());
    map.put("evaluations", progress.evaluations());
    map.put("seconds", progress.seconds());
    map.put("tokens_per_second", progress.tokensPerSecond());
    return map;
  }
}
