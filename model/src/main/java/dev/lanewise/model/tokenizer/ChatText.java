package dev.lanewise.model.tokenizer;

import java.util.ArrayList;
import java.util.List;

/** A conversation while it is laid out: segments of marks and of what is said. */
final class ChatText {
  private final List<Segment> segments = new ArrayList<>();
  private final StringBuilder marks = new StringBuilder();
  private boolean own;

  /** Appends text of the layout. */
  ChatText mark(String text) {
    marks.append(text);
    return this;
  }

  /** Appends a message that is part of the layout, such as a default system message. */
  void own(Runnable message) {
    own = true;
    message.run();
    own = false;
  }

  /** Appends text of a message. */
  ChatText say(String text) {
    if (own) {
      return mark(text);
    }
    if (!text.isEmpty()) {
      flush();
      segments.add(new Segment(text, false));
    }
    return this;
  }

  /** The segments so far. */
  List<Segment> segments() {
    flush();
    return List.copyOf(segments);
  }

  private void flush() {
    if (!marks.isEmpty()) {
      segments.add(new Segment(marks.toString(), true));
      marks.setLength(0);
    }
  }
}
