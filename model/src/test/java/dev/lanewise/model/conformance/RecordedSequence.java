package dev.lanewise.model.conformance;

import dev.lanewise.model.checkpoint.Safetensors;
import dev.lanewise.model.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A recorded sequence of token ids as text: id 7 is the word w7. The first id, the last and what
 * stands between its two texts are made tokens of the sequence itself, by a tokenizer that frames
 * texts so.
 */
final class RecordedSequence {
  private static final int LONGEST_ANSWER = 15;

  private final Safetensors expected;
  private final int row;
  private final int length; // with padding
  private final int vocabSize;
  private final int[] ids;
  private final int[] types;
  private int mask = -1; // the id that is written [MASK]

  private RecordedSequence(
      Safetensors expected, int row, int length, int vocabSize, int[] ids, int[] types) {
    this.expected = expected;
    this.row = row;
    this.length = length;
    this.vocabSize = vocabSize;
    this.ids = ids;
    this.types = types;
  }

  static RecordedSequence of(Safetensors expected, int row, int vocabSize) {
    Tensor all = ModelsConformanceTest.tensor(expected, "in.input_ids");
    int length = all.dim(1);
    int[] mask = row(expected, "in.attention_mask", row, length);
    int size = Arrays.stream(mask).sum();
    int[] types =
        expected.has("in.token_type_ids")
            ? row(expected, "in.token_type_ids", row, length)
            : new int[length];
    return new RecordedSequence(
        expected,
        row,
        length,
        vocabSize,
        Arrays.copyOf(row(expected, "in.input_ids", row, length), size),
        Arrays.copyOf(types, size));
  }

  private static int[] row(Safetensors expected, String name, int row, int length) {
    int[] all = ModelsConformanceTest.tensor(expected, name).ints();
    return Arrays.copyOfRange(all, row * length, (row + 1) * length);
  }

  /** Where the second part begins: the first token of type 1, or the middle. */
  private int second() {
    return IntStream.range(0, ids.length)
        .filter(i -> types[i] == 1)
        .findFirst()
        .orElse(ids.length / 2);
  }

  int[] firstText() {
    return Arrays.copyOfRange(ids, 1, second() - 1);
  }

  int[] secondText() {
    return Arrays.copyOfRange(ids, second(), ids.length - 1);
  }

  String words(int[] text) {
    return String.join(" ", Arrays.stream(text).mapToObj(this::word).toList());
  }

  private String word(int id) {
    return id == mask ? "[MASK]" : "w" + id;
  }

  /** Where in the first text an id stands that the sequence has nowhere else. */
  int uniqueToken() {
    return IntStream.range(1, second() - 1)
        .filter(i -> Arrays.stream(ids).filter(id -> id == ids[i]).count() == 1)
        .findFirst()
        .orElseThrow(() -> new AssertionError("every id stands twice"));
  }

  // --- Logits ---------------------------------------------------------------------------------

  /** Of the sequence. */
  float[] logits(String name) {
    Tensor all = ModelsConformanceTest.tensor(expected, "out." + name);
    return Arrays.copyOfRange(all.data(), row * all.dim(1), (row + 1) * all.dim(1));
  }

  /** Of a token. */
  float[] logits(String name, int token) {
    Tensor all = ModelsConformanceTest.tensor(expected, "out." + name);
    int n = all.dim(2);
    int from = (row * length + token) * n;
    return Arrays.copyOfRange(all.data(), from, from + n);
  }

  /** What a stretch of the first text is, as told by the classes of its tokens. */
  record Entity(String label, double score, String text) {}

  /** The entities of the first text: neighbours of a class, but for a beginning (B-). */
  List<Entity> entities(List<String> labels) {
    int[] words = firstText();
    String[] best = new String[words.length];
    double[] scores = new double[words.length];
    for (int i = 0; i < words.length; i++) {
      float[] of = softmax(logits("logits", i + 1));
      int top = IntStream.range(0, of.length).reduce((a, b) -> of[b] > of[a] ? b : a).orElseThrow();
      best[i] = labels.get(top);
      scores[i] = of[top];
    }
    List<Entity> entities = new ArrayList<>();
    for (int from = 0, to; from < words.length; from = to) {
      String kind = kind(best[from]);
      to = from + 1;
      while (to < words.length && !best[to].startsWith("B-") && kind(best[to]).equals(kind)) {
        to++;
      }
      if (!kind.equals("O")) {
        double score = Arrays.stream(scores, from, to).average().orElseThrow();
        entities.add(new Entity(kind, score, words(Arrays.copyOfRange(words, from, to))));
      }
    }
    return entities;
  }

  private static String kind(String label) {
    return label.replaceFirst("^[BI]-", "");
  }

  static float[] softmax(float[] logits) {
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit);
    }
    float[] scores = new float[logits.length];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = (float) (Math.exp(logits[i]) / sum);
    }
    return scores;
  }

  /**
   * The scores of answers in the second text, equal ones added up.
   *
   * @param count stretches that count, the best
   */
  Map<String, Double> answers(int count) {
    double[] starts = probabilities("start_logits");
    double[] ends = probabilities("end_logits");
    record Span(int from, int to, double score) {}
    List<Span> spans = new ArrayList<>();
    for (int from = second(); from < ids.length - 1; from++) {
      for (int to = from; to < Math.min(ids.length - 1, from + LONGEST_ANSWER); to++) {
        spans.add(new Span(from, to, starts[from] * ends[to]));
      }
    }
    spans.sort(Comparator.comparingDouble(span -> -span.score()));
    Map<String, Double> answers = new LinkedHashMap<>();
    for (Span span : spans.subList(0, Math.min(count, spans.size()))) {
      String text = words(Arrays.copyOfRange(ids, span.from(), span.to() + 1));
      answers.merge(text, span.score(), Double::sum);
    }
    return answers;
  }

  /** Among the tokens of the second text and the first of all. */
  private double[] probabilities(String name) {
    float[] logits = logits(name);
    double[] scores = new double[ids.length];
    double sum = 0;
    for (int i = 0; i < ids.length; i++) {
      boolean counts = i == 0 || (i >= second() && i < ids.length - 1);
      scores[i] = counts ? Math.exp(logits[i]) : 0;
      sum += scores[i];
    }
    for (int i = 0; i < ids.length; i++) {
      scores[i] /= sum;
    }
    return scores;
  }

  // --- The tokenizer --------------------------------------------------------------------------

  /**
   * A tokenizer that makes the sequence of its first text.
   *
   * @param maskAt the token that is a mask; −1 for none
   */
  void writeSingle(Path folder, int maskAt) {
    mask = maskAt < 0 ? -1 : ids[maskAt];
    List<Object> parts = new ArrayList<>(List.of(token(0), text("A", types[1])));
    for (int i = second() - 1; i < ids.length; i++) {
      parts.add(token(i));
    }
    write(folder, parts, List.of(text("A", 0), text("B", 1)));
  }

  /** A tokenizer that makes the sequence of its two texts. */
  void writePair(Path folder) {
    List<Object> parts =
        List.of(
            token(0),
            text("A", types[1]),
            token(second() - 1),
            text("B", types[second()]),
            token(ids.length - 1));
    write(folder, List.of(text("A", 0)), parts);
  }

  private Object token(int at) {
    return Map.of("SpecialToken", Map.of("id", "t" + ids[at], "type_id", types[at]));
  }

  private static Object text(String id, int type) {
    return Map.of("Sequence", Map.of("id", id, "type_id", type));
  }

  private void write(Path folder, List<Object> single, List<Object> pair) {
    Map<String, Object> vocab = new LinkedHashMap<>();
    Map<String, Object> specials = new LinkedHashMap<>();
    for (int id = 0; id < vocabSize; id++) {
      vocab.put(word(id), id);
      specials.put("t" + id, Map.of("ids", List.of(id)));
    }
    List<Object> added =
        mask < 0 ? List.of() : List.of(Map.of("id", mask, "content", "[MASK]", "special", true));
    Map<String, Object> root =
        Map.of(
            "added_tokens", added,
            "pre_tokenizer", Map.of("type", "BertPreTokenizer"),
            "post_processor",
                Map.of(
                    "type", "TemplateProcessing",
                    "single", single,
                    "pair", pair,
                    "special_tokens", specials),
            "model", Map.of("type", "WordPiece", "unk_token", word(0), "vocab", vocab));
    try {
      Files.write(
          folder.resolve("tokenizer.json"), Json.write(root).getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
