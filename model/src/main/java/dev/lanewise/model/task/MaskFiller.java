package dev.lanewise.model.task;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.HeadKind;
import dev.lanewise.model.generate.Candidates;
import dev.lanewise.model.tokenizer.Segment;
import dev.lanewise.model.tokenizer.TokenSequence;
import dev.lanewise.model.tokenizer.Tokenizer;
import dev.lanewise.model.tokenizer.Tokens;
import dev.lanewise.model.tokenizer.Truncation;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Tells which tokens go best where a text has a mask (Devlin et al. 2018, arXiv:1810.04805, section
 * 3.1). Scores are those of softmax over the whole vocabulary. Each of several masks is filled for
 * itself.
 *
 * {@snippet :
 * try (MaskFiller filler = MaskFiller.load(path)) {
 *   List<List<Filling>> masks = filler.fill("Paris is in [MASK].", 5);
 * }
 * }
 *
 * <p>Owns threads and buffers and serves one caller at a time.
 */
public final class MaskFiller implements AutoCloseable {
  /** BERT's spelling of a mask, and RoBERTa's: each is understood whichever the model has. */
  private static final List<String> SPELLINGS = List.of("[MASK]", "<mask>");

  private static final Pattern MASK = Pattern.compile("\\[MASK\\]|<mask>");

  private final TextModel model;
  private final String mask;
  private final int maskId;
  private final BatchEncoder encoder;

  /**
   * A text with its masks.
   *
   * @param places where they are in the text
   * @param tokens where they are in the sequence
   */
  private record Masked(String text, List<MatchResult> places, int[] tokens) {}

  /**
   * A filler with threads of its own.
   *
   * @param threads threads that compute, the caller's included
   * @throws LanewiseException if the model was made for something else, or its tokenizer has no
   *     mask
   */
  public MaskFiller(TextModel model, int threads) {
    this(model, threads, false);
  }

  private MaskFiller(TextModel model, int threads, boolean ownsModel) {
    model.encoder().require(HeadKind.MASKED_TOKENS);
    this.model = model;
    mask =
        SPELLINGS.stream()
            .filter(spelling -> model.tokenizer().id(spelling) >= 0)
            .findFirst()
            .orElseThrow(
                () ->
                    new LanewiseException(
                        "%s: its tokenizer has no token for masks, none of %s"
                            .formatted(model.metadata().file(), SPELLINGS)));
    maskId = model.tokenizer().id(mask);
    encoder = new BatchEncoder(model, threads, ownsModel);
  }

  /**
   * A filler with a model of its own and all processors.
   *
   * @throws LanewiseException if the model cannot be loaded, see {@link TextModel#load}, or was
   *     made for something else
   */
  public static MaskFiller load(Path path) {
    return TextModel.loadFor(path, (model, threads) -> new MaskFiller(model, threads, true));
  }

  /** How the model's own vocabulary spells a mask. */
  public String mask() {
    return mask;
  }

  /**
   * What goes best in place of each mask of a text, the best first: [masks][top].
   *
   * @param text with at least one mask, written as {@code [MASK]} or {@code <mask>}
   * @param top how many fillings at most
   * @throws LanewiseException if the text has no mask, or one that is too far behind for the model
   * @throws IllegalArgumentException if top is negative
   * @throws IllegalStateException if the filler or its model is closed, or it is at work
   */
  public List<List<Filling>> fill(String text, int top) {
    return fill(List.of(text), top, BatchProgress.NONE).getFirst();
  }

  /**
   * What goes best in place of each mask, the best first: [texts][masks][top].
   *
   * @param texts each with at least one mask, written as {@code [MASK]} or {@code <mask>}
   * @param top how many fillings at most
   * @throws LanewiseException if a text has no mask, or one that is too far behind for the model
   * @throws IllegalArgumentException if top is negative
   * @throws IllegalStateException if the filler or its model is closed, or it is at work
   * @throws java.util.concurrent.CancellationException if the progress says so, or the thread is
   *     interrupted
   */
  public List<List<List<Filling>>> fill(List<String> texts, int top, BatchProgress progress) {
    Counts.requireNotNegative("top", top);
    List<TokenSequence> sequences = new ArrayList<>();
    List<Masked> masked = new ArrayList<>();
    for (String text : texts) {
      List<MatchResult> places = places(text, masked.size());
      sequences.add(sequence(text, places, masked.size(), progress));
      masked.add(masked(text, places, sequences.getLast(), masked.size()));
    }
    List<List<List<Filling>>> fillings = new ArrayList<>();
    texts.forEach(_ -> fillings.add(new ArrayList<>()));
    encoder.encode(
        sequences,
        progress,
        (encoding, numbers) -> {
          for (int i = 0; i < numbers.length; i++) {
            Masked text = masked.get(numbers[i]);
            for (int j = 0; j < text.tokens().length; j++) {
              float[] logits = encoding.logits(i, text.tokens()[j]);
              fillings.get(numbers[i]).add(best(text.text(), text.places().get(j), logits, top));
            }
          }
        });
    return fillings;
  }

  // --- Masks ----------------------------------------------------------------------------------

  private List<MatchResult> places(String text, int number) {
    List<MatchResult> places = MASK.matcher(text).results().toList();
    if (places.isEmpty()) {
      throw new LanewiseException(
          "text %d has no mask; write %s where a token is to be filled in"
              .formatted(number + 1, mask));
    }
    return places;
  }

  /** The tokens of a text; nothing in it but its masks is taken for a special token. */
  private TokenSequence sequence(
      String text, List<MatchResult> places, int number, BatchProgress progress) {
    List<Segment> segments = new ArrayList<>();
    int at = 0;
    for (MatchResult place : places) {
      segments.add(new Segment(text.substring(at, place.start()), false));
      segments.add(new Segment(mask, true));
      at = place.end();
    }
    segments.add(new Segment(text.substring(at), false));
    Tokenizer tokenizer = model.tokenizer();
    int[] ids = tokenizer.encode(segments);
    int[] none = new int[ids.length]; // the masks are found by their ids
    TokenSequence sequence =
        new Truncation(model.encoder().maxLength())
            .sequence(tokenizer, new Tokens(ids, none, none, none));
    int wanted = ids.length + tokenizer.ownTokens(1);
    if (sequence.size() < wanted) {
      progress.truncated(number, wanted, sequence.size());
    }
    return sequence;
  }

  private Masked masked(String text, List<MatchResult> places, TokenSequence sequence, int number) {
    int[] tokens =
        IntStream.range(0, sequence.size()).filter(i -> sequence.ids()[i] == maskId).toArray();
    if (tokens.length != places.size()) {
      throw new LanewiseException(
          "text %d has %d masks, of which the model sees %d in the %d tokens that it reads; shorten the text"
              .formatted(number + 1, places.size(), tokens.length, sequence.size()));
    }
    return new Masked(text, places, tokens);
  }

  // --- Fillings -------------------------------------------------------------------------------

  private List<Filling> best(String text, MatchResult place, float[] logits, int top) {
    float[] scores = Scoring.SOFTMAX.scores(logits, 0, model.encoder().outputs());
    // Rows of the head beyond the vocabulary are there to round it up.
    int known = Math.min(scores.length, model.tokenizer().vocabSize());
    return Arrays.stream(Candidates.best(Arrays.copyOf(scores, known), top))
        .limit(top)
        .mapToObj(id -> filling(text, place, id, scores[id]))
        .toList();
  }

  private Filling filling(String text, MatchResult place, int id, float score) {
    String reads = model.tokenizer().decode(id);
    String token = reads.isEmpty() ? model.tokenizer().piece(id) : reads;
    String with = new String(model.tokenizer().bytes(id), StandardCharsets.UTF_8);
    boolean beginsWord = with.isEmpty() || Character.isWhitespace(with.charAt(0));
    String before = text.substring(0, place.start());
    String gap = beginsWord ? gap(before, token.strip()) : "";
    String kept = beginsWord ? before : before.stripTrailing();
    String word = with.isEmpty() ? token : with; // without the mark of what goes on with a word
    String after = text.substring(place.end());
    return new Filling(score, id, token, kept + gap + word.strip() + after);
  }

  /** A space where two words would become one. */
  private static String gap(String before, String token) {
    return !before.isEmpty()
            && !token.isEmpty()
            && isSpaced(before.codePointBefore(before.length()))
            && isSpaced(token.codePointAt(0))
        ? " "
        : "";
  }

  /** Whether a character is of a script that puts spaces between words. */
  private static boolean isSpaced(int character) {
    return Character.isLetterOrDigit(character) && !Character.isIdeographic(character);
  }

  /** Ends the threads, and gives back the memory of a model of its own. */
  @Override
  public void close() {
    encoder.close();
  }
}
