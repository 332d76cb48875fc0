package dev.lanewise.model.generate;

import dev.lanewise.model.WholeFile;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import dev.lanewise.model.tokenizer.ChatTemplate;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** How conversations are written, as folders of the Hugging Face hub say it. */
final class HubChatTemplates {
  private static final int MAX_TEMPLATE_BYTES = 16 << 20;
  private static final String DEFAULT = "default";
  private static final String TEMPLATE = "chat_template";

  private HubChatTemplates() {}

  /** How conversations are written, if the folder says so in a way that is known. */
  static Optional<ChatTemplate> chatTemplate(Path folder) {
    String template = chatTemplates(folder).get(DEFAULT);
    return template == null ? Optional.empty() : ChatTemplate.of(template);
  }

  /** The templates of conversations by their names; {@code default} is that of a lone one. */
  static Map<String, String> chatTemplates(Path folder) {
    Path file = folder.resolve(TEMPLATE + ".jinja");
    if (Files.exists(file)) {
      byte[] text = WholeFile.read(file, MAX_TEMPLATE_BYTES);
      return Map.of(DEFAULT, new String(text, StandardCharsets.UTF_8));
    }
    Map<String, String> templates = new LinkedHashMap<>();
    Path config = folder.resolve("tokenizer_config.json");
    JsonView view = Files.exists(config) ? Json.readConfig(config) : null;
    if (view == null || !view.has(TEMPLATE)) {
      return templates;
    }
    JsonView entry = view.at(TEMPLATE);
    if (entry.value() instanceof String text) {
      templates.put(DEFAULT, text);
      return templates;
    }
    for (JsonView named : entry.items()) {
      String name = named.string("name", "").replaceAll("[^A-Za-z0-9]", "_");
      if (!name.isEmpty()) {
        templates.put(name, named.string("template"));
      }
    }
    return templates;
  }
}
