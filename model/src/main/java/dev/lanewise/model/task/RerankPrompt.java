package dev.lanewise.model.task;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.TextEncoder;
import dev.lanewise.model.tokenizer.Segment;
import dev.lanewise.model.tokenizer.TokenSequence;
import dev.lanewise.model.tokenizer.Tokenizer;
import dev.lanewise.model.tokenizer.Tokens;
import java.util.ArrayList;
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
  private final String template;
  private final int yes;

  private RerankPrompt(TextModel model) {
    this.model = model;
    template = model.metadata().string(TEMPLATE);
    if (!template.contains(QUERY) || !template.contains(TEXT)) {
      throw new LanewiseException(
          "%s: %s lacks %s or %s".formatted(model.metadata().file(), TEMPLATE, QUERY, TEXT));
    }
    TextEncoder encoder = model.encoder();
    yes = encoder.labels().indexOf("yes");
    if (encoder.outputs() != 2 || yes < 0 || encoder.labels().get(1 - yes).equals("yes")) {
      throw new LanewiseException(
          "%s: with %s the head must score two classes, yes and no; it has %s"
              .formatted(model.metadata().file(), TEMPLATE, encoder.labels()));
    }
  }

  /**
   * A model's prompt, or null if it has none.
   *
   * @throws LanewiseException if it asks for something that the head does not tell
   */
  static RerankPrompt of(TextModel model) {
    return model.metadata().has(TEMPLATE) ? new RerankPrompt(model) : null;
  }

  /** How likely the answer is yes, from the logits of both at {@code [at, at + 2)}. */
  float score(float[] logits, int at) {
    return (float) (1 / (1 + Math.exp((double) logits[at + 1 - yes] - logits[at + yes])));
  }

  /**
   * What the model reads. Special tokens count in the layout alone.
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
    if (kept <= 0) {
      throw new LanewiseException(
          "the query with its instructions leaves no room in the %d tokens that %s takes; shorten it"
              .formatted(model.maxLength(), model.metadata().file()));
    }
    int last = text.offsetByCodePoints(text.length(), -1);
    return text.substring(0, Math.min(tokens.ends()[kept - 1], last));
  }

  private List<Segment> segments(String query, String text) {
    List<Segment> segments = new ArrayList<>();
    String rest = template;
    while (!rest.isEmpty()) {
      int q = position(rest, QUERY);
      int t = position(rest, TEXT);
      int next = Math.min(q, t);
      segments.add(new Segment(rest.substring(0, next), true));
      if (next < rest.length()) {
        segments.add(new Segment(q < t ? query : text, false));
        next += (q < t ? QUERY : TEXT).length();
      }
      rest = rest.substring(next);
    }
    return segments;
  }

  private static int position(String text, String part) {
    int at = text.indexOf(part);
    return at < 0 ? text.length() : at;
  }
}
