package dev.lanewise.model.cli;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.catalogue.Sizes;
import dev.lanewise.model.checkpoint.GgufBuilder;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.train.Trainer;
import dev.lanewise.model.train.TrainingOptions;
import dev.lanewise.model.train.TrainingText;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.function.ToIntFunction;

/** {@code lanewise train}: a text to a small language model, or to more of one. */
final class TrainCommand implements Command {
  private static final TrainingOptions FRESH = TrainingOptions.standard();
  private static final TrainingOptions FURTHER = TrainingOptions.from(Path.of("")).build();

  private final Arguments arguments =
      new Arguments(
          "train",
          "-f FILE -o MODEL [options]",
          "Trains a small GPT-2 from nothing to continue a text, of which every byte is a token; or"
              + " with --from a GPT-2 that has learnt before, which keeps its sizes and its tokens."
              + " Writes a GGUF file and prints its path. The last tenth of the text is held"
              + " out: how well the model predicts that tells what it has learnt. Losses are means"
              + " of the negative log-likelihood of a token. Ctrl-C ends the training and writes"
              + " what was learnt so far. Afterwards lanewise generate --raw -m MODEL -p TEXT"
              + " continues a text.");
  private final Option.Text file =
      arguments.add(new Option.Text("FILE", "the text; - is standard input", "-f", "--file"));
  private final Option.Text output =
      arguments.add(new Option.Text("MODEL", "the file to write, not there yet", "-o"));
  private final Option.Text from =
      arguments.add(
          new Option.Text(
              "MODEL",
              "a GPT-2 to train further: a GGUF file, or a folder of the Hugging Face hub",
              "--from"));
  private final Option.Whole frozen =
      arguments.add(
          new Option.Whole(
              "N",
              0,
              0,
              1 << 24,
              "with --from: the embeddings and the first N blocks keep their weights, which takes"
                  + " less memory and time (default 0: all is trained)",
              "--freeze"));
  private final Option.Whole layers =
      size("L", FRESH.layers(), 1, "blocks of the model", "--layers");
  private final Option.Whole heads =
      size("H", FRESH.heads(), 1, "attention heads of a block; they divide D", "--heads");
  private final Option.Whole dim = size("D", FRESH.dim(), 2, "width of the hidden states", "--dim");
  private final Option.Whole context =
      whole(
          "C",
          TrainingOptions::context,
          2,
          "tokens of a window, and all that a model from nothing sees",
          "-c",
          "--context");
  private final Option.Whole batch =
      whole("B", TrainingOptions::batch, 1, "windows of C tokens in a step", "--batch");
  private final Option.Whole steps = whole("N", TrainingOptions::steps, 1, "steps", "--steps");
  private final Option.Decimal rate =
      decimal("X", TrainingOptions::learningRate, 1e-9f, 1, "highest learning rate", "--rate");
  private final Option.Whole warmUp =
      whole("N", TrainingOptions::warmUp, 0, "steps in which the learning rate rises", "--warm-up");
  private final Option.Decimal weightDecay =
      decimal(
          "X", TrainingOptions::weightDecay, 0, 1e3f, "weight decay; 0 is off", "--weight-decay");
  private final Option.Decimal clip =
      decimal(
          "X", TrainingOptions::clip, 0, 1e6f, "most length of the gradient; 0 is off", "--clip");
  private final Option.Whole every =
      whole(
          "N",
          TrainingOptions::evaluationInterval,
          1,
          "steps from one look at the text held out to the next",
          "--every");
  private final Option.Whole seed = arguments.add(Option.Whole.seed(""));
  private final Option.Whole threads = arguments.add(Option.Whole.threads("threads"));
  private final Option.Flag json =
      arguments.add(new Option.Flag("print one JSON object in the end", "--json"));

  private Option.Whole size(String value, int fallback, int min, String help, String name) {
    String text = help + " (default " + fallback + "; not with --from)";
    return arguments.add(new Option.Whole(value, fallback, min, 1 << 24, text, name));
  }

  private Option.Whole whole(
      String value,
      ToIntFunction<TrainingOptions> fallback,
      int min,
      String help,
      String... names) {
    int fresh = fallback.applyAsInt(FRESH);
    String text = help + defaults(fresh, fallback.applyAsInt(FURTHER));
    return arguments.add(new Option.Whole(value, fresh, min, 1 << 24, text, names));
  }

  private Option.Decimal decimal(
      String value,
      Function<TrainingOptions, Float> fallback,
      float min,
      float max,
      String help,
      String name) {
    float fresh = fallback.apply(FRESH);
    String text = help + defaults(fresh, fallback.apply(FURTHER));
    return arguments.add(new Option.Decimal(value, fresh, min, max, text, name));
  }

  private static String defaults(Number fresh, Number further) {
    return " (default " + fresh + (fresh.equals(further) ? "" : ", with --from " + further) + ")";
  }

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public String lessMemory() {
    return "fewer or shorter windows (--batch, -c), a shorter text";
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
    TrainingText text =
        file.value().equals("-")
            ? TrainingText.of(Stdio.name("-"), io.bytes("-"))
            : TrainingText.read(Stdio.path(file.value()));
    try (Trainer trainer = new Trainer(text, options);
        Interruption interruption = Interruption.install()) {
      interruption.enter();
      trainer.requireWritable(target);
      io.note(
          ("%d bytes are %d tokens, %d known; %d of %d parameters to learn, with %d"
                  + " windows of %d tokens in a step; %s of memory; seed %d")
              .formatted(
                  text.length(),
                  trainer.tokens(),
                  trainer.vocabSize(),
                  trainer.trainedParameters(),
                  trainer.parameters(),
                  options.batch(),
                  trainer.context(),
                  Sizes.text(trainer.memory()),
                  trainer.seed()));
      TrainingLine progress = new TrainingLine(io, options.steps(), trainer.rows(), interruption);
      trainer.run(progress);
      return finish(trainer, options, progress, target, io);
    }
  }

  private TrainingOptions options() {
    TrainingOptions.Builder options = builder().threads(threads.intValue());
    set(context, options::context);
    set(batch, options::batch);
    set(steps, options::steps);
    set(warmUp, options::warmUp);
    set(every, options::evaluationInterval);
    set(rate, options::learningRate);
    set(weightDecay, options::weightDecay);
    set(clip, options::clip);
    if (seed.given()) {
      options.seed(seed.value());
    }
    return options.build();
  }

  /** Begins with what the two kinds of training do not share. */
  private TrainingOptions.Builder builder() {
    if (from.given()) {
      for (Option.Whole size : List.of(layers, heads, dim)) {
        if (size.given()) {
          throw new UsageException(
              ("option %s sets a size of a model from nothing; one that is trained"
                      + " further (--from) keeps its own")
                  .formatted(size.names()[0]));
        }
      }
      return TrainingOptions.from(Stdio.path(from.value())).frozen(frozen.intValue());
    }
    if (frozen.given()) {
      throw new UsageException(
          "option --freeze keeps weights of a model that is trained further; --from is missing");
    }
    return TrainingOptions.builder()
        .layers(layers.intValue())
        .heads(heads.intValue())
        .dim(dim.intValue());
  }

  private static void set(Option.Whole option, IntConsumer to) {
    if (option.given()) {
      to.accept(option.intValue());
    }
  }

  private static void set(Option.Decimal option, Consumer<Float> to) {
    if (option.given()) {
      to.accept(option.value());
    }
  }

  private int finish(
      Trainer trainer, TrainingOptions options, TrainingLine progress, Path target, Stdio io) {
    progress.clear();
    boolean stopped = trainer.steps() < options.steps();
    if (trainer.steps() == 0) {
      io.note("lanewise train: stopped before the first step; " + target + " is not written");
      return Interruption.EXIT_CODE;
    }
    Path written = write(trainer, target, io);
    if (stopped) {
      io.note("lanewise train: stopped after %d steps".formatted(trainer.steps()));
    }
    io.note(written + ": written");
    io.emit(json.given() ? Json.write(toMap(trainer, progress, written)) + "\n" : written + "\n");
    return stopped ? Interruption.EXIT_CODE : written.equals(target) ? Main.OK : Main.FAILED;
  }

  /**
   * Writes what was learnt; if the target cannot be written any more, beside it or among the
   * temporary files, so that it is not lost.
   */
  private static Path write(Trainer trainer, Path target, Stdio io) {
    try {
      trainer.write(target);
      return target;
    } catch (LanewiseException e) {
      io.note("lanewise train: " + e.getMessage());
      Path beside = target.toAbsolutePath().getParent();
      for (Path folder : List.of(beside, Path.of(System.getProperty("java.io.tmpdir")))) {
        Path other = folder.resolve("lanewise-train-" + System.currentTimeMillis() + ".gguf");
        try {
          trainer.write(other);
          return other;
        } catch (LanewiseException again) {
          e.addSuppressed(again);
        }
      }
      throw new LanewiseException(
          e.getMessage() + "; nor could what was learnt be written elsewhere, so it is lost", e);
    }
  }

  private Map<String, Object> toMap(Trainer trainer, TrainingLine progress, Path target) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("model", target.toString());
    map.put("parameters", trainer.parameters());
    map.put("trained_parameters", trainer.trainedParameters());
    map.put("tokens", trainer.tokens());
    map.put("memory_bytes", trainer.memory());
    map.put("seed", trainer.seed());
    map.put("steps", trainer.steps());
    map.put("held_out_loss_before", progress.heldOutLossBefore());
    map.put("evaluations", progress.evaluations());
    map.put("seconds", progress.seconds());
    map.put("tokens_per_second", progress.tokensPerSecond());
    return map;
  }
}
