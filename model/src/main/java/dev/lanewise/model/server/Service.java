package dev.lanewise.model.server;

import dev.lanewise.model.json.JsonView;
import dev.lanewise.model.tokenizer.Tokenizer;
import java.io.IOException;

/** What a loaded model can do for clients. */
interface Service extends AutoCloseable {
  /** What clients call the model. */
  String name();

  /** What its texts are made of. */
  Tokenizer tokenizer();

  /** Answers in a conversation. */
  void chat(JsonView body, Reply reply) throws IOException;

  /** Continues a text. */
  void complete(JsonView body, Reply reply) throws IOException;

  /** Turns texts into vectors. */
  void embed(JsonView body, Reply reply) throws IOException;

  /** Where its requests are at work, and wait. */
  Slots<?> slots();

  /** Ends all requests, and gives back threads and memory. */
  @Override
  void close();
}
