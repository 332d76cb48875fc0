package dev.lanewise.kernels;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class RopeHalfAgreementTest {
  static Stream<Arguments> shapes() {
    return RopeAgreement.shapes();
  }

  @ParameterizedTest(name = "rows={0} heads={1} headDim={2} rotaryDim={3}")
  @MethodSource("shapes")
  void everyShape(int rows, int heads, int headDim, int rotaryDim) {
    RopeAgreement.check(Kernels::ropeHalf, false, rows, heads, headDim, rotaryDim, Fill.NORMAL);
  }

  @ParameterizedTest(name = "x={0}")
  @EnumSource
  void awkwardContent(Fill fill) {
    RopeAgreement.check(Kernels::ropeHalf, false, 3, 2, 80, 64, fill);
  }
}
