package dev.lanewise.model.tokenizer;

/**
 * Tokens that are known by their spelling, because files often say too little about them. The
 * spellings and what follows from them are those of llama.cpp (llama-vocab.cpp), so that the same
 * file ends its turns at the same tokens here.
 */
final class WellKnownTokens {
  /** Spellings that end a generation. */
  private static final String[] ENDS = {
    "<|eot_id|>",
    "<|im_end|>",
    "<|end|>",
    "<|return|>",
    "<|call|>",
    "<|flush|>",
    "<|calls|>",
    "<end_of_turn>",
    "<|endoftext|>",
    "</s>",
    "<|eom_id|>",
    "<EOT>",
    "_<EOT>",
    "[EOT]",
    "[EOS]",
    "<|end_of_text|>",
    "<end_of_utterance>",
    "<eos>",
    "<turn|>",
    "<|tool_response>",
    "<｜end▁of▁sentence｜>",
    "[e~[",
    // Padding, repository and file marks of fill-in-the-middle models.
    "<|fim_pad|>",
    "<fim-pad>",
    "<fim_pad>",
    "<PAD>",
    "[PAD]",
    "<|fim_repo|>",
    "<|repo_name|>",
    "<fim-repo>",
    "<REPO>",
    "<reponame>",
    "<|file_sep|>",
  };

  /** Spellings of control tokens that do not end anything: fill-in-the-middle. */
  private static final String[] CONTROLS = {
    "<|fim_prefix|>",
    "<fim-prefix>",
    "<fim_prefix>",
    "<｜fim▁begin｜>",
    "<PRE>",
    "▁<PRE>",
    "<|code_prefix|>",
    "<|prefix|>",
    "<|fim_suffix|>",
    "<fim-suffix>",
    "<fim_suffix>",
    "<｜fim▁hole｜>",
    "<SUF>",
    "▁<SUF>",
    "<|code_suffix|>",
    "<|suffix|>",
    "<|fim_middle|>",
    "<fim-middle>",
    "<fim_middle>",
    "<｜fim▁end｜>",
    "<MID>",
    "▁<MID>",
    "<|code_middle|>",
    "<|middle|>",
  };

  /** Spellings of tokens that are shown to the user. */
  private static final String[] SHOWN = {
    "<|channel|>", "<|message|>", "<|start|>", "<|constrain|>",
  };

  private final Vocabulary vocabulary;
  private final IntList ends;
  private final IntList unusual;
  private final boolean exact;

  /**
   * The tokens of a vocabulary.
   *
   * @param ends ids of the tokens that end a generation; may come out with more
   * @param unusual ids of the tokens that are not {@link Vocabulary#NORMAL}; may come out with more
   * @param exact whether those that are normal so far are not known by their spelling
   */
  WellKnownTokens(Vocabulary vocabulary, IntList ends, IntList unusual, boolean exact) {
    this.vocabulary = vocabulary;
    this.ends = ends;
    this.unusual = unusual;
    this.exact = exact;
  }

  /** Corrects the kinds of tokens known by their spelling, and adds those that end a generation. */
  void apply() {
    for (String spelling : ENDS) {
      int id = set(spelling, Vocabulary.CONTROL);
      if (id >= 0) {
        ends.add(id);
      }
    }
    for (String spelling : CONTROLS) {
      set(spelling, Vocabulary.CONTROL);
    }
    for (String spelling : SHOWN) {
      set(spelling, Vocabulary.USER_DEFINED);
    }
    // In Gemma 4 this is a piece of text.
    if (has("</s>") && has("<|tool_response>")) {
      ends.remove(set("</s>", Vocabulary.NORMAL));
    }
    // In the harmony format and its kin a message ends with it, not a turn.
    boolean calls = has("<|call|>") || has("<|calls|>");
    boolean leaves = has("<|return|>") || has("<|flush|>");
    if (has("<|end|>") && calls && leaves) {
      ends.remove(set("<|end|>", Vocabulary.USER_DEFINED));
    }
  }

  /** Whether white space after a token stays although it goes after the other special tokens. */
  static boolean keepsSpaceAfter(String piece) {
    return piece.equals("<unk>") || piece.equals("<s>") || piece.equals("<|endoftext|>");
  }

  private boolean has(String spelling) {
    return vocabulary.find(spelling) >= 0;
  }

  /** Sets the kind of a token; its id, or −1 if there is none of this spelling. */
  private int set(String spelling, int kind) {
    int id = vocabulary.find(spelling);
    boolean normal = id >= 0 && vocabulary.kind(id) == Vocabulary.NORMAL;
    if (id < 0 || (normal && exact)) {
      return -1;
    }
    if (normal) {
      unusual.add(id);
    }
    vocabulary.setKind(id, kind);
    return id;
  }
}
