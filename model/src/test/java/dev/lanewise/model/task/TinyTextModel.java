package dev.lanewise.model.task;

import dev.lanewise.model.arch.TinyEncoder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Encoders of a few kilobytes that know sixteen words, in the layout of the Hugging Face hub. */
public final class TinyTextModel {
  /** BERT's tokenizer: its special tokens, words, an ending and a full stop. */
  private static final String TOKENIZER =
      """
      {"added_tokens": [{"id": 0, "content": "[UNK]", "special": true},
                        {"id": 1, "content": "[CLS]", "special": true},
                        {"id": 2, "content": "[SEP]", "special": true},
                        {"id": 3, "content": "[MASK]", "special": true}],
       "normalizer": {"type": "BertNormalizer", "lowercase": true},
       "pre_tokenizer": {"type": "BertPreTokenizer"},
       "post_processor": {"type": "TemplateProcessing",
         "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
                    {"Sequence": {"id": "A", "type_id": 0}},
                    {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
         "pair": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
                  {"Sequence": {"id": "A", "type_id": 0}},
                  {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
                  {"Sequence": {"id": "B", "type_id": 1}},
                  {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
         "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [1], "tokens": ["[CLS]"]},
                            "[SEP]": {"id": "[SEP]", "ids": [2], "tokens": ["[SEP]"]}}},
       "decoder": {"type": "WordPiece"},
       "model": {"type": "WordPiece", "unk_token": "[UNK]",
         "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "[MASK]": 3, "a": 4, "cat": 5, "dog": 6,
                   "sat": 7, "on": 8, "mat": 9, "the": 10, "ran": 11, "good": 12, "bad": 13,
                   "##s": 14, ".": 15}}}
      """;

  /** Without a head: 8 numbers a token, 12 positions. */
  public static final String CONFIG =
      TinyEncoder.BERT_CONFIG.replace("BertForSequenceClassification", "BertModel");

  /** With a head for one score. */
  public static final String RERANKER = TinyEncoder.BERT.replaceAll("(classifier.*) 3", "$1 1");

  /** The sizes of the same. */
  public static final String RERANKER_CONFIG =
      TinyEncoder.BERT_CONFIG.replaceAll("\\{\"0\": \"good\".*\\}", "{\"0\": \"LABEL_0\"}}");

  /** Sizes and classes of a model for natural language inference; BERT's tensors go with it. */
  public static final String INFERENCE_CONFIG =
      TinyEncoder.BERT_CONFIG.replaceAll(
          "\\{\"0\": \"good\".*\\}",
          "{\"0\": \"neutral\", \"1\": \"ENTAILMENT\", \"2\": \"Contradiction\"}}");

  private static final String BODY =
      TinyEncoder.BERT.replaceAll("(?m)^(bert\\.pooler|classifier).*\n", "");

  /** With a head for five classes of tokens. */
  public static final String TAGGER = BODY + "classifier.weight 5 8\nclassifier.bias 5\n";

  /** The sizes and the classes of the same. */
  public static final String TAGGER_CONFIG =
      config("BertForTokenClassification")
          .replaceAll(
              "\\{\"0\": \"good\".*\\}",
              "{\"0\": \"O\", \"1\": \"B-PER\", \"2\": \"I-LOC\", \"3\": \"B-LOC\","
                  + " \"4\": \"I-PER\"}}");

  /** With a head for answers, for 40 positions. */
  public static final String ANSWERER = longer(BODY + "qa_outputs.weight 2 8\nqa_outputs.bias 2\n");

  /** The sizes of the same. */
  public static final String ANSWERER_CONFIG = longer(config("BertForQuestionAnswering"));

  /** With a head for masked tokens. */
  public static final String FILLER =
      BODY
          + """
          cls.predictions.transform.dense.weight 8 8
          cls.predictions.transform.dense.bias 8
          cls.predictions.transform.LayerNorm.weight 8
          cls.predictions.transform.LayerNorm.bias 8
          cls.predictions.bias 16
          """;

  /** The sizes of the same. */
  public static final String FILLER_CONFIG = config("BertForMaskedLM");

  /** RoBERTa's tokenizer: words with the space before them, and a mask that takes its own. */
  public static final String ROBERTA_TOKENIZER =
      """
      {"added_tokens": [{"id": 0, "content": "<s>", "special": true},
                        {"id": 1, "content": "<pad>", "special": true},
                        {"id": 2, "content": "</s>", "special": true},
                        {"id": 3, "content": "<mask>", "special": true, "lstrip": true}],
       "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
       "post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0]},
       "decoder": {"type": "ByteLevel"},
       "model": {"type": "BPE", "unk_token": null, "ignore_merges": true, "merges": [],
         "vocab": {"<s>": 0, "<pad>": 1, "</s>": 2, "<mask>": 3, "a": 4, "Ġa": 5, "cat": 6,
                   "Ġcat": 7, "Ġsat": 8, "s": 9, ".": 10, "The": 11, "Ġthe": 12, "Ġon": 13,
                   "Ġmat": 14, "Ġ": 15}}}
      """;

  private TinyTextModel() {}

  private static String config(String architecture) {
    return TinyEncoder.BERT_CONFIG.replace("BertForSequenceClassification", architecture);
  }

  /** The same for 40 positions. */
  public static String longer(String text) {
    return text.replace("position_embeddings.weight 12", "position_embeddings.weight 40")
        .replace("\"max_position_embeddings\": 12", "\"max_position_embeddings\": 40");
  }

  /** Writes an encoder without a head, and its tokenizer. */
  public static Path write(Path folder) {
    return write(folder, CONFIG, TinyEncoder.BERT);
  }

  /** Writes a model and its tokenizer. */
  public static Path write(Path folder, String config, String tensors) {
    add(folder, "tokenizer.json", TOKENIZER);
    return TinyEncoder.write(folder, config, tensors);
  }

  /** Writes a file beside the model. */
  public static void add(Path folder, String name, String text) {
    try {
      Path file = folder.resolve(name);
      Files.createDirectories(file.getParent());
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
