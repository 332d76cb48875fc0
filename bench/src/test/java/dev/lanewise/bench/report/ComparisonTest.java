package dev.lanewise.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ComparisonTest {
  private static Comparison compare(Report before, Report after) {
    return new Comparison(before, after, 0.05);
  }

  @ParameterizedTest
  @CsvSource({
    "1000, 0, 1060, 0, 1, SLOWER",
    "1000, 10, 1060, 10, 1, SLOWER",
    "1000, 0, 1049, 0, 0, ''",
    "1000, 100, 1060, 10, 0, ''",
    "1000, 10, 1060, 100, 0, ''",
    "1060, 10, 1000, 10, 0, faster"
  })
  void slowerIsBeyondTheThresholdAndBothErrorBars(
      double before, double error, double after, double otherError, int slower, String verdict) {
    Comparison comparison =
        compare(
            Reports.of(Reports.gemm("simd", 64, 1, before, error)),
            Reports.of(Reports.gemm("simd", 64, 1, after, otherError)));
    assertEquals(1, comparison.compared());
    assertEquals(slower, comparison.slower());
    String row = comparison.table().lines().skip(1).findFirst().orElseThrow();
    assertTrue(row.startsWith("PeerGemm.gemm implementation=simd shape=64x64x64 threads=1"), row);
    assertTrue(row.endsWith(verdict), row);
    assertEquals(verdict.isEmpty(), Character.isDigit(row.charAt(row.length() - 1)), row);
  }

  @Test
  void whatIsInOneReportOnlyIsNamed() {
    Comparison comparison =
        compare(
            Reports.of(Reports.gemm("simd", 64, 1, 1, 0), Reports.softmax("simd", 8, 1)),
            Reports.of(Reports.softmax("simd", 8, 1), Reports.softmax("simd", 9, 1)));
    assertEquals(1, comparison.compared());
    assertEquals(0, comparison.slower());
    String table = comparison.table();
    assertTrue(table.contains("missing after: PeerGemm.gemm implementation=simd"), table);
    assertTrue(table.contains("missing before: Softmax.softmax implementation=simd"), table);
  }
}
