package dev.lanewise.model.checkpoint;

import dev.lanewise.model.LanewiseException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads what Python's {@code pickle} wrote, as data: nothing that a file names is run. Numbers,
 * texts, lists (tuples, too) and dicts come as {@code Long} or {@code BigInteger}, {@code Double},
 * {@code String}, {@code List} and {@code Map}; what a file has Python make by calling something is
 * made by a {@link Maker}, or is {@link #UNKNOWN}.
 *
 * <p>Source: Python's {@code Lib/pickletools.py}, protocols 0 to 5 as far as {@code torch.save}
 * uses them.
 */
final class Unpickler {
  /** A value that is not known here. */
  static final Object UNKNOWN = new Object();

  /** Most operations: a tensor takes some thirty. */
  private static final int MAX_OPERATIONS = 1 << 20;

  /** Most lists and dicts: a tensor takes five or six. */
  private static final int MAX_CONTAINERS = 1 << 18;

  /** Most bytes of all texts together. */
  private static final int MAX_TEXT_BYTES = 16 << 20;

  /** Something of Python's by its name, such as {@code torch.FloatStorage}. */
  record Global(String name) {}

  /** Makes what a file asks for. */
  interface Maker {
    /**
     * What a call of something gives.
     *
     * @return {@link #UNKNOWN} for what is not known
     */
    Object call(Global function, List<?> arguments);

    /** What lies outside of the pickle, by what stands for it. */
    Object outside(List<?> id);
  }

  private static final Object MARK = new Object();

  private final String file;
  private final ByteBuffer bytes;
  private final Maker maker;
  private final ArrayList<Object> stack = new ArrayList<>();
  private final Map<Integer, Object> memo = new HashMap<>();
  private int operations;
  private int containers;
  private long textBytes;

  /**
   * A reader.
   *
   * @param bytes pickles, one behind the other, from its position on
   */
  Unpickler(String file, ByteBuffer bytes, Maker maker) {
    this.file = file;
    this.bytes = bytes.order(ByteOrder.LITTLE_ENDIAN);
    this.maker = maker;
  }

  /**
   * The value of the next pickle. The position of the bytes is behind it then.
   *
   * @throws LanewiseException if it is not sound, or uses what {@code torch.save} does not
   */
  Object next() {
    stack.clear();
    memo.clear();
    while (true) {
      int at = bytes.position();
      int opcode = count(1, at) & 0xFF;
      if (opcode == '.') {
        return pop(at);
      }
      if (++operations > MAX_OPERATIONS) {
        throw failure("has more than %d operations", MAX_OPERATIONS, at);
      }
      step(opcode, at);
    }
  }

  private void step(int opcode, int at) {
    switch (opcode) {
      case 0x80 -> count(1, at); // PROTO
      case 0x95 -> number(Long.BYTES, at); // FRAME
      case 'N' -> stack.add(null);
      case 0x88 -> stack.add(true);
      case 0x89 -> stack.add(false);
      case 'K', 'M', 'J', 0x8a, 0x8b, 'G' -> stack.add(numeral(opcode, at));
      case 'X', 0x8c, 0x8d, 'U', 'T', 'C', 'B', 0x8e -> stack.add(text(opcode, at));
      case 'c' -> stack.add(new Global(line(at) + "." + line(at)));
      case 0x93 -> global(at); // STACK_GLOBAL
      case '(' -> stack.add(MARK);
      case ')', ']', 0x8f -> stack.add(container(new ArrayList<>(0), at));
      case '}' -> stack.add(container(new LinkedHashMap<>(0), at));
      case 0x85, 0x86, 0x87 -> stack.add(container(popped(opcode - 0x84, at), at)); // TUPLE1 to 3
      case 't', 'l' -> stack.add(container(marked(at), at));
      case 'd' -> {
        List<Object> entries = marked(at);
        stack.add(container(new LinkedHashMap<>(0), at));
        put(entries, at);
      }
      case 's' -> put(popped(2, at), at);
      case 'u' -> put(marked(at), at);
      case 'a' -> append(popped(1, at), at);
      case 'e', 0x90 -> append(marked(at), at);
      case '0' -> pop(at);
      case 'q' -> memo.put(count(1, at) & 0xFF, top(at));
      case 'r' -> memo.put((int) number(Integer.BYTES, at), top(at));
      case 0x94 -> memo.put(memo.size(), top(at)); // MEMOIZE
      case 'h' -> stack.add(remembered(count(1, at) & 0xFF, at));
      case 'j' -> stack.add(remembered((int) number(Integer.BYTES, at), at));
      case 'R', 0x81 -> call(at); // REDUCE, NEWOBJ
      case 'b' -> pop(at); // BUILD: attributes, which no value here has
      case 'Q' -> stack.add(maker.outside(list(pop(at), at)));
      default ->
          throw failure("has the operation 0x%02x, which torch.save does not use", opcode, at);
    }
  }

  private void global(int at) {
    List<Object> names = popped(2, at);
    stack.add(new Global(names.get(0) + "." + names.get(1)));
  }

  private void call(int at) {
    List<?> arguments = list(pop(at), at);
    stack.add(pop(at) instanceof Global function ? maker.call(function, arguments) : UNKNOWN);
  }

  // --- The stack ------------------------------------------------------------------------------

  private Object pop(int at) {
    Object value = top(at);
    stack.removeLast();
    return value;
  }

  private Object top(int at) {
    if (stack.isEmpty() || stack.getLast() == MARK) {
      throw failure("takes a value where there is none", 0, at);
    }
    return stack.getLast();
  }

  private List<Object> popped(int n, int at) {
    Object[] values = new Object[n];
    for (int i = n - 1; i >= 0; i--) {
      values[i] = pop(at);
    }
    return new ArrayList<>(Arrays.asList(values));
  }

  /** What was pushed since the last mark. */
  private List<Object> marked(int at) {
    int mark = stack.lastIndexOf(MARK);
    if (mark < 0) {
      throw failure("ends a list that did not begin", 0, at);
    }
    List<Object> since = stack.subList(mark + 1, stack.size());
    List<Object> values = new ArrayList<>(since);
    since.clear();
    stack.removeLast();
    return values;
  }

  private Object remembered(int number, int at) {
    if (!memo.containsKey(number)) {
      throw failure("takes the value number %d, which was not stored", number, at);
    }
    return memo.get(number);
  }

  private <T> T container(T made, int at) {
    if (++containers > MAX_CONTAINERS) {
      throw failure("has more than %d lists and dicts", MAX_CONTAINERS, at);
    }
    return made;
  }

  private List<?> list(Object value, int at) {
    if (value instanceof List<?> list) {
      return list;
    }
    throw failure("has no list where one is needed", 0, at);
  }

  @SuppressWarnings("unchecked") // all lists were made here
  private void append(List<Object> values, int at) {
    if (top(at) != UNKNOWN) {
      ((List<Object>) list(top(at), at)).addAll(values);
    }
  }

  /** Puts keys and values, one after the other, into the map on the stack. */
  @SuppressWarnings("unchecked") // all maps were made here
  private void put(List<Object> entries, int at) {
    if (top(at) == UNKNOWN) {
      return;
    }
    if (!(top(at) instanceof Map<?, ?> map) || entries.size() % 2 != 0) {
      throw failure("puts entries into what is no dict", 0, at);
    }
    for (int i = 0; i < entries.size(); i += 2) {
      if (entries.get(i) instanceof String || entries.get(i) instanceof Long) {
        ((Map<Object, Object>) map).put(entries.get(i), entries.get(i + 1));
      } // others, tuples say, name nothing of a model
    }
  }

  // --- Bytes ----------------------------------------------------------------------------------

  private byte count(int needed, int at) {
    require(needed, at);
    return bytes.get();
  }

  private void require(long needed, int at) {
    if (needed < 0 || needed > bytes.remaining()) {
      throw failure("needs %d bytes more, where the file ends", needed, at);
    }
  }

  private long number(int size, int at) {
    require(size, at);
    return size == Long.BYTES ? bytes.getLong() : bytes.getInt() & 0xFFFF_FFFFL;
  }

  private Object numeral(int opcode, int at) {
    return switch (opcode) {
      case 'K' -> (long) (count(1, at) & 0xFF);
      case 'M' -> (long) ((count(2, at) & 0xFF) | (bytes.get() & 0xFF) << 8);
      case 'J' -> (long) (int) number(Integer.BYTES, at);
      case 'G' -> Double.longBitsToDouble(Long.reverseBytes(number(Long.BYTES, at)));
      default -> whole(opcode == 0x8a ? count(1, at) & 0xFF : number(Integer.BYTES, at), at);
    };
  }

  /** A number of any length, the lowest byte first. */
  private Object whole(long size, int at) {
    byte[] digits = take(size, at);
    for (int i = 0, j = digits.length - 1; i < j; i++, j--) {
      byte digit = digits[i];
      digits[i] = digits[j];
      digits[j] = digit;
    }
    BigInteger value = digits.length == 0 ? BigInteger.ZERO : new BigInteger(digits);
    return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
  }

  private String text(int opcode, int at) {
    long size =
        switch (opcode) {
          case 0x8c, 'U', 'C' -> count(1, at) & 0xFF;
          case 0x8d, 0x8e -> number(Long.BYTES, at);
          default -> number(Integer.BYTES, at);
        };
    return new String(take(size, at), StandardCharsets.UTF_8);
  }

  private String line(int at) {
    int start = bytes.position();
    while (count(1, at) != '\n') {
      // on to the end of the line
    }
    int size = bytes.position() - start - 1;
    bytes.position(start);
    String line = new String(take(size, at), StandardCharsets.UTF_8);
    bytes.get();
    return line;
  }

  private byte[] take(long size, int at) {
    require(size, at);
    textBytes += size;
    if (textBytes > MAX_TEXT_BYTES) {
      throw failure("has more than %d bytes of text", MAX_TEXT_BYTES, at);
    }
    byte[] taken = new byte[(int) size];
    bytes.get(taken);
    return taken;
  }

  private LanewiseException failure(String problem, long number, int at) {
    return new LanewiseException(
        "%s: the pickle (at its byte %d) %s; the file is damaged, or not of torch.save"
            .formatted(file, at, problem.formatted(number)));
  }
}
