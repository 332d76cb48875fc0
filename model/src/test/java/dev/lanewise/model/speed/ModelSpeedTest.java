package dev.lanewise.model.speed;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** How runs of a model become one speed. */
class ModelSpeedTest {
  @Test
  void runsAreAveraged() {
    ModelSpeed.Result result = ModelSpeed.Result.of("tg1", new double[] {1, 2, 3, 6});
    assertEquals(3, result.mean());
    assertEquals(Math.sqrt(14 / 3.0), result.deviation(), 1e-12);
    assertEquals(0, ModelSpeed.Result.of("tg1", new double[] {5}).deviation());
  }
}
