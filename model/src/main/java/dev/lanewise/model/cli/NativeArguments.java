package dev.lanewise.model.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The program's arguments as they were typed. In a locale that is not UTF-8 (such as C, common in
 * containers) the JVM has already lost every character beyond ASCII; Linux still has the bytes.
 */
final class NativeArguments {
  private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

  private NativeArguments() {}

  /** The arguments with their characters restored where that is needed and possible. */
  static String[] restore(String[] args) {
    if (args.length == 0 || "UTF-8".equals(System.getProperty("sun.jnu.encoding"))) {
      return args;
    }
    try {
      return Files.isReadable(COMMAND_LINE) ? last(Files.readAllBytes(COMMAND_LINE), args) : args;
    } catch (IOException e) {
      // The process may not read its own command line here; what the JVM understood must do.
      return args;
    }
  }

  /** The last arguments of a command line whose arguments each end with a zero byte. */
  static String[] last(byte[] commandLine, String[] args) {
    String[] restored = new String[args.length];
    int end = commandLine.length;
    for (int i = args.length - 1; i >= 0; i--) {
      int start = end - 1;
      while (start > 0 && commandLine[start - 1] != 0) {
        start--;
      }
      if (start < 0) {
        return args;
      }
      restored[i] = new String(commandLine, start, end - 1 - start, StandardCharsets.UTF_8);
      end = start;
    }
    return restored;
  }
}
