package dev.lanewise.model.arch;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.StringTable;
import dev.lanewise.model.checkpoint.Metadata;
import java.util.function.Supplier;

/** What a model was made to tell: what its head scores. */
public enum HeadKind {
  /** Nothing; there are hidden states to pool. */
  NONE("no head", "embed"),

  /** The token in each place, of the whole vocabulary (Devlin et al. 2018, arXiv:1810.04805). */
  MASKED_TOKENS("a head for masked tokens", "fill"),

  /** The class of a text. */
  SEQUENCE_CLASSES("a head for classes of texts", "classify or rerank"),

  /** The class of each token. */
  TOKEN_CLASSES("a head for classes of tokens", "tag"),

  /** Whether an answer starts and whether it ends at each token: two scores, in this order. */
  ANSWER_SPAN("a head for answers to questions", "answer"),

  /** The class of an image. */
  IMAGE_CLASSES("a head for classes of images", "label");

  /** Scores of {@link #ANSWER_SPAN}. */
  static final int SPAN_SCORES = 2;

  private static final String CLASSES = "architectures";

  private final String description;
  private final String command;

  HeadKind(String description, String command) {
    this.description = description;
    this.command = command;
  }

  /**
   * The kind that the hub's {@code architectures} name, as in {@code BertForMaskedLM}.
   *
   * @param otherwise for files that name none, or another
   * @throws LanewiseException if they name a head that would pass for another
   */
  static HeadKind named(Metadata metadata, Supplier<HeadKind> otherwise) {
    String name = modelClass(metadata);
    int at = name.lastIndexOf("For");
    return switch (at < 0 ? name : name.substring(at)) {
      case "ForMultipleChoice" ->
          throw new LanewiseException(
              "%s: %s names %s, which does not run here; of encoders these do: %s"
                  .formatted(
                      metadata.file(),
                      CLASSES,
                      name,
                      "…Model, …ForMaskedLM, …ForPreTraining, …ForSequenceClassification,"
                          + " …ForTokenClassification, …ForQuestionAnswering"));
      case "ForMaskedLM", "ForPreTraining" -> MASKED_TOKENS;
      case "ForSequenceClassification" -> SEQUENCE_CLASSES;
      case "ForTokenClassification" -> TOKEN_CLASSES;
      case "ForQuestionAnswering" -> ANSWER_SPAN;
      case "ForImageClassification", "ForImageClassificationWithTeacher" -> IMAGE_CLASSES;
      default -> name.endsWith("Model") ? NONE : otherwise.get();
    };
  }

  /** What the hub's file calls the whole of it, such as {@code BertModel}; empty if nothing. */
  static String modelClass(Metadata metadata) {
    StringTable names = metadata.has(CLASSES) ? metadata.strings(CLASSES) : StringTable.of();
    return names.size() == 0 ? "" : names.get(0);
  }

  /** For messages: {@code "a head for masked tokens"}. */
  public String description() {
    return description;
  }

  /** What takes such a model, in the words of the command line. */
  String command() {
    return command;
  }

  /** Whether each token has scores of its own, or the whole sequence has. */
  public boolean ofTokens() {
    return this == MASKED_TOKENS || this == TOKEN_CLASSES || this == ANSWER_SPAN;
  }

  /** Whether the scores are those of named classes. */
  public boolean ofClasses() {
    return this == SEQUENCE_CLASSES || this == TOKEN_CLASSES || this == IMAGE_CLASSES;
  }
}
