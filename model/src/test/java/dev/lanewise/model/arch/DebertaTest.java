package dev.lanewise.model.arch;

import static dev.lanewise.model.arch.Goldens.assertClose;
import static dev.lanewise.model.arch.Goldens.put;
import static dev.lanewise.model.arch.Goldens.putBlock;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.LanewiseException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Tiny models of DeBERTa 2 and 3 against Hugging Face's transformers 5.24 with torch 2.15 in
 * float32, which were given the same weights by the same formula ({@link
 * TinyEncoderDecoders#values}).
 */
class DebertaTest {
  private static final int DIM = 16;
  private static final int HIDDEN = 20;
  private static final int VOCAB = 24;
  private static final int[] SHORT = {1, 17, 9, 3, 22, 14, 8, 11, 2};

  /** Longer than distances are told apart. */
  private static final int[] LONG = new int[52];

  static {
    LONG[0] = 1;
    for (int i = 0; i < 50; i++) {
      LONG[i + 1] = (7 * i * i + 3 * i) % 21 + 3;
    }
    LONG[51] = 2;
  }

  private static final String SIZES =
      """
      {"model_type": "deberta-v2", "architectures": ["DebertaV2Model"], "vocab_size": 24,
       "hidden_size": 16, "intermediate_size": 20, "num_hidden_layers": 2,
       "num_attention_heads": 4, "max_position_embeddings": 64, "layer_norm_eps": 1e-7,
       "hidden_act": "gelu", "pad_token_id": 0, "pooler_hidden_act": "gelu",
      """;

  private static final float[] V3_SHORT = {
    -1.776702f,
    -2.986927f,
    0.02070033f,
    0.4558661f,
    1.615898f,
    0.5943456f,
    1.992661f,
    -0.2632134f,
    -0.5543436f,
    -0.6948181f,
    -0.07716033f,
    -0.2861447f,
    1.118632f,
    0.3979672f,
    -0.5577568f,
    1.493503f
  };

  private static final float[] V3_LONG = {
    -1.776343f,
    -1.990574f,
    0.2551615f,
    0.5548494f,
    1.667215f,
    1.28884f,
    2.213336f,
    -0.2624439f,
    -0.7543311f,
    -0.2894744f,
    -0.2004499f,
    0.1309323f,
    2.016479f,
    -0.2852691f,
    -1.748142f,
    0.5755161f
  };

  private static final float[] V2_SHORT = {
    -1.984665f,
    -2.751898f,
    0.3790603f,
    0.7310594f,
    0.9613394f,
    0.5108734f,
    1.853057f,
    0.1964576f,
    -0.07315604f,
    0.1686081f,
    0.7094199f,
    -1.148527f,
    1.057748f,
    -0.1068497f,
    -1.571059f,
    1.004655f
  };

  private static final float[] V2_LONG = {
    -1.980723f,
    -2.48978f,
    0.04063023f,
    0.6892163f,
    1.894629f,
    0.7265537f,
    1.773636f,
    -0.1436659f,
    -1.040813f,
    0.1617017f,
    0.1997019f,
    -0.3493522f,
    1.642287f,
    -0.09571936f,
    -0.9274858f,
    1.2315f
  };

  private static final float[] QUERIES_SHORT = {
    -2.013462f,
    -2.423457f,
    0.672825f,
    0.7801105f,
    0.2667559f,
    0.8378309f,
    2.306384f,
    -0.08656546f,
    -0.2163054f,
    0.1983405f,
    0.4520548f,
    -0.8518313f,
    1.183043f,
    -0.1727874f,
    -1.844903f,
    0.8272501f
  };

  private static final float[] QUERIES_LONG = {
    -1.87619f,
    -2.359523f,
    0.3532757f,
    0.7055814f,
    1.438792f,
    1.201359f,
    2.228267f,
    -0.1245548f,
    -0.5906461f,
    -0.4358179f,
    -0.0241983f,
    -0.2243153f,
    1.803641f,
    -0.1595158f,
    -1.830711f,
    0.6040122f
  };

  private static final float[] PLAIN_SHORT = {
    -1.791011f,
    -2.093685f,
    0.2383664f,
    0.5770999f,
    0.9329166f,
    0.9759517f,
    2.547522f,
    -0.0494494f,
    -0.3839466f,
    0.1343562f,
    0.1191558f,
    -0.7134277f,
    1.413452f,
    -0.2118146f,
    -2.059662f,
    1.047933f
  };

  private static final float[] PLAIN_LONG = {
    -1.907442f,
    -2.326121f,
    0.3952059f,
    0.6736104f,
    0.8379281f,
    0.9475536f,
    2.427608f,
    -0.06393752f,
    -0.2874691f,
    0.04449987f,
    0.02812862f,
    -0.617226f,
    1.668265f,
    -0.1804921f,
    -2.066947f,
    0.8577046f
  };

  private static final float[] CONVOLVED_SHORT = {
    -0.8035628f,
    -1.567619f,
    -0.6089751f,
    -0.1645929f,
    0.8149505f,
    -1.664431f,
    1.652437f,
    -0.1326883f,
    -0.1818553f,
    0.3063743f,
    1.22862f,
    0.8315675f,
    0.06620827f,
    -0.2212979f,
    0.6373596f,
    1.23517f
  };

  private static final float[] CONVOLVED_LONG = {
    -1.406451f,
    -0.9544924f,
    -0.2066772f,
    0.05004511f,
    1.564386f,
    0.5336068f,
    1.864627f,
    -0.3651737f,
    -1.041629f,
    1.613072f,
    0.4815685f,
    -0.6651691f,
    1.048734f,
    -0.1800273f,
    -1.841806f,
    1.786245f
  };

  private static final float[] GROUPED_SHORT = {
    -1.64563f,
    -2.64735f,
    0.4023281f,
    0.1307906f,
    1.815923f,
    -1.18967f,
    -0.9181027f,
    -0.4251549f,
    -0.6362898f,
    2.016195f,
    0.5409588f,
    -0.03563925f,
    0.7296713f,
    1.011331f,
    0.7819254f,
    0.6563408f
  };

  private static final float[] GROUPED_LONG = {
    -2.039325f,
    -2.721853f,
    0.2352318f,
    0.7126974f,
    1.496022f,
    0.592625f,
    1.965094f,
    -0.03560295f,
    -0.7060387f,
    0.1895092f,
    0.1432163f,
    -0.3469617f,
    1.881552f,
    -0.2004759f,
    -1.289678f,
    1.033027f
  };

  private static final float[] CLASSES = {-2.574537f, -2.760115f, 1.428919f};

  private static final float[] MASKED = {
    0.5942041f,
    3.622378f,
    -1.211589f,
    0.9495784f,
    1.518209f,
    1.865102f,
    -1.594976f,
    -1.904945f,
    1.5887f,
    -2.493134f,
    -1.225328f,
    1.214471f,
    1.583647f,
    2.621995f,
    -0.3327675f,
    0.2073706f,
    -2.026997f,
    -1.222368f,
    -0.3620587f,
    0.5713507f,
    3.663981f,
    2.95042f,
    1.923775f,
    -0.5773539f
  };

  private static final float[] MASKED_ANEW = {
    0.8183115f,
    1.407312f,
    -1.688986f,
    2.151522f,
    -1.778901f,
    3.189017f,
    0.5945366f,
    -3.153437f,
    1.483267f,
    -3.878888f,
    1.447343f,
    2.747861f,
    1.339359f,
    -2.484067f,
    2.878739f,
    1.449045f,
    -1.810955f,
    -1.404732f,
    -1.925501f,
    0.6133037f,
    0.993678f,
    0.4877272f,
    0.18575f,
    0.7051417f
  };

  /**
   * What models may be: as those of version 3, of version 2, less than either, and with
   * convolutions.
   */
  enum Kind {
    V3(
        """
        "relative_attention": true, "pos_att_type": "p2c|c2p", "position_biased_input": false,
        "share_att_key": true, "norm_rel_ebd": "layer_norm", "position_buckets": 8,
        "max_relative_positions": -1, "type_vocab_size": 0}
        """,
        V3_SHORT,
        V3_LONG),
    V2(
        """
        "relative_attention": true, "pos_att_type": ["p2c", "c2p"], "position_biased_input": true,
        "share_att_key": false, "norm_rel_ebd": "none", "position_buckets": -1,
        "max_relative_positions": 24, "type_vocab_size": 2}
        """,
        V2_SHORT,
        V2_LONG),
    QUERIES(
        """
        "relative_attention": true, "pos_att_type": ["c2p"], "position_biased_input": false,
        "share_att_key": false, "norm_rel_ebd": "layer_norm", "position_buckets": 8,
        "max_relative_positions": -1, "type_vocab_size": 0}
        """,
        QUERIES_SHORT,
        QUERIES_LONG),
    PLAIN("\"type_vocab_size\": 0}", PLAIN_SHORT, PLAIN_LONG),
    CONVOLVED(
        """
        "relative_attention": true, "pos_att_type": "p2c|c2p", "position_biased_input": false,
        "share_att_key": true, "norm_rel_ebd": "layer_norm", "position_buckets": 8,
        "max_relative_positions": -1, "type_vocab_size": 0, "conv_kernel_size": 3, "conv_act": "gelu"}
        """,
        CONVOLVED_SHORT,
        CONVOLVED_LONG),
    GROUPED(
        """
        "relative_attention": true, "pos_att_type": "p2c|c2p", "position_biased_input": false,
        "share_att_key": true, "norm_rel_ebd": "layer_norm", "position_buckets": 8,
        "max_relative_positions": -1, "type_vocab_size": 0, "conv_kernel_size": 5, "conv_groups": 2}
        """,
        GROUPED_SHORT,
        GROUPED_LONG);

    private final String config;
    private final float[] lastOfShort;
    private final float[] lastOfLong;

    Kind(String config, float[] lastOfShort, float[] lastOfLong) {
      this.config = SIZES + config;
      this.lastOfShort = lastOfShort;
      this.lastOfLong = lastOfLong;
    }

    Map<String, int[]> shapes(String prefix) {
      Map<String, int[]> shapes = new TreeMap<>();
      shapes.put(prefix + "embeddings.word_embeddings.weight", new int[] {VOCAB, DIM});
      put(shapes, prefix + "embeddings.LayerNorm", DIM);
      if (this == V2 || this == PLAIN) {
        shapes.put(prefix + "embeddings.position_embeddings.weight", new int[] {64, DIM});
      }
      if (this == V2) {
        shapes.put(prefix + "embeddings.token_type_embeddings.weight", new int[] {2, DIM});
      } else if (this != PLAIN) {
        put(shapes, prefix + "encoder.LayerNorm", DIM);
      }
      if (this != PLAIN) {
        int vectors = this == V2 ? 48 : 16;
        shapes.put(prefix + "encoder.rel_embeddings.weight", new int[] {vectors, DIM});
      }
      for (int i = 0; i < 2; i++) {
        String layer = prefix + "encoder.layer." + i + ".";
        String self = layer + "attention.self.";
        for (String projection : new String[] {"query_proj", "key_proj", "value_proj"}) {
          put(shapes, self + projection, DIM, DIM);
        }
        if (this == V2 || this == QUERIES) {
          put(shapes, self + "pos_key_proj", DIM, DIM);
        }
        if (this == V2) {
          put(shapes, self + "pos_query_proj", DIM, DIM);
        }
        putBlock(shapes, layer, DIM, HIDDEN);
      }
      if (this == CONVOLVED || this == GROUPED) {
        int[] filters = this == CONVOLVED ? new int[] {DIM, DIM, 3} : new int[] {DIM, DIM / 2, 5};
        put(shapes, prefix + "encoder.conv.conv", filters);
        put(shapes, prefix + "encoder.conv.LayerNorm", DIM);
      }
      return shapes;
    }
  }

  @TempDir private Path folder;

  private TextEncoder model(String config, Map<String, int[]> shapes) {
    return Architectures.loadTextEncoder(TinyEncoderDecoders.open(folder, config, shapes));
  }

  private static Encoding encode(Parallel team, TextEncoder model, int[]... ids) {
    return model.newSession(Kernels.best(team)).encode(TokenBatch.of(ids));
  }

  @ParameterizedTest
  @EnumSource
  void statesAreThoseOfTransformers(Kind kind) {
    TextEncoder model = model(kind.config, kind.shapes(""));
    try (Parallel team = Parallel.of(2)) {
      Encoding encoding = encode(team, model, SHORT, LONG);
      assertClose(kind.lastOfShort, encoding.hiddenStates(), (SHORT.length - 1) * DIM);
      int last = encoding.length() + LONG.length - 1;
      assertClose(kind.lastOfLong, encoding.hiddenStates(), last * DIM);
      float[] both = encoding.hiddenStates().clone();
      float[] alone = encode(Parallel.of(1), model, SHORT).hiddenStates();
      int n = SHORT.length * DIM;
      assertArrayEquals(Arrays.copyOf(alone, n), Arrays.copyOf(both, n), "the same bits alone");
    }
  }

  @Test
  void classifiesTextsAsTransformers() {
    Map<String, int[]> shapes = Kind.V3.shapes("deberta.");
    put(shapes, "pooler.dense", DIM, DIM);
    put(shapes, "classifier", 3, DIM);
    TextEncoder model =
        model(Kind.V3.config.replace("V2Model", "V2ForSequenceClassification"), shapes);
    assertEquals(HeadKind.SEQUENCE_CLASSES, model.head());
    assertClose(CLASSES, encode(Parallel.of(1), model, SHORT).logits(), 0);
  }

  @ParameterizedTest
  @CsvSource({"cls.predictions, transform.", "lm_predictions.lm_head, ''"})
  void guessesMaskedTokensAsTransformers(String head, String transform) {
    Map<String, int[]> shapes = Kind.V3.shapes("deberta.");
    put(shapes, head + "." + transform + "dense", DIM, DIM);
    put(shapes, head + "." + transform + "LayerNorm", DIM);
    shapes.put(head + ".bias", new int[] {VOCAB});
    TextEncoder model = model(Kind.V3.config.replace("V2Model", "V2ForMaskedLM"), shapes);
    assertEquals(HeadKind.MASKED_TOKENS, model.head());
    float[] wanted = head.startsWith("cls") ? MASKED : MASKED_ANEW;
    assertClose(wanted, encode(Parallel.of(1), model, SHORT).logits(0, 4), 0);
  }

  @ParameterizedTest
  @CsvSource({
    "'\"pad_token_id\": 0', '\"conv_kernel_size\": 3', tensor encoder.conv.conv.weight is missing",
    "'\"pad_token_id\": 0', '\"conv_kernel_size\": 4', conv_kernel_size is 4; it must be odd",
    "'\"pad_token_id\": 0', '\"conv_kernel_size\": 3, \"conv_groups\": 3', conv_groups is 3",
    "'\"pad_token_id\": 0', '\"embedding_size\": 8', embedding_size is 8",
    "'\"position_buckets\": 8', '\"position_buckets\": 1', position_buckets is 1",
    "'\"max_relative_positions\": -1', '\"max_relative_positions\": 5', max_relative_positions is"
        + " 5",
    "'\"position_buckets\": 8', '\"position_buckets\": 16', tensor encoder.rel_embeddings.weight is"
  })
  void saysWhatIsWrong(String right, String wrong, String message) {
    String config = Kind.V3.config.replace(right, wrong);
    LanewiseException e =
        assertThrows(LanewiseException.class, () -> model(config, Kind.V3.shapes("")));
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }

  @Test
  void blamesTheKeyThatSaysHowManyDistancesThereAre() {
    String config =
        Kind.V2.config.replace("\"max_relative_positions\": 24", "\"max_relative_positions\": 1");
    LanewiseException e =
        assertThrows(LanewiseException.class, () -> model(config, Kind.V2.shapes("")));
    assertTrue(e.getMessage().contains("max_relative_positions is 1"), e.getMessage());
  }
}
