package dev.lanewise.model.cli;

import dev.lanewise.model.catalogue.Sizes;
import dev.lanewise.model.checkpoint.GgufBuilder;
import dev.lanewise.model.task.ModelQuantiser;
import dev.lanewise.model.task.Quantisation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;

/** {@code lanewise quantize}: a model to a smaller file, or a folder of the hub to a GGUF file. */
final class QuantizeCommand implements Command {
  private static final List<String> TYPES =
      Arrays.stream(Quantisation.values()).map(Quantisation::name).toList();

  private final Arguments arguments =
      new Arguments(
          "quantize",
          "-m MODEL --type TYPE -o FILE [options]",
          "Rounds the matrices of a GGUF file, or of a language model in a folder of the Hugging"
              + " Face hub, to fewer bits (F32: to none fewer), writes them with all else to a"
              + " GGUF file, and prints its path.");
  private final ModelOptions model = ModelOptions.required().addChoice(arguments);
  private final Option.Text type =
      arguments.add(
          new Option.Text(
              "TYPE",
              "what most matrices become, from the largest to the smallest: "
                  + String.join(", ", TYPES),
              "--type"));
  private final Option.Text output =
      arguments.add(new Option.Text("FILE", "the file to write, not there yet", "-o"));
  private final Option.Whole threads = arguments.add(Option.Whole.threads("threads"));

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) throws IOException {
    Quantisation quantisation = quantisation();
    if (!output.given()) {
      throw new UsageException("option -o is missing: which file shall be written?");
    }
    Path target = Stdio.path(output.value());
    GgufBuilder.requireNew(target);
    try (ModelQuantiser quantiser =
        ModelQuantiser.open(model.path(io), quantisation, threads.intValue())) {
      return write(quantiser, target, io);
    }
  }

  private static int write(ModelQuantiser quantiser, Path target, Stdio io) throws IOException {
    BatchProgressLine progress =
        new BatchProgressLine(io, "quantising tensors:", quantiser.tensors());
    try (Interruption interruption = Interruption.install()) {
      interruption.enter();
      try {
        quantiser.write(target, progress.until(interruption));
      } catch (CancellationException e) { // here, while the exit still waits
        progress.clear();
        io.note("lanewise quantize: stopped; " + target + " is not written");
        return Interruption.EXIT_CODE;
      }
    }
    progress.done();
    io.note(target + ": " + Sizes.text(Files.size(target)));
    io.emit(target + "\n");
    return Main.OK;
  }

  private Quantisation quantisation() {
    if (!type.given()) {
      throw new UsageException("option --type is missing: one of " + String.join(", ", TYPES));
    }
    String name = type.value();
    for (Quantisation each : Quantisation.values()) {
      if (each.name().equalsIgnoreCase(name)) {
        return each;
      }
    }
    throw new UsageException(
        "option --type " + name + ": must be one of " + String.join(", ", TYPES));
  }
}
