package dev.lanewise.kernels.simd;

import static dev.lanewise.kernels.simd.GemmMicroKernel.MR;

import dev.lanewise.kernels.Parallel;

/** Rows of a left operand in micropanels, which the threads of a team pack together. */
final class PackedRows {
  private final Parallel team;
  private final Parallel.Task piece = this::piece;
  private float[] panels = {};

  // The operation in progress.
  private GemmOperand a;
  private int matrix;
  private int row;
  private int rows;
  private int k;
  private int total;
  private int perPiece;

  PackedRows(Parallel team) {
    this.team = team;
  }

  /**
   * Packs rows {@code [row, row + rows)} of matrices of the batch a, one after another.
   *
   * @param matrix the first of them
   * @param matrices how many
   * @param k columns, all of which are packed
   * @return panels of MR · k floats, valid until the next call
   */
  float[] pack(GemmOperand a, int matrix, int matrices, int row, int rows, int k) {
    total = matrices * GemmBlocking.panels(rows);
    int needed = Math.multiplyExact(total * MR, k);
    if (panels.length < needed) {
      panels = new float[needed];
    }
    this.a = a;
    this.matrix = matrix;
    this.row = row;
    this.rows = rows;
    this.k = k;
    perPiece = GemmBlocking.grouped(total, (long) needed * GemmBlocking.PACKING);
    team.run(Math.ceilDiv(total, perPiece), piece);
    this.a = null;
    return panels;
  }

  private void piece(int piece, int worker) {
    int perMatrix = GemmBlocking.panels(rows);
    int end = (int) Math.min(total, (piece + 1L) * perPiece);
    for (int i = piece * perPiece; i < end; i++) {
      int from = i % perMatrix * MR;
      int height = Math.min(MR, rows - from);
      GemmPacking.packRows(a, matrix + i / perMatrix, row + from, height, k, panels, i * MR * k);
    }
  }
}
