package dev.lanewise.model.server;

import dev.lanewise.model.json.JsonView;
import dev.lanewise.model.task.BatchProgress;
import dev.lanewise.model.task.Embedder;
import dev.lanewise.model.task.TextModel;
import dev.lanewise.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;

/** Serves an encoder of texts: their vectors. */
final class EmbeddingService implements Service {
  private static final Set<String> KEYS = Set.of("input", "encoding_format", "dimensions");

  /** Most texts of a request, as in OpenAI's interface. */
  private static final int MAX_TEXTS = 2048;

  /**
   * Texts given to the model at once shall take about this long, to notice that a client is gone.
   */
  private static final long PART_NANOS = 250_000_000;

  private final String name;
  private final TextModel model;
  private final Metrics metrics;
  private final List<Embedder> embedders = new ArrayList<>();
  private final Slots<Embedder> slots;
  private final String prefix;

  /**
   * A service that is ready.
   *
   * @param name what clients call the model
   * @param model to be closed with the service
   * @param threads of all slots together
   */
  EmbeddingService(
      String name, TextModel model, ServerOptions options, int threads, Metrics metrics) {
    this.name = name;
    this.model = model;
    this.metrics = metrics;
    try {
      for (int i = 0; i < options.slots(); i++) {
        embedders.add(new Embedder(model, options.threadsOfSlot(threads)));
      }
    } catch (RuntimeException | Error e) {
      closeModel();
      throw e;
    }
    prefix = embedders.getFirst().prompt();
    slots = new Slots<>(embedders, options.queue());
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Tokenizer tokenizer() {
    return model.tokenizer();
  }

  @Override
  public Answer chat(JsonView body) {
    throw notGenerating();
  }

  @Override
  public Answer complete(JsonView body) {
    throw notGenerating();
  }

  private ApiException notGenerating() {
    return ApiException.notServed(
        name + " is an encoder of texts; serve a language model to generate them");
  }

  @Override
  public Answer embed(JsonView body) {
    RequestBody.requireKnown(body, KEYS);
    boolean encoded = isEncoded(body);
    requireDim(body);
    List<String> texts = texts(body.at("input"));
    int tokens = tokens(texts);
    return reply -> embed(texts, tokens, encoded, reply);
  }

  private void embed(List<String> texts, int tokens, boolean encoded, Reply reply)
      throws IOException {
    Job<Embedder, float[][]> job =
        new Job<>(
            (embedder, self) -> {
              long start = System.nanoTime();
              float[][] vectors = embed(embedder, texts, self);
              metrics.embedded(tokens, (System.nanoTime() - start) * 1e-9);
              return vectors;
            });
    float[][] vectors = slots.run(job, reply, _ -> {});
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("object", "list");
    answer.put("data", data(vectors, encoded));
    answer.put("model", name);
    answer.put("usage", Map.of("prompt_tokens", tokens, "total_tokens", tokens));
    reply.json(200, answer);
  }

  private static boolean isEncoded(JsonView body) {
    String format = body.string("encoding_format", "float");
    return switch (format) {
      case "float" -> false;
      case "base64" -> true;
      default -> throw body.at("encoding_format").failure("must be float or base64");
    };
  }

  private void requireDim(JsonView body) {
    int dim = embedders.getFirst().dim();
    if (body.integer("dimensions", dim) != dim) {
      throw body.at("dimensions").failure("must be " + dim + ", which the model's vectors have");
    }
  }

  private List<String> texts(JsonView input) {
    List<String> texts = RequestBody.texts(input);
    if (texts.isEmpty() || texts.size() > MAX_TEXTS) {
      throw input.failure("has %d texts, expected 1 to %d".formatted(texts.size(), MAX_TEXTS));
    }
    return prefix.isEmpty() ? texts : texts.stream().map(prefix::concat).toList();
  }

  /** Tokens of all texts, each of which must fit. */
  private int tokens(List<String> texts) {
    Embedder embedder = embedders.getFirst();
    int all = 0;
    for (String text : texts) {
      int tokens = embedder.tokens(text);
      if (tokens > embedder.maxLength()) {
        throw ApiException.tooLong(
            "a text has %d tokens, the model takes in %d; shorten it"
                .formatted(tokens, embedder.maxLength()),
            tokens,
            embedder.maxLength());
      }
      if (tokens == 0) {
        throw ApiException.invalid("a text has no token to embed");
      }
      all += tokens;
    }
    return all;
  }

  /** In parts: twice as many texts if the last took little time, else half as many. */
  static float[][] embed(Embedder embedder, List<String> texts, Job<Embedder, float[][]> job) {
    BatchProgress progress =
        new BatchProgress() {
          @Override
          public boolean cancelled() {
            return job.getAsBoolean();
          }
        };
    float[][] vectors = new float[texts.size()][];
    int part = 1;
    for (int from = 0, to; from < vectors.length; from = to) {
      to = Math.min(vectors.length, from + part);
      long start = System.nanoTime();
      try {
        float[][] some = embedder.embed(texts.subList(from, to), progress);
        System.arraycopy(some, 0, vectors, from, some.length);
      } catch (CancellationException e) {
        throw ApiException.shuttingDown(); // or nobody listens any more
      }
      part = System.nanoTime() - start < PART_NANOS ? 2 * part : Math.max(1, part / 2);
    }
    return vectors;
  }

  private static List<Object> data(float[][] vectors, boolean encoded) {
    List<Object> data = new ArrayList<>();
    for (float[] vector : vectors) {
      Map<String, Object> item = new LinkedHashMap<>();
      item.put("object", "embedding");
      item.put("index", data.size());
      item.put("embedding", encoded ? base64(vector) : vector);
      data.add(item);
    }
    return data;
  }

  /** Its numbers as float32, the lowest byte first. */
  private static String base64(float[] vector) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * vector.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(vector);
    return Base64.getEncoder().encodeToString(bytes.array());
  }

  @Override
  public Slots<Embedder> slots() {
    return slots;
  }

  @Override
  public void close() {
    slots.close();
    closeModel();
  }

  private void closeModel() {
    embedders.forEach(Embedder::close);
    model.close();
  }
}
