package dev.lanewise.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DecimalsTest {
  @ParameterizedTest
  @CsvSource({
    "0, 2, 0.00",
    "0.005, 2, 0.01",
    "-0.001, 2, 0.00",
    "-1.25, 1, -1.3",
    "1.5, 0, 2",
    "999999.99, 1, 1000000.0",
    "12.3456, 3, 12.346",
    "NaN, 1, NaN",
    "Infinity, 2, Infinity"
  })
  void fixed(double value, int decimals, String expected) {
    assertEquals(expected, Decimals.fixed(value, decimals));
  }

  @Test
  void agreesWithFormat() {
    Random random = new Random(1);
    for (int i = 0; i < 1000; i++) {
      double value = Math.rint(random.nextDouble() * 1e6) / 64;
      assertEquals(String.format(Locale.ROOT, "%.6f", value), Decimals.fixed(value, 6));
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 0 B", "999, 999 B", "1536, 1.5 kB", "98362432, 98.4 MB", "3221225472, 3.22 GB"})
  void bytes(long bytes, String expected) {
    assertEquals(expected, Decimals.bytes(bytes));
  }

  @Test
  void readsFieldsOfTheProcess() {
    String status = "Name:\tjava\nVmPeak:\t  999 kB\nVmHWM:\t  1234 kB\nThreads:\t3\n";
    assertEquals(1234, PeakMemory.field(status, "VmHWM:"));
    assertEquals(3, PeakMemory.field(status, "Threads:"));
    assertEquals(0, PeakMemory.field(status, "VmSwap:"));
    assertEquals(0, PeakMemory.field("VmHWM:\nThreads:\t3\n", "VmHWM:"));
  }

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
