package dev.lanewise.model.arch;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Checkpoint;

/** Architecture name → loader, one line each. */
public final class Architectures {
  private Architectures() {}

  /**
   * The causal language model in a checkpoint.
   *
   * @throws LanewiseException if the architecture is unknown or the checkpoint does not fit it
   */
  public static CausalModel load(Checkpoint checkpoint) {
    String name = checkpoint.metadata().string("general.architecture");
    return switch (name) {
      case "llama" -> new Llama(checkpoint);
      default ->
          throw new LanewiseException(
              checkpoint.file()
                  + ": general.architecture is '"
                  + name
                  + "'; known here: llama (Llama, SmolLM2, Mistral, TinyLlama …)");
    };
  }
}
