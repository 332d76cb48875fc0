package dev.lanewise.model.task;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.HeadKind;
import dev.lanewise.model.tokenizer.TokenSequence;
import dev.lanewise.model.tokenizer.Tokens;
import dev.lanewise.model.tokenizer.Truncation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the stretches of texts that are of some class, such as the names of people and places: one
 * class is told for every token (Devlin et al. 2018, arXiv:1810.04805, section 5.3), and neighbours
 * of a class make an {@link Entity}.
 *
 * <p>They are joined as by the strategy "simple" of the token-classification pipeline of Hugging
 * Face's transformers 4.57: a token goes on with the entity before it if it is of the same class
 * and not marked as a beginning (B-); what has class O is no entity.
 *
 * <p>A text that is longer than the model takes in is read in windows that overlap, and each token
 * is told where it has most text around it.
 *
 * {@snippet :
 * try (Tagger tagger = Tagger.load(path)) {
 *   List<Entity> entities = tagger.tag("Ada lives in Paris.");
 * }
 * }
 *
 * <p>Owns threads and buffers and serves one caller at a time.
 */
public final class Tagger implements AutoCloseable {
  private static final String OUTSIDE = "O";
  private static final String BEGINNING = "B-";
  private static final String INSIDE = "I-";

  private final TextModel model;
  private final BatchEncoder encoder;

  /** The best class of each token of a text, and its score. */
  private record Classes(Tokens tokens, int[] best, float[] scores) {}

  /**
   * A tagger with threads of its own.
   *
   * @param threads threads that compute, the caller's included
   * @throws LanewiseException if the model was made for something else
   */
  public Tagger(TextModel model, int threads) {
    this(model, threads, false);
  }

  private Tagger(TextModel model, int threads, boolean ownsModel) {
    model.encoder().require(HeadKind.TOKEN_CLASSES);
    this.model = model;
    encoder = new BatchEncoder(model, threads, ownsModel);
  }

  /**
   * A tagger with a model of its own and all processors.
   *
   * @throws LanewiseException if the model cannot be loaded, see {@link TextModel#load}, or was
   *     made for something else
   */
  public static Tagger load(Path path) {
    return TextModel.loadFor(path, (model, threads) -> new Tagger(model, threads, true));
  }

  /**
   * The entities of a text in their order.
   *
   * @throws LanewiseException if the model takes in too few tokens for any text
   * @throws IllegalStateException if the tagger or its model is closed, or it is at work
   */
  public List<Entity> tag(String text) {
    return tag(List.of(text), BatchProgress.NONE).getFirst();
  }

  /**
   * The entities of each text in their order.
   *
   * @throws LanewiseException if the model takes in too few tokens for any text
   * @throws IllegalStateException if the tagger or its model is closed, or it is at work
   * @throws java.util.concurrent.CancellationException if the progress says so, or the thread is
   *     interrupted
   */
  public List<List<Entity>> tag(List<String> texts, BatchProgress progress) {
    List<Classes> classes = new ArrayList<>();
    List<Window> windows = new ArrayList<>();
    for (String text : texts) {
      Tokens tokens = model.tokenizer().tokens(text);
      if (tokens.size() > 0) {
        windows.addAll(windows(classes.size(), tokens));
      }
      classes.add(new Classes(tokens, new int[tokens.size()], new float[tokens.size()]));
    }
    int n = model.encoder().outputs();
    Window.encode(
        windows,
        texts.size(),
        encoder,
        progress,
        (encoding, numbers) -> {
          float[] logits = encoding.logits();
          for (int i = 0; i < numbers.length; i++) {
            Window window = windows.get(numbers[i]);
            int first = i * encoding.length() + window.at() - window.from();
            look(window, classes.get(window.text()), logits, first, n);
          }
        });
    List<List<Entity>> entities = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      entities.add(entities(texts.get(i), classes.get(i)));
    }
    return entities;
  }

  private List<Window> windows(int text, Tokens tokens) {
    int maxLength = model.encoder().maxLength();
    int shared = Math.min(Window.SHARED, (maxLength - model.tokenizer().ownTokens(1)) / 2);
    List<TokenSequence> sequences =
        new Truncation(maxLength).windows(model.tokenizer(), tokens, Math.max(0, shared));
    return Window.of(text, sequences, 0, shared);
  }

  /**
   * Takes the classes of the tokens that lie centrally in a window.
   *
   * @param first row of the logits in which the text's first token would be
   * @param n classes
   */
  private static void look(Window window, Classes classes, float[] logits, int first, int n) {
    int to = window.centralTo(classes.tokens().size());
    for (int token = window.centralFrom(); token < to; token++) {
      float[] scores = Scoring.SOFTMAX.scores(logits, (first + token) * n, n);
      int best = 0;
      for (int j = 1; j < n; j++) {
        best = scores[j] > scores[best] ? j : best;
      }
      classes.best()[token] = best;
      classes.scores()[token] = scores[best];
    }
  }

  private List<Entity> entities(String text, Classes classes) {
    List<String> labels = model.encoder().labels();
    int[] best = classes.best();
    List<Entity> entities = new ArrayList<>();
    for (int from = 0, to; from < best.length; from = to) {
      String kind = kind(labels.get(best[from]));
      to = from + 1;
      while (to < best.length && goesOn(labels.get(best[to]), kind)) {
        to++;
      }
      String first = labels.get(best[from]);
      String name = first.substring(first.indexOf('-') + 1);
      if (!name.equals(OUTSIDE)) {
        entities.add(entity(name, text, classes, from, to));
      }
    }
    return entities;
  }

  private static boolean goesOn(String label, String kind) {
    return !label.startsWith(BEGINNING) && kind(label).equals(kind);
  }

  /** A label without its place in an entity. */
  private static String kind(String label) {
    boolean placed = label.startsWith(BEGINNING) || label.startsWith(INSIDE);
    return placed ? label.substring(BEGINNING.length()) : label;
  }

  private static Entity entity(String label, String text, Classes classes, int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += classes.scores()[i];
    }
    int start = classes.tokens().starts()[from];
    int end = classes.tokens().ends()[to - 1];
    float score = (float) (sum / (to - from));
    return new Entity(label, score, start, end, text.substring(start, end));
  }

  /** Ends the threads, and gives back the memory of a model of its own. */
  @Override
  public void close() {
    encoder.close();
  }
}
