package dev.lanewise.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.Kernels;
import dev.lanewise.kernels.Parallel;
import dev.lanewise.model.arch.Architectures;
import dev.lanewise.model.arch.CausalModel;
import dev.lanewise.model.arch.Encoding;
import dev.lanewise.model.arch.HeadKind;
import dev.lanewise.model.arch.TextEncoder;
import dev.lanewise.model.arch.TinyEncoder;
import dev.lanewise.model.arch.TinyMixture;
import dev.lanewise.model.arch.TokenBatch;
import dev.lanewise.model.generate.GgufTokenizer;
import dev.lanewise.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Thousands of broken files: each loads or is refused, and nothing else happens. */
class GgufMutationTest {
  private static final int QUICK_MUTANTS = 2000;
  private static final int ALL_MUTANTS = 100_000;
  private static final long DEADLINE_MILLIS = 10_000;
  private static final Parallel ONE_THREAD = Parallel.of(1);

  /**
   * Small models of both vocabularies, an encoder, and a file with every type of value and tensor.
   */
  static GgufMutator mutator() {
    List<byte[]> files = new ArrayList<>();
    for (TinyLlama.Vocabulary vocabulary : TinyLlama.Vocabulary.values()) {
      files.add(TinyLlama.writer(TinyLlama.Shape.SMALLEST, vocabulary, 1).toBytes());
    }
    files.add(TinyEncoder.bertGguf().toBytes());
    files.add(TinyMixture.gguf().toBytes());
    GgufWriter mixture =
        new GgufWriter()
            .alignment(64)
            .string("general.architecture", "llama")
            .bool("flag", true)
            .uint64("u64", 7)
            .float64("f64", 0.5)
            .raw("i8", ValueType.INT8.ordinal(), new byte[] {-1})
            .raw("u16", ValueType.UINT16.ordinal(), new byte[] {1, 2})
            .array("i64s", ValueType.INT64.ordinal(), 2, GgufWriter.longs(1, 2))
            .array(
                "nested",
                ValueType.ARRAY.ordinal(),
                1,
                GgufWriter.join(
                    GgufWriter.ints(ValueType.STRING.ordinal()),
                    GgufWriter.longs(1),
                    GgufWriter.text(new byte[] {'x'})));
    for (GgmlType type : GgmlType.values()) {
      byte[] data = new byte[2 * 256 / type.blockSize() * type.blockBytes()];
      mixture.tensor(type.name(), type.id(), data, 2, 256);
    }
    files.add(mixture.toBytes());
    return new GgufMutator(files);
  }

  /** What is built from a mutant that could be opened. */
  static LoadEverything loadEverything() {
    return new LoadEverything(
        List.of(
            checkpoint -> useTokenizer(GgufTokenizer.of(checkpoint.metadata())),
            GgufMutationTest::useArchitecture));
  }

  private static void useArchitecture(Checkpoint checkpoint) {
    if (checkpoint.metadata().string("general.architecture").equals("bert")) {
      useEncoder(Architectures.loadTextEncoder(checkpoint));
    } else {
      useModel(Architectures.load(checkpoint));
    }
  }

  private static void useEncoder(TextEncoder model) {
    int[] ids = new int[Math.min(3, model.maxLength())];
    Encoding encoding =
        model.newSession(Kernels.reference(ONE_THREAD)).encode(TokenBatch.of(ids, ids));
    if (model.head() != HeadKind.NONE && encoding.logits().length < model.labels().size()) {
      throw new AssertionError("too few scores");
    }
  }

  private static void useTokenizer(Tokenizer tokenizer) {
    int[] ids =
        tokenizer.withSequenceTokens(tokenizer.encode("the hello \uD83D\uDE00 <s>\n", true));
    String text = tokenizer.decode(ids);
    for (int id : ids) {
      if (tokenizer.bytes(id).length > 0 && text.isEmpty()) {
        throw new AssertionError("token " + id + " has no text");
      }
    }
    for (int id = 0; id < tokenizer.vocabSize(); id++) {
      tokenizer.id(tokenizer.piece(id));
      tokenizer.isEndOfGeneration(id);
    }
  }

  private static void useModel(CausalModel model) {
    int contextLength = Math.min(4, model.contextLength());
    CausalModel.Session session = model.newSession(Kernels.reference(ONE_THREAD), contextLength);
    int[] ids = {0, model.vocabSize() - 1};
    if (session.forward(ids, 0, Math.min(2, contextLength)).length < model.vocabSize()) {
      throw new AssertionError("too few logits");
    }
  }

  @Test
  void aSeedMakesTheSameMutantEachTime() {
    GgufMutator mutator = mutator();
    for (long seed = 0; seed < 50; seed++) {
      assertArrayEquals(mutator.mutant(seed), mutator.mutant(seed));
      assertTrue(mutator.mutant(seed).length <= mutator.maxBytes());
    }
  }

  @Test
  void everyMutantLoadsOrIsRefused() throws InterruptedException {
    MutationRun run = new MutationRun(mutator(), Gguf::open, loadEverything(), DEADLINE_MILLIS);
    long loaded = run.run(0, QUICK_MUTANTS, 0);
    // Both ends must be reached, or the mutants would show nothing.
    assertTrue(loaded > QUICK_MUTANTS / 50, loaded + " loaded");
    assertTrue(loaded < QUICK_MUTANTS / 2, loaded + " loaded");
  }

  @Test
  void aFailureNamesItsSeed() {
    MutationRun failing =
        new MutationRun(
            mutator(),
            Gguf::open,
            checkpoint -> {
              throw new IllegalStateException("broken loader");
            },
            DEADLINE_MILLIS);
    AssertionError e = assertThrows(AssertionError.class, () -> failing.run(0, 1000, 0));
    assertTrue(e.getMessage().matches("the mutant of seed \\d+: .*broken loader"), e.getMessage());
  }

  @Test
  void aHangNamesItsSeed() {
    MutationRun hanging = new MutationRun(mutator(), Gguf::open, checkpoint -> hang(), 200);
    AssertionError e = assertThrows(AssertionError.class, () -> hanging.run(0, 1000, 0));
    assertTrue(e.getMessage().matches("the mutant of seed \\d+ took more than .*"), e.getMessage());
  }

  private static void hang() {
    try {
      Thread.sleep(Long.MAX_VALUE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  @Tag("conformance")
  void everyMutantLoadsOrIsRefusedInASmallHeap() throws IOException, InterruptedException {
    ChildJvm.Result result =
        ChildJvm.run(List.of("-Xmx64m"), Main.class, String.valueOf(ALL_MUTANTS));
    assertEquals(0, result.exitCode(), result.output());
  }

  /** The run in a Java machine of its own. Argument: how many mutants. */
  static final class Main {
    private Main() {}

    public static void main(String[] args) throws InterruptedException {
      MutationRun run = new MutationRun(mutator(), Gguf::open, loadEverything(), DEADLINE_MILLIS);
      run.run(0, Long.parseLong(args[0]), 10_000);
    }
  }
}
