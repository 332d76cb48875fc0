package dev.lanewise.model.server;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.model.arch.CausalModel;
import dev.lanewise.model.generate.FakeTokenizer;
import dev.lanewise.model.generate.LanguageModel;
import dev.lanewise.model.generate.ScriptedModel;
import dev.lanewise.model.tokenizer.ChatTemplate;
import dev.lanewise.model.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;

/** A model for tests that says a text byte by byte, and waits for a permit before each step. */
final class SteppedModel implements CausalModel {
  static final int CONTEXT = 200;
  static final String TEMPLATE =
      "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content']"
          + " + '<|im_end|>\\n'}}{% endfor %}";

  private final CausalModel script;
  private final Semaphore permits = new Semaphore(Integer.MAX_VALUE / 2);

  /** Whether its logits are no numbers. */
  final AtomicBoolean damaged = new AtomicBoolean();

  private SteppedModel(CausalModel script) {
    this.script = script;
  }

  /** One that says a text, and then that it ends. */
  static SteppedModel saying(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int[] ids = new int[bytes.length + 1];
    for (int i = 0; i < bytes.length; i++) {
      ids[i] = bytes[i] & 0xFF;
    }
    ids[bytes.length] = FakeTokenizer.END;
    return new SteppedModel(new ScriptedModel(FakeTokenizer.END + 1, CONTEXT, ids));
  }

  /**
   * The same with a tokenizer and a chat template.
   *
   * @param template a text that is none leaves the model without
   */
  LanguageModel with(String template) {
    return with(template, new FakeTokenizer(true));
  }

  /** The same with a tokenizer. */
  LanguageModel with(String template, Tokenizer tokenizer) {
    return new LanguageModel(this, tokenizer, ChatTemplate.of(template));
  }

  /** From here on it waits. */
  void hold() {
    permits.drainPermits();
  }

  /** Lets it make some steps. */
  void step(int steps) {
    permits.release(steps);
  }

  /** From here on it does not wait. */
  void release() {
    permits.release(1 << 20);
  }

  /** Whether a session waits. */
  boolean isHeld() {
    return permits.hasQueuedThreads();
  }

  @Override
  public int vocabSize() {
    return script.vocabSize();
  }

  @Override
  public int contextLength() {
    return script.contextLength();
  }

  @Override
  public int dim() {
    return script.dim();
  }

  @Override
  public Session newSession(Kernels kernels, int contextLength) {
    Session session = script.newSession(kernels, contextLength);
    return new Session() {
      @Override
      public int position() {
        return session.position();
      }

      @Override
      public int contextLength() {
        return session.contextLength();
      }

      @Override
      public float[] forward(int[] ids, int from, int to) {
        permits.acquireUninterruptibly();
        float[] logits = session.forward(ids, from, to);
        if (damaged.get()) {
          logits[0] = Float.NaN;
        }
        return logits;
      }

      @Override
      public void forwardAll(int[] ids, int from, int to, LogitsSink sink) {
        session.forwardAll(ids, from, to, sink);
      }

      @Override
      public float[] hiddenStates(int[] ids, int from, int to, int layers) {
        return session.hiddenStates(ids, from, to, layers);
      }

      @Override
      public void rewind(int position) {
        session.rewind(position);
      }
    };
  }
}
