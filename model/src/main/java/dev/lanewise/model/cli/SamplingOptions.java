package dev.lanewise.model.cli;

import dev.lanewise.model.generate.GenerationOptions;
import dev.lanewise.model.generate.SamplerOptions;

/** The options that say how tokens are chosen and when to stop. */
final class SamplingOptions {
  private static final SamplerOptions STANDARD = SamplerOptions.standard();

  private final Option.Whole count;
  private final Option.Decimal temperature =
      new Option.Decimal(
          "X",
          STANDARD.temperature(),
          0,
          1e6f,
          "0 takes the likeliest token (default 0.7)",
          "--temp",
          "--temperature");
  private final Option.Whole topK =
      new Option.Whole(
          "K",
          STANDARD.topK(),
          0,
          Integer.MAX_VALUE,
          "choose among the K likeliest tokens; 0 is off (default 40)",
          "--top-k");
  private final Option.Decimal topP =
      new Option.Decimal(
          "P",
          STANDARD.topP(),
          0,
          1,
          "choose among the likeliest tokens that reach this probability; 1 is off (default 0.95)",
          "--top-p");
  private final Option.Decimal minP =
      new Option.Decimal(
          "P",
          STANDARD.minP(),
          0,
          1,
          "leave out tokens less likely than P times the likeliest; 0 is off (default 0.05)",
          "--min-p");
  private final Option.Decimal repeatPenalty =
      new Option.Decimal(
          "X",
          1,
          1e-3f,
          1e3f,
          "factor against repeated tokens; 1 is off (default 1)",
          "--repeat-penalty");
  private final Option.Decimal presencePenalty =
      new Option.Decimal(
          "X",
          0,
          -100,
          100,
          "taken from the logit of repeated tokens (default 0)",
          "--presence-penalty");
  private final Option.Decimal frequencyPenalty =
      new Option.Decimal(
          "X",
          0,
          -100,
          100,
          "taken from the logit for every repetition (default 0)",
          "--frequency-penalty");
  private final Option.Whole penaltyWindow =
      new Option.Whole(
          "N",
          STANDARD.penaltyWindow(),
          0,
          1 << 20,
          "how many of the last tokens the penalties look at (default 64)",
          "--repeat-last-n");
  private final Option.Whole seed = Option.Whole.seed("");
  private final Option.Text stop =
      new Option.Text("TEXT", "end where this text comes up; may be repeated", "--stop");
  private final Option.Flag ignoreEnd =
      new Option.Flag("go on after an end-of-generation token", "--ignore-eos");

  /**
   * @param defaultCount most tokens to generate if nothing is said
   */
  SamplingOptions(int defaultCount, Arguments arguments) {
    count =
        new Option.Whole(
            "N",
            defaultCount,
            0,
            Integer.MAX_VALUE,
            "most tokens to generate (default " + defaultCount + ")",
            "-n",
            "--tokens");
    arguments.add(count);
    arguments.add(temperature);
    arguments.add(topK);
    arguments.add(topP);
    arguments.add(minP);
    arguments.add(repeatPenalty);
    arguments.add(presencePenalty);
    arguments.add(frequencyPenalty);
    arguments.add(penaltyWindow);
    arguments.add(seed);
    arguments.add(stop);
    arguments.add(ignoreEnd);
  }

  /** What the options ask for. */
  GenerationOptions.Builder toGeneration() {
    GenerationOptions.Builder options =
        GenerationOptions.builder()
            .maxTokens(count.intValue())
            .ignoreEndOfGeneration(ignoreEnd.given())
            .sampler(
                SamplerOptions.builder()
                    .temperature(temperature.value())
                    .topK(topK.intValue())
                    .topP(topP.value())
                    .minP(minP.value())
                    .repeatPenalty(repeatPenalty.value())
                    .presencePenalty(presencePenalty.value())
                    .frequencyPenalty(frequencyPenalty.value())
                    .penaltyWindow(penaltyWindow.intValue())
                    .build());
    for (String text : stop.values()) {
      if (text.isEmpty()) {
        throw new UsageException("option --stop: the text must not be empty");
      }
      options.stop(text);
    }
    if (seed.given()) {
      options.seed(seed.value());
    }
    return options;
  }
}
