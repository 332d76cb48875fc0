package dev.lanewise.model.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The most memory the process has held. */
final class PeakMemory {
  private static final Path STATUS = Path.of("/proc/self/status");

  private PeakMemory() {}

  /** The peak of resident memory in bytes where the system tells it, else the heap in use. */
  static long bytes() {
    try {
      if (Files.isReadable(STATUS)) {
        long kibibytes = field(Files.readString(STATUS, StandardCharsets.ISO_8859_1), "VmHWM:");
        if (kibibytes > 0) {
          return kibibytes * 1024;
        }
      }
    } catch (IOException e) {
      // Not told on this system; the heap is the next best.
      return heap();
    }
    return heap();
  }

  /** The number behind a name at the start of a line, or 0. */
  static long field(String status, String name) {
    int at = status.startsWith(name) ? 0 : status.indexOf("\n" + name) + 1;
    if (at == 0 && !status.startsWith(name)) {
      return 0;
    }
    long number = 0;
    for (int i = at + name.length(); i < status.length(); i++) {
      char c = status.charAt(i);
      if (c >= '0' && c <= '9') {
        number = 10 * number + c - '0';
      } else if (c == '\n' || number > 0) {
        break;
      }
    }
    return number;
  }

  private static long heap() {
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
