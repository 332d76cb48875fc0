package dev.lanewise.model.server;

import dev.lanewise.model.generate.Generation;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

/** What the server has done so far, as Prometheus reads it (text format 0.0.4). */
final class Metrics {
  /** The type of the text. */
  static final String TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final Map<Integer, LongAdder> answers = new ConcurrentSkipListMap<>();
  private final LongAdder promptTokens = new LongAdder();
  private final LongAdder reusedTokens = new LongAdder();
  private final LongAdder generatedTokens = new LongAdder();
  private final DoubleAdder promptSeconds = new DoubleAdder();
  private final DoubleAdder generationSeconds = new DoubleAdder();

  /** A request was answered with a status. */
  void answered(int status) {
    answers.computeIfAbsent(status, _ -> new LongAdder()).increment();
  }

  /** A text was generated, all of it or in part. */
  void generated(Generation generation) {
    promptTokens.add(generation.promptTokens());
    reusedTokens.add(generation.reusedTokens());
    generatedTokens.add(generation.generatedTokens());
    promptSeconds.add(generation.prefillSeconds());
    generationSeconds.add(generation.decodeSeconds());
  }

  /** Texts were embedded. */
  void embedded(int tokens, double seconds) {
    promptTokens.add(tokens);
    promptSeconds.add(seconds);
  }

  /** The text, with how many requests are at work and waiting. */
  String text(int running, int waiting) {
    StringBuilder text = new StringBuilder();
    head(text, "requests_total", "counter", "Requests answered, by status.");
    answers.forEach(
        (status, count) ->
            text.append("lanewise_requests_total{code=\"")
                .append(status)
                .append("\"} ")
                .append(count)
                .append('\n'));
    add(text, "requests_running", "gauge", "Requests at work in a slot.", running);
    add(text, "requests_waiting", "gauge", "Requests in the queue.", waiting);
    add(text, "prompt_tokens_total", "counter", "Tokens of prompts and of texts.", promptTokens);
    add(text, "reused_tokens_total", "counter", "Of these, not computed again.", reusedTokens);
    add(text, "prompt_seconds_total", "counter", "Time spent on them.", promptSeconds);
    add(text, "generated_tokens_total", "counter", "Tokens generated.", generatedTokens);
    add(text, "generation_seconds_total", "counter", "Time spent on them.", generationSeconds);
    return text.toString();
  }

  private static void add(StringBuilder text, String name, String type, String help, Number value) {
    head(text, name, type, help);
    text.append("lanewise_").append(name).append(' ').append(value).append('\n');
  }

  private static void head(StringBuilder text, String name, String type, String help) {
    text.append("# HELP lanewise_").append(name).append(' ').append(help);
    text.append("\n# TYPE lanewise_").append(name).append(' ').append(type).append('\n');
  }
}
