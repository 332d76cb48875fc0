package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import java.text.Normalizer.Form;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * How a family of models numbers the pieces of its SentencePiece file, which tokens it adds, and
 * what it puts around texts. Sources: the models' papers and the tokenizer classes of the library
 * transformers, by which the hub's files name the families.
 *
 * @param head tokens before the file's pieces
 * @param dropped how many of the file's first pieces those stand for
 * @param tail tokens behind the file's pieces, unless these have them
 * @param single what stands around one text, such as {@code [CLS] A [SEP]}
 * @param pair what stands around two, such as {@code [CLS] A [SEP] B:1 [SEP]:1}, where a number is
 *     a type other than 0
 * @param before what is done to a text before the file's own normalisation
 */
record SentencePieceFamily(
    List<String> head,
    int dropped,
    List<String> tail,
    String single,
    String pair,
    Normaliser before) {
  /** The file as it is. */
  static final SentencePieceFamily PLAIN = plain("A", "A B");

  private static final List<String> FAIRSEQ = List.of("<s>", "<pad>", "</s>", "<unk>");
  private static final String ROBERTA = "<s> A </s>";
  private static final String ROBERTA_PAIR = "<s> A </s> </s> B </s>";
  private static final String BERT = "[CLS] A [SEP]";
  private static final String BERT_PAIR = "[CLS] A [SEP] B:1 [SEP]:1";
  private static final int T5_EXTRAS = 100;

  /** Far more than any T5 has. */
  private static final int T5_MOST_EXTRAS = 1 << 16;

  /** XGLM: spares that round its vocabulary up. */
  private static final int XGLM_SPARES = 7;

  /** Pegasus: what was masked in pre-training has 103 tokens before the pieces. */
  private static final int PEGASUS_OFFSET = 103;

  /** mBART's languages, Liu et al. 2020, in the order of their tokens. */
  private static final List<String> MBART_LANGUAGES =
      List.of(
          ("ar_AR cs_CZ de_DE en_XX es_XX et_EE fi_FI fr_XX gu_IN hi_IN it_IT ja_XX kk_KZ ko_KR"
                  + " lt_LT lv_LV my_MM ne_NP nl_XX ro_RO ru_RU si_LK tr_TR vi_VN zh_CN")
              .split(" "));

  /** mBART-50's further languages, Tang et al. 2020. */
  private static final List<String> MBART_50_LANGUAGES =
      List.of(
          ("af_ZA az_AZ bn_IN fa_IR he_IL hr_HR id_ID ka_GE km_KH mk_MK ml_IN mn_MN mr_IN pl_PL"
                  + " ps_AF pt_XX sv_SE sw_KE ta_IN te_IN th_TH tl_XX uk_UA ur_PK xh_ZA gl_ES"
                  + " sl_SI")
              .split(" "));

  private static SentencePieceFamily plain(String single, String pair) {
    return new SentencePieceFamily(List.of(), 0, List.of(), single, pair, Normaliser.NONE);
  }

  /**
   * The family that a folder's files name; the file as it is if they name none that is known.
   *
   * @throws LanewiseException if they name one that is known to number pieces in another way
   */
  static SentencePieceFamily of(HubTokenConfig config) {
    return switch (config.family()) {
      case "t5", "umt5" -> t5(config.integer("extra_ids", T5_EXTRAS));
      case "mt5" -> t5(config.integer("extra_ids", 0));
      case "xlmroberta", "xlmrobertaxl", "layoutxlm" ->
          fairseq(List.of("<mask>"), ROBERTA, ROBERTA_PAIR);
      case "xglm" ->
          fairseq(
              IntStream.range(0, XGLM_SPARES).mapToObj(i -> "<madeupword" + i + ">").toList(),
              "</s> A",
              "</s> A </s> </s> B");
      case "mbart" -> {
        String language = config.string("src_lang", "en_XX");
        yield fairseq(
            concat(MBART_LANGUAGES, List.of("<mask>")),
            "A </s> " + language,
            "A B </s> " + language);
      }
      case "mbart50" -> {
        String language = config.string("src_lang", "en_XX");
        yield fairseq(
            concat(concat(MBART_LANGUAGES, MBART_50_LANGUAGES), List.of("<mask>")),
            language + " A </s>",
            language + " A B </s>");
      }
      case "camembert" ->
          new SentencePieceFamily(
              List.of("<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED"),
              1,
              List.of("<mask>"),
              ROBERTA,
              ROBERTA_PAIR,
              Normaliser.NONE);
      case "pegasus", "bigbirdpegasus" -> pegasus();
      case "albert", "fnet" -> albert(config, BERT, BERT_PAIR, true);
      case "xlnet" -> albert(config, "A <sep> <cls>:2", "A <sep> B:1 <sep>:1 <cls>:2", false);
      case "bigbird", "rembert" -> plain(BERT, BERT_PAIR);
      case "debertav2" ->
          new SentencePieceFamily(
              List.of(),
              0,
              List.of("[MASK]"),
              BERT,
              BERT_PAIR,
              config.flag("do_lower_case", false) ? Normalisers::lowercase : Normaliser.NONE);
      case "llama", "codellama", "gemma", "mistral", "mixtral", "gemma2", "gemma3" ->
          flagged(config, true);
      case "nllb", "m2m100", "plbart", "barthez", "bartpho", "speech2text", "mluke", "cpmant" ->
          throw new LanewiseException(
              ("the pieces of a SentencePiece file have other numbers in the family \"%s\", which"
                      + " is not known here; put the model's tokenizer.json beside it")
                  .formatted(config.family()));
      default -> flagged(config, false);
    };
  }

  private static SentencePieceFamily t5(int extras) {
    if (extras < 0 || extras > T5_MOST_EXTRAS) {
      throw new LanewiseException(
          "tokenizer_config.json wants %d extra_ids; they must be from 0 to %d"
              .formatted(extras, T5_MOST_EXTRAS));
    }
    List<String> tail =
        IntStream.iterate(extras - 1, i -> i >= 0, i -> i - 1)
            .mapToObj(i -> "<extra_id_" + i + ">")
            .toList();
    return new SentencePieceFamily(List.of(), 0, tail, "A </s>", "A </s> B </s>", Normaliser.NONE);
  }

  /** Fairseq's numbers: its own four tokens come first, in place of the file's three. */
  private static SentencePieceFamily fairseq(List<String> tail, String single, String pair) {
    return new SentencePieceFamily(FAIRSEQ, 3, tail, single, pair, Normaliser.NONE);
  }

  private static SentencePieceFamily pegasus() {
    Stream<String> first = Stream.of("<pad>", "</s>", "<mask_1>", "<mask_2>");
    Stream<String> spares = IntStream.range(2, PEGASUS_OFFSET).mapToObj(i -> "<unk_" + i + ">");
    return new SentencePieceFamily(
        Stream.concat(first, spares).toList(), 2, List.of(), "A </s>", "A B </s>", Normaliser.NONE);
  }

  /** ALBERT and XLNet: quotation marks of TeX, spaces and perhaps accents and case go first. */
  private static SentencePieceFamily albert(
      HubTokenConfig config, String single, String pair, boolean lowercase) {
    List<Normaliser> steps = new ArrayList<>();
    steps.add(Normalisers.replace(Scan.literal("``"), "\""));
    steps.add(Normalisers.replace(Scan.literal("''"), "\""));
    if (!config.flag("keep_accents", false)) {
      steps.add(new UnicodeForm(Form.NFKD));
      steps.add(Normalisers::stripMarks);
    }
    if (config.flag("do_lower_case", lowercase)) {
      steps.add(Normalisers::lowercase);
    }
    return new SentencePieceFamily(
        List.of(), 0, List.of(), single, pair, Normaliser.sequence(steps));
  }

  /** Llama's like: begin and end of sequence as the configuration says. */
  private static SentencePieceFamily flagged(HubTokenConfig config, boolean begins) {
    String begin =
        config.flag("add_bos_token", begins) ? config.token("bos_token", "<s>") + " " : "";
    String end = config.flag("add_eos_token", false) ? " " + config.token("eos_token", "</s>") : "";
    return plain(begin + "A" + end, begin + "A" + end + " " + begin + "B" + end);
  }

  private static List<String> concat(List<String> first, List<String> second) {
    return Stream.concat(first.stream(), second.stream()).toList();
  }
}
