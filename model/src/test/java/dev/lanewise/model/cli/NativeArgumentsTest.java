package dev.lanewise.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class NativeArgumentsTest {
  @Test
  void restoresTheLastArgumentsOfACommandLine() {
    byte[] line = "java\0-Xmx1g\0Main\0-p\0Grüße 🎈\0\0".getBytes(StandardCharsets.UTF_8);
    String[] restored = NativeArguments.last(line, new String[] {"-p", "Gr????e ????", ""});
    assertEquals("-p|Grüße 🎈|", String.join("|", restored));
    String[] more = {"a", "b", "c", "d", "e", "f", "g"};
    assertEquals(7, NativeArguments.last(line, more).length);
    assertEquals("a", NativeArguments.last(line, more)[0]);
  }
}
