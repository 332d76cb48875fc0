package dev.lanewise.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.bench.peers.LlamaBench.Load;
import dev.lanewise.bench.peers.LlamaBench.Speed;
import dev.lanewise.model.LanewiseException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LlamaBenchTest {
  /** The fake program, in a JVM of its own. */
  private static final List<String> FAKE =
      List.of(
          Path.of(System.getProperty("java.home"), "bin", "java").toString(),
          "-XX:TieredStopAtLevel=1",
          "-cp",
          System.getProperty("java.class.path"),
          FakeLlamaBench.class.getName());

  @Test
  void readsWhatTheProgramMeasured() throws InterruptedException {
    assertEquals(
        List.of(new Speed("pp128", 200.5, 1.25), new Speed("tg16", 20.5, 0)),
        LlamaBench.run(FAKE, new Load(Path.of("model.gguf"), 2, 128, 16, 3)));
  }

  @Test
  void saysWhatTheProgramSaidWhenItFails() {
    LanewiseException e =
        assertThrows(
            LanewiseException.class,
            () -> LlamaBench.run(FAKE, Load.of(Path.of("missing.gguf"), 1)));
    assertTrue(e.getMessage().contains("code 1"), e.getMessage());
    assertTrue(e.getMessage().contains("failed to load model"), e.getMessage());
  }

  @Test
  void saysWhichProgramIsNotThere() {
    LanewiseException e =
        assertThrows(
            LanewiseException.class,
            () -> LlamaBench.run(Path.of("no-such-llama-bench"), Load.of(Path.of("m.gguf"), 1)));
    assertTrue(e.getMessage().contains("no-such-llama-bench could not be run"), e.getMessage());
  }

  @Test
  void aPropertyNamesTheProgram() {
    System.setProperty(LlamaBench.PROPERTY, "somewhere");
    try {
      assertEquals(Optional.of(Path.of("somewhere")), LlamaBench.program());
    } finally {
      System.clearProperty(LlamaBench.PROPERTY);
    }
  }

  @Test
  void saysWhatLanewiseSaidWhenItFails() {
    LanewiseException e =
        assertThrows(
            LanewiseException.class,
            () -> LlamaBench.runLanewise(Load.of(Path.of("missing.gguf"), 1)));
    assertTrue(e.getMessage().contains("missing.gguf"), e.getMessage());
  }
}
