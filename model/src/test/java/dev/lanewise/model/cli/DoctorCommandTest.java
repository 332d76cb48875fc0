package dev.lanewise.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.json.JsonView;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What {@code doctor} measures and advises. */
class DoctorCommandTest {
  @Test
  void theDoctorMeasuresAndAdvises() {
    JsonView json = Outcome.done("doctor", "-t", "1", "--json").object();
    assertTrue(json.number("gflops") > 0);
    assertTrue(json.number("gbytes_per_second") > 0);
    assertEquals((double) Runtime.getRuntime().maxMemory(), json.number("heap_limit_bytes"));
    assertTrue(json.has("memory_bytes") || json.string("memory").equals("unknown"));
    assertTrue(
        json.string("kernels").startsWith("reference")
            || json.string("kernels").startsWith("simd"));
    assertEquals(
        json.string("kernels").startsWith("reference"),
        json.at("advice").value().toString().contains("--add-modules jdk.incubator.vector"));
  }

  @Test
  void theDoctorKnowsCompilers() {
    assertEquals(
        "C2",
        DoctorCommand.compiler("OpenJDK 64-Bit Server VM", "25+36-LTS", "mixed mode, sharing"));
    assertEquals(
        "none", DoctorCommand.compiler("OpenJDK 64-Bit Server VM", "25", "interpreted mode"));
    assertEquals(
        "C1",
        DoctorCommand.compiler(
            "OpenJDK 64-Bit Server VM", "25", "mixed mode, emulated-client, sharing"));
    assertEquals(
        "Graal",
        DoctorCommand.compiler("OpenJDK 64-Bit Server VM", "25+37-jvmci-b01", "mixed mode"));
    assertEquals(List.of(), DoctorCommand.advice("simd 512-bit", "C2"));
    assertEquals(2, DoctorCommand.advice("reference", "none").size());
  }
}
