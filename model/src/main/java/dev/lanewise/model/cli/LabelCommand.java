package dev.lanewise.model.cli;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.task.ImageLabeller;
import dev.lanewise.model.task.ImageModel;
import dev.lanewise.model.task.LabelScore;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** {@code lanewise label}: image files to labels. */
final class LabelCommand implements Command {
  /** Files whose lines are printed together, so that they do not get into that of the progress. */
  private static final int PART = 16;

  private final Arguments arguments =
      new Arguments(
          "label",
          "-m MODEL FILE… [options]",
          "Tells what images show: for each PNG or JPEG file a line with the best classes, their"
              + " scores and the file, or with --json an object"
              + " {\"file\":…,\"labels\":[{\"label\":…,\"score\":…},…]}. A file that cannot be read"
              + " is reported, the others are labelled, and the exit code is 1. The model is a"
              + " folder with a preprocessor_config.json beside the weights.");
  private final ModelOptions model = new ModelOptions().addChoice(arguments);
  private final Option.Whole top =
      arguments.add(
          new Option.Whole("K", 5, 1, 1 << 20, "most classes of an image (default 5)", "--top"));
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
    boolean failed = false;
    try (ImageLabeller labeller =
        new ImageLabeller(ImageModel.load(model.requiredPath(io)), threads.intValue())) {
      TextsProgress progress = new TextsProgress(io, "labelling", names.size());
      for (int from = 0; from < names.size(); from += PART) {
        List<String> part = names.subList(from, Math.min(names.size(), from + PART));
        Lines lines = new Lines(part);
        progress.part(from);
        labeller.label(part.stream().map(Stdio::path).toList(), top.intValue(), progress, lines);
        lines.print(io);
        failed |= !lines.failures.isEmpty();
      }
      progress.done();
    }
    return failed ? Main.FAILED : Main.OK;
  }

  /** What is printed of some files. */
  private final class Lines implements ImageLabeller.Sink {
    private final List<String> names;
    private final StringBuilder results = new StringBuilder();
    private final List<String> failures = new ArrayList<>();

    Lines(List<String> names) {
      this.names = names;
    }

    @Override
    public void labelled(int file, List<LabelScore> labels) {
      String name = names.get(file);
      results.append(json.given() ? object(name, labels) : line(name, labels));
    }

    @Override
    public void failed(int file, LanewiseException reason) {
      failures.add("lanewise: " + reason.getMessage());
    }

    void print(Stdio io) {
      io.emit(results.toString());
      failures.forEach(io::note);
    }
  }

  private static String line(String file, List<LabelScore> labels) {
    String scores =
        labels.stream()
            .map(each -> each.label() + " " + Decimals.fixed(each.score(), 4))
            .collect(Collectors.joining(", "));
    return scores + "  " + file + "\n";
  }

  private static String object(String file, List<LabelScore> labels) {
    List<Object> list = new ArrayList<>();
    for (LabelScore each : labels) {
      Map<String, Object> label = new LinkedHashMap<>();
      label.put("label", each.label());
      label.put("score", each.score());
      list.add(label);
    }
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("file", file);
    map.put("labels", list);
    return Json.write(map) + "\n";
  }
}
