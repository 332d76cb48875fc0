package dev.lanewise.model.cli;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.task.ImageLabeller;
import dev.lanewise.model.task.ImageModel;
import dev.lanewise.model.task.LabelScore;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** {@code lanewise label}: image files to labels. */
final class LabelCommand implements Command {
  private final Arguments arguments =
      new Arguments(
          "label",
          "-m MODEL FILE… [options]",
          "Tells what images show: for each PNG or JPEG file a line with the best classes, their"
              + " scores and the file, or with --json an object"
              + " {\"file\":…,\"labels\":[{\"label\":…,\"score\":…},…]}. A file that cannot be read"
              + " is reported, the others are labelled, and the exit code is 1. The model is a"
              + " folder with a preprocessor_config.json beside the weights.");
  private final ModelOptions model = ModelOptions.required().addChoice(arguments);
  private final Option.Whole top = arguments.add(Option.Whole.top(5, "classes of an image"));
  private final Option.Whole threads = arguments.add(Option.Whole.threads("threads"));
  private final Option.Flag json =
      arguments.add(new Option.Flag("print one JSON object per file", "--json"));

  LabelCommand() {
    arguments.allowPositionals(Integer.MAX_VALUE);
  }

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) {
    List<String> names = arguments.positionals();
    if (names.isEmpty()) {
      throw new UsageException("which images? give their files");
    }
    List<Path> files = names.stream().map(Stdio::path).toList();
    try (ImageModel loaded = ImageModel.load(model.path(io));
        ImageLabeller labeller = new ImageLabeller(loaded, threads.intValue())) {
      BatchProgressLine progress = new BatchProgressLine(io, "labelling", names.size());
      Lines lines = new Lines(io, progress);
      labeller.label(files, top.intValue(), progress, lines);
      progress.done();
      return lines.failed ? Main.FAILED : Main.OK;
    }
  }

  /** Prints a line for each file. */
  private final class Lines implements ImageLabeller.Sink {
    private final Stdio io;
    private final BatchProgressLine progress;
    private boolean failed;

    Lines(Stdio io, BatchProgressLine progress) {
      this.io = io;
      this.progress = progress;
    }

    @Override
    public void labelled(int file, List<LabelScore> labels) {
      String name = arguments.positionals().get(file);
      progress.clear();
      io.emit(
          json.given()
              ? LabelScores.object(Map.of("file", name), labels)
              : LabelScores.line(labels, name));
    }

    @Override
    public void failed(int file, LanewiseException reason) {
      failed = true;
      progress.clear();
      io.note("lanewise: " + reason.getMessage());
    }
  }
}
