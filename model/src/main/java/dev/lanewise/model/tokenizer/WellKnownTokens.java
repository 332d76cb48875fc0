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

  private WellKnownTokens() {}

  /**
   * Corrects the kinds of tokens known by their spelling, and adds those that end a generation.
   *
   * @param unusual ids of the tokens that are not {@link Vocabulary#NORMAL}; may come out with more
   */
  static void apply(Vocabulary vocabulary, IntList ends, IntList unusual) {
    for (String spelling : ENDS) {
      int id = set(vocabulary, spelling, Vocabulary.CONTROL, unusual);
      if (id >= 0) {
        ends.add(id);
      }
    }
    for (String spelling : CONTROLS) {
      set(vocabulary, spelling, Vocabulary.CONTROL, unusual);
    }
    for (String spelling : SHOWN) {
      set(vocabulary, spelling, Vocabulary.USER_DEFINED, unusual);
    }
    // In Gemma 4 this is a piece of text.
    if (has(vocabulary, "</s>") && has(vocabulary, "<|tool_response>")) {
      ends.remove(set(vocabulary, "</s>", Vocabulary.NORMAL, unusual));
    }
    // In the harmony format and its kin a message ends with it, not a turn.
    boolean calls = has(vocabulary, "<|call|>") || has(vocabulary, "<|calls|>");
    boolean leaves = has(vocabulary, "<|return|>") || has(vocabulary, "<|flush|>");
    if (has(vocabulary, "<|end|>") && calls && leaves) {
      ends.remove(set(vocabulary, "<|end|>", Vocabulary.USER_DEFINED, unusual));
    }
  }

  /** Whether white space after a token stays although it goes after the other special tokens. */
  static boolean keepsSpaceAfter(String piece) {
    return piece.equals("<unk>") || piece.equals("<s>") || piece.equals("<|endoftext|>");
  }

  private static boolean has(Vocabulary vocabulary, String spelling) {
    return vocabulary.find(spelling) >= 0;
  }

  /** Sets the kind of a token; its id, or −1 if there is none of this spelling. */
  private static int set(Vocabulary vocabulary, String spelling, int kind, IntList unusual) {
    int id = vocabulary.find(spelling);
    if (id >= 0) {
      if (vocabulary.kind(id) == Vocabulary.NORMAL) {
        unusual.add(id);
      }
      vocabulary.setKind(id, kind);
    }
    return id;
  }
}
