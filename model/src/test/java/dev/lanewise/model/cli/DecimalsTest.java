package dev.lanewise.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
}
