package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How a model wants a conversation laid out. Files carry the layout as a Jinja template; it is not
 * executed, but the family it belongs to is recognised by the marks in it, and laid out by the
 * family's rules, and by what else is recognised in the template.
 *
 * <p>Control tokens that people write are never taken for marks: {@link #encode} encodes what is
 * said without them. It cannot tell marks that are plain text in a layout, such as Llama 2's {@code
 * [INST]} or Vicuna's {@code USER:}, nor tokens that the vocabulary does not count as control.
 */
public final class ChatTemplate {
  private final ChatFamily family;
  private final ChatTraits traits;
  private final String defaultSystem;
  private final boolean begins;

  private ChatTemplate(ChatFamily family, ChatTraits traits, String defaultSystem, boolean begins) {
    this.family = family;
    this.traits = traits;
    this.defaultSystem = defaultSystem;
    this.begins = begins;
  }

  /**
   * The layout that a template stands for.
   *
   * @param template Jinja text, as under {@code tokenizer.chat_template}
   * @return empty if the template belongs to no family that is known here
   */
  public static Optional<ChatTemplate> of(String template) {
    return of(template, LocalDate.now(ZoneId.systemDefault()));
  }

  /**
   * The layout that a template stands for on a day.
   *
   * @param today what the templates of some take from the clock
   */
  static Optional<ChatTemplate> of(String template, LocalDate today) {
    ChatFamily family = ChatFamily.of(template);
    if (family == null) {
      return Optional.empty();
    }
    String system = ChatDefaults.system(template, family, today);
    ChatTraits traits = ChatTraits.of(template, family, today);
    return Optional.of(new ChatTemplate(family, traits, system, traits.namesBegin()));
  }

  /**
   * The same layout, but a conversation without a system message stays without: some templates add
   * one of their own then, which tells the model who it is. What a template writes before all
   * system messages stays.
   */
  public ChatTemplate withoutDefaultSystem() {
    return defaultSystem == null ? this : new ChatTemplate(family, traits, null, begins);
  }

  /**
   * The same layout, but the model is to answer without thinking first, as the templates of Qwen3
   * and SmolLM3 write it when {@code enable_thinking} is false. A system message that asks SmolLM3
   * to think prevails.
   *
   * @throws LanewiseException if the template has no such switch, or none that is recognised
   */
  public ChatTemplate withoutThinking() {
    ChatTraits plain = traits.withoutThinking();
    if (plain == null) {
      throw new LanewiseException(
          "the model's chat template has no switch for thinking that is known");
    }
    return new ChatTemplate(family, plain, defaultSystem, begins);
  }

  /**
   * The same layout, but every conversation begins with the token that begins a sequence, whether
   * the template writes it or not: so it is in files that put it before every text.
   */
  public ChatTemplate withBegin() {
    return begins ? this : new ChatTemplate(family, traits, defaultSystem, true);
  }

  /** The name of the family, such as {@code chatml} or {@code llama3}. */
  public String family() {
    return family.title();
  }

  /**
   * A conversation as one text, for people to look at, without the token that begins a sequence.
   *
   * @param addGenerationPrompt whether the beginning of the model's answer follows
   * @throws LanewiseException if there is no message, or one has an unknown role
   */
  public String render(List<Message> messages, boolean addGenerationPrompt) {
    StringBuilder text = new StringBuilder();
    for (Segment segment : segments(messages, addGenerationPrompt)) {
      text.append(segment.text());
    }
    return text.toString();
  }

  /**
   * A conversation as token ids, all that the model is to read. The token that begins a sequence is
   * in front, once, if the template writes it or {@link #withBegin} asked for it, and the tokenizer
   * knows one; the token that ends a sequence is not added.
   *
   * @param addGenerationPrompt whether the beginning of the model's answer follows
   * @throws LanewiseException if there is no message, or one has an unknown role
   */
  public int[] encode(Tokenizer tokenizer, List<Message> messages, boolean addGenerationPrompt) {
    List<Segment> segments = new ArrayList<>(segments(messages, addGenerationPrompt));
    int begin = tokenizer.beginOfSequence();
    String mark = begin < 0 ? "" : tokenizer.piece(begin);
    if (begin < 0 || !(begins || traits.opensWith(mark)) || opensWith(segments, mark)) {
      return tokenizer.encode(segments);
    }
    List<Segment> marked = new ArrayList<>(segments);
    marked.addFirst(new Segment(mark, true));
    int[] ids = tokenizer.encode(marked);
    if (ids.length > 0 && ids[0] == begin) {
      return ids;
    }
    int[] rest = tokenizer.encode(segments); // a token that no text stands for
    ids = new int[rest.length + 1];
    ids[0] = begin;
    System.arraycopy(rest, 0, ids, 1, rest.length);
    return ids;
  }

  private static boolean opensWith(List<Segment> segments, String mark) {
    return !segments.isEmpty()
        && segments.getFirst().special()
        && segments.getFirst().text().startsWith(mark);
  }

  /**
   * A conversation in segments: the family's own text, in which special tokens count, and what the
   * messages say, in which they do not. The token that begins a sequence is not among them.
   *
   * @param addGenerationPrompt whether the beginning of the model's answer follows
   * @throws LanewiseException if there is no message, or one has an unknown role
   */
  public List<Segment> segments(List<Message> messages, boolean addGenerationPrompt) {
    if (messages.isEmpty()) {
      throw new LanewiseException("the conversation has no message; give it one of a user");
    }
    int lastOfUser = lastOfUser(messages);
    List<Message> all = new ArrayList<>(messages.size());
    for (int i = 0; i < messages.size(); i++) {
      Message message = known(i, messages.get(i));
      if (message.role().equals("assistant") && i < lastOfUser) {
        all.add(Message.assistant(traits.earlier(message.content())));
      } else if (!isLeftOut(message)) {
        all.add(message);
      }
    }
    return new ChatWriter(family, traits, defaultSystem).write(all, addGenerationPrompt);
  }

  /** The index of the last message of a user, or −1. */
  static int lastOfUser(List<Message> messages) {
    int last = messages.size() - 1;
    while (last >= 0 && !messages.get(last).role().equals("user")) {
      last--;
    }
    return last;
  }

  /** A message whose role is one that layouts know. */
  private static Message known(int index, Message message) {
    return switch (message.role()) {
      case "system", "user", "assistant" -> message;
      // What newer interfaces call the system's instructions.
      case "developer" -> Message.system(message.content());
      default ->
          throw new LanewiseException(
              "message %d has the role \"%s\"; known are system, user and assistant"
                  .formatted(index, message.role()));
    };
  }

  private boolean isLeftOut(Message message) {
    return traits.emptySystemLeftOut()
        && message.role().equals("system")
        && message.content().isEmpty();
  }
}
