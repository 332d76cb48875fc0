package dev.lanewise.model.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.checkpoint.Checkpoint;
import dev.lanewise.model.checkpoint.TinyLlama;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** A model that was closed says so, to whoever uses it, and brings nothing down. */
class ClosedModelTest {
  private static final GenerationOptions OPTIONS =
      GenerationOptions.builder().maxTokens(100).seed(1).build();

  @TempDir private Path folder;

  private Path path() {
    return folder.resolve("tiny.gguf");
  }

  private static void ignore(String text) {
    assertFalse(text.isEmpty());
  }

  private LanguageModel load() {
    return LanguageModel.load(TinyLlama.write(path(), 7));
  }

  private void isClosed(Executable use) {
    String message = assertThrows(IllegalStateException.class, use).getMessage();
    assertTrue(message.startsWith(path() + " is closed"), message);
  }

  @Test
  void generatorsThatAreLeftSaySo() {
    LanguageModel model = load();
    try (Generator generator = model.newGenerator(1, 32)) {
      generator.generate("hello", OPTIONS, ClosedModelTest::ignore);
      model.close();
      model.close();
      isClosed(() -> generator.generate("hello", OPTIONS, ClosedModelTest::ignore));
    }
    String message =
        assertThrows(IllegalStateException.class, () -> model.newGenerator(1, 32).close())
            .getMessage();
    assertTrue(message.startsWith("this model is closed"), message);
    assertEquals(
        "hello", model.tokenizer().decode(model.tokenizer().encode("hello", false)).strip());
  }

  @Test
  void theModelsOfACheckpointEndTogether() {
    Checkpoint checkpoint = Checkpoint.open(TinyLlama.write(path(), 7));
    LanguageModel other = LanguageModel.of(checkpoint);
    LanguageModel.of(checkpoint).close();
    try (Generator generator = other.newGenerator(1, 32)) {
      isClosed(() -> generator.generate("hello", OPTIONS, ClosedModelTest::ignore));
    }
    isClosed(() -> LanguageModel.of(checkpoint));
  }

  /** Generates text after text until something ends it, and returns what. */
  private static CompletableFuture<Throwable> generate(Generator generator, CountDownLatch begun) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            while (true) {
              generator.generate("hello", OPTIONS, _ -> begun.countDown());
            }
          } catch (RuntimeException | Error e) {
            return e;
          }
        });
  }

  @Test
  void aGeneratorThatIsClosedAtWorkSaysSo() throws Exception {
    try (LanguageModel model = load()) {
      for (int round = 0; round < 20; round++) {
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<Throwable> end;
        try (Generator generator = model.newGenerator(1 + round % 2, 128)) {
          end = generate(generator, begun);
          begun.await();
        }
        Throwable told = end.get();
        assertInstanceOf(IllegalStateException.class, told);
        assertEquals("this generator is closed", told.getMessage());
      }
    }
  }

  @Test
  void threadsThatAreAtWorkAreTold() throws Exception {
    for (int round = 0; round < 20; round++) {
      LanguageModel model = load();
      CountDownLatch begun = new CountDownLatch(1);
      try (Generator generator = model.newGenerator(2, 128)) {
        CompletableFuture<Throwable> end = generate(generator, begun);
        begun.await();
        model.close();
        Throwable told = end.get();
        isClosed(
            () -> {
              throw told;
            });
      }
    }
  }
}
