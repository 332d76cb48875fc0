package dev.lanewise.model.cli;

import java.util.ArrayList;
import java.util.List;

/** A declared option of a command, and its value once the arguments are parsed. */
abstract sealed class Option {
  private final String[] names;
  private final String valueName;
  private final String help;
  private boolean given;

  /**
   * @param names all spellings, such as {@code "-m", "--model"}
   * @param valueName what the help calls the value; null for an option without one
   */
  private Option(String[] names, String valueName, String help) {
    this.names = names;
    this.valueName = valueName;
    this.help = help;
  }

  String[] names() {
    return names;
  }

  String valueName() {
    return valueName;
  }

  String help() {
    return help;
  }

  /** Whether the option was on the command line. */
  boolean given() {
    return given;
  }

  /** Takes a value from the command line. */
  void accept(String name, String value) {
    given = true;
    parse(name, value);
  }

  abstract void parse(String name, String value);

  /** An option that is there or not. */
  static final class Flag extends Option {
    Flag(String help, String... names) {
      super(names, null, help);
    }

    @Override
    void parse(String name, String value) {
      if (value != null) {
        throw new UsageException("option " + name + " takes no value");
      }
    }
  }

  /** A text; of several the last counts for {@link #value}. */
  static final class Text extends Option {
    private final List<String> values = new ArrayList<>();

    Text(String valueName, String help, String... names) {
      super(names, valueName, help);
    }

    @Override
    void parse(String name, String value) {
      values.add(value);
    }

    /** The text given, or null. */
    String value() {
      return values.isEmpty() ? null : values.getLast();
    }

    /** All texts given, for an option that may be repeated. */
    List<String> values() {
      return values;
    }
  }

  /** A whole number in a range. */
  static final class Whole extends Option {
    private final long min;
    private final long max;
    private long value;

    Whole(String valueName, long fallback, long min, long max, String help, String... names) {
      super(names, valueName, help);
      this.value = fallback;
      this.min = min;
      this.max = max;
    }

    /** {@code --top}: the most results of a kind, such as "classes of a text". */
    static Whole top(int fallback, String what) {
      return new Whole(
          "K", fallback, 1, 1 << 20, "most " + what + " (default " + fallback + ")", "--top");
    }

    /** {@code -t}: as many threads as the process may use, unless given. */
    static Whole threads(String what) {
      return new Whole(
          "T",
          Runtime.getRuntime().availableProcessors(),
          1,
          1024,
          what + " (default: all the process may use)",
          "-t",
          "--threads");
    }

    /**
     * {@code --seed}.
     *
     * @param when it counts, to follow what it is; empty if always
     */
    static Whole seed(String when) {
      return new Whole(
          "S",
          0,
          Long.MIN_VALUE,
          Long.MAX_VALUE,
          "start of the random numbers" + when + " (default: random, and printed)",
          "--seed");
    }

    @Override
    void parse(String name, String text) {
      try {
        value = Long.parseLong(text);
      } catch (NumberFormatException e) {
        throw outOfRange(name, text);
      }
      if (value < min || value > max) {
        throw outOfRange(name, text);
      }
    }

    private UsageException outOfRange(String name, String text) {
      return new UsageException(
          "option "
              + name
              + " "
              + text
              + ": must be a whole number"
              + (max == Long.MAX_VALUE && min == Long.MIN_VALUE
                  ? ""
                  : " from " + min + " to " + max));
    }

    /** The number given, or the fallback. */
    long value() {
      return value;
    }

    /** The same for a range within that of int. */
    int intValue() {
      return (int) value;
    }
  }

  /** A decimal number in a range. */
  static final class Decimal extends Option {
    private final float min;
    private final float max;
    private float value;

    Decimal(String valueName, float fallback, float min, float max, String help, String... names) {
      super(names, valueName, help);
      this.value = fallback;
      this.min = min;
      this.max = max;
    }

    @Override
    void parse(String name, String text) {
      float parsed;
      try {
        parsed = Float.parseFloat(text);
      } catch (NumberFormatException e) {
        parsed = Float.NaN;
      }
      if (!(parsed >= min && parsed <= max)) {
        throw new UsageException(
            "option " + name + " " + text + ": must be a number from " + min + " to " + max);
      }
      value = parsed;
    }

    /** The number given, or the fallback. */
    float value() {
      return value;
    }
  }
}
