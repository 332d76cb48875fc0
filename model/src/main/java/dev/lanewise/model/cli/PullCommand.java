package dev.lanewise.model.cli;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.catalogue.Cache;
import dev.lanewise.model.catalogue.Catalogue;
import dev.lanewise.model.catalogue.Entry;
import dev.lanewise.model.catalogue.Progress;
import dev.lanewise.model.catalogue.Pull;
import java.util.ArrayList;
import java.util.List;

/** {@code lanewise pull}: downloads a model into the cache. */
final class PullCommand implements Command {
  private final Arguments arguments =
      new Arguments(
          "pull",
          "NAME [options]",
          "Downloads a model of lanewise models, checks it, and prints where it is.");
  private final Option.Flag offline =
      arguments.add(new Option.Flag("only look into the cache", "--offline"));

  PullCommand() {
    arguments.allowPositionals(1);
  }

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) {
    if (arguments.positionals().isEmpty()) {
      throw new UsageException("which model? lanewise models lists them");
    }
    String name = arguments.positionals().getFirst();
    Entry entry = Catalogue.find(name).orElse(null);
    if (entry == null) {
      List<String> known = new ArrayList<>();
      for (Entry each : Catalogue.entries()) {
        known.add(each.name());
      }
      throw new LanewiseException(
          "unknown model '%s'%s; lanewise models lists them"
              .formatted(name, Nearest.suggestion(name, known)));
    }
    Pull.Options options =
        new Pull.Options(offline.given(), Cache.fromEnvironment(), Progress.to(io.err()));
    io.emit(Pull.fetch(entry, options) + "\n");
    return Main.OK;
  }
}
