package dev.lanewise.model.nn;

/**
 * How rotary positions are stretched for texts longer than those that a model was first trained on.
 *
 * @param divisors [rotaryDim / 2] by which each frequency is divided
 * @param longDivisors the same in sequences of more than {@code originalLength} tokens
 * @param originalLength the longest sequence of the first training; no matter where both are one
 * @param amplitude factor of rotated queries and keys
 */
public record RotaryScaling(
    float[] divisors, float[] longDivisors, int originalLength, float amplitude) {

  /** For sequences of whatever length: 1 for none, a constant for linear scaling, one each. */
  public static RotaryScaling of(float[] divisors) {
    return new RotaryScaling(divisors, divisors, Integer.MAX_VALUE, 1);
  }
}
