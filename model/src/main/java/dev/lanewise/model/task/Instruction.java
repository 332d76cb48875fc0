package dev.lanewise.model.task;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.GenerationConfig;
import dev.lanewise.model.checkpoint.Metadata;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an encoder–decoder is to make of a text, in the ways that models are told: by words before
 * the text (T5, Raffel et al. 2019, arXiv:1910.10683), by tokens for languages (see {@link
 * LanguageTokens}), and by the lengths and beams that suit the task.
 */
public final class Instruction {
  private static final String TASKS = "task_specific_params.";
  private static final Pattern TRANSLATION = Pattern.compile("translation_(\\w+?)_to_(\\w+)");

  private final String prefix;
  private final GenerationConfig config;
  private final LanguageTokens languages;

  private Instruction(String prefix, GenerationConfig config, LanguageTokens languages) {
    this.prefix = prefix;
    this.config = config;
    this.languages = languages;
  }

  /** Nothing but the text. */
  public static Instruction none(ConditionalModel model) {
    return new Instruction("", model.model().generationConfig(), LanguageTokens.UNUSED);
  }

  /**
   * To make a text short: the checkpoint's task {@code summarization}, and before the text the
   * words that it says, or {@code "summarize: "} for T5.
   */
  public static Instruction summary(ConditionalModel model) {
    return task(model, "summarization", model.isT5() ? "summarize: " : "");
  }

  /**
   * To put a text into another language. A model that knows but two needs no languages, and one
   * with a task for each pair, or with tokens for languages, needs to be told. A T5 without tasks
   * that is told none gets the text as it is.
   *
   * @param from the text's language by its English name or its code ({@code de}, {@code deu},
   *     {@code de_DE}), or null
   * @param to the language to translate into, or null
   * @throws LanewiseException if the model does not know a language, or must be told one
   */
  public static Instruction translation(ConditionalModel model, String from, String to) {
    GenerationConfig config = model.model().generationConfig();
    LanguageTokens languages = LanguageTokens.of(model.tokenizer(), config, from, to);
    if (!languages.equals(LanguageTokens.UNUSED)) {
      return new Instruction(
          prefix(model.metadata(), ""), languages.begin(model.tokenizer(), config), languages);
    }
    Optional<String> task = task(model.metadata(), from, to);
    if (task.isPresent()) {
      return task(model, task.get(), "");
    }
    return model.isT5() && (from != null || to != null)
        ? task(model, "translation", inWords(from, to))
        : task(model, "translation", "");
  }

  /**
   * The checkpoint's task for a pair of languages, if it has one.
   *
   * @throws LanewiseException if several fit what is known of the pair
   */
  private static Optional<String> task(Metadata metadata, String from, String to) {
    Set<String> found = new LinkedHashSet<>();
    for (String key : metadata.keys()) {
      String task = key.startsWith(TASKS) ? key.substring(TASKS.length()).split("\\.")[0] : "";
      Matcher pair = TRANSLATION.matcher(task);
      if (pair.matches()
          && (from == null || LanguageNames.same(from, pair.group(1)))
          && (to == null || LanguageNames.same(to, pair.group(2)))) {
        found.add(task);
      }
    }
    if (found.size() > 1) {
      throw new LanewiseException(
          "%s: the model translates between several pairs of languages (%s); say from which and to"
                  .formatted(metadata.file(), String.join(", ", found))
              + " which");
    }
    return found.stream().findFirst();
  }

  private static String inWords(String from, String to) {
    if (from == null || to == null) {
      throw new LanewiseException(
          "the model is told both languages in words; say from which and to which to translate");
    }
    return "translate %s to %s: ".formatted(word(from), word(to));
  }

  private static String word(String language) {
    return LanguageNames.english(language)
        .orElseThrow(
            () ->
                new LanewiseException(
                    ("'%s' is no language that is known here; give its English name or its code"
                            + " of ISO 639, such as German or de, or the words before the text"
                            + " themselves (--prefix)")
                        .formatted(language)));
  }

  private static Instruction task(ConditionalModel model, String task, String prefix) {
    Metadata metadata = model.metadata();
    return new Instruction(
        metadata.string(TASKS + task + ".prefix", prefix(metadata, prefix)),
        model.model().generationConfig().forTask(metadata, task),
        LanguageTokens.UNUSED);
  }

  private static String prefix(Metadata metadata, String fallback) {
    return metadata.string("prefix", fallback);
  }

  /** The same with other words before the text, in which special tokens count. */
  public Instruction withPrefix(String prefix) {
    return new Instruction(Objects.requireNonNull(prefix, "prefix"), config, languages);
  }

  /** The words before the text; may be empty. */
  public String prefix() {
    return prefix;
  }

  /** How texts are begun, continued and ended. */
  public GenerationConfig config() {
    return config;
  }

  /** Whether languages are named to the model by tokens or words. */
  public boolean namesLanguages() {
    return !languages.equals(LanguageTokens.UNUSED) || prefix.startsWith("translate ");
  }

  LanguageTokens languages() {
    return languages;
  }
}
