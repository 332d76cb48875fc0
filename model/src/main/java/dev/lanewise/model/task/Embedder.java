package dev.lanewise.model.task;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.EmbeddingConfig;
import dev.lanewise.model.arch.Encoding;
import dev.lanewise.model.checkpoint.Metadata;
import dev.lanewise.model.tokenizer.TokenSequence;
import dev.lanewise.model.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Turns texts into vectors, so that texts which mean the same have vectors in the same direction
 * (Reimers and Gurevych 2019, arXiv:1908.10084). Pooled and normalised as the model's makers say,
 * see {@link EmbeddingConfig}. Language models that were not made for it give vectors too, which
 * may tell little; {@link EmbeddingConfig#isGuess} tells them.
 *
 * {@snippet :
 * try (Embedder embedder = Embedder.load(Path.of("all-MiniLM-L6-v2"))) {
 *   float[][] vectors = embedder.embed(List.of("A cat sits.", "There is a cat."));
 * }
 * }
 *
 * <p>Some models want every text to begin with words that say what it is for, such as {@code
 * "query: "} and {@code "passage: "} of E5: these are the caller's to put there. {@link #prompt}
 * tells them where the model's folder says them.
 *
 * <p>Owns threads and buffers and serves one caller at a time.
 */
public final class Embedder implements AutoCloseable {
  private static final String PROMPTS = "sentence_transformers.prompts.";
  private static final String SIMILARITY = "sentence_transformers.similarity_fn_name";
  private static final String DEFAULT_PROMPT = "sentence_transformers.default_prompt_name";

  private final TextModel model;
  private final EmbeddingConfig config;
  private final BatchEncoder encoder;

  /**
   * An embedder with threads of its own.
   *
   * @param threads threads that compute, the caller's included
   * @throws LanewiseException if the model asks for a pooling that is not known here
   */
  public Embedder(TextModel model, int threads) {
    this(model, threads, false);
  }

  private Embedder(TextModel model, int threads, boolean ownsModel) {
    this.model = model;
    config = EmbeddingConfig.of(model.metadata());
    encoder = new BatchEncoder(model, threads, ownsModel);
  }

  /**
   * An embedder with a model of its own and all processors.
   *
   * @throws LanewiseException if the model cannot be loaded; see {@link TextModel#load}
   */
  public static Embedder load(Path path) {
    return TextModel.loadFor(path, (model, threads) -> new Embedder(model, threads, true));
  }

  /**
   * What the model's makers want to be put before texts of some use, as {@code prompts} of Sentence
   * Transformers say.
   *
   * @param uses names of the use, such as {@code "query"}; the first that the model has counts, or
   *     else its {@code default_prompt_name}
   * @return empty if they want nothing
   */
  public String prompt(String... uses) {
    Metadata metadata = model.metadata();
    for (String use : uses) {
      if (metadata.has(PROMPTS + use)) {
        return metadata.string(PROMPTS + use);
      }
    }
    return metadata.string(PROMPTS + metadata.string(DEFAULT_PROMPT, ""), "");
  }

  /**
   * How the model's makers compare vectors, as {@code similarity_fn_name} of Sentence Transformers
   * says: by the cosine, if they say nothing, or by the distance of vectors of length 1, which
   * comes to the same.
   *
   * @throws LanewiseException if they compare them otherwise than known here
   */
  public Similarity similarity() {
    Metadata metadata = model.metadata();
    String name = metadata.string(SIMILARITY, "cosine");
    if (name.equals("euclidean") && config.normalised()) {
      return Similarity.COSINE;
    }
    return switch (name) {
      case "cosine" -> Similarity.COSINE;
      case "dot", "dot_product" -> Similarity.DOT;
      default ->
          throw new LanewiseException(
              "%s: %s is '%s'; known here are cosine and dot"
                  .formatted(metadata.file(), SIMILARITY, name));
    };
  }

  /** Width of the vectors. */
  public int dim() {
    return model.encoder().embeddingDim();
  }

  /** Most tokens of a text, those that begin and end it included; what is beyond is cut off. */
  public int maxLength() {
    return Math.min(config.maxLength(), model.encoder().maxLength());
  }

  /** Tokens of a text, those that begin and end it included, before anything is cut off. */
  public int tokens(String text) {
    Tokenizer tokenizer = model.tokenizer();
    return tokenizer.tokens(read(text)).size() + tokenizer.ownTokens(1);
  }

  /** Whether a text is no longer than {@link #maxLength}, so that nothing of it is cut off. */
  public boolean takesWhole(String text) {
    return tokens(text) <= maxLength();
  }

  /**
   * The vector of a text, [dim].
   *
   * @throws LanewiseException if the text has no token, or its vector is not finite
   * @throws IllegalStateException if the embedder or its model is closed, or it is at work
   */
  public float[] embed(String text) {
    return embed(List.of(text))[0];
  }

  /**
   * The vectors of texts in their order, [texts][dim].
   *
   * @throws LanewiseException if a text has no token, or its vector is not finite
   * @throws IllegalStateException if the embedder or its model is closed, or it is at work
   */
  public float[][] embed(List<String> texts) {
    return embed(texts, BatchProgress.NONE);
  }

  /**
   * The vectors of texts in their order, [texts][dim].
   *
   * @throws LanewiseException if a text has no token, or its vector is not finite
   * @throws IllegalStateException if the embedder or its model is closed, or it is at work
   * @throws java.util.concurrent.CancellationException if the progress says so, or the thread is
   *     interrupted
   */
  public float[][] embed(List<String> texts, BatchProgress progress) {
    List<TokenSequence> sequences = new ArrayList<>();
    for (String text : texts) {
      sequences.add(sequence(sequences.size(), text, progress));
    }
    float[][] vectors = new float[texts.size()][];
    encoder.encode(
        sequences,
        progress,
        (encoding, numbers) -> {
          float[] rows = vectors(encoding);
          for (int i = 0; i < numbers.length; i++) {
            float[] vector = Arrays.copyOfRange(rows, i * dim(), (i + 1) * dim());
            requireFinite(numbers[i], vector);
            vectors[numbers[i]] = vector;
          }
        });
    return vectors;
  }

  private TokenSequence sequence(int number, String text, BatchProgress progress) {
    TokenSequence sequence = model.sequence(number, read(text), maxLength(), progress);
    if (sequence.size() == 0) {
      throw new LanewiseException("text %d has no token to embed".formatted(number + 1));
    }
    return sequence;
  }

  private String read(String text) {
    return config.lowerCase() ? text.toLowerCase(Locale.ROOT) : text;
  }

  private void requireFinite(int number, float[] vector) {
    for (float x : vector) {
      if (!Float.isFinite(x)) {
        throw new LanewiseException(
            "%s: the vector of text %d holds %s; the model file is damaged or its numbers overflow"
                .formatted(model.metadata().file(), number + 1, x));
      }
    }
  }

  private float[] vectors(Encoding encoding) {
    return config.normalised()
        ? encoding.embeddings(config.pooling())
        : encoding.pooled(config.pooling());
  }

  /** Ends the threads, and gives back the memory of a model of its own. */
  @Override
  public void close() {
    encoder.close();
  }
}
