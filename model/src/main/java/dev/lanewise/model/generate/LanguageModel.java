package dev.lanewise.model.generate;

import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.Architectures;
import dev.lanewise.model.arch.CausalModel;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.FileMemory;
import dev.lanewise.model.checkpoint.HuggingFace;
import dev.lanewise.model.checkpoint.Metadata;
import dev.lanewise.model.tokenizer.ChatTemplate;
import dev.lanewise.model.tokenizer.Message;
import dev.lanewise.model.tokenizer.Tokenizer;
import dev.lanewise.model.tokenizer.TokenizerFiles;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A language model with its tokenizer: all that a text needs to go on.
 *
 * {@snippet :
 * try (LanguageModel model = LanguageModel.load(Path.of("model.gguf"));
 *     Generator generator = model.newGenerator()) {
 *   GenerationOptions options = GenerationOptions.builder().maxTokens(64).build();
 *   generator.generate("The capital of France is", options, System.out::print);
 * }
 * }
 *
 * <p>Immutable: any number of generators, each in its own thread, may share it. The memory of its
 * weights, which are mapped from the file or copied from it, is given back by {@link #close}, or
 * some time after the model has become unreachable.
 */
public final class LanguageModel implements AutoCloseable {
  private final CausalModel model;
  private final Tokenizer tokenizer;
  private final ChatTemplate chatTemplate;
  private final Supplier<Optional<SamplerOptions>> suggestedSampling;
  private volatile boolean closed;

  /** A model of parts loaded elsewhere, without or with a chat template. */
  public LanguageModel(
      CausalModel model, Tokenizer tokenizer, Optional<ChatTemplate> chatTemplate) {
    this(model, tokenizer, chatTemplate, Optional::empty);
  }

  private LanguageModel(
      CausalModel model,
      Tokenizer tokenizer,
      Optional<ChatTemplate> chatTemplate,
      Supplier<Optional<SamplerOptions>> suggestedSampling) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.chatTemplate = chatTemplate.orElse(null);
    this.suggestedSampling = suggestedSampling;
  }

  /**
   * Loads a model from what {@link Checkpoint#open} takes, with the tokenizer in the file or beside
   * it.
   *
   * @throws LanewiseException if it cannot be read, is damaged, or holds something else than a
   *     language model of a known architecture
   */
  public static LanguageModel load(Path path) {
    return Checkpoint.load(path, LanguageModel::of);
  }

  /**
   * The language model in a checkpoint that is open already. To close it closes the checkpoint's
   * memory.
   *
   * @throws LanewiseException if it holds something else than a language model of a known
   *     architecture
   */
  public static LanguageModel of(Checkpoint checkpoint) {
    return checkpoint
        .memory()
        .guarded(
            () -> {
              CausalModel model = Architectures.load(checkpoint);
              Tokenizer tokenizer = tokenizer(checkpoint);
              return new LanguageModel(
                  model,
                  tokenizer,
                  chatTemplate(checkpoint, tokenizer),
                  SuggestedSampling.later(checkpoint.metadata()));
            });
  }

  /**
   * Loads only the tokenizer of a GGUF file, of a folder, which need not hold weights, or of one of
   * the files that {@link TokenizerFiles} knows.
   *
   * @throws LanewiseException if it cannot be read, is damaged, or has no known tokenizer
   */
  public static Tokenizer loadTokenizer(Path path) {
    if (TokenizerFiles.isOne(path)) {
      return TokenizerFiles.load(path);
    }
    try (FileMemory memory = FileMemory.owned(path.toString(), opened -> opened)) {
      return memory.guarded(() -> tokenizer(Checkpoint.open(path, memory)));
    }
  }

  /**
   * The tokenizer in a checkpoint that is open already, or beside its weights.
   *
   * @throws LanewiseException if it is damaged, or there is no known tokenizer
   */
  public static Tokenizer tokenizer(Checkpoint checkpoint) {
    return checkpoint instanceof HuggingFace hub
        ? TokenizerFiles.load(hub.folder())
        : GgufTokenizer.of(checkpoint.metadata());
  }

  /**
   * The layout of conversations. In a folder the template alone says whether they begin with the
   * token that begins a sequence; in a GGUF file those do that have it before any text.
   */
  private static Optional<ChatTemplate> chatTemplate(Checkpoint checkpoint, Tokenizer tokenizer) {
    if (checkpoint instanceof HuggingFace hub) {
      return HubChatTemplates.chatTemplate(hub.folder());
    }
    Metadata metadata = checkpoint.metadata();
    if (!metadata.has("tokenizer.chat_template")) {
      return Optional.empty();
    }
    Optional<ChatTemplate> template = ChatTemplate.of(metadata.string("tokenizer.chat_template"));
    return beginsSequences(tokenizer) ? template.map(ChatTemplate::withBegin) : template;
  }

  /** Whether the token that begins a sequence stands before every text. */
  private static boolean beginsSequences(Tokenizer tokenizer) {
    int begin = tokenizer.beginOfSequence();
    int text = begin == 0 ? 1 : 0; // any other token: the end's may be the same
    return begin >= 0 && tokenizer.prompt(new int[] {text})[0] == begin;
  }

  /** What scores tokens. */
  public CausalModel model() {
    return model;
  }

  /** What turns text into tokens and back. */
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  /** How the model wants conversations written, if it was made for them. */
  public Optional<ChatTemplate> chatTemplate() {
    return Optional.ofNullable(chatTemplate);
  }

  /**
   * How the model's makers suggest to choose tokens, in {@code generation_config.json} or under
   * {@code general.sampling} of a GGUF file; empty if they say nothing. Nothing of it is done
   * unless a caller puts it into {@link GenerationOptions}.
   *
   * @throws LanewiseException if a number there is out of range
   */
  public Optional<SamplerOptions> suggestedSampling() {
    return suggestedSampling.get();
  }

  /** The longest sequence the model was made for, in tokens. */
  public int contextLength() {
    return model.contextLength();
  }

  /**
   * A conversation as tokens, ready for the model's reply: with the token that begins a sequence in
   * front, where the model is to have it, as {@link ChatTemplate#encode} puts it there.
   *
   * @throws LanewiseException if the model has no chat template
   */
  public int[] encodeChat(List<Message> messages) {
    if (chatTemplate == null) {
      throw new LanewiseException(
          "the model has no chat template that is known; have it continue a text instead");
    }
    return chatTemplate.encode(tokenizer, messages, true);
  }

  /**
   * A generator with all processors and a context of 4096 tokens, or the model's if shorter.
   *
   * @throws IllegalStateException if the model is closed
   */
  public Generator newGenerator() {
    return newGenerator(
        Runtime.getRuntime().availableProcessors(), Math.min(4096, contextLength()));
  }

  /**
   * A generator with threads and memory of its own.
   *
   * @param threads threads that compute, the caller's included
   * @param contextLength most tokens of prompt and text together
   * @throws LanewiseException if the context length is not between 1 and the model's
   * @throws IllegalArgumentException if the threads are not between 1 and 1024
   * @throws IllegalStateException if the model is closed
   */
  public Generator newGenerator(int threads, int contextLength) {
    if (closed) {
      throw new IllegalStateException("this model is closed; load it again to go on with it");
    }
    Parallel team = Parallel.of(threads);
    return team.closedUnless(() -> new Generator(this, team, contextLength));
  }

  /**
   * Gives back the memory of the weights. Generators that use the model, in whatever thread, end in
   * an {@link IllegalStateException} from now on.
   */
  @Override
  public void close() {
    closed = true;
    model.close();
  }
}
