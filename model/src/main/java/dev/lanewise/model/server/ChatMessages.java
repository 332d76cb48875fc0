package dev.lanewise.model.server;

import dev.lanewise.model.json.JsonView;
import dev.lanewise.model.tokenizer.Message;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads a conversation. What is said is a text, or a list of parts that are texts. */
final class ChatMessages {
  /** A name tells speakers of a role apart; templates do not write it. */
  private static final Set<String> KEYS = Set.of("role", "content", "name");

  private ChatMessages() {}

  static List<Message> read(JsonView messages) {
    if (!(messages.value() instanceof List)) {
      throw messages.wrongType("a list of messages");
    }
    return messages.items().stream().map(ChatMessages::message).toList();
  }

  private static Message message(JsonView message) {
    RequestBody.requireKnown(message, KEYS);
    String role = message.string("role");
    return new Message(role, content(message.at("content"), role));
  }

  /** What is said; an assistant may have said nothing. */
  private static String content(JsonView content, String role) {
    if (content.value() == null && role.equals("assistant")) {
      return "";
    }
    return switch (content.value()) {
      case String text -> text;
      case List<?> _ ->
          content.items().stream().map(ChatMessages::part).collect(Collectors.joining());
      case null, default -> throw content.wrongType("a text or a list of parts");
    };
  }

  private static String part(JsonView part) {
    String type = part.string("type");
    if (!type.equals("text")) {
      throw part.at("type").failure("is '" + type + "'; this model reads nothing but text");
    }
    return part.string("text");
  }
}
