package dev.lanewise.model.server;

import dev.lanewise.model.generate.FinishReason;
import dev.lanewise.model.generate.Generation;
import dev.lanewise.model.generate.GenerationOptions;
import dev.lanewise.model.generate.Generator;
import dev.lanewise.model.generate.LanguageModel;
import dev.lanewise.model.json.JsonView;
import dev.lanewise.model.tokenizer.ChatTemplate;
import dev.lanewise.model.tokenizer.Message;
import dev.lanewise.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Serves a language model: answers in conversations, and texts that go on. */
final class TextService implements Service {
  /** Tokens of a completion where the request does not say, as in OpenAI's interface. */
  private static final int COMPLETION_TOKENS = 16;

  /** Tokens of a prompt that are computed together shall take at most this long. */
  private static final double SLICE_SECONDS = 0.5;

  private static final int WARM_UP_TOKENS = 64;
  private static final long WARM_UP_NANOS = 2_000_000_000L;

  private final String name;
  private final LanguageModel model;
  private final Metrics metrics;
  private final List<Generator> generators = new ArrayList<>();
  private final Slots<Generator> slots;
  private final int promptSlice;
  private final int vocabSize;

  /**
   * A service that is ready.
   *
   * @param name what clients call the model
   * @param model to be closed with the service
   * @param threads of all slots together
   * @param context most tokens of prompt and text together, of each slot
   */
  TextService(
      String name,
      LanguageModel model,
      ServerOptions options,
      int threads,
      int context,
      Metrics metrics) {
    this.name = name;
    this.model = model;
    this.metrics = metrics;
    vocabSize = Math.min(model.model().vocabSize(), model.tokenizer().vocabSize());
    try {
      for (int i = 0; i < options.slots(); i++) {
        generators.add(model.newGenerator(options.threadsOfSlot(threads), context));
      }
      promptSlice = promptSlice(generators.getFirst());
    } catch (RuntimeException | Error e) {
      closeModel();
      throw e;
    }
    slots = new Slots<>(generators, options.queue());
  }

  /**
   * Tokens of a prompt to compute together: few enough to notice in time that a client is gone.
   * Measured once, so that the same request is computed in the same slices, while the code is being
   * compiled.
   */
  private static int promptSlice(Generator generator) {
    int[] prompt = new int[Math.min(WARM_UP_TOKENS, generator.contextLength())];
    GenerationOptions options = GenerationOptions.builder().maxTokens(1).greedy().build();
    long start = System.nanoTime();
    double tokens = 0;
    while (tokens < GenerationOptions.PROMPT_SLICE && System.nanoTime() - start < WARM_UP_NANOS) {
      Generation generation = generator.generate(prompt, options, _ -> {});
      tokens = Math.max(tokens, generation.prefillTokensPerSecond() * SLICE_SECONDS);
    }
    return Math.clamp(Integer.highestOneBit((int) tokens), 1, GenerationOptions.PROMPT_SLICE);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Tokenizer tokenizer() {
    return model.tokenizer();
  }

  @Override
  public Answer chat(JsonView body) {
    Optional<ChatTemplate> template = model.chatTemplate();
    if (template.isEmpty()) {
      throw ApiException.notServed(
          "the model has no chat template that is known; use /v1/completions");
    }
    Set<String> keys = Set.of("messages", "max_completion_tokens", "chat_template_kwargs");
    GenerationRequest request = GenerationRequest.of(body, keys, contextLength(), vocabSize);
    ChatTemplate layout = thinks(body) ? template.get() : template.get().withoutThinking();
    List<Message> messages = ChatMessages.read(body.at("messages"));
    int[] prompt = layout.encode(model.tokenizer(), messages, true);
    return answer(prompt, request, true);
  }

  @Override
  public Answer complete(JsonView body) {
    Set<String> keys = Set.of("prompt", "parse_special");
    GenerationRequest request = GenerationRequest.of(body, keys, COMPLETION_TOKENS, vocabSize);
    int[] prompt = prompt(body.at("prompt"), body.flag("parse_special", false));
    return answer(prompt, request, false);
  }

  @Override
  public Answer embed(JsonView body) {
    throw ApiException.notServed(
        name + " is a language model; serve an encoder to make embeddings");
  }

  private static boolean thinks(JsonView body) {
    if (!body.has("chat_template_kwargs")) {
      return true;
    }
    JsonView arguments = body.at("chat_template_kwargs");
    RequestBody.requireKnown(arguments, Set.of("enable_thinking"));
    return arguments.flag("enable_thinking", true);
  }

  /** A text, a list of one text, or tokens. */
  private int[] prompt(JsonView prompt, boolean parseSpecial) {
    if (prompt.value() instanceof List<?> list
        && !list.isEmpty()
        && list.getFirst() instanceof Long) {
      return TokenRoutes.ids(prompt, vocabSize);
    }
    List<String> texts = RequestBody.texts(prompt);
    if (texts.size() != 1) {
      throw prompt.failure("has " + texts.size() + " texts; send a request for each");
    }
    Tokenizer tokenizer = model.tokenizer();
    return tokenizer.prompt(tokenizer.encode(texts.getFirst(), parseSpecial));
  }

  private Answer answer(int[] prompt, GenerationRequest request, boolean chat) {
    requireFits(prompt.length);
    return reply -> generate(prompt, request, new Completion(chat, name, request), reply);
  }

  private void generate(int[] prompt, GenerationRequest request, Completion answer, Reply reply)
      throws IOException {
    GenerationOptions.Builder options = request.options().promptSlice(promptSlice);
    boolean stream = request.stream();
    Job<Generator, Generation> job =
        new Job<>(
            (generator, self) -> {
              Generation generation =
                  generator.generate(
                      prompt, options.cancelled(self).build(), stream ? self::say : _ -> {});
              metrics.generated(generation);
              return generation;
            });
    if (stream) {
      reply.useEvents();
    }
    Generation generation = slots.run(job, reply, piece -> answer.piece(piece, reply));
    if (generation.finishReason() == FinishReason.CANCELLED) {
      throw ApiException.shuttingDown();
    }
    answer.end(generation, reply);
  }

  private void requireFits(int tokens) {
    if (tokens == 0) {
      throw ApiException.invalid("the prompt has no token; send a text");
    }
    if (tokens > contextLength()) {
      throw ApiException.tooLong(
          "the prompt has %d tokens, the context holds %d; shorten it, or start the server with -c"
              .formatted(tokens, contextLength()),
          tokens,
          contextLength());
    }
  }

  private int contextLength() {
    return generators.getFirst().contextLength();
  }

  @Override
  public Slots<Generator> slots() {
    return slots;
  }

  @Override
  public void close() {
    slots.close();
    closeModel();
  }

  private void closeModel() {
    generators.forEach(Generator::close);
    model.close();
  }
}
