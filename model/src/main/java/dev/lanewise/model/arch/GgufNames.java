package dev.lanewise.model.arch;

import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Metadata;
import dev.lanewise.model.checkpoint.Renamed;
import java.util.Map;

/** GGUF's names, by which this package asks for tensors, whatever a file calls them. */
final class GgufNames {
  /** The key with which a GGUF file names its architecture; no other file has it. */
  static final String ARCHITECTURE = "general.architecture";

  private GgufNames() {}

  /** Whether a checkpoint has GGUF's names of its own; else it has those of the hub. */
  static boolean in(Metadata metadata) {
    return metadata.has(ARCHITECTURE);
  }

  /**
   * A checkpoint whose tensors have GGUF's names.
   *
   * @param hubNames the hub's names → GGUF's, as {@link Renamed} takes them
   * @param prefixes what may stand before the hub's names
   */
  static Checkpoint of(Checkpoint file, Map<String, String> hubNames, String... prefixes) {
    return in(file.metadata()) ? file : new Renamed(file, hubNames, prefixes);
  }
}
