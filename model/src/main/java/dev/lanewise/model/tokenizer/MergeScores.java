package dev.lanewise.model.tokenizer;

import dev.lanewise.model.json.JsonView;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * SentencePiece's scores of the pieces of a {@code tokenizer.json} that was made of its file: the
 * merges there are all pairs of pieces that make a third, those of the piece with the highest score
 * first. So the order of the merges is that of the scores, and where all pairs are there, to join
 * the pair with the highest score is to join the one whose merge stands first. Runs of spaces come
 * last of all, with one score. A file of which that is not true is refused.
 */
final class MergeScores {
  private static final String WHY =
      ", so that no scores say the same; give the model's tokenizer.model beside it";

  private static final float RUN_SCORE = -1e9f;

  private final JsonView model;
  private final Map<String, Integer> ids = new HashMap<>(); // of pieces that merges can make
  private final Set<List<String>> merges = new HashSet<>();
  private int first = Integer.MAX_VALUE; // of their ids

  /**
   * Reads the merges.
   *
   * @param added tokens that are found in texts before pieces are, and are no such
   */
  MergeScores(JsonView model, List<JsonView> added) {
    this.model = model;
    JsonView vocab = model.at("vocab");
    for (String piece : vocab.keys()) {
      if (ByteTokens.value(piece) < 0) {
        ids.put(piece, vocab.integer(piece));
      }
    }
    Set<String> outside = new HashSet<>();
    added.forEach(token -> outside.add(token.string("content")));
    readMerges(outside);
    for (String piece : ids.keySet()) {
      if (!outside.contains(piece)) {
        requireAllMerges(piece, outside);
        first = Math.min(first, ids.get(piece));
      }
    }
  }

  private void readMerges(Set<String> outside) {
    int last = -1;
    for (JsonView merge : model.at("merges").items()) {
      List<String> pair =
          merge.value() instanceof String text
              ? List.of(text.split(" ", 2))
              : merge.items().stream().map(JsonView::string).toList();
      String piece = String.join("", pair);
      Integer id = pair.size() == 2 ? ids.get(piece) : null;
      if (id == null) {
        throw merge.failure("makes no piece of the vocabulary");
      }
      merges.add(pair);
      if (outside.contains(piece)) {
        continue;
      }
      boolean run = isRun(piece);
      if (!run && id < last) {
        throw merge.failure("makes a piece that stands before that of the merge before it" + WHY);
      }
      last = run ? Integer.MAX_VALUE : id;
    }
  }

  /** Whether a piece is made of spaces, whose runs SentencePiece joins last of all. */
  private static boolean isRun(String piece) {
    return !piece.isEmpty() && piece.chars().allMatch(c -> c == '▁');
  }

  private void requireAllMerges(String piece, Set<String> outside) {
    for (int i = 1; i < piece.length(); i++) {
      String head = piece.substring(0, i);
      String tail = piece.substring(i);
      boolean possible =
          ids.containsKey(head)
              && ids.containsKey(tail)
              && !outside.contains(head)
              && !outside.contains(tail);
      if (possible && !merges.contains(List.of(head, tail))) {
        throw model.at("merges").failure("lacks that of '" + head + "' and '" + tail + "'" + WHY);
      }
    }
  }

  /** The score of a piece: 0 for the first of all, 1 less for each that follows. */
  float of(String piece) {
    return isRun(piece) ? RUN_SCORE : first - ids.get(piece);
  }

  /**
   * Whether a space goes before every text, by the components that say so. Other components are
   * refused.
   */
  static boolean addsPrefix(JsonView root) {
    boolean prefix = root.has("normalizer") && normalises(root.at("normalizer"));
    if (!root.has("pre_tokenizer")) {
      return prefix;
    }
    JsonView words = root.at("pre_tokenizer");
    return switch (words.string("type")) {
      case "Metaspace" -> {
        if (words.flag("split", true)) {
          throw words.failure("splits words, which is not converted to GGUF here");
        }
        String scheme =
            words.string("prepend_scheme", words.flag("add_prefix_space", true) ? "always" : "");
        yield prefix || scheme.equals("always") || scheme.equals("first");
      }
      case "Split" -> { // at spaces, of which the normaliser leaves none
        if (!words.at("pattern").string("String", "").equals(" ") || !root.has("normalizer")) {
          throw words.failure("splits words, which is not converted to GGUF here");
        }
        yield prefix;
      }
      default ->
          throw words.failure(
              "is of type " + words.string("type") + ", which is not converted to GGUF here");
    };
  }

  private static boolean normalises(JsonView step) {
    return switch (step.string("type")) {
      case "Sequence" -> {
        boolean prefix = false;
        for (JsonView each : step.at("normalizers").items()) {
          prefix |= normalises(each);
        }
        yield prefix;
      }
      case "Prepend" -> {
        if (!step.string("prepend").equals("▁")) {
          throw step.failure("prepends something else than ▁");
        }
        yield true;
      }
      case "Replace" -> {
        if (!step.at("pattern").string("String", "").equals(" ")
            || !step.string("content").equals("▁")) {
          throw step.failure("replaces something else than spaces by ▁");
        }
        yield false;
      }
      default ->
          throw step.failure(
              "is of type " + step.string("type") + ", which is not converted to GGUF here");
    };
  }
}
