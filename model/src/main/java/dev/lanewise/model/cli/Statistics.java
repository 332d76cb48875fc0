package dev.lanewise.model.cli;

import dev.lanewise.model.catalogue.Sizes;
import dev.lanewise.model.generate.Generation;

/** What a generation took, on standard error. */
final class Statistics {
  private final Stdio io;

  Statistics(Stdio io) {
    this.io = io;
  }

  /** Everything, in two lines. */
  void print(Generation result, double loadSeconds) {
    StringBuilder text = new StringBuilder();
    text.append("finished: ").append(result.finishReason().label());
    text.append("; seed ").append(result.seed());
    text.append("; load ").append(Decimals.fixed(loadSeconds, 2)).append(" s");
    text.append("; peak memory ").append(Sizes.text(PeakMemory.bytes())).append('\n');
    speeds(text, result);
    io.note(text.toString());
  }

  /** The speeds, the end and the seed, in one line: for a turn of a chat. */
  void printTurn(Generation result) {
    StringBuilder text = new StringBuilder("[");
    speeds(text, result);
    text.append("; ").append(result.finishReason().label());
    io.note(text.append("; seed ").append(result.seed()).append(']').toString());
  }

  private static void speeds(StringBuilder text, Generation result) {
    text.append("prefill ").append(result.promptTokens() - result.reusedTokens());
    text.append(" tokens in ").append(Decimals.fixed(result.prefillSeconds(), 2)).append(" s (");
    text.append(Decimals.fixed(result.prefillTokensPerSecond(), 1)).append(" tokens/s); decode ");
    text.append(result.generatedTokens()).append(" tokens in ");
    text.append(Decimals.fixed(result.decodeSeconds(), 2)).append(" s (");
    text.append(Decimals.fixed(result.decodeTokensPerSecond(), 1)).append(" tokens/s)");
  }
}
