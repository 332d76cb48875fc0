package dev.lanewise.model.server;

import dev.lanewise.model.json.JsonView;
import dev.lanewise.model.tokenizer.Message;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads a conversation. What is said is a text, or a list of parts that are texts. */
final class ChatMessages {
  private static final Set<String> KEYS = Set.of("role", "content");

  private ChatMessages() {}

  static List<Message> read(JsonView messages) {
    return messages.items().stream().map(ChatMessages::message).toList();
  }

  private static Message message(JsonView message) {
    RequestBody.requireKnown(message, KEYS);
    JsonView content = message.at("content");
    return new Message(
        message.string("role"),
        content.value() instanceof String text
            ? text
            : content.items().stream().map(ChatMessages::part).collect(Collectors.joining()));
  }

  private static String part(JsonView part) {
    String type = part.string("type");
    if (!type.equals("text")) {
      throw part.at("type").failure("is '" + type + "'; this model reads nothing but text");
    }
    return part.string("text");
  }
}
