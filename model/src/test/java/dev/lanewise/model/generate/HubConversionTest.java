package dev.lanewise.model.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.TinyDecoder;
import dev.lanewise.model.arch.TinyEncoderDecoders;
import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.Metadata;
import dev.lanewise.model.checkpoint.SafetensorsWriter;
import dev.lanewise.model.checkpoint.TensorInfo;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Folders of the hub as GGUF files hold them. What is expected of keys and tensors is what
 * llama.cpp's {@code convert_hf_to_gguf.py} wrote of the same folders with {@code --outtype f32},
 * where sums are CRC-32s of the tensors' bytes.
 */
public class HubConversionTest {
  private static final String TOKENIZER =
      """
      {"version": "1.0", "truncation": null, "padding": null,
       "added_tokens": [
         {"id": 0, "content": "<|endoftext|>", "single_word": false, "lstrip": false,
          "rstrip": false, "normalized": false, "special": true},
         {"id": 1, "content": "<|im_end|>", "single_word": false, "lstrip": false,
          "rstrip": false, "normalized": false, "special": true},
         {"id": 21, "content": "▁o▁", "single_word": false, "lstrip": false,
          "rstrip": false, "normalized": true, "special": false},
         {"id": 22, "content": "<|tool|>", "single_word": false, "lstrip": false,
          "rstrip": false, "normalized": false, "special": false}],
       "normalizer": null,
       "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
         "use_regex": true},
       "post_processor": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false,
         "use_regex": true},
       "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true,
         "use_regex": true},
       "model": {"type": "BPE", "dropout": null, "unk_token": null,
         "continuing_subword_prefix": "", "end_of_word_suffix": "", "fuse_unk": false,
         "byte_fallback": false, "ignore_merges": false,
         "vocab": {"<|endoftext|>": 0, "<|im_end|>": 1, "h": 2, "e": 3, "l": 4, "o": 5, "Ġ": 6,
           "w": 7, "r": 8, "d": 9, "1": 10, "2": 11, ".": 12, "Ċ": 13, "he": 14, "ll": 15,
           "llo": 16, "Ġw": 17, "or": 18, "hello": 19, "Ġwor": 20},
         "merges": [["h", "e"], ["l", "l"], ["ll", "o"], ["Ġ", "w"], ["o", "r"],
           ["he", "llo"], ["Ġw", "or"]]}}
      """;

  private static final String TOKENIZER_CONFIG =
      """
      {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<|endoftext|>",
       "eos_token": {"__type": "AddedToken", "content": "<|im_end|>", "single_word": false,
         "lstrip": false, "rstrip": false, "normalized": false, "special": true}, "pad_token": "<|endoftext|>", "add_prefix_space": false,
       "chat_template": "{% for m in messages %}<|im_start|>{{ m.content }}{% endfor %}"}
      """;

  private static final String GENERATION_CONFIG =
      """
      {"do_sample": true, "temperature": 0.5, "top_k": 7, "top_p": 0.75, "repetition_penalty": 1.5,
       "eos_token_id": [1, 0]}
      """;

  private static final String GPT2 =
      """
      {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "vocab_size": 24, "n_embd": 16,
       "n_layer": 2, "n_head": 4, "n_positions": 32, "n_ctx": 32, "n_inner": null,
       "layer_norm_epsilon": 1e-5, "activation_function": "gelu_new", "bos_token_id": 0,
       "eos_token_id": 0}
      """;

  private static final String LLAMA =
      TinyDecoder.SIZES
          + """
          "llama", "architectures": ["LlamaForCausalLM"], "hidden_act": "silu",
           "tie_word_embeddings": true, "attention_bias": true, "bos_token_id": 0,
           "eos_token_id": [1, 0], "rope_theta": 500000.0,
           "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
           "high_freq_factor": 4.0, "original_max_position_embeddings": 16}}
          """;

  private static final String QWEN2 =
      TinyDecoder.SIZES.replace("\"head_dim\": 4, ", "")
          + """
          "qwen2", "architectures": ["Qwen2ForCausalLM"], "hidden_act": "silu",
           "tie_word_embeddings": true, "use_sliding_window": false, "sliding_window": 16,
           "max_window_layers": 1, "rope_theta": 1000000.0, "bos_token_id": 0, "eos_token_id": 1,
           "rope_scaling": {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 8}}
          """;

  @TempDir private Path folder;

  private Checkpoint converted(String config) throws IOException {
    return HubConversion.of(Checkpoint.open(write(folder, config)));
  }

  /** Writes a folder with a tiny Llama and its tokenizer. */
  public static void writeLlama(Path folder) throws IOException {
    write(folder, LLAMA);
  }

  /** Writes a folder with a tiny model and a tokenizer. */
  static Path write(Path folder, String config) throws IOException {
    if (config.equals(GPT2)) {
      SafetensorsWriter tensors = new SafetensorsWriter();
      gpt2()
          .forEach(
              (name, shape) ->
                  tensors.tensor(name, TinyEncoderDecoders.values(name, shape), shape));
      tensors.write(folder.resolve("model.safetensors"));
      Files.writeString(folder.resolve("config.json"), config);
    } else {
      TinyDecoder.write(folder, name -> name, config);
    }
    Files.writeString(folder.resolve("tokenizer.json"), TOKENIZER);
    Files.writeString(folder.resolve("tokenizer_config.json"), TOKENIZER_CONFIG);
    Files.writeString(folder.resolve("generation_config.json"), GENERATION_CONFIG);
    return folder;
  }

  private static Map<String, int[]> gpt2() {
    Map<String, int[]> shapes = new TreeMap<>();
    shapes.put("transformer.wte.weight", new int[] {24, 16});
    shapes.put("transformer.wpe.weight", new int[] {32, 16});
    putWithBias(shapes, "transformer.ln_f", 16, 16);
    for (int i = 0; i < 2; i++) {
      String block = "transformer.h." + i + ".";
      putWithBias(shapes, block + "ln_1", 16, 16);
      putWithBias(shapes, block + "ln_2", 16, 16);
      putWithBias(shapes, block + "attn.c_attn", 48, 16, 48);
      putWithBias(shapes, block + "attn.c_proj", 16, 16, 16);
      putWithBias(shapes, block + "mlp.c_fc", 64, 16, 64);
      putWithBias(shapes, block + "mlp.c_proj", 16, 64, 16);
    }
    return shapes;
  }

  private static void putWithBias(
      Map<String, int[]> shapes, String name, int outputs, int... shape) {
    shapes.put(name + ".weight", shape);
    shapes.put(name + ".bias", new int[] {outputs});
  }

  /** All that a checkpoint says, sorted, but for what its model is called; then its tensors. */
  static String text(Checkpoint checkpoint) {
    List<String> lines = new ArrayList<>();
    Metadata metadata = checkpoint.metadata();
    for (String key : new TreeSet<>(metadata.keys())) {
      if (!key.matches("general\\.(name|size_label|file_type|quantization_version|alignment)")) {
        String type =
            metadata.describe(key).replaceFirst(metadata.isArray(key) ? ",.*" : " .*", "");
        lines.add(key + " (" + type + ") " + Json.write(metadata.value(key)));
      }
    }
    for (TensorInfo tensor : new TreeMap<>(checkpoint.tensors()).values()) {
      CRC32 sum = new CRC32();
      sum.update(checkpoint.data(tensor).toArray(ValueLayout.JAVA_BYTE));
      lines.add(tensor.name() + " " + tensor.describe() + " " + Long.toHexString(sum.getValue()));
    }
    return String.join("\n", lines) + "\n";
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen2", "gpt2"})
  void keysAndTensorsAreThoseOfTheConverter(String name) throws IOException {
    String config = config(name);
    try (var wanted = HubConversionTest.class.getResourceAsStream("converted-" + name + ".txt")) {
      assertEquals(
          new String(wanted.readAllBytes(), StandardCharsets.UTF_8), text(converted(config)));
    }
  }

  static String config(String name) {
    return switch (name) {
      case "llama" -> LLAMA;
      case "qwen2" -> QWEN2;
      default -> GPT2;
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen2", "gpt2"})
  void theTokenizerGivesTheSameIds(String name) throws IOException {
    Tokenizer wanted = LanguageModel.loadTokenizer(write(folder, config(name)));
    Tokenizer found = LanguageModel.tokenizer(converted(config(name)));
    for (String text : List.of("hello world 12.", "\n\n hell or<|im_end|>he", "wor 1  w", "")) {
      assertArrayEquals(wanted.encode(text, true), found.encode(text, true), text);
    }
  }

  private void assertRefused(String file, String from, String to, String message)
      throws IOException {
    write(folder, LLAMA);
    change(file, from, to);
    assertNotConverted(message, file);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"pre_tokenizer\": {\"type\": \"ByteLevel\", \"add_prefix_space\": false"
            + "|\"pre_tokenizer\": {\"type\": \"ByteLevel\", \"add_prefix_space\": true"
            + "|pre_tokenizer splits words as none",
        "\"ignore_merges\": false|\"ignore_merges\": true|with ignore_merges",
        "\"normalizer\": null|\"normalizer\": {\"type\": \"Lowercase\"}|normalizer changes texts",
        "\"dropout\": null|\"dropout\": 0.1|model.dropout is not 0",
        "\"end_of_word_suffix\": \"\"|\"end_of_word_suffix\": \"_\"|model.end_of_word_suffix",
        "\"byte_fallback\": false|\"byte_fallback\": true|model has byte_fallback true",
        "\"type\": \"BPE\"|\"type\": \"WordLevel\"|is of type WordLevel",
        "\"id\": 22|\"id\": 24|embeddings of 24 tokens",
        "\"post_processor\": {\"type\": \"ByteLevel\"|\"post_processor\": {\"type\":"
            + " \"BertProcessing\"|post_processor is of type BertProcessing",
      })
  void tokenizersThatGgufCannotNameAreRefused(String from, String to, String message)
      throws IOException {
    assertRefused("tokenizer.json", from, to, message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"silu\"|\"gelu\"|hidden_act is 'gelu'",
        "\"llama3\"|\"longrope\"|rope_scaling.rope_type is 'longrope'",
        "\"llama3\"|\"ntk\"|rope_scaling.rope_type is 'ntk'",
        "\"rope_theta\"|\"partial_rotary_factor\": 0.5, \"rope_theta\"|partial_rotary_factor",
        "\"attention_bias\"|\"is_causal\": false, \"attention_bias\"|is_causal is false",
        "\"llama\"|\"qwen2\"|rope_scaling.rope_type is 'llama3' in a model of type qwen2",
        "\"llama\"|\"bert\"|model_type is 'bert'",
        "LlamaForCausalLM|LlamaForTokenClassification|it is one for tag",
        "\"num_hidden_layers\": 2|\"num_hidden_layers\": 3|layers.2.input_layernorm.weight is"
            + " missing",
        "\"num_hidden_layers\": 2|\"num_hidden_layers\": 1|tensor model.layers.1.",
        "\"tie_word_embeddings\": true|\"tie_word_embeddings\": false|lm_head.weight is missing",
      })
  void modelsThatGgufCannotHoldAreRefused(String from, String to, String message)
      throws IOException {
    write(folder, LLAMA);
    change("config.json", from, to);
    assertNotConverted(message);
  }

  /** The folder is refused, with a message that has these parts. */
  private void assertNotConverted(String... parts) {
    Checkpoint checkpoint = Checkpoint.open(folder);
    LanewiseException e = assertThrows(LanewiseException.class, () -> HubConversion.of(checkpoint));
    for (String part : parts) {
      assertTrue(e.getMessage().contains(part), e.getMessage());
    }
  }

  private void change(String file, String from, String to) throws IOException {
    Path changed = folder.resolve(file);
    String text = Files.readString(changed);
    assertTrue(text.contains(from), from);
    Files.writeString(changed, text.replace(from, to));
  }

  @ParameterizedTest
  @ValueSource(strings = {"lstrip", "rstrip", "single_word"})
  void tokensThatAreFoundOtherwiseThanTheyAreSpelledAreRefused(String attribute)
      throws IOException {
    write(folder, LLAMA);
    String from = "\"" + attribute + "\": false";
    change("tokenizer.json", from, from.replace("false", "true"));
    assertNotConverted("tokenizer.json: lstrip, rstrip or single_word of 4", "'<|endoftext|>'");
  }

  @Test
  void thoseOfPhi3AreTold() throws IOException {
    write(folder, LLAMA);
    change("tokenizer.json", "\"lstrip\": false", "\"lstrip\": true");
    SafetensorsWriter tensors = new SafetensorsWriter();
    phi3()
        .forEach(
            (name, shape) -> tensors.tensor(name, TinyEncoderDecoders.values(name, shape), shape));
    tensors.write(folder.resolve("model.safetensors"));
    Files.writeString(
        folder.resolve("config.json"), TinyDecoder.SIZES + "\"phi3\", \"sliding_window\": 4}");
    Metadata found = HubConversion.of(Checkpoint.open(folder)).metadata();
    assertEquals("phi3", found.string("general.architecture"));
  }

  private static Map<String, int[]> phi3() {
    Map<String, int[]> shapes = new TreeMap<>();
    shapes.put("model.embed_tokens.weight", new int[] {24, 16});
    shapes.put("model.norm.weight", new int[] {16});
    for (int i = 0; i < 2; i++) {
      String block = "model.layers." + i + ".";
      shapes.put(block + "input_layernorm.weight", new int[] {16});
      shapes.put(block + "post_attention_layernorm.weight", new int[] {16});
      shapes.put(block + "self_attn.qkv_proj.weight", new int[] {32, 16});
      shapes.put(block + "self_attn.o_proj.weight", new int[] {16, 16});
      shapes.put(block + "mlp.gate_up_proj.weight", new int[] {40, 16});
      shapes.put(block + "mlp.down_proj.weight", new int[] {16, 20});
    }
    return shapes;
  }

  @Test
  void otherEndsOfGenerationAreNamedUnderKeysThatAreFree() throws IOException {
    write(folder, LLAMA);
    change("generation_config.json", "[1, 0]", "[1, 0, 5, 19, 24, 5]");
    Checkpoint found = HubConversion.of(Checkpoint.open(folder));
    assertEquals(5, found.metadata().integer("tokenizer.ggml.eom_token_id"));
    assertEquals(19, found.metadata().integer("tokenizer.ggml.eot_token_id"));
    Tokenizer wanted = LanguageModel.loadTokenizer(folder);
    Tokenizer tokenizer = LanguageModel.tokenizer(found);
    for (int id = 0; id < 23; id++) {
      assertEquals(wanted.isEndOfGeneration(id), tokenizer.isEndOfGeneration(id), "" + id);
    }
    change("generation_config.json", "[1, 0, 5,", "[1, 0, 5, 7,");
    assertNotConverted("eos_token_id lists 3 tokens, such as 5,", "2 more");
  }

  @Test
  void aTokenizerThatCannotBeLoadedIsNotConverted() throws IOException {
    write(folder, LLAMA);
    change("tokenizer.json", "[\"he\", \"llo\"]", "[\"he\", \"lo\"]");
    assertNotConverted("tokenizer.ggml.merges");
  }

  @ParameterizedTest
  @CsvSource({
    "LlamaTokenizerFast, add_bos_token, 0",
    "LlamaTokenizerFast, add_eos_token, 1",
    "PreTrainedTokenizerFast, add_eos_token, 0",
    "LlamaTokenizerFast, add_sep_token, 0",
  })
  void whatStandsAroundTextsIsWhatTheFolderPutsThere(String type, String key, int more)
      throws IOException {
    write(folder, LLAMA);
    change(
        "tokenizer_config.json", "PreTrainedTokenizerFast\"", type + "\", \"" + key + "\": true");
    String tokenizer = Files.readString(folder.resolve("tokenizer.json"));
    Files.writeString(
        folder.resolve("tokenizer.json"),
        tokenizer.replaceFirst("(?s)\"post_processor\": \\{.*?\\}", "\"post_processor\": null"));
    int[] hello = LanguageModel.loadTokenizer(folder).withSequenceTokens(new int[] {19});
    assertEquals(1 + more, hello.length);
    Tokenizer found = LanguageModel.tokenizer(HubConversion.of(Checkpoint.open(folder)));
    assertArrayEquals(hello, found.withSequenceTokens(new int[] {19}));
  }

  @Test
  void aModelForEmbeddingsIsRefused() throws IOException {
    write(folder, LLAMA);
    Files.writeString(
        folder.resolve("modules.json"),
        "[{\"idx\": 0, \"path\": \"\", \"type\": \"sentence_transformers.models.Transformer\"}]");
    assertNotConverted("modules.json");
  }

  @Test
  void aFolderWithoutTokenizerIsRefused() throws IOException {
    write(folder, LLAMA);
    Files.delete(folder.resolve("tokenizer.json"));
    assertNotConverted("neither tokenizer.json nor");
  }

  @Test
  void templatesAroundTextsAreSaidByFlags() throws IOException {
    write(folder, LLAMA);
    Path file = folder.resolve("tokenizer.json");
    Files.writeString(
        file,
        TOKENIZER.replace(
            "\"post_processor\": {\"type\": \"ByteLevel\",",
            """
            "post_processor": {"type": "TemplateProcessing",
              "single": [{"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}],
              "pair": [{"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}},
                {"Sequence": {"id": "B", "type_id": 0}},
                {"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}],
              "special_tokens": {"<|endoftext|>":
                {"id": "<|endoftext|>", "ids": [0], "tokens": ["<|endoftext|>"]}},
            """));
    Metadata found = HubConversion.of(Checkpoint.open(folder)).metadata();
    assertTrue(found.flag("tokenizer.ggml.add_bos_token", false));
    assertTrue(found.flag("tokenizer.ggml.add_eos_token", false));
    assertEquals(0, found.integer("tokenizer.ggml.eos_token_id"));
    assertEquals(1, found.integer("tokenizer.ggml.eot_token_id"));
    Tokenizer wanted = LanguageModel.loadTokenizer(folder);
    Tokenizer tokenizer = LanguageModel.tokenizer(HubConversion.of(Checkpoint.open(folder)));
    assertArrayEquals(
        wanted.withSequenceTokens(wanted.encode("hello", true)),
        tokenizer.withSequenceTokens(tokenizer.encode("hello", true)));
  }
}
