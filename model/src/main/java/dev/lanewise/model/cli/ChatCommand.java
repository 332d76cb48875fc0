package dev.lanewise.model.cli;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.generate.FinishReason;
import dev.lanewise.model.generate.Generation;
import dev.lanewise.model.generate.GenerationOptions;
import dev.lanewise.model.generate.Generator;
import dev.lanewise.model.generate.LanguageModel;
import dev.lanewise.model.tokenizer.ChatTemplate;
import dev.lanewise.model.tokenizer.Message;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
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
      arguments.add(new Option.Text("TEXT", "a system message at the start", "--system"));
  private final Option.Flag plain =
      arguments.add(
          new Option.Flag("have the model answer without thinking first", "--no-thinking"));
  private final SamplingOptions sampling = new SamplingOptions(1024, arguments);

  private final List<Message> messages = new ArrayList<>();

  /** How the conversation is laid out. */
  private ChatTemplate template;

  /** The tokens of the last turn and its reply, which the generator holds. */
  private int[] held = {};

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
    ChatTemplate known =
        loaded
            .chatTemplate()
            .orElseThrow(
                () ->
                    new LanewiseException(
                        "the model has no chat template that is known; use lanewise generate"));
    template = plain.given() ? known.withoutThinking() : known;
    boolean interactive = io.interactive();
    if (interactive) {
      io.note("Write a message and press Enter; /clear starts afresh, /exit ends.");
    }
    clear();
    int code = Main.OK;
    try (Interruption interruption = Interruption.install();
        Generator generator = loaded.newGenerator(model.threads(), model.contextLength(loaded))) {
      GenerationOptions.Builder options =
          sampling.toGeneration().reusePrefix(true).cancelled(interruption);
      while (true) {
        if (interactive) {
          io.emit("> ");
        }
        String line = io.readLine();
        if (line == null || line.strip().equals("/exit")) {
          return interactive ? Main.OK : code;
        }
        if (line.strip().equals("/clear")) {
          clear();
        } else if (!line.isBlank()) {
          interruption.enter();
          Generation reply = reply(line, generator, loaded, options, io);
          interruption.leave();
          if (reply == null) {
            code = Main.FAILED;
          } else if (reply.finishReason() == FinishReason.CANCELLED) {
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

  /** The reply; null if the message does not fit in the context, which leaves all as it was. */
  private Generation reply(
      String line,
      Generator generator,
      LanguageModel loaded,
      GenerationOptions.Builder options,
      Stdio io) {
    List<Message> before = List.copyOf(messages);
    messages.add(Message.user(line));
    int context = generator.contextLength();
    int most = Math.min(options.build().maxTokens(), context / 4);
    int[] prompt = fittingPrompt(loaded, context - most);
    if (prompt.length > context) {
      messages.clear();
      messages.addAll(before);
      io.note(
          "lanewise: with this message the prompt has %d tokens, and the context holds %d; it is"
                  .formatted(prompt.length, context)
              + " left out. Shorten it, or take a larger context (-c)");
      return null;
    }
    if (messages.size() <= before.size()) {
      io.note("lanewise: the conversation outgrew the context; its oldest turns are forgotten");
    }
    int known = Math.max(0, Arrays.mismatch(held, prompt)); // never all: a message is new
    options.promptSlice(model.promptSlice(prompt.length - known));
    Generation reply = generator.generate(prompt, options.build(), new Printer(io, true));
    held = Arrays.copyOf(prompt, prompt.length + reply.ids().length);
    System.arraycopy(reply.ids(), 0, held, prompt.length, reply.ids().length);
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
  private int[] fittingPrompt(LanguageModel loaded, int most) {
    int first = system.given() ? 1 : 0;
    int[] prompt = template.encode(loaded.tokenizer(), messages, true);
    while (prompt.length > most && messages.size() - first > 2) {
      messages.subList(first, first + 2).clear();
      prompt = template.encode(loaded.tokenizer(), messages, true);
    }
    return prompt;
  }
}
