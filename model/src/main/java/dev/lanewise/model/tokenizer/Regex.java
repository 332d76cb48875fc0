package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * A regular expression, matched by trying one way after the other, as the libraries do that the
 * hub's files were made with. What is left to try is on a stack of its own, which has a limit, and
 * so has the number of steps.
 *
 * <p>Source: Thompson, Regular Expression Search Algorithm, 1968; the instructions follow Cox,
 * Regular Expression Matching: the Virtual Machine Approach, 2009.
 */
final class Regex implements Scan {
  /** Words of the stack, whose entries are three: 48 MiB. */
  private static final int MAX_STACK = 3 << 22;

  /** Steps for what takes time quadratic in the length, such as {@code \s+$} in long space. */
  private static final long MAX_STEPS = 1L << 28;

  /** A condition on a place between characters of {@code text[from, to)}. */
  @FunctionalInterface
  interface Place {
    boolean test(int[] text, int from, int at, int to);
  }

  /** What an instruction does with its numbers x and y. */
  enum Op {
    /** Takes a character of the set. */
    ONE,
    /** Takes x to y characters of the set, as many as there are; fewer are tried later. */
    RUN,
    /** Goes on if the place is right. */
    PLACE,
    /** Goes to x, later to y; both are relative, as all that is gone to. */
    SPLIT,
    /** Goes to x. */
    JUMP,
    /** Keeps in slot x where it is. */
    MARK,
    /** Goes to y if it is where slot x says: a turn of a loop that took nothing is the last. */
    UNMOVED,
    /** Keeps in slots x and x + 1 how much there is to try, and where it is. */
    OPEN,
    /** Forgets what there is to try since slot x was opened. */
    CUT,
    /** The same, and goes back to where that was. */
    RETURN,
    /** Steps back by x characters, later by more, up to y. */
    BACK,
    /** Goes on if it is where slot x was opened. */
    HERE,
    /** Has no match this way. */
    FAIL,
    /** Has a match. */
    MATCH
  }

  /** An instruction. */
  record Instruction(Op op, int x, int y, IntPredicate set, Place place) {}

  private final Instruction[] program;
  private final int slots;
  private final String name;

  /**
   * A program.
   *
   * @param slots how many its instructions use
   * @param name of the expression, for messages
   */
  Regex(List<Instruction> program, int slots, String name) {
    this.program = program.toArray(Instruction[]::new);
    this.slots = slots;
    this.name = name;
  }

  @Override
  public void find(int[] text, int from, int to, Matches matches) {
    Machine machine = new Machine(text, from, to);
    int last = -1; // where the last match ended: an empty one there is none
    int start = from;
    while (start <= to && from < to) {
      int end = machine.match(start);
      if (end < 0) {
        start = machine.next(start);
      } else if (end == start && end == last) {
        start++;
      } else {
        matches.add(start, end);
        start = end;
        last = end;
      }
    }
  }

  /** The matching of one text. */
  private final class Machine {
    private final int[] text;
    private final int from;
    private final int to;
    private final int[] kept = new int[slots];
    private int[] stack = new int[96]; // an instruction, a place, and the least place to try
    private int top;
    private long steps;

    Machine(int[] text, int from, int to) {
      this.text = text;
      this.from = from;
      this.to = to;
      long length = (long) to - from;
      steps = Math.min(4 * length * length, MAX_STEPS) + 256 * (length + 4096);
    }

    /** Where the match that starts at an index ends, or −1. */
    int match(int start) {
      top = 0;
      int pc = 0;
      int at = start;
      while (true) {
        Instruction next = program[pc];
        boolean going = true;
        pc++;
        step(1);
        switch (next.op) {
          case ONE -> going = at < to && next.set.test(text[at++]);
          case RUN -> {
            int end = run(next, at);
            going = end - at >= next.x;
            if (end - at > next.x) {
              push(pc, end - 1, at + next.x);
            }
            at = end;
          }
          case PLACE -> going = next.place.test(text, from, at, to);
          case SPLIT -> {
            push(pc + next.y, at, at);
            pc += next.x;
          }
          case JUMP -> pc += next.x;
          case MARK -> {
            push(~next.x, kept[next.x], 0);
            kept[next.x] = at;
          }
          case UNMOVED -> pc += at == kept[next.x] ? next.y : 0;
          case OPEN -> {
            kept[next.x] = top;
            kept[next.x + 1] = at;
          }
          case CUT -> top = kept[next.x];
          case RETURN -> {
            top = kept[next.x];
            at = kept[next.x + 1];
          }
          case BACK -> {
            int least = (int) Math.max(from, (long) at - next.y);
            at -= next.x;
            going = at >= from;
            if (at > least) {
              push(pc, at - 1, least);
            }
          }
          case HERE -> going = at == kept[next.x + 1];
          case FAIL -> going = false;
          case MATCH -> {
            return at;
          }
        }
        if (!going) {
          restore();
          if (top == 0) {
            return -1;
          }
          pc = stack[top - 3];
          at = stack[top - 2]--;
          top -= at > stack[top - 1] ? 0 : 3;
        }
      }
    }

    /**
     * Where to try next if no match starts at an index. If one would have to start with a run of
     * any length, nothing went on from any place in it, and nothing can from a later start.
     */
    int next(int start) {
      Instruction first = program[0];
      boolean endless = first.op == Op.RUN && first.y == RegexProgram.ENDLESS;
      return Math.max(start + 1, endless ? run(first, start) : 0);
    }

    private int run(Instruction run, int at) {
      int last = (int) Math.min(to, (long) at + run.y);
      int end = at;
      while (end < last && run.set.test(text[end])) {
        end++;
      }
      step(end - at);
      return end;
    }

    /** Gives slots back what they kept, down to what is to be tried next. */
    private void restore() {
      while (top > 0 && stack[top - 3] < 0) {
        top -= 3;
        kept[~stack[top]] = stack[top + 1];
      }
    }

    private void push(int pc, int at, int least) {
      if (top + 3 > stack.length) {
        if (stack.length >= MAX_STACK) {
          throw tooMuch("memory");
        }
        stack = Arrays.copyOf(stack, Math.min(2 * stack.length, MAX_STACK));
      }
      stack[top] = pc;
      stack[top + 1] = at;
      stack[top + 2] = least;
      top += 3;
    }

    private void step(int count) {
      steps -= count;
      if (steps < 0) {
        throw tooMuch("time");
      }
    }

    private LanewiseException tooMuch(String what) {
      return new LanewiseException(
          "%s takes too much %s in a text of %d characters; split it into shorter texts"
              .formatted(name, what, to - from));
    }
  }
}
