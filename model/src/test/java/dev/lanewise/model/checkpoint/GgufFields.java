package dev.lanewise.model.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the fields of a sound GGUF file by walking it: a second, trusting reader that shares no
 * code with the one under test.
 */
final class GgufFields {
  /** What a field is. */
  enum Kind {
    MAGIC,
    VERSION,
    COUNT,
    LENGTH,
    TYPE,
    RANK,
    DIMENSION,
    OFFSET,
    NAME,
    VALUE
  }

  /** Bytes {@code [offset, offset + length)} of the file. */
  record Field(Kind kind, int offset, int length) {}

  private static final int STRING = 8;
  private static final int ARRAY = 9;

  /** Elements of an array that become fields of their own: enough to hit any of them. */
  private static final int ELEMENTS = 24;

  private final ByteBuffer file;
  private final List<Field> fields = new ArrayList<>();

  private GgufFields(byte[] file) {
    this.file = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** All fields in the order of the file. */
  static List<Field> of(byte[] file) {
    GgufFields walk = new GgufFields(file);
    walk.walk();
    return List.copyOf(walk.fields);
  }

  private void walk() {
    mark(Kind.MAGIC, 4);
    mark(Kind.VERSION, 4);
    long tensors = readLong(Kind.COUNT);
    long keys = readLong(Kind.COUNT);
    for (long i = 0; i < keys; i++) {
      text(Kind.NAME);
      value(readInt(Kind.TYPE));
    }
    for (long i = 0; i < tensors; i++) {
      text(Kind.NAME);
      int rank = readInt(Kind.RANK);
      for (int d = 0; d < rank; d++) {
        readLong(Kind.DIMENSION);
      }
      readInt(Kind.TYPE);
      readLong(Kind.OFFSET);
    }
  }

  private void value(int type) {
    if (type == STRING) {
      text(Kind.VALUE);
    } else if (type == ARRAY) {
      int elementType = readInt(Kind.TYPE);
      long count = readLong(Kind.COUNT);
      for (long i = 0; i < count; i++) {
        int known = fields.size();
        value(elementType);
        if (i >= ELEMENTS) {
          fields.subList(known, fields.size()).clear();
        }
      }
    } else {
      mark(Kind.VALUE, ValueType.of(type).bytes());
    }
  }

  private void text(Kind kind) {
    long length = readLong(Kind.LENGTH);
    if (length > 0) {
      mark(kind, (int) length);
    }
  }

  private int readInt(Kind kind) {
    int value = file.getInt(file.position());
    mark(kind, 4);
    return value;
  }

  private long readLong(Kind kind) {
    long value = file.getLong(file.position());
    mark(kind, 8);
    return value;
  }

  private void mark(Kind kind, int length) {
    fields.add(new Field(kind, file.position(), length));
    file.position(file.position() + length);
  }
}
