package dev.lanewise.model.arch;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Metadata;
import dev.lanewise.model.checkpoint.Renamed;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** GGUF's names, by which this package asks for tensors, whatever a file calls them. */
final class GgufNames {
  /** The key with which a GGUF file names its architecture; no other file has it. */
  static final String ARCHITECTURE = "general.architecture";

  /** The embedding of tokens. */
  static final String EMBEDDING = "token_embd.weight";

  /** The matrices that score tokens, of language models and of heads for masked tokens. */
  private static final List<String> OUTPUTS = List.of("output.weight", "mlm.decoder.weight");

  private GgufNames() {}

  /** Whether a checkpoint has GGUF's names of its own; else it has those of the hub. */
  static boolean in(Metadata metadata) {
    return metadata.has(ARCHITECTURE);
  }

  /**
   * A table as {@link Renamed} takes it.
   *
   * @param pairs the hub's name, GGUF's, the hub's, …; of several for one, messages prefer the
   *     first
   */
  static Map<String, String> table(String... pairs) {
    Map<String, String> table = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      table.put(pairs[i], pairs[i + 1]);
    }
    return Collections.unmodifiableMap(table);
  }

  /**
   * As {@link #of}, of a model that GGUF does not know: what a file of it said by GGUF's names, and
   * what it left out, nobody has laid down.
   *
   * @throws LanewiseException if it has GGUF's names
   */
  static Checkpoint ofHub(Checkpoint file, Map<String, String> hubNames, String... prefixes) {
    if (in(file.metadata())) {
      throw new LanewiseException(
          "%s: %s is '%s', a model that GGUF files have no names for; take its folder of the hub"
              .formatted(file.file(), ARCHITECTURE, file.metadata().string(ARCHITECTURE)));
    }
    return of(file, hubNames, prefixes);
  }

  /**
   * A checkpoint whose tensors have GGUF's names. A matrix that is both the embedding of tokens and
   * the output may be in the file once, under the name of either.
   *
   * @param hubNames the hub's names → GGUF's, as {@link Renamed} takes them
   * @param prefixes what may stand before the hub's names
   */
  static Checkpoint of(Checkpoint file, Map<String, String> hubNames, String... prefixes) {
    if (in(file.metadata())) {
      return file;
    }
    Renamed renamed = new Renamed(file, hubNames, prefixes);
    if (file.metadata().flag("tie_word_embeddings", true)) {
      renamed.share(EMBEDDING, OUTPUTS);
    }
    return renamed;
  }
}
