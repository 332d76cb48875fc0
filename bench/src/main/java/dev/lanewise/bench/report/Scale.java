package dev.lanewise.bench.report;

import java.util.ArrayList;
import java.util.List;

/**
 * Maps numbers to places on an axis.
 *
 * @param from the smallest number
 * @param to the largest number
 * @param start place of the smallest
 * @param end place of the largest
 * @param logarithmic equal ratios, not equal differences, are equally far apart
 */
record Scale(double from, double to, double start, double end, boolean logarithmic) {
  Scale {
    if (!(from < to) || (logarithmic && from <= 0)) {
      throw new IllegalArgumentException("no scale goes from " + from + " to " + to);
    }
  }

  /** Where a number stands; outside of the range at its end. */
  double at(double value) {
    double bounded = Math.clamp(value, from, to);
    double part =
        logarithmic
            ? Math.log(bounded / from) / Math.log(to / from)
            : (bounded - from) / (to - from);
    return start + part * (end - start);
  }

  /** Round numbers in the range: 1, 2 and 5 times powers of ten, no more than about ten. */
  List<Double> ticks() {
    return logarithmic ? logarithmicTicks() : linearTicks();
  }

  private List<Double> logarithmicTicks() {
    double decades = Math.log10(to / from);
    double[] steps = decades > 4 ? new double[] {1} : new double[] {1, 2, 5};
    List<Double> ticks = new ArrayList<>();
    for (double power = Math.pow(10, Math.floor(Math.log10(from))); power <= to; power *= 10) {
      for (double step : steps) {
        if (power * step >= from && power * step <= to) {
          ticks.add(power * step);
        }
      }
    }
    return ticks;
  }

  private List<Double> linearTicks() {
    double step = Math.pow(10, Math.floor(Math.log10(to - from)));
    if ((to - from) / step < 2) {
      step /= 5;
    } else if ((to - from) / step > 5) {
      step *= 2;
    }
    List<Double> ticks = new ArrayList<>();
    for (long i = (long) Math.ceil(from / step); i * step <= to; i++) {
      ticks.add(i * step);
    }
    return ticks;
  }
}
