package dev.lanewise.model.cli;

import java.util.ArrayList;
import java.util.List;

/** Rows of text set in columns. */
final class Columns {
  /** A cell longer than this does not widen its column. */
  private static final int MAX_WIDTH = 60;

  private final List<String[]> rows = new ArrayList<>();

  /** Adds a row. */
  Columns row(String... cells) {
    rows.add(cells);
    return this;
  }

  /** All rows, each column as wide as its widest cell. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    int columns = 0;
    for (String[] row : rows) {
      columns = Math.max(columns, row.length);
    }
    int[] widths = new int[columns];
    for (String[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        if (row[i].length() <= MAX_WIDTH) {
          widths[i] = Math.max(widths[i], row[i].length());
        }
      }
    }
    for (String[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        text.append(row[i]);
        if (i < row.length - 1) {
          text.repeat(' ', Math.max(0, widths[i] - row[i].length()) + 2);
        }
      }
      text.append('\n');
    }
    return text.toString();
  }
}
