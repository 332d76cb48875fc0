package dev.lanewise.model.server;

import dev.lanewise.model.generate.FinishReason;
import dev.lanewise.model.generate.Generation;
import java.io.IOException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * The answer to one request for a text, in OpenAI's form: as a whole, or as a stream of pieces, of
 * which the first names the role and the last why the text ends.
 */
final class Completion {
  private final boolean chat;
  private final String model;
  private final GenerationRequest request;
  private final String id;
  private final long created = Instant.now().getEpochSecond();
  private boolean begun;

  /**
   * An answer that has not begun.
   *
   * @param chat whether it is a message, not the rest of a text
   * @param model what the model is called
   */
  Completion(boolean chat, String model, GenerationRequest request) {
    this.chat = chat;
    this.model = model;
    this.request = request;
    id = (chat ? "chatcmpl-" : "cmpl-") + UUID.randomUUID();
  }

  /** Sends a piece of a stream. */
  void piece(String text, Reply reply) throws IOException {
    begin(reply);
    reply.event(chunk(choice(chat ? Map.of("content", text) : text, null)));
  }

  /** Sends the end of a stream, or the whole text. */
  void end(Generation generation, Reply reply) throws IOException {
    if (!request.stream()) {
      reply.json(200, whole(generation));
      return;
    }
    begin(reply);
    reply.event(chunk(choice(chat ? Map.of() : "", reason(generation))));
    if (request.includeUsage()) {
      Map<String, Object> last = head(true);
      last.put("choices", List.of());
      last.put("usage", usage(generation));
      reply.event(last);
    }
    reply.done();
  }

  private void begin(Reply reply) throws IOException {
    if (chat && !begun) {
      Map<String, Object> delta = new LinkedHashMap<>();
      delta.put("role", "assistant");
      delta.put("content", "");
      reply.event(chunk(choice(delta, null)));
    }
    begun = true;
  }

  private Map<String, Object> whole(Generation generation) {
    Map<String, Object> choice = new LinkedHashMap<>();
    choice.put("index", 0);
    if (chat) {
      Map<String, Object> message = new LinkedHashMap<>();
      message.put("role", "assistant");
      message.put("content", generation.text());
      choice.put("message", message);
    } else {
      choice.put("text", generation.text());
    }
    choice.put("logprobs", null);
    choice.put("finish_reason", reason(generation));
    Map<String, Object> whole = head(false);
    whole.put("choices", List.of(choice));
    whole.put("usage", usage(generation));
    return whole;
  }

  private Map<String, Object> chunk(Map<String, Object> choice) {
    Map<String, Object> chunk = head(true);
    chunk.put("choices", List.of(choice));
    if (request.includeUsage()) {
      chunk.put("usage", null);
    }
    return chunk;
  }

  /**
   * A choice of a chunk.
   *
   * @param content what is new: of a message its parts, or else the text
   */
  private Map<String, Object> choice(Object content, String reason) {
    Map<String, Object> choice = new LinkedHashMap<>();
    choice.put("index", 0);
    choice.put(chat ? "delta" : "text", content);
    choice.put("logprobs", null);
    choice.put("finish_reason", reason);
    return choice;
  }

  private Map<String, Object> head(boolean chunk) {
    Map<String, Object> head = new LinkedHashMap<>();
    head.put("id", id);
    String ofChat = chunk ? "chat.completion.chunk" : "chat.completion";
    head.put("object", chat ? ofChat : "text_completion");
    head.put("created", created);
    head.put("model", model);
    return head;
  }

  private static String reason(Generation generation) {
    FinishReason reason = generation.finishReason();
    boolean cut = reason == FinishReason.LENGTH || reason == FinishReason.CONTEXT;
    return cut ? "length" : "stop";
  }

  private static Map<String, Object> usage(Generation generation) {
    Map<String, Object> usage = new LinkedHashMap<>();
    usage.put("prompt_tokens", generation.promptTokens());
    usage.put("completion_tokens", generation.generatedTokens());
    usage.put("total_tokens", generation.promptTokens() + generation.generatedTokens());
    usage.put("prompt_tokens_details", Map.of("cached_tokens", generation.reusedTokens()));
    return usage;
  }
}
