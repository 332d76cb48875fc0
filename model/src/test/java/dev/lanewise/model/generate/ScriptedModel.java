package dev.lanewise.model.generate;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.arch.CausalModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A model for tests that says what a script tells it: after a prompt the script's first token, then
 * one after the other, whatever it is fed. It writes down what that was.
 */
public final class ScriptedModel implements CausalModel {
  private final int vocabSize;
  private final int contextLength;
  private final int[] script;

  /** Every call of forward: position before it and tokens fed. */
  final List<String> calls = new ArrayList<>();

  /**
   * @param script what it says, over and over
   */
  public ScriptedModel(int vocabSize, int contextLength, int... script) {
    this.vocabSize = vocabSize;
    this.contextLength = contextLength;
    this.script = script;
  }

  @Override
  public int vocabSize() {
    return vocabSize;
  }

  @Override
  public int contextLength() {
    return contextLength;
  }

  @Override
  public int dim() {
    return 1;
  }

  @Override
  public Session newSession(Kernels kernels, int contextLength) {
    if (contextLength > this.contextLength) {
      throw new LanewiseException("context too long");
    }
    return new ScriptedSession(contextLength);
  }

  private final class ScriptedSession implements Session {
    private final int contextLength;
    private final float[] logits = new float[vocabSize];
    private int position;
    private int said;

    ScriptedSession(int contextLength) {
      this.contextLength = contextLength;
    }

    @Override
    public int position() {
      return position;
    }

    @Override
    public int contextLength() {
      return contextLength;
    }

    @Override
    public float[] forward(int[] ids, int from, int to) {
      calls.add(position + "+" + (to - from));
      position += to - from;
      if (position > contextLength) {
        throw new LanewiseException("the context is full");
      }
      // A prompt's slices come before the first token is said.
      said = to - from > 1 ? 0 : said;
      Arrays.fill(logits, 0);
      logits[script[said++ % script.length]] = 50;
      return logits;
    }

    @Override
    public void forwardAll(int[] ids, int from, int to, LogitsSink sink) {
      for (int i = from; i < to; i++) {
        sink.accept(i, forward(ids, i, i + 1));
      }
    }

    @Override
    public float[] hiddenStates(int[] ids, int from, int to, int layers) {
      throw new UnsupportedOperationException("a script has no states");
    }

    @Override
    public void rewind(int position) {
      if (position > this.position) {
        throw new IllegalArgumentException("cannot rewind forward to " + position);
      }
      this.position = position;
      said = 0;
    }
  }
}
