package dev.lanewise.model.cli;

import dev.lanewise.model.catalogue.Sizes;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.FileMemory;
import dev.lanewise.model.checkpoint.Gguf;
import dev.lanewise.model.checkpoint.Metadata;
import dev.lanewise.model.checkpoint.TensorInfo;
import dev.lanewise.model.json.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code lanewise inspect}: what a model file holds. */
final class InspectCommand implements Command {
  private final Arguments arguments =
      new Arguments(
          "inspect",
          "[FILE | -m MODEL] [options]",
          "Prints the metadata and the tensors of a model file, long values shortened; with --json"
              + " the metadata has its values whole: strings, numbers, booleans and arrays.");
  private final ModelOptions model = new ModelOptions().addChoice(arguments);
  private final Option.Flag json =
      arguments.add(new Option.Flag("print one JSON object", "--json"));

  InspectCommand() {
    arguments.allowPositionals(1);
  }

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) {
    Path path =
        arguments.positionals().isEmpty()
            ? model.path(io)
            : model.path(arguments.positionals().getFirst(), io);
    try (FileMemory memory = FileMemory.owned(path.toString(), opened -> opened)) {
      io.emit(memory.guarded(() -> text(Checkpoint.open(path, memory))));
    }
    return Main.OK;
  }

  private String text(Checkpoint file) {
    return json.given() ? Json.write(toMap(file)) + "\n" : table(file);
  }

  private static Map<String, Object> toMap(Checkpoint file) {
    Map<String, Object> metadata = new LinkedHashMap<>();
    for (String key : file.metadata().keys()) {
      metadata.put(key, file.metadata().value(key));
    }
    List<Object> tensors = new ArrayList<>();
    for (TensorInfo tensor : file.tensors().values()) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("name", tensor.name());
      entry.put("type", tensor.type());
      entry.put("shape", tensor.shape());
      entry.put("offset", tensor.offset());
      entry.put("bytes", tensor.bytes());
      tensors.add(entry);
    }
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("file", file.file());
    if (file instanceof Gguf gguf) {
      map.put("gguf_version", gguf.version());
    }
    map.put("metadata", metadata);
    map.put("tensors", tensors);
    return map;
  }

  private static String table(Checkpoint file) {
    StringBuilder text = new StringBuilder();
    text.append(file.file());
    if (file instanceof Gguf gguf) {
      text.append(": GGUF version ").append(gguf.version());
    }
    text.append("\n\n");
    Metadata metadata = file.metadata();
    Columns facts = new Columns();
    for (String key : metadata.keys()) {
      facts.row(key, metadata.describe(key));
    }
    text.append(facts).append('\n');
    Columns tensors = new Columns();
    long elements = 0;
    long bytes = 0;
    for (TensorInfo tensor : file.tensors().values()) {
      tensors.row(tensor.name(), tensor.describe(), Sizes.text(tensor.bytes()));
      elements += tensor.elements();
      bytes += tensor.bytes();
    }
    text.append(tensors)
        .append('\n')
        .append(file.tensors().size())
        .append(" tensors, ")
        .append(elements);
    text.append(" elements, ").append(Sizes.text(bytes)).append('\n');
    return text.toString();
  }
}
