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

  /** What was understood of a request, to be done. */
  interface Answer {
    /** Does it. */
    void send(Reply reply) throws IOException;
  }

  /** Answers in a conversation. */
  Answer chat(JsonView body);

  /** Continues a text. */
  Answer complete(JsonView body);

  /** Turns texts into vectors. */
  Answer embed(JsonView body);

  /** Where its requests are at work, and wait. */
  Slots<?> slots();

  /** Ends all requests, and gives back threads and memory. */
  @Override
  void close();
}
