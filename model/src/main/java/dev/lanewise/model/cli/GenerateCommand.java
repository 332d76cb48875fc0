package dev.lanewise.model.cli;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.generate.FinishReason;
import dev.lanewise.model.generate.Generation;
import dev.lanewise.model.generate.GenerationOptions;
import dev.lanewise.model.generate.Generator;
import dev.lanewise.model.generate.LanguageModel;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.tokenizer.ChatTemplate;
import dev.lanewise.model.tokenizer.Message;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code lanewise generate}: answers a prompt, or continues a text. */
final class GenerateCommand implements Command {
  private final Arguments arguments =
      new Arguments(
          "generate",
          "-p TEXT | -f FILE [options]",
          "Answers a prompt, or with --raw continues a text. The prompt is all that the model is"
              + " told: a system message that its chat template would add by itself is left out."
              + " Ends after N tokens, at an end-of-generation token, at a stop string or where the"
              + " context ends, and says which.");
  private final Option.Text prompt =
      arguments.add(new Option.Text("TEXT", "the prompt", "-p", "--prompt"));
  private final Option.Text file =
      arguments.add(
          new Option.Text("FILE", "a file with the prompt; - is standard input", "-f", "--file"));
  private final ModelOptions model = new ModelOptions().addAll(arguments);
  private final SamplingOptions sampling = new SamplingOptions(256, arguments);
  private final Option.Text system =
      arguments.add(new Option.Text("TEXT", "a system message before the prompt", "--system"));
  private final Option.Flag plain =
      arguments.add(
          new Option.Flag("have the model answer without thinking first", "--no-thinking"));
  private final Option.Flag raw =
      arguments.add(new Option.Flag("continue the text itself: no chat template", "--raw"));
  private final Option.Flag special =
      arguments.add(
          new Option.Flag("with --raw: parse special tokens that stand in the text", "--special"));
  private final Option.Flag json =
      arguments.add(new Option.Flag("print one JSON object in the end", "--json"));

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) {
    String text = text(io);
    try (LanguageModel loaded = model.load(io);
        Interruption interruption = Interruption.install();
        Generator generator = loaded.newGenerator(model.threads(), model.contextLength(loaded))) {
      interruption.enter();
      int[] ids = ids(text, loaded, io);
      GenerationOptions options =
          sampling
              .toGeneration()
              .promptSlice(model.promptSlice(ids.length))
              .cancelled(interruption)
              .build();
      Generation result = generator.generate(ids, options, new Printer(io, !json.given()));
      if (json.given()) {
        io.emit(Json.write(toMap(result)) + "\n");
      } else {
        io.emit("\n");
      }
      new Statistics(io).print(result, model.loadSeconds());
      return result.finishReason() == FinishReason.CANCELLED ? Interruption.EXIT_CODE : Main.OK;
    }
  }

  private String text(Stdio io) {
    if (prompt.given() == file.given()) {
      throw new UsageException("give the prompt with either -p or -f");
    }
    if (raw.given() && system.given()) {
      throw new UsageException("--system needs the chat template that --raw leaves out");
    }
    if (raw.given() && plain.given()) {
      throw new UsageException("--no-thinking needs the chat template that --raw leaves out");
    }
    if (prompt.given()) {
      return prompt.value();
    }
    String text = io.read(file.value());
    if (text.isBlank()) {
      throw new LanewiseException(
          Stdio.name(file.value()) + ": there is no prompt in it; to give none, use -p ''");
    }
    return text;
  }

  private int[] ids(String text, LanguageModel loaded, Stdio io) {
    if (!raw.given()) {
      ChatTemplate template = loaded.chatTemplate().orElse(null);
      if (template != null) {
        List<Message> messages = new ArrayList<>();
        if (system.given()) {
          messages.add(Message.system(system.value()));
        }
        messages.add(Message.user(text));
        template = plain.given() ? template.withoutThinking() : template;
        return template.withoutDefaultSystem().encode(loaded.tokenizer(), messages, true);
      }
      if (system.given() || plain.given()) {
        throw new UsageException(
            "the model has no chat template that is known, so no "
                + (system.given() ? "--system" : "--no-thinking"));
      }
      io.note("lanewise: the model has no chat template that is known; continuing the text itself");
    }
    return loaded.tokenizer().prompt(loaded.tokenizer().encode(text, special.given()));
  }

  private Map<String, Object> toMap(Generation result) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("text", result.text());
    map.put("ids", result.ids());
    map.put("finish_reason", result.finishReason().label());
    map.put("prompt_tokens", result.promptTokens());
    map.put("generated_tokens", result.generatedTokens());
    map.put("load_seconds", model.loadSeconds());
    map.put("prefill_seconds", result.prefillSeconds());
    map.put("decode_seconds", result.decodeSeconds());
    map.put("prefill_tokens_per_second", result.prefillTokensPerSecond());
    map.put("decode_tokens_per_second", result.decodeTokensPerSecond());
    map.put("peak_memory_bytes", PeakMemory.bytes());
    map.put("seed", result.seed());
    return map;
  }
}
