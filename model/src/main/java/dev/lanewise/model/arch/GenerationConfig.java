package dev.lanewise.model.arch;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.checkpoint.Metadata;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * How the makers of an encoder–decoder want its texts begun, continued and ended, as {@code
 * generation_config.json} says, or {@code config.json} of older folders without it, or a GGUF file.
 *
 * @param startToken what the decoder is given first
 * @param endTokens end a text; may be empty
 * @param firstToken is forced to be the first of the text; {@link #NONE} for none
 * @param lastToken is forced where a text reaches its greatest length; {@link #NONE} for none
 * @param bannedWords sequences of tokens that must not come about
 * @param bannedFirst tokens that must not come first, nor second behind a forced first one
 * @param noRepeatNgram no sequence of that many tokens may come about twice; 0 for any
 * @param noRepeatNgramOfSource no sequence of that many tokens of the source may come about; 0 for
 *     any
 * @param repetitionPenalty factor by which the score of a token that came about is worse; 1 for
 *     none
 * @param minLength least tokens before an end token, the start token included
 * @param maxLength most tokens, the start token included; 0 if it is not said
 * @param beams hypotheses of beam search; 1 for none
 * @param lengthPenalty a hypothesis is as good as its log-probability / length^lengthPenalty
 * @param stopping when beam search ends
 * @param renormalised whether beam search brings probabilities to a sum of 1 anew, once tokens are
 *     forbidden or forced
 */
public record GenerationConfig(
    int startToken,
    List<Integer> endTokens,
    int firstToken,
    int lastToken,
    List<List<Integer>> bannedWords,
    List<Integer> bannedFirst,
    int noRepeatNgram,
    int noRepeatNgramOfSource,
    float repetitionPenalty,
    int minLength,
    int maxLength,
    int beams,
    float lengthPenalty,
    Stopping stopping,
    boolean renormalised) {
  /** No token. */
  public static final int NONE = -1;

  /** When beam search ends, once as many texts are finished as there are beams. */
  public enum Stopping {
    /** At once: {@code early_stopping: true}. */
    WHEN_FULL,
    /** When the best unfinished text, if it ended now, would not be among them: {@code false}. */
    WHEN_UNLIKELY,
    /**
     * When the best unfinished text cannot get among them, even if it grew to the greatest length
     * without loss: {@code "never"}.
     */
    WHEN_HOPELESS
  }

  private static final String FILE_PREFIX = "generation_config.";
  private static final String TASK_PREFIX = "task_specific_params.";
  private static final int MAX_BEAMS = 1 << 10;

  /**
   * What would change texts and is not done here, and the values at which it changes nothing. That
   * tokens be drawn ({@code do_sample}) is none of it: who asks for a text says how, as for any
   * other model.
   */
  private static final Map<String, Double> NEUTRAL =
      Map.of(
          "encoder_repetition_penalty", 1.0,
          "guidance_scale", 1.0,
          "num_beam_groups", 1.0,
          "penalty_alpha", 0.0);

  /** More of it, which changes nothing where it is false or empty. */
  private static final List<String> UNKNOWN =
      List.of(
          "constraints",
          "exponential_decay_length_penalty",
          "force_words_ids",
          "sequence_bias",
          "stop_strings",
          "watermarking_config");

  /** Keeps copies of the lists. */
  public GenerationConfig {
    endTokens = List.copyOf(endTokens);
    bannedWords = List.copyOf(bannedWords);
    bannedFirst = List.copyOf(bannedFirst);
  }

  /**
   * What a checkpoint says.
   *
   * @throws LanewiseException if no start token is named, a token is not in the vocabulary, or
   *     texts are to be made in a way that is not known here
   */
  static GenerationConfig of(Hyperparameters h, int vocabSize) {
    boolean ofItsOwn = h.metadata().keys().stream().anyMatch(key -> key.startsWith(FILE_PREFIX));
    return new Reader(h, vocabSize, ofItsOwn ? FILE_PREFIX : "").read();
  }

  /**
   * The same with what older checkpoints want otherwise for one of several tasks, as {@code
   * task_specific_params} say: lengths, repetitions and beams.
   *
   * @param metadata the checkpoint's
   * @param task such as {@code "summarization"}; one that is not mentioned changes nothing
   * @throws LanewiseException if a number is out of range
   */
  public GenerationConfig forTask(Metadata metadata, String task) {
    String prefix = TASK_PREFIX + task + ".";
    return new GenerationConfig(
        startToken,
        endTokens,
        firstToken,
        lastToken,
        bannedWords,
        bannedFirst,
        number(metadata, prefix + "no_repeat_ngram_size", noRepeatNgram, 0, Integer.MAX_VALUE),
        noRepeatNgramOfSource,
        penalty(metadata, prefix, repetitionPenalty),
        leastLength(metadata, prefix, minLength),
        greatestLength(metadata, prefix, maxLength),
        number(metadata, prefix + "num_beams", beams, 1, MAX_BEAMS),
        (float) metadata.number(prefix + "length_penalty", lengthPenalty),
        stopping(metadata, prefix + "early_stopping", stopping),
        metadata.flag(prefix + "renormalize_logits", renormalised));
  }

  /** The same with another token at the start. */
  public GenerationConfig startingWith(int token) {
    return begun(token, firstToken);
  }

  /** The same with another token forced to be the first of the text. */
  public GenerationConfig forcingFirst(int token) {
    return begun(startToken, token);
  }

  private GenerationConfig begun(int start, int first) {
    return new GenerationConfig(
        start,
        endTokens,
        first,
        lastToken,
        bannedWords,
        bannedFirst,
        noRepeatNgram,
        noRepeatNgramOfSource,
        repetitionPenalty,
        minLength,
        maxLength,
        beams,
        lengthPenalty,
        stopping,
        renormalised);
  }

  /** Said as the most tokens with the start token, or without; the second counts. */
  private static int greatestLength(Metadata metadata, String prefix, int fallback) {
    int length = number(metadata, prefix + "max_length", fallback, 0, Integer.MAX_VALUE);
    int news = number(metadata, prefix + "max_new_tokens", 0, 0, Integer.MAX_VALUE - 1);
    return news > 0 ? news + 1 : length;
  }

  /** Said as the least tokens with the start token, or without; the second counts. */
  private static int leastLength(Metadata metadata, String prefix, int fallback) {
    int length = number(metadata, prefix + "min_length", fallback, 0, Integer.MAX_VALUE);
    int news = number(metadata, prefix + "min_new_tokens", 0, 0, Integer.MAX_VALUE - 1);
    return metadata.has(prefix + "min_new_tokens") ? news + 1 : length;
  }

  private static float penalty(Metadata metadata, String prefix, float fallback) {
    String key = prefix + "repetition_penalty";
    double value = metadata.number(key, fallback);
    if (!(value >= 1e-3 && value <= 1e3)) {
      throw new LanewiseException(
          "%s: %s is %s; it must be from 0.001 to 1000".formatted(metadata.file(), key, value));
    }
    return (float) value;
  }

  private static int number(Metadata metadata, String key, int fallback, int min, int max) {
    int value = metadata.integer(key, fallback);
    if (value < min || value > max) {
      throw new LanewiseException(
          "%s: %s is %d; it must be from %d to %d"
              .formatted(metadata.file(), key, value, min, max));
    }
    return value;
  }

  private static Stopping stopping(Metadata metadata, String key, Stopping fallback) {
    if (metadata.isText(key)) {
      return Stopping.WHEN_HOPELESS;
    }
    if (!metadata.has(key)) {
      return fallback;
    }
    return metadata.flag(key, false) ? Stopping.WHEN_FULL : Stopping.WHEN_UNLIKELY;
  }

  /** Whether a token ends a text. */
  public boolean isEnd(int token) {
    for (int i = 0; i < endTokens.size(); i++) {
      if (endTokens.get(i) == token) {
        return true;
      }
    }
    return false;
  }

  /**
   * Looks keys up.
   *
   * @param prefix of all keys but those of start and end, which any file may hold
   */
  private record Reader(Hyperparameters h, int vocabSize, String prefix) {
    GenerationConfig read() {
      Metadata m = h.metadata();
      refuseOthers(m);
      List<Integer> ends = anyOf(h.ofHub() ? "eos_token_id" : "tokenizer.ggml.eos_token_id");
      return new GenerationConfig(
          startToken(),
          ends,
          lowestOf(tokens(prefix + "forced_bos_token_id")),
          lowestOf(tokens(prefix + "forced_eos_token_id")),
          bannedWords(ends),
          tokens(prefix + "begin_suppress_tokens"),
          number(m, prefix + "no_repeat_ngram_size", 0, 0, Integer.MAX_VALUE),
          number(m, prefix + "encoder_no_repeat_ngram_size", 0, 0, Integer.MAX_VALUE),
          penalty(m, prefix, 1),
          leastLength(m, prefix, 0),
          greatestLength(m, prefix, 0),
          number(m, prefix + "num_beams", 1, 1, MAX_BEAMS),
          (float) m.number(prefix + "length_penalty", 1),
          stopping(m, prefix + "early_stopping", Stopping.WHEN_UNLIKELY),
          m.flag(prefix + "renormalize_logits", false));
    }

    private void refuseOthers(Metadata m) {
      for (Map.Entry<String, Double> entry : NEUTRAL.entrySet()) {
        String key = prefix + entry.getKey();
        double value = m.number(key, entry.getValue());
        if (value != entry.getValue()) {
          throw unknown(m, key, Double.toString(value));
        }
      }
      for (String name : UNKNOWN) {
        String key = prefix + name;
        for (String found : m.keys()) {
          if (found.equals(key) ? isOn(m.value(key)) : found.startsWith(key + ".")) {
            throw unknown(m, key, m.describe(found));
          }
        }
      }
    }

    private static boolean isOn(Object value) {
      return !value.equals(false) && !value.equals(List.of());
    }

    private static LanewiseException unknown(Metadata m, String key, String value) {
      return new LanewiseException(
          "%s: %s is %s, which is not done here; take it out to make texts without it"
              .formatted(m.file(), key, value));
    }

    private int startToken() {
      String key = h.key("decoder_start_token_id");
      List<Integer> start =
          anyOf(key, h.ofHub() ? "bos_token_id" : "tokenizer.ggml.padding_token_id");
      if (start.isEmpty()) {
        throw new LanewiseException(
            "%s: metadata key %s is missing; it names the token that a text begins with"
                .formatted(h.metadata().file(), key));
      }
      return start.getFirst();
    }

    /**
     * The tokens under the first key that is there, in either file of a folder. A null says that
     * there are none, whatever the other file says.
     */
    private List<Integer> anyOf(String... keys) {
      for (String key : keys) {
        String name = prefix + key;
        if (!h.metadata().has(name) && !h.metadata().isNull(name)) {
          name = key;
        }
        if (h.metadata().has(name)) {
          return tokens(name);
        }
      }
      return List.of();
    }

    /** All are as likely where one of them is forced, and of such the lowest is taken. */
    private static int lowestOf(List<Integer> tokens) {
      return tokens.isEmpty() ? NONE : Collections.min(tokens);
    }

    /** The tokens under a key, one or several; none where the key is missing. */
    private List<Integer> tokens(String key) {
      if (!h.metadata().has(key)) {
        return List.of();
      }
      List<Integer> tokens = new ArrayList<>();
      for (int token : h.metadata().oneOrMoreIntegers(key)) {
        if (token < 0 || token >= vocabSize) {
          throw new LanewiseException(
              "%s: %s is %d; the model's tokens are 0 to %d"
                  .formatted(h.metadata().file(), key, token, vocabSize - 1));
        }
        tokens.add(token);
      }
      return List.copyOf(tokens);
    }

    /** Nothing, or a token that ends texts, is no word; but such a token may be suppressed. */
    private List<List<Integer>> bannedWords(List<Integer> ends) {
      List<List<Integer>> words = new ArrayList<>();
      while (h.metadata().has(prefix + "bad_words_ids." + words.size())) {
        words.add(tokens(prefix + "bad_words_ids." + words.size()));
      }
      words.removeIf(word -> word.size() < 2 && ends.containsAll(word));
      tokens(prefix + "suppress_tokens").forEach(token -> words.add(List.of(token)));
      return words;
    }
  }
}
