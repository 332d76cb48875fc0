package dev.lanewise.model.task;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.HeadKind;
import dev.lanewise.model.tokenizer.TokenSequence;
import dev.lanewise.model.tokenizer.Tokenizer;
import dev.lanewise.model.tokenizer.Tokens;
import dev.lanewise.model.tokenizer.Truncation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Finds the answers to a question in texts: where they start and where they end (Devlin et al.
 * 2018, arXiv:1810.04805, section 4.2).
 *
 * <p>Which answers are chosen, and what they score, is as in the question-answering pipeline of
 * Hugging Face's transformers 4.57: question and text are read together, a long text in windows of
 * at most 384 tokens that share 128. In each, softmax over the text's tokens and the sequence's
 * first gives the probability that the answer starts at a token, and the same that it ends there; a
 * stretch of at most 15 tokens scores the product of both and is widened to whole words. Equal
 * answers, whatever their case, add up. The first token stands for there being no answer.
 *
 * {@snippet :
 * try (QuestionAnswerer answerer = QuestionAnswerer.load(path)) {
 *   Answer best = answerer.answer("Who wrote Faust?", "Goethe wrote Faust.", 1).getFirst();
 * }
 * }
 *
 * <p>Owns threads and buffers and serves one caller at a time.
 */
public final class QuestionAnswerer implements AutoCloseable {
  private static final int MAX_LENGTH = 384;
  private static final int MAX_ANSWER = 15;

  private final TextModel model;
  private final BatchEncoder encoder;

  /** From one token of a window to another, and its score. */
  private record Span(int from, int to, float score) {}

  /**
   * What a window tells.
   *
   * @param spans the best, the best first
   * @param none the score of there being no answer
   */
  private record Finding(List<Span> spans, float none) {}

  /**
   * An answerer with threads of its own.
   *
   * @param threads threads that compute, the caller's included
   * @throws LanewiseException if the model was made for something else
   */
  public QuestionAnswerer(TextModel model, int threads) {
    this(model, threads, false);
  }

  private QuestionAnswerer(TextModel model, int threads, boolean ownsModel) {
    model.encoder().require(HeadKind.ANSWER_SPAN);
    this.model = model;
    encoder = new BatchEncoder(model, threads, ownsModel);
  }

  /**
   * An answerer with a model of its own and all processors.
   *
   * @throws LanewiseException if the model cannot be loaded, see {@link TextModel#load}, or was
   *     made for something else
   */
  public static QuestionAnswerer load(Path path) {
    return TextModel.loadFor(path, (model, threads) -> new QuestionAnswerer(model, threads, true));
  }

  /**
   * The best answers that a text gives, the best first; none if the text is empty.
   *
   * @param top how many at most
   * @throws LanewiseException if the question leaves no room for a text
   * @throws IllegalArgumentException if top is negative
   * @throws IllegalStateException if the answerer or its model is closed, or it is at work
   */
  public List<Answer> answer(String question, String text, int top) {
    return answer(question, List.of(text), top, false, BatchProgress.NONE).getFirst();
  }

  /**
   * The best answers that each text gives, the best first; none if the text is empty.
   *
   * @param top how many at most
   * @param noAnswer whether the empty answer, that the text gives none, is one of them
   * @throws LanewiseException if the question leaves no room for a text
   * @throws IllegalArgumentException if top is negative
   * @throws IllegalStateException if the answerer or its model is closed, or it is at work
   * @throws java.util.concurrent.CancellationException if the progress says so, or the thread is
   *     interrupted
   */
  public List<List<Answer>> answer(
      String question, List<String> texts, int top, boolean noAnswer, BatchProgress progress) {
    Counts.requireNotNegative("top", top);
    Tokens asked = model.tokenizer().tokens(question);
    List<Tokens> tokens = texts.stream().map(model.tokenizer()::tokens).toList();
    List<Window> windows = new ArrayList<>();
    for (int i = 0; i < tokens.size(); i++) {
      windows.addAll(windows(i, asked, tokens.get(i)));
    }
    // More than are wanted, as several may become one when they are widened.
    int spans = (int) Math.min(Integer.MAX_VALUE, 2L * top + 10);
    Finding[] findings = new Finding[windows.size()];
    Window.encode(
        windows,
        texts.size(),
        encoder,
        progress,
        (encoding, numbers) -> {
          float[] logits = encoding.logits();
          for (int i = 0; i < numbers.length; i++) {
            int row = i * encoding.length();
            findings[numbers[i]] = find(windows.get(numbers[i]), logits, row, spans);
          }
        });
    List<List<Answer>> answers = new ArrayList<>();
    for (int i = 0, from = 0; i < texts.size(); i++) {
      int to = from;
      while (to < findings.length && windows.get(to).text() == i) {
        to++;
      }
      List<Answer> all =
          new ArrayList<>(merged(texts.get(i), tokens.get(i), windows, findings, from, to));
      if (noAnswer) {
        double least = Arrays.stream(findings, from, to).mapToDouble(Finding::none).min().orElse(1);
        all.add(new Answer((float) least, 0, 0, ""));
      }
      all.sort(Comparator.comparingDouble(answer -> -answer.score()));
      answers.add(List.copyOf(all.subList(0, Math.min(top, all.size()))));
      from = to;
    }
    return answers;
  }

  private List<Window> windows(int text, Tokens question, Tokens tokens) {
    Tokenizer tokenizer = model.tokenizer();
    int maxLength = Math.min(MAX_LENGTH, model.encoder().maxLength());
    int shared = Math.min(Window.SHARED, maxLength / 2);
    int room = maxLength - tokenizer.ownTokens(2) - question.size();
    if (room < Math.min(1, tokens.size())) {
      throw new LanewiseException(
          "the question has %d tokens, and the model reads at most %d of question and text together;"
                  .formatted(question.size(), maxLength)
              + " ask a shorter one");
    }
    if (room <= shared) { // a long question leaves less
      shared = Math.max(0, room / 2);
    }
    List<TokenSequence> sequences =
        new Truncation(maxLength).windows(tokenizer, question, tokens, shared);
    return Window.of(text, sequences, 1, shared);
  }

  // --- In a window ----------------------------------------------------------------------------

  /**
   * The best stretches.
   *
   * @param logits [rows × 2] whether an answer starts and whether it ends at a token
   * @param row of the sequence's first token
   */
  private static Finding find(Window window, float[] logits, int row, int count) {
    float[] starts = probabilities(window, logits, row, 0);
    float[] ends = probabilities(window, logits, row, 1);
    List<Span> spans = new ArrayList<>();
    int size = window.count();
    for (int from = 0; from < size; from++) {
      for (int to = from; to < Math.min(size, from + MAX_ANSWER); to++) {
        spans.add(new Span(from, to, starts[1 + from] * ends[1 + to]));
      }
    }
    spans.sort(Comparator.comparingDouble(span -> -span.score()));
    List<Span> best = List.copyOf(spans.subList(0, Math.min(count, spans.size())));
    return new Finding(best, starts[0] * ends[0]);
  }

  /**
   * Softmax over the sequence's first token, if it is its own, and the text's.
   *
   * @param column 0 for starts, 1 for ends
   * @return [1 + tokens of the text]
   */
  private static float[] probabilities(Window window, float[] logits, int row, int column) {
    float[] scores = new float[1 + window.count()];
    boolean own = window.sequence().texts()[0] < 0;
    scores[0] = own ? logits[2 * row + column] : Float.NEGATIVE_INFINITY;
    for (int i = 0; i < window.count(); i++) {
      scores[1 + i] = logits[2 * (row + window.at() + i) + column];
    }
    return Scoring.SOFTMAX.scores(scores, 0, scores.length);
  }

  // --- In a text ------------------------------------------------------------------------------

  /** The answers of the windows in their order, equal ones added up. */
  private static Collection<Answer> merged(
      String text, Tokens tokens, List<Window> windows, Finding[] findings, int from, int to) {
    Map<String, Answer> answers = new LinkedHashMap<>();
    for (int i = from; i < to; i++) {
      for (Span span : findings[i].spans()) {
        Answer answer = answer(text, tokens, windows.get(i), span);
        answers.merge(
            answer.text().toLowerCase(Locale.ROOT),
            answer,
            (old, more) ->
                new Answer(old.score() + more.score(), old.start(), old.end(), old.text()));
      }
    }
    return answers.values();
  }

  /** The words of a stretch, as far as the window holds them. */
  private static Answer answer(String text, Tokens tokens, Window window, Span span) {
    int[] words = tokens.words();
    int first = window.from() + span.from();
    while (first > window.from() && words[first - 1] == words[first]) {
      first--;
    }
    int last = window.from() + span.to();
    while (last + 1 < window.from() + window.count() && words[last + 1] == words[last]) {
      last++;
    }
    int start = tokens.starts()[first];
    int end = tokens.ends()[last];
    return new Answer(span.score(), start, end, text.substring(start, end));
  }

  /** Ends the threads, and gives back the memory of a model of its own. */
  @Override
  public void close() {
    encoder.close();
  }
}
