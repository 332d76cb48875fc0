package dev.lanewise.model.generate;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import dev.lanewise.model.tokenizer.ChatTemplate;
import dev.lanewise.model.tokenizer.HubTokenizer;
import dev.lanewise.model.tokenizer.SentencePieceModel;
import dev.lanewise.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The files around a model's weights in a folder of the Hugging Face hub's layout. */
final class HubFolder {
  private static final String TOKENIZER = "tokenizer.json";
  private static final List<String> SENTENCE_PIECE = List.of("spiece.model", "tokenizer.model");

  /** Marian's pieces of the language that is translated, and the ids of those of both. */
  private static final String SOURCE_PIECES = "source.spm";

  private static final String VOCABULARY = "vocab.json";

  private HubFolder() {}

  /**
   * The folder's tokenizer.
   *
   * @throws LanewiseException if there is none, or it is damaged or unknown
   */
  static Tokenizer tokenizer(Path folder) {
    if (Files.exists(folder.resolve(TOKENIZER))) {
      return HubTokenizer.load(folder.resolve(TOKENIZER), ends(folder));
    }
    for (String name : SENTENCE_PIECE) {
      if (Files.exists(folder.resolve(name))) {
        return SentencePieceModel.load(folder.resolve(name));
      }
    }
    if (Files.exists(folder.resolve(SOURCE_PIECES)) && Files.exists(folder.resolve(VOCABULARY))) {
      return SentencePieceModel.load(folder.resolve(SOURCE_PIECES), folder.resolve(VOCABULARY));
    }
    throw new LanewiseException(
        "%s: has no tokenizer: neither %s nor any of %s; put the model's own beside its weights"
            .formatted(folder, TOKENIZER, SENTENCE_PIECE));
  }

  /**
   * The ids that end a generation: {@code generation_config.json} goes before {@code config.json}.
   */
  private static int[] ends(Path folder) {
    for (String name : List.of("generation_config.json", "config.json")) {
      Path path = folder.resolve(name);
      if (!Files.exists(path)) {
        continue;
      }
      JsonView config = Json.read(path);
      if (config.has("eos_token_id")) {
        JsonView ids = config.at("eos_token_id");
        return ids.value() instanceof List<?>
            ? ids.items().stream().mapToInt(JsonView::integer).toArray()
            : new int[] {ids.integer()};
      }
    }
    return new int[0];
  }

  /** How conversations are written, if the folder says so in a way that is known. */
  static Optional<ChatTemplate> chatTemplate(Path folder) {
    Path file = folder.resolve("chat_template.jinja");
    if (Files.exists(file)) {
      return ChatTemplate.of(new String(bytes(file), StandardCharsets.UTF_8));
    }
    Path config = folder.resolve("tokenizer_config.json");
    if (!Files.exists(config)) {
      return Optional.empty();
    }
    List<JsonView> templates = new ArrayList<>();
    JsonView view = Json.read(config);
    if (view.has("chat_template")) {
      JsonView entry = view.at("chat_template");
      if (entry.value() instanceof String text) {
        return ChatTemplate.of(text);
      }
      templates.addAll(entry.items()); // several, by name
    }
    return templates.stream()
        .filter(template -> template.string("name", "").equals("default"))
        .findFirst()
        .flatMap(template -> ChatTemplate.of(template.string("template")));
  }

  private static byte[] bytes(Path path) {
    try {
      return Files.readAllBytes(path);
    } catch (IOException e) {
      throw new LanewiseException(path + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
