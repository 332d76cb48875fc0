package dev.lanewise.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/**
 * A matrix of any type with random valid blocks, and what a bound on a product with it needs.
 *
 * @param matrix the encoded matrix
 * @param values its elements, decoded
 * @param magnitude |d·q| + |m| of every element, |d|·(q + offset) of types with an offset, |value|
 *     of the others
 */
record Weights(Matrix matrix, float[] values, float[] magnitude) {
  private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED;

  /** Elements of about unit size. */
  static Weights random(DType type, int rows, int cols, Random random) {
    MemorySegment data = allocate(type, rows, cols);
    int count = rows * cols;
    switch (type) {
      case F32, F16, BF16 -> {
        for (int i = 0; i < count; i++) {
          put(data, type, i, (float) random.nextGaussian());
        }
      }
      default -> {
        byte[] noise = new byte[(int) data.byteSize()];
        random.nextBytes(noise);
        MemorySegment.copy(noise, 0, data, ValueLayout.JAVA_BYTE, 0, noise.length);
        for (long block = 0; block < data.byteSize(); block += type.format().blockBytes()) {
          oddScales(data, type, block, random);
          for (int field : halfFields(type)) {
            float unit = 1f / largestFactor(type);
            float scale = (float) random.nextGaussian() * unit;
            data.set(HALF, block + field, Float.floatToFloat16(scale));
          }
        }
      }
    }
    return of(data, rows, cols, type);
  }

  /** Elements of a plain type from the given numbers, rounded to the type. */
  static Weights of(float[] numbers, int rows, int cols, DType type) {
    MemorySegment data = allocate(type, rows, cols);
    for (int i = 0; i < numbers.length; i++) {
      put(data, type, i, numbers[i]);
    }
    return of(data, rows, cols, type);
  }

  /** The same blocks with every scale and minimum replaced. */
  Weights withHalfFields(short bits) {
    MemorySegment data = allocate(matrix.dtype(), matrix.rows(), matrix.cols());
    data.copyFrom(matrix.data());
    setFields(data, matrix.dtype(), halfFields(matrix.dtype()), bits);
    return of(data, matrix.rows(), matrix.cols(), matrix.dtype());
  }

  /** The same blocks of MXFP4 with every scale replaced by 2^(e − 127). */
  Weights withPowers(int e) {
    MemorySegment data = allocate(matrix.dtype(), matrix.rows(), matrix.cols());
    data.copyFrom(matrix.data());
    for (long block = 0; block < data.byteSize(); block += matrix.dtype().format().blockBytes()) {
      data.set(ValueLayout.JAVA_BYTE, block, (byte) e);
    }
    return of(data, matrix.rows(), matrix.cols(), matrix.dtype());
  }

  /** The first rows, sharing the data. */
  Matrix firstRows(int n) {
    return new Matrix(matrix.data(), n, matrix.cols(), matrix.dtype());
  }

  private static Weights of(MemorySegment data, int rows, int cols, DType type) {
    Matrix matrix = new Matrix(data, rows, cols, type);
    float[] values = decode(matrix);
    float[] magnitude = new float[values.length];
    int[] fields = halfFields(type);
    if (fields.length == 2) {
      // value = d·q + m: with m = 0 the format decodes to d·q, with d = 0 to m
      float[] scaled = decode(withZeroField(matrix, fields[1]));
      float[] minima = decode(withZeroField(matrix, fields[0]));
      for (int i = 0; i < magnitude.length; i++) {
        magnitude[i] = Math.abs(scaled[i]) + Math.abs(minima[i]);
      }
    } else if (numberBytes(type) > 0) {
      float[] zeros = decode(withZeroNumbers(matrix)); // −d·offset
      for (int i = 0; i < magnitude.length; i++) {
        magnitude[i] = Math.abs(values[i] - zeros[i]) + Math.abs(zeros[i]);
      }
    } else {
      for (int i = 0; i < magnitude.length; i++) {
        magnitude[i] = Math.abs(values[i]);
      }
    }
    return new Weights(matrix, values, magnitude);
  }

  private static Matrix withZeroField(Matrix matrix, int field) {
    MemorySegment data = allocate(matrix.dtype(), matrix.rows(), matrix.cols());
    data.copyFrom(matrix.data());
    setFields(data, matrix.dtype(), new int[] {field}, (short) 0);
    return new Matrix(data, matrix.rows(), matrix.cols(), matrix.dtype());
  }

  private static Matrix withZeroNumbers(Matrix matrix) {
    DType type = matrix.dtype();
    MemorySegment data = allocate(type, matrix.rows(), matrix.cols());
    data.copyFrom(matrix.data());
    int first = type == DType.Q4_0 || type == DType.Q5_0 ? Short.BYTES : 0;
    for (long block = 0; block < data.byteSize(); block += type.format().blockBytes()) {
      data.asSlice(block + first, numberBytes(type)).fill((byte) 0);
    }
    return new Matrix(data, matrix.rows(), matrix.cols(), type);
  }

  private static void setFields(MemorySegment data, DType type, int[] fields, short bits) {
    for (long block = 0; block < data.byteSize(); block += type.format().blockBytes()) {
      for (int field : fields) {
        data.set(HALF, block + field, bits);
      }
    }
  }

  /** Scales for the types that have none of float16 in one piece. */
  private static void oddScales(MemorySegment data, DType type, long block, Random random) {
    switch (type) {
      case MXFP4 -> data.set(ValueLayout.JAVA_BYTE, block, (byte) (120 + random.nextInt(8)));
      case IQ1_M -> {
        short bits = Float.floatToFloat16((float) random.nextGaussian() / largestFactor(type));
        for (int w = 0; w < 4; w++) { // four bits of it are the upper ones of each word
          int word = data.get(HALF, block + 48 + 2L * w) & 0x0FFF;
          data.set(HALF, block + 48 + 2L * w, (short) (word | (bits >>> (4 * w)) << 12));
        }
      }
      case NVFP4 -> {
        for (int sub = 0; sub < 4; sub++) {
          data.set(ValueLayout.JAVA_BYTE, block + sub, (byte) random.nextInt(0x40));
        }
      }
      default -> {}
    }
  }

  private static float[] decode(Matrix matrix) {
    float[] values = new float[matrix.rows() * matrix.cols()];
    matrix.dtype().format().dequantise(matrix.data(), 0, values, 0, values.length);
    return values;
  }

  /** At an odd address when the type allows it, as nothing promises that data is aligned. */
  private static MemorySegment allocate(DType type, int rows, int cols) {
    return Arena.ofAuto().allocate(type.bytes((long) rows * cols) + 1, 64).asSlice(1);
  }

  private static void put(MemorySegment data, DType type, int i, float value) {
    switch (type) {
      case F32 -> data.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i, value);
      case F16 -> data.set(HALF, 2L * i, Float.floatToFloat16(value));
      case BF16 -> data.set(HALF, 2L * i, (short) (Float.floatToRawIntBits(value) >>> 16));
      default -> throw new IllegalArgumentException(type + " has no single elements");
    }
  }

  /** Where the float16 scale, and the minimum if there is one, stand in a block. */
  private static int[] halfFields(DType type) {
    return switch (type) {
      case F32, F16, BF16, IQ1_M, MXFP4, NVFP4 -> new int[] {};
      case Q4_0, Q5_0, Q8_0, IQ4_NL, IQ4_XS -> new int[] {0};
      case IQ1_S, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S -> new int[] {0};
      case Q4_1, Q5_1, Q4_K, Q5_K -> new int[] {0, 2};
      case Q2_K -> new int[] {80, 82};
      case Q3_K -> new int[] {108};
      case Q6_K -> new int[] {208};
      case TQ1_0 -> new int[] {52};
      case TQ2_0 -> new int[] {64};
    };
  }

  /** Bytes of the numbers in a block of a type with an offset: all but its scales. */
  private static int numberBytes(DType type) {
    return switch (type) {
      case Q4_0 -> 16;
      case Q5_0 -> 20;
      case Q3_K -> 96;
      case Q6_K -> 192;
      case TQ1_0 -> 52;
      case TQ2_0 -> 64;
      default -> 0;
    };
  }

  /** The largest number that multiplies a scale. */
  private static int largestFactor(DType type) {
    return switch (type) {
      case F32, F16, BF16, TQ1_0, MXFP4, NVFP4 -> 1;
      case TQ2_0 -> 2;
      case Q4_0 -> 8;
      case Q4_1 -> 15;
      case Q5_0 -> 16;
      case Q5_1 -> 31;
      case Q8_0 -> 128;
      case Q4_K -> 63 * 15;
      case Q5_K -> 63 * 31;
      case Q2_K -> 15 * 3;
      case Q3_K -> 32 * 4;
      case Q6_K -> 128 * 32;
      case IQ1_S, IQ1_M -> 17; // 15 · 1.125
      case IQ2_XXS, IQ2_XS, IQ2_S -> 167; // 15.5 / 4 · 43
      case IQ3_XXS -> 481; // 15.5 / 2 · 62
      case IQ3_S -> 31 * 15;
      case IQ4_NL -> 127;
      case IQ4_XS -> 32 * 127;
    };
  }
}
