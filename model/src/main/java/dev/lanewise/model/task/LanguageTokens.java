package dev.lanewise.model.task;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.GenerationConfig;
import dev.lanewise.model.tokenizer.TokenSequence;
import dev.lanewise.model.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The tokens that name languages to models which know several.
 *
 * <p>mBART (Liu et al. 2020, arXiv:2001.08210) has one such as {@code de_DE} around each source,
 * and another begins its translation: as the start token, or forced to be the first after it (Tang
 * et al. 2020, arXiv:2008.00401). Marian's models have {@code >>deu<<} before the source, for the
 * language to translate into.
 *
 * @param source stands in a source's sequence where the tokenizer puts a language; {@link #NONE}
 *     leaves that in its place
 * @param target begins the text that is made; {@link #NONE} leaves the model's own
 * @param before stands before the source; {@link #NONE} for nothing
 */
record LanguageTokens(int source, int target, int before) {
  /** No token. */
  static final int NONE = -1;

  /** The model translates between two languages, or is told in words. */
  static final LanguageTokens UNUSED = new LanguageTokens(NONE, NONE, NONE);

  private static final Pattern CODE = Pattern.compile("[a-z]{2,3}_[A-Z]{2}|[a-z]{3}_[A-Z][a-z]{3}");
  private static final Pattern MARK = Pattern.compile(">>[A-Za-z_-]{2,}<<");

  /** How many languages a message names. */
  private static final int NAMED = 60;

  /**
   * The tokens for two languages.
   *
   * @param config says whether the model has a language to translate into by itself
   * @param from code or name of the source's language; null for the tokenizer's own
   * @param to code or name of the language to translate into; null for the model's own
   * @return {@link #UNUSED} if the tokenizer knows no languages
   * @throws LanewiseException if a language is unknown, or none is named where one must be
   */
  static LanguageTokens of(Tokenizer tokenizer, GenerationConfig config, String from, String to) {
    List<Integer> codes = new ArrayList<>();
    List<Integer> marks = new ArrayList<>();
    for (int id = 0; id < tokenizer.vocabSize(); id++) {
      String piece = tokenizer.piece(id);
      if (CODE.matcher(piece).matches() && tokenizer.bytes(id).length == 0) {
        codes.add(id);
      } else if (MARK.matcher(piece).matches()) {
        marks.add(id);
      }
    }
    if (codes.size() > 1) {
      if (to == null
          && !codes.contains(config.startToken())
          && !codes.contains(config.firstToken())) {
        throw missing(tokenizer, codes);
      }
      return new LanguageTokens(find(tokenizer, codes, from), find(tokenizer, codes, to), NONE);
    }
    if (marks.isEmpty()) {
      return UNUSED;
    }
    if (to == null) {
      throw missing(tokenizer, marks);
    }
    return new LanguageTokens(NONE, NONE, find(tokenizer, marks, to));
  }

  private static LanewiseException missing(Tokenizer tokenizer, List<Integer> tokens) {
    return new LanewiseException(
        "the model translates into several languages; say into which: " + names(tokenizer, tokens));
  }

  private static int find(Tokenizer tokenizer, List<Integer> tokens, String language) {
    if (language == null) {
      return NONE;
    }
    List<Integer> found = new ArrayList<>();
    for (int token : tokens) {
      String name = name(tokenizer, token);
      if (name.equals(language)) {
        return token;
      }
      if (LanguageNames.same(name, language)) {
        found.add(token);
      }
    }
    if (found.size() != 1) {
      throw new LanewiseException(
          found.isEmpty()
              ? "'%s' is no language of the model's; it knows %s"
                  .formatted(language, names(tokenizer, tokens))
              : "'%s' may be any of %s; say which".formatted(language, names(tokenizer, found)));
    }
    return found.getFirst();
  }

  private static String name(Tokenizer tokenizer, int token) {
    return tokenizer.piece(token).replaceAll("[<>]", "");
  }

  private static String names(Tokenizer tokenizer, List<Integer> tokens) {
    List<String> names =
        tokens.stream().map(token -> name(tokenizer, token)).sorted().limit(NAMED).toList();
    return String.join(", ", names) + (tokens.size() > NAMED ? ", …" : "");
  }

  /** How many tokens a source gets besides those of its sequence. */
  int added() {
    return before == NONE ? 0 : 1;
  }

  /** The ids of a source, its language in place. */
  int[] source(Tokenizer tokenizer, TokenSequence sequence) {
    int[] ids = new int[added() + sequence.size()];
    Arrays.fill(ids, 0, added(), before);
    for (int i = 0; i < sequence.size(); i++) {
      int id = sequence.ids()[i];
      boolean ofSequence = sequence.texts()[i] < 0;
      boolean replaced =
          source != NONE && ofSequence && CODE.matcher(tokenizer.piece(id)).matches();
      ids[added() + i] = replaced ? source : id;
    }
    return ids;
  }

  /** How texts are begun in the language to translate into. */
  GenerationConfig begin(Tokenizer tokenizer, GenerationConfig config) {
    if (target == NONE) {
      return config;
    }
    boolean startIsLanguage = CODE.matcher(tokenizer.piece(config.startToken())).matches();
    return startIsLanguage ? config.startingWith(target) : config.forcingFirst(target);
  }
}
