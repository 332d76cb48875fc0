package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.AlignedBuffer.FLOAT;
import static dev.lanewise.kernels.simd.GemmMicroKernel.MR;
import static dev.lanewise.kernels.simd.GemmMicroKernel.NR;
import static dev.lanewise.kernels.simd.Species.F;
import static dev.lanewise.kernels.simd.Species.LANES;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.lanewise.kernels.DType;
import dev.lanewise.kernels.Matrix;
import dev.lanewise.kernels.quant.Interleaved;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * Rearranges operands for the micro-kernels, which read them from end to end then: rows of a into
 * micropanels of {@link GemmMicroKernel#MR}, columns of b into strips that lie as {@link
 * Interleaved} rows of float32 do. What lies beyond the edge of a matrix is 0, so the micro-kernels
 * know no edges.
 */
final class GemmPacking {
  /** Columns of a strip that lie together. */
  private static final int GROUP = Interleaved.ROWS;

  /** Bytes from one step of k to the next. */
  private static final long GROUP_BYTES = (long) GROUP * Float.BYTES;

  /** Steps of k that weights are decoded at a time: a multiple of all their blocks. */
  private static final int WEIGHT_STEP = 256;

  /** From one row that is decoded to the next: a cache line more, so that they do not compete. */
  private static final int WEIGHT_STRIDE = WEIGHT_STEP + 16;

  /** Floats of scratch that {@link #packWeights} needs. */
  static final int SCRATCH = GROUP * WEIGHT_STRIDE;

  private GemmPacking() {}

  /**
   * Packs {@code rows} rows of a matrix of the batch a: value (row + i, p) goes to {@code po + p *
   * MR + i}.
   */
  static void packRows(GemmOperand a, int matrix, int row, int rows, int k, float[] panel, int po) {
    if (rows < MR) {
      Arrays.fill(panel, po, po + MR * k, 0f);
    }
    int from = a.at(matrix, row, 0);
    if (a.columnStride == 1) {
      Transposition.run(a.data, from, a.rowStride, rows, k, panel, po, MR);
    } else {
      copy(a.data, from, a.rowStride, a.columnStride, rows, k, panel, po, MR);
    }
  }

  /** Floats of a strip of whole tiles that so many columns fill or begin. */
  static int stripLength(int columns, int k) {
    return Math.ceilDiv(GemmBlocking.tiles(columns) * NR, GROUP) * GROUP * k;
  }

  /** The byte of a strip of b of k steps where a column begins. */
  static long at(int column, int k) {
    return Interleaved.offset(column, k * GROUP_BYTES, Float.BYTES);
  }

  /**
   * Packs steps {@code [k0, k0 + k)} of columns of a matrix of the batch b into a strip.
   *
   * @param strip an {@link AlignedBuffer}
   */
  static void packColumns(
      GemmOperand b, int matrix, int k0, int k, int column, int columns, MemorySegment strip) {
    clearBehind(columns, k, strip);
    int from = b.at(matrix, k0, column);
    if (b.columnStride == 1) {
      copyRows(b.data, from, b.rowStride, k, columns, strip);
    } else if (b.rowStride == 1) {
      for (int j = 0; j < columns; j += GROUP) {
        int n = Math.min(GROUP, columns - j);
        int column0 = from + j * b.columnStride;
        Transposition.run(b.data, column0, b.columnStride, n, k, strip, at(j, k), GROUP_BYTES);
      }
    } else {
      for (int j = 0; j < columns; j++) {
        long to = at(j, k);
        for (int p = 0; p < k; p++) {
          strip.set(FLOAT, to + p * GROUP_BYTES, b.data[b.at(matrix, k0 + p, column + j)]);
        }
      }
    }
  }

  /** What the last tile has behind the columns is 0. */
  private static void clearBehind(int columns, int k, MemorySegment strip) {
    int from = columns / GROUP * GROUP * k;
    int end = columns % NR == 0 ? from : stripLength(columns, k);
    for (int i = from; i < end; i += LANES) {
      FloatVector.zero(F).intoMemorySegment(strip, (long) Float.BYTES * i, LITTLE_ENDIAN);
    }
  }

  /** Row by row: rows of a large b lie on a page each, which is looked up once so. */
  private static void copyRows(
      float[] b, int from, int stride, int k, int columns, MemorySegment strip) {
    long group = k * GROUP_BYTES;
    int whole = columns - columns % GROUP;
    for (int p = 0; p < k; p++) {
      int at = from + p * stride;
      long to = p * GROUP_BYTES;
      for (int j = 0; j < whole; j += GROUP, to += group) {
        for (int i = 0; i < GROUP; i += LANES) {
          FloatVector.fromArray(F, b, at + j + i)
              .intoMemorySegment(strip, to + (long) Float.BYTES * i, LITTLE_ENDIAN);
        }
      }
      copyRest(b, at + whole, columns - whole, strip, to);
    }
  }

  /** Columns that fill no group, apart from the loop over those that do, which they slow down. */
  private static void copyRest(float[] b, int from, int columns, MemorySegment strip, long to) {
    int j = 0;
    for (; j <= columns - LANES; j += LANES, to += (long) Float.BYTES * LANES) {
      FloatVector.fromArray(F, b, from + j).intoMemorySegment(strip, to, LITTLE_ENDIAN);
    }
    for (; j < columns; j++, to += Float.BYTES) {
      strip.set(FLOAT, to, b[from + j]);
    }
  }

  /** Element (i, j) of x, at {@code xo + i * rs + j * cs}, goes to {@code yo + j * ldy + i}. */
  private static void copy(
      float[] x, int xo, int rs, int cs, int rows, int cols, float[] y, int yo, int ldy) {
    for (int j = 0; j < cols; j++) {
      for (int i = 0; i < rows; i++) {
        y[yo + j * ldy + i] = x[xo + i * rs + j * cs];
      }
    }
  }

  /**
   * Unpacks rows {@code [row, row + rows)} of w, steps {@code [k0, k0 + kc)}, into a strip.
   *
   * @param strip an {@link AlignedBuffer}
   * @param scratch at least {@link #SCRATCH} floats
   */
  static void packWeights(
      Matrix w, int row, int rows, int k0, int kc, MemorySegment strip, float[] scratch) {
    clearBehind(rows, kc, strip);
    if (w.layout() == Matrix.Layout.INTERLEAVED) {
      for (int j = 0; j < rows; j += LANES) {
        SimdDequantise.interleaved(w, row + j, k0, kc, strip, at(j, kc), GROUP_BYTES);
      }
      return;
    }
    for (int j = 0; j < rows; j += GROUP) {
      int n = Math.min(GROUP, rows - j);
      packRowMajor(w, row + j, n, k0, kc, strip, at(j, kc), scratch);
    }
  }

  /**
   * Rows that are not interleaved are read through beforehand: decoded a piece of each at a time,
   * they came from memory at half the speed or less.
   */
  private static void packRowMajor(
      Matrix w, int row, int rows, int k0, int kc, MemorySegment strip, long at, float[] scratch) {
    DType dtype = w.dtype();
    long rowBytes = w.rowBytes();
    long first = row * rowBytes + dtype.bytes(k0);
    if (kc == w.cols()) {
      Prefetch.read(w.data(), first, rows * rowBytes, scratch, 0);
    } else {
      for (int j = 0; j < rows; j++) {
        Prefetch.read(w.data(), first + j * rowBytes, dtype.bytes(kc), scratch, 0);
      }
    }
    for (int p = 0; p < kc; p += WEIGHT_STEP) {
      int n = Math.min(WEIGHT_STEP, kc - p);
      long offset = first + dtype.bytes(p);
      for (int j = 0; j < rows; j++) {
        SimdDequantise.run(dtype, w.data(), offset + j * rowBytes, scratch, j * WEIGHT_STRIDE, n);
      }
      long to = at + p * GROUP_BYTES;
      Transposition.run(scratch, 0, WEIGHT_STRIDE, rows, n, strip, to, GROUP_BYTES);
    }
  }
}
