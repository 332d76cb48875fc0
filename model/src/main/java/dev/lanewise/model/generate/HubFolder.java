package dev.lanewise.model.generate;

import dev.lanewise.model.WholeFile;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import dev.lanewise.model.tokenizer.ChatTemplate;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The files around a model's weights in a folder of the Hugging Face hub's layout. */
final class HubFolder {
  private static final int MAX_TEMPLATE_BYTES = 16 << 20;

  private HubFolder() {}

  /** How conversations are written, if the folder says so in a way that is known. */
  static Optional<ChatTemplate> chatTemplate(Path folder) {
    Path file = folder.resolve("chat_template.jinja");
    if (Files.exists(file)) {
      return ChatTemplate.of(
          new String(WholeFile.read(file, MAX_TEMPLATE_BYTES), StandardCharsets.UTF_8));
    }
    Path config = folder.resolve("tokenizer_config.json");
    if (!Files.exists(config)) {
      return Optional.empty();
    }
    List<JsonView> templates = new ArrayList<>();
    JsonView view = Json.readConfig(config);
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
}
