package dev.lanewise.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which implementation runs: in this JVM, and in fresh ones with and without the vector module. */
class KernelSelectionTest {
  private static final String FLAG = "--add-modules jdk.incubator.vector";

  @TempDir Path directory;

  /** What a program printed, and how it ended. */
  private record Outcome(int exitCode, String out, String err) {
    int warnings() {
      return err.split(FLAG, -1).length - 1;
    }
  }

  @Test
  void thisJvmRunsThePathItIsSetTo() {
    String bits = System.getProperty("lanewise.vector.bits");
    boolean vectors = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    try (Parallel team = Parallel.of(1)) {
      String description = Kernels.best(team).description();
      if (!vectors) {
        assertEquals("reference", description);
      } else if (bits != null) {
        assertEquals("simd " + bits + "-bit", description);
      } else {
        assertTrue(description.matches("simd \\d+-bit"), description);
      }
      assertEquals("reference", Kernels.reference(team).description());
    }
  }

  @Test
  void withoutTheModuleTheReferenceRunsAfterOneWarning() throws Exception {
    Outcome outcome = run();
    assertEquals(0, outcome.exitCode, outcome::err);
    assertEquals(List.of("reference: 33.0", "reference: 33.0"), outcome.out.lines().toList());
    assertEquals(1, outcome.warnings(), outcome::err);
  }

  @ParameterizedTest(name = "{0} bits")
  @ValueSource(strings = {"128", "256", "512"})
  void withTheModuleVectorsRunSilently(String bits) throws Exception {
    Outcome outcome =
        run("--add-modules", "jdk.incubator.vector", "-Dlanewise.vector.bits=" + bits);
    assertEquals(0, outcome.exitCode, outcome::err);
    String line = "simd " + bits + "-bit: 33.0";
    assertEquals(List.of(line, line), outcome.out.lines().toList());
    assertEquals(0, outcome.warnings(), outcome::err);
  }

  @Test
  void vectorsOfSixtyFourBitsAreTooNarrow() throws Exception {
    String[] narrow = {"--add-modules", "jdk.incubator.vector", "-XX:MaxVectorSize=8"};
    Outcome outcome = run(narrow);
    assertEquals(0, outcome.exitCode, outcome::err);
    assertEquals(List.of("reference: 33.0", "reference: 33.0"), outcome.out.lines().toList());
    assertEquals(1, outcome.err.split("no vectors of 128 bits", -1).length - 1, outcome::err);
    refuses(
        "lanewise.kernels=simd is impossible: this JVM has no vectors of 128 bits",
        narrow[0],
        narrow[1],
        narrow[2],
        "-Dlanewise.kernels=simd");
  }

  @Test
  void theReferenceCanBeForced() throws Exception {
    Outcome with = run("--add-modules", "jdk.incubator.vector", "-Dlanewise.kernels=reference");
    assertEquals(0, with.exitCode, with::err);
    assertTrue(with.out.startsWith("reference"), with::out);
    Outcome without = run("-Dlanewise.kernels=reference");
    assertEquals(0, without.exitCode, without::err);
    assertEquals(0, without.warnings(), without::err);
  }

  @Test
  void forcedVectorsNeedTheModule() throws Exception {
    Outcome without = run("-Dlanewise.kernels=simd");
    assertNotEquals(0, without.exitCode);
    assertTrue(without.err.contains(FLAG), without::err);
    assertFalse(without.err.contains("LinkageError"), without::err);
    Outcome with = run("-Dlanewise.kernels=simd", "--add-modules", "jdk.incubator.vector");
    assertEquals(0, with.exitCode, with::err);
    assertTrue(with.out.startsWith("simd"), with::out);
  }

  @Test
  void unknownChoicesAreRefused() throws Exception {
    refuses("lanewise.kernels must be reference or simd, got 'fast'", "-Dlanewise.kernels=fast");
  }

  @Test
  void widthsThatThereAreNotAreRefusedBeforeAnyVector() throws Exception {
    String[] options = {"--add-modules", "jdk.incubator.vector", "-Dlanewise.vector.bits=100"};
    Outcome outcome = refuses("lanewise.vector.bits must be 128, 256 or 512, got '100'", options);
    assertFalse(outcome.err.contains("ExceptionInInitializerError"), outcome::err);
    assertFalse(outcome.err.contains("NoClassDefFoundError"), outcome::err);
  }

  private Outcome refuses(String message, String... options) throws Exception {
    Outcome outcome = run(options);
    assertNotEquals(0, outcome.exitCode);
    assertTrue(outcome.err.contains("IllegalArgumentException: " + message), outcome::err);
    return outcome;
  }

  /** Runs the probe on the class path of a fresh JVM. */
  private Outcome run(String... options) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    command.add("-cp");
    command.add(root(Kernels.class) + File.pathSeparator + root(KernelSelectionProbe.class));
    command.add(KernelSelectionProbe.class.getName());
    Path out = directory.resolve("out");
    Path err = directory.resolve("err");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().keySet().removeAll(List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"));
    Process process = builder.start();
    try {
      assertTrue(process.waitFor(60, TimeUnit.SECONDS), "the probe does not end");
    } finally {
      process.destroyForcibly();
    }
    return new Outcome(
        process.exitValue(),
        Files.readString(out, StandardCharsets.UTF_8),
        Files.readString(err, StandardCharsets.UTF_8));
  }

  /** The directory under which a class lies, also when the test is patched into a module. */
  private static Path root(Class<?> type) {
    String file = type.getName().replace('.', '/') + ".class";
    String location = String.valueOf(type.getResource(type.getSimpleName() + ".class"));
    assertTrue(location.startsWith("file:") && location.endsWith(file), location);
    return Path.of(URI.create(location.substring(0, location.length() - file.length())));
  }
}
