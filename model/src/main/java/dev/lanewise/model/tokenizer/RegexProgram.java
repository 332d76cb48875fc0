package dev.lanewise.model.tokenizer;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.tokenizer.Regex.Instruction;
import dev.lanewise.model.tokenizer.Regex.Op;
import dev.lanewise.model.tokenizer.Regex.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/** Puts the program of a {@link Regex} together. All jumps are relative, so parts can be copied. */
final class RegexProgram {
  /** No limit to repetitions. */
  static final int ENDLESS = Integer.MAX_VALUE;

  private static final int MAX_LENGTH = 1 << 15;

  /** A part of a program, which matches this many characters. */
  record Part(List<Instruction> code, long least, long most) {
    static final Part EMPTY = new Part(List.of(), 0, 0);

    static Part of(IntPredicate set) {
      return new Part(List.of(new Instruction(Op.ONE, 0, 0, set, null)), 1, 1);
    }

    static Part of(Place place) {
      return new Part(List.of(new Instruction(Op.PLACE, 0, 0, null, place)), 0, 0);
    }

    boolean isSet() {
      return code.size() == 1 && code.getFirst().op() == Op.ONE;
    }
  }

  private final String name;
  private int slots;

  /**
   * A program.
   *
   * @param name of the expression, for messages
   */
  RegexProgram(String name) {
    this.name = name;
  }

  /** The expression that a part matches. */
  Regex regex(Part part) {
    List<Instruction> program = new ArrayList<>(part.code);
    program.add(instruction(Op.MATCH, 0, 0));
    return new Regex(program, slots, name);
  }

  private static Instruction instruction(Op op, int x, int y) {
    return new Instruction(op, x, y, null, null);
  }

  /** One part after the other. */
  Part sequence(Part... parts) {
    return sequence(List.of(parts));
  }

  /** One part after the other. */
  Part sequence(List<Part> parts) {
    List<Instruction> code = new ArrayList<>();
    long least = 0;
    long most = 0;
    for (Part part : parts) {
      code.addAll(part.code);
      least += part.least;
      most += part.most;
    }
    if (code.size() > MAX_LENGTH) {
      throw tooLong();
    }
    return new Part(code, Math.min(least, ENDLESS), Math.min(most, ENDLESS));
  }

  private static Part code(Op op, int x, int y) {
    return new Part(List.of(instruction(op, x, y)), 0, 0);
  }

  /** The first part, or else the second. */
  Part choice(Part first, Part second) {
    int size = first.code.size();
    Part either =
        sequence(code(Op.SPLIT, 0, size + 1), first, code(Op.JUMP, second.code.size(), 0), second);
    return new Part(
        either.code, Math.min(first.least, second.least), Math.max(first.most, second.most));
  }

  /** A split before a part of a size, which is taken or left. */
  private static Part split(int size, boolean lazy) {
    return lazy ? code(Op.SPLIT, size, 0) : code(Op.SPLIT, 0, size);
  }

  /** A part so many times, as often as there is, or as seldom. */
  Part repeated(Part part, int least, int most, boolean lazy) {
    if (part.isSet() && !lazy) {
      IntPredicate set = part.code.getFirst().set();
      return new Part(List.of(new Instruction(Op.RUN, least, most, set, null)), least, most);
    }
    int size = part.code.size();
    int copies = most == ENDLESS ? least : most;
    if ((long) copies * (size + 1) > MAX_LENGTH) {
      throw tooLong();
    }
    List<Part> all = new ArrayList<>();
    for (int i = 0; i < copies; i++) {
      if (i >= least) {
        all.add(split((copies - i) * (size + 1) - 1, lazy));
      }
      all.add(part);
    }
    if (most == ENDLESS && part.least > 0) {
      all.addAll(List.of(split(size + 1, lazy), part, code(Op.JUMP, -size - 2, 0)));
    } else if (most == ENDLESS) {
      int slot = slots++;
      Part mark = code(Op.MARK, slot, 0);
      Part check = code(Op.UNMOVED, slot, 1);
      all.addAll(List.of(split(size + 3, lazy), mark, part, check, code(Op.JUMP, -size - 4, 0)));
    }
    long longest = most == ENDLESS ? ENDLESS : Math.min(most * part.most, ENDLESS);
    return new Part(sequence(all).code, Math.min(least * part.least, ENDLESS), longest);
  }

  /** A part that is matched in one way only. */
  Part atomic(Part part) {
    int slot = open();
    return sequence(code(Op.OPEN, slot, 0), part, code(Op.CUT, slot, 0));
  }

  /** Whether a part is ahead, or behind, or is not. */
  Part look(Part part, boolean behind, boolean negative) {
    int slot = open();
    Part body = part;
    if (behind) {
      body =
          sequence(code(Op.BACK, (int) part.least, (int) part.most), part, code(Op.HERE, slot, 0));
    }
    int size = body.code.size();
    Part all =
        negative
            ? sequence(
                code(Op.OPEN, slot, 0),
                code(Op.SPLIT, 0, size + 2),
                body,
                code(Op.CUT, slot, 0),
                code(Op.FAIL, 0, 0))
            : sequence(code(Op.OPEN, slot, 0), body, code(Op.RETURN, slot, 0));
    return new Part(all.code, 0, 0);
  }

  private int open() {
    slots += 2;
    return slots - 2;
  }

  private LanewiseException tooLong() {
    return new LanewiseException(
        "%s cannot be used: its program has more than %d instructions".formatted(name, MAX_LENGTH));
  }
}
