package dev.lanewise.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.bench.TinyModels;
import dev.lanewise.bench.peers.LlamaBench.Load;
import dev.lanewise.bench.peers.LlamaBench.Speed;
import dev.lanewise.model.LanewiseException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LlamaBenchTest {
  /** The fake program, in a JVM of its own. */
  private static final List<String> FAKE =
      List.of(
          Path.of(System.getProperty("java.home"), "bin", "java").toString(),
          "-XX:TieredStopAtLevel=1",
          "-cp",
          System.getProperty("java.class.path"),
          FakeLlamaBench.class.getName());

  @TempDir private Path folder;

  private static Load load(String model) {
    return new Load(Path.of(model), 2, 8, 4, 1);
  }

  @Test
  void readsWhatTheProgramMeasured() {
    assertEquals(
        List.of(new Speed("prefill", 200.5), new Speed("decode", 20.5)),
        LlamaBench.run(FAKE, load("model.gguf")));
  }

  @Test
  void readsWhatLanewiseMeasured() throws IOException {
    Path model = folder.resolve("model.gguf");
    TinyModels.llama(model);
    List<Speed> speeds = LlamaBench.runLanewise(load(model.toString()));
    assertEquals(List.of("prefill", "decode"), speeds.stream().map(Speed::test).toList());
  }

  @Test
  void saysWhatTheProgramSaidWhenItFails() {
    LanewiseException e =
        assertThrows(LanewiseException.class, () -> LlamaBench.run(FAKE, load("missing.gguf")));
    assertTrue(
        e.getMessage().endsWith(" ended with code 1: error: failed to load model"), e.getMessage());
  }

  @Test
  void saysWhatLanewiseSaidWhenItFails() {
    LanewiseException e =
        assertThrows(LanewiseException.class, () -> LlamaBench.runLanewise(load("missing.gguf")));
    assertTrue(
        e.getMessage().startsWith("lanewise ended with code 1: lanewise: missing.gguf: no such"),
        e.getMessage());
  }

  @Test
  void saysWhichProgramIsNotThere() {
    LanewiseException e =
        assertThrows(
            LanewiseException.class,
            () -> LlamaBench.run("no-such-llama-bench", load("model.gguf")));
    assertTrue(e.getMessage().contains("no-such-llama-bench could not be run"), e.getMessage());
  }

  @Test
  void aProgramThatIsFasterThanAnythingIsRefused() {
    for (double speed : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(LanewiseException.class, () -> new Speed("decode", speed));
    }
  }

  @Test
  void aPropertyNamesTheProgram() {
    System.setProperty(LlamaBench.PROPERTY, "somewhere");
    try {
      assertEquals(Optional.of("somewhere"), LlamaBench.program());
    } finally {
      System.clearProperty(LlamaBench.PROPERTY);
    }
  }
}
