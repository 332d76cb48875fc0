package dev.lanewise.model.cli;

import java.util.ArrayList;
import java.util.List;

/**
 * The options a command takes: declared once, then used to parse the command line and to write the
 * help. {@code --name value} and {@code --name=value} mean the same; {@code --} ends the options.
 */
final class Arguments {
  private static final int HELP_COLUMN = 24;
  private static final int HELP_WIDTH = 92;

  private final String command;
  private final String synopsis;
  private final String summary;
  private final List<Option> options = new ArrayList<>();
  private final List<String> positionals = new ArrayList<>();
  private final Option.Flag debug = new Option.Flag("print stack traces", "--debug");
  private final Option.Flag help = new Option.Flag("show this help", "-h", "--help");
  private int maxPositionals;

  /**
   * @param synopsis what follows the command's name in the help
   * @param summary what the command does, in a sentence or two
   */
  Arguments(String command, String synopsis, String summary) {
    this.command = command;
    this.synopsis = synopsis;
    this.summary = summary;
  }

  /** Declares an option; returns it. */
  <T extends Option> T add(T option) {
    options.add(option);
    return option;
  }

  /** Allows up to {@code max} arguments that are no options. */
  void allowPositionals(int max) {
    maxPositionals = max;
  }

  /**
   * Parses what follows the command's name.
   *
   * @throws UsageException if an option is unknown, lacks its value or is out of range, or there
   *     are more other arguments than the command takes
   */
  void parse(String[] args, int from) {
    boolean optionsEnded = false;
    for (int i = from; i < args.length; i++) {
      String arg = args[i];
      if (optionsEnded || !looksLikeOption(arg)) {
        addPositional(arg);
      } else if (arg.equals("--")) {
        optionsEnded = true;
      } else {
        int equals = arg.startsWith("--") ? arg.indexOf('=') : -1;
        String name = equals < 0 ? arg : arg.substring(0, equals);
        Option option = find(name);
        String value = equals < 0 ? null : arg.substring(equals + 1);
        if (value == null && option.valueName() != null) {
          if (++i == args.length) {
            throw new UsageException("option " + name + " lacks its " + option.valueName());
          }
          value = args[i];
        }
        option.accept(name, value);
      }
    }
  }

  /** A dash alone and negative numbers are none. */
  private static boolean looksLikeOption(String arg) {
    return arg.length() >= 2 && arg.charAt(0) == '-' && !Character.isDigit(arg.charAt(1));
  }

  private void addPositional(String arg) {
    if (positionals.size() == maxPositionals) {
      throw new UsageException(
          maxPositionals == 0
              ? "unexpected argument '" + arg + "'"
              : "one argument too many: '" + arg + "'");
    }
    positionals.add(arg);
  }

  private Option find(String name) {
    for (Option option : all()) {
      for (String known : option.names()) {
        if (known.equals(name)) {
          return option;
        }
      }
    }
    List<String> known = new ArrayList<>();
    for (Option option : all()) {
      known.addAll(List.of(option.names()));
    }
    throw new UsageException("unknown option " + name + Nearest.suggestion(name, known));
  }

  private List<Option> all() {
    List<Option> all = new ArrayList<>(options);
    all.add(debug);
    all.add(help);
    return all;
  }

  /** The arguments that are no options. */
  List<String> positionals() {
    return positionals;
  }

  /** Whether help was asked for. */
  boolean helpWanted() {
    return help.given();
  }

  /** Whether stack traces are wanted. */
  boolean debug() {
    return debug.given();
  }

  /** Usage, summary and every option. */
  String help() {
    StringBuilder text = new StringBuilder();
    text.append("Usage: lanewise ").append(command).append(' ').append(synopsis).append("\n\n");
    wrap(text, summary, 0);
    text.append("\n\n");
    for (Option option : all()) {
      describe(text, option);
    }
    return text.toString();
  }

  private static void describe(StringBuilder text, Option option) {
    int start = text.length();
    text.append("  ").append(String.join(", ", option.names()));
    if (option.valueName() != null) {
      text.append(' ').append(option.valueName());
    }
    int width = text.length() - start;
    if (width >= HELP_COLUMN - 1) {
      text.append('\n');
      width = 0;
    }
    text.repeat(' ', HELP_COLUMN - width);
    wrap(text, option.help(), HELP_COLUMN);
    text.append('\n');
  }

  private static void wrap(StringBuilder text, String words, int indent) {
    int column = indent;
    int start = 0;
    while (start < words.length()) {
      int space = words.indexOf(' ', start);
      int end = space < 0 ? words.length() : space;
      if (column > indent && column + 1 + end - start > HELP_WIDTH) {
        text.append('\n').repeat(' ', indent);
        column = indent;
      } else if (start > 0) {
        text.append(' ');
        column++;
      }
      text.append(words, start, end);
      column += end - start;
      start = end + 1;
    }
  }
}
