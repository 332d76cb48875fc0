package dev.lanewise.model.cli;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.generate.FinishReason;
import dev.lanewise.model.generate.Generation;
import dev.lanewise.model.generate.GenerationOptions;
import dev.lanewise.model.generate.Generator;
import dev.lanewise.model.generate.LanguageModel;
import dev.lanewise.model.tokenizer.Message;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** {@code lanewise chat}: a conversation, one line of standard input per turn. */
final class ChatCommand implements Command {
  private final Arguments arguments =
      new Arguments(
          "chat",
          "[options]",
          "Talks with a model: every line of standard input is a message, every reply is printed as"
              + " it comes. /clear forgets the conversation, /exit ends it.");
  private final ModelOptions model = new ModelOptions().addAll(arguments);
  private final Option.Text system =
      arguments.add(new Option.Text("TEXT", "what the model is told at the start", "--system"));
  private final SamplingOptions sampling = new SamplingOptions(1024, arguments);

  private final List<Message> messages = new ArrayList<>();

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) throws IOException {
    try (LanguageModel loaded = model.load(io)) {
      return talk(loaded, io);
    }
  }

  private int talk(LanguageModel loaded, Stdio io) throws IOException {
    if (loaded.chatTemplate().isEmpty()) {
      throw new LanewiseException(
          "the model has no chat template that is known; use lanewise generate");
    }
    boolean interactive = io.interactive();
    if (interactive) {
      io.note("Write a message and press Enter; /clear starts afresh, /exit ends.");
    }
    clear();
    BufferedReader reader =
        new BufferedReader(new InputStreamReader(io.in(), StandardCharsets.UTF_8));
    try (Interruption interruption = Interruption.install();
        Generator generator = loaded.newGenerator(model.threads(), model.contextLength(loaded))) {
      GenerationOptions options =
          sampling.toGeneration().reusePrefix(true).cancelled(interruption).build();
      while (true) {
        if (interactive) {
          io.emit("> ");
        }
        String line = reader.readLine();
        if (line == null || line.strip().equals("/exit")) {
          return Main.OK;
        }
        if (line.strip().equals("/clear")) {
          clear();
        } else if (!line.isBlank()) {
          interruption.enter();
          Generation reply = reply(line, generator, loaded, options, io);
          interruption.leave();
          if (reply.finishReason() == FinishReason.CANCELLED) {
            return Interruption.EXIT_CODE;
          }
        }
      }
    }
  }

  private void clear() {
    messages.clear();
    if (system.given()) {
      messages.add(Message.system(system.value()));
    }
  }

  private Generation reply(
      String line, Generator generator, LanguageModel loaded, GenerationOptions options, Stdio io) {
    messages.add(Message.user(line));
    int context = generator.contextLength();
    int[] prompt = fittingPrompt(loaded, context - Math.min(options.maxTokens(), context / 4), io);
    Generation reply = generator.generate(prompt, options, new Printer(io, true));
    io.emit("\n");
    messages.add(Message.assistant(reply.text()));
    new Statistics(io).printTurn(reply);
    return reply;
  }

  /**
   * The conversation as tokens; its oldest turns are given up when it outgrows the context.
   *
   * @param most tokens that leave room for a reply
   */
  private int[] fittingPrompt(LanguageModel loaded, int most, Stdio io) {
    int first = system.given() ? 1 : 0;
    int[] prompt = loaded.encodeChat(messages);
    boolean shortened = false;
    while (prompt.length > most && messages.size() - first > 2) {
      messages.subList(first, first + 2).clear();
      prompt = loaded.encodeChat(messages);
      shortened = true;
    }
    if (shortened) {
      io.note("lanewise: the conversation outgrew the context; its oldest turns are forgotten");
    }
    return prompt;
  }
}
