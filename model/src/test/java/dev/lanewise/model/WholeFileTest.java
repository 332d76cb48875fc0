package dev.lanewise.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class WholeFileTest {
  @TempDir private Path folder;

  @Test
  void theLimitItselfIsAllowed() throws IOException {
    byte[] bytes = {1, 2, 3};
    Path file = Files.write(folder.resolve("three"), bytes);
    assertArrayEquals(bytes, WholeFile.read(file, 3));
    assertEquals(file + ": has 3 bytes, more than the limit of 2", refused(file, 2));
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aDeviceThatTellsNoSizeIsReadUpToTheLimit() {
    Path zeros = Path.of("/dev/zero");
    assertEquals(zeros + ": has more bytes than the limit of 2", refused(zeros, 2));
  }

  @Test
  void whatCannotBeReadIsNamed() {
    Path missing = folder.resolve("missing");
    assertEquals(missing + ": no such file; check the path", refused(missing, 2));
    String message = refused(folder, Integer.MAX_VALUE);
    assertTrue(message.startsWith(folder + ": cannot be read: "), message);
  }

  private static String refused(Path file, int limit) {
    return assertThrows(LanewiseException.class, () -> WholeFile.read(file, limit)).getMessage();
  }
}
