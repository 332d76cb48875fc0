package dev.lanewise.model.cli;

import dev.lanewise.model.catalogue.Cache;
import dev.lanewise.model.catalogue.Catalogue;
import dev.lanewise.model.catalogue.Entry;
import dev.lanewise.model.catalogue.Progress;
import dev.lanewise.model.catalogue.Sizes;
import dev.lanewise.model.json.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code lanewise models}: the models that have names, and which of them are in the cache. */
final class ModelsCommand implements Command {
  private final Arguments arguments =
      new Arguments("models", "[options]", "Lists the models that can be named instead of a path.");
  private final Option.Flag prune =
      arguments.add(
          new Option.Flag("delete from the cache what is partial, damaged or unknown", "--prune"));
  private final Option.Flag json =
      arguments.add(new Option.Flag("print JSON: an array, or of --prune an object", "--json"));

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) {
    Cache cache = Cache.fromEnvironment();
    if (prune.given()) {
      Cache.Pruned pruned = cache.prune(Catalogue.entries(), Progress.to(io.err()));
      io.emit(json.given() ? toJson(pruned) : text(pruned));
      for (String name : pruned.inUse()) {
        io.note("lanewise: " + name + " is being pulled and was left alone");
      }
      return Main.OK;
    }
    io.emit(json.given() ? toJson(cache) : table(cache));
    return Main.OK;
  }

  private static String text(Cache.Pruned pruned) {
    return pruned.files() + " files deleted, " + Sizes.text(pruned.bytes()) + " freed\n";
  }

  private static String toJson(Cache.Pruned pruned) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("files", pruned.files());
    map.put("bytes", pruned.bytes());
    map.put("in_use", pruned.inUse());
    return Json.write(map) + "\n";
  }

  private static String toJson(Cache cache) {
    List<Object> list = new ArrayList<>();
    for (Entry entry : Catalogue.entries()) {
      Optional<Path> path = cache.find(entry);
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("name", entry.name());
      map.put("description", entry.description());
      map.put("licence", entry.licence());
      map.put("bytes", entry.size());
      map.put("cached", path.isPresent());
      map.put("path", path.isPresent() ? path.get().toString() : null);
      list.add(map);
    }
    return Json.write(list) + "\n";
  }

  private static String table(Cache cache) {
    Columns columns = new Columns().row("NAME", "SIZE", "LICENCE", "CACHED", "DESCRIPTION");
    for (Entry entry : Catalogue.entries()) {
      columns.row(
          entry.name(),
          Sizes.text(entry.size()),
          entry.licence(),
          cache.find(entry).isPresent() ? "yes" : "no",
          entry.description());
    }
    return columns + "\nCache: " + cache.root() + "\n";
  }
}
