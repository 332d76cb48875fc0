package dev.lanewise.model.task;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.TextEncoder;
import dev.lanewise.model.checkpoint.Metadata;
import dev.lanewise.model.tokenizer.Segment;
import dev.lanewise.model.tokenizer.TokenSequence;
import dev.lanewise.model.tokenizer.Tokenizer;
import dev.lanewise.model.tokenizer.Tokens;
import java.util.Arrays;
import java.util.List;

/**
 * How a language model that reranks is asked whether a text answers a query, to which it says yes
 * or no (Qwen3-Reranker: Zhang et al. 2025, arXiv:2506.05176). GGUF files hold the question's
 * layout.
 */
final class RerankPrompt {
  private static final String TEMPLATE = "tokenizer.chat_template.rerank";
  private static final String QUERY = "{query}";
  private static final String TEXT = "{document}";

  private final TextModel model;
  private final boolean queryFirst;
  private final List<String> layout; // around and between query and text
  private final int yes;

  private RerankPrompt(TextModel model) {
    this.model = model;
    String template = model.metadata().string(TEMPLATE);
    int query = only(template, QUERY);
    int text = only(template, TEXT);
    queryFirst = query < text;
    layout =
        queryFirst
            ? cut(template, query, QUERY, text, TEXT)
            : cut(template, text, TEXT, query, QUERY);
    TextEncoder encoder = model.encoder();
    yes = encoder.labels().indexOf("yes");
    if (encoder.outputs() != 2 || yes < 0 || !encoder.labels().get(1 - yes).equals("no")) {
      throw new LanewiseException(
          "%s: with %s the head must score two classes, yes and no; it has %s"
              .formatted(model.metadata().file(), TEMPLATE, encoder.labels()));
    }
  }

  private int only(String template, String placeholder) {
    int at = template.indexOf(placeholder);
    if (at < 0 || at != template.lastIndexOf(placeholder)) {
      throw new LanewiseException(
          "%s: %s must have %s and %s once each; convert the model again"
              .formatted(model.metadata().file(), TEMPLATE, QUERY, TEXT));
    }
    return at;
  }

  private static List<String> cut(String text, int from, String first, int to, String second) {
    return List.of(
        text.substring(0, from),
        text.substring(from + first.length(), to),
        text.substring(to + second.length()));
  }

  /**
   * A model's prompt, or null if it has none.
   *
   * @throws LanewiseException if it does not ask about a query and a text, or for something that
   *     the head does not tell
   */
  static RerankPrompt of(TextModel model) {
    return isIn(model.metadata()) ? new RerankPrompt(model) : null;
  }

  /** Whether a file has a prompt to rerank by. */
  static boolean isIn(Metadata metadata) {
    return metadata.has(TEMPLATE);
  }

  /** How likely the answer is yes, from the logits of both, [2]. */
  float score(float[] logits) {
    return (float) (1 / (1 + Math.exp((double) logits[1 - yes] - logits[yes])));
  }

  /**
   * What the model reads. Control tokens count in the layout alone.
   *
   * @param number of the text, for the progress, which is told if its end has to be left out
   * @throws LanewiseException if there is no room for any of the text
   */
  TokenSequence sequence(String query, String text, int number, BatchProgress progress) {
    Tokenizer tokenizer = model.tokenizer();
    int most = model.maxLength();
    int[] ids = tokenizer.encode(segments(query, text));
    int wanted = ids.length;
    String kept = text;
    while (ids.length > most) {
      kept = shortened(kept, ids.length - most);
      ids = tokenizer.encode(segments(query, kept));
    }
    if (ids.length < wanted) {
      progress.truncated(number, wanted, ids.length);
    }
    int[] none = new int[ids.length];
    int[] texts = none.clone();
    Arrays.fill(texts, -1);
    return new TokenSequence(ids, none, texts, none, none);
  }

  /** A text without so many tokens at its end, or a few more or less. */
  private String shortened(String text, int excess) {
    Tokens tokens = model.tokenizer().tokens(text);
    int kept = tokens.size() - excess;
    int end = 0;
    if (kept > 0) {
      // Tokens may share a character, which goes as a whole then.
      int last = text.offsetByCodePoints(text.length(), -1);
      end = Math.min(tokens.ends()[kept - 1], last);
    }
    if (end == 0) {
      throw new LanewiseException(
          "the query with its instructions leaves no room in the %d tokens that %s takes; shorten it"
              .formatted(model.maxLength(), model.metadata().file()));
    }
    return text.substring(0, end);
  }

  private List<Segment> segments(String query, String text) {
    return List.of(
        new Segment(layout.get(0), true),
        new Segment(queryFirst ? query : text, false),
        new Segment(layout.get(1), true),
        new Segment(queryFirst ? text : query, false),
        new Segment(layout.get(2), true));
  }
}
