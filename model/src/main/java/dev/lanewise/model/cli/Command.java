package dev.lanewise.model.cli;

import java.io.IOException;

/** One command: an instance declares its options when made, and runs once. */
interface Command {
  /** The options, to be parsed before {@link #run}. */
  Arguments arguments();

  /** What takes less of the heap, for those who have too little. */
  default String lessMemory() {
    return "a smaller context (-c), fewer tokens (-n)";
  }

  /**
   * Does the work.
   *
   * @return the exit code
   * @throws UsageException if the options do not go together
   * @throws dev.lanewise.model.LanewiseException if the work fails
   */
  int run(Stdio io) throws IOException, InterruptedException;
}
