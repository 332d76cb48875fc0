package dev.lanewise.model.checkpoint;

/** The types of metadata values; the ordinal is the number that GGUF writes for the type. */
enum ValueType {
  UINT8(1),
  INT8(1),
  UINT16(2),
  INT16(2),
  UINT32(4),
  INT32(4),
  FLOAT32(4),
  BOOL(1),
  STRING(0),
  ARRAY(0),
  UINT64(8),
  INT64(8),
  FLOAT64(8);

  private static final ValueType[] ALL = values();

  private final int bytes;

  ValueType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one value, 0 if they vary. */
  int bytes() {
    return bytes;
  }

  /** The type with this number, or null if there is none. */
  static ValueType of(int id) {
    return id >= 0 && id < ALL.length ? ALL[id] : null;
  }

  /** Whether values are whole numbers. */
  boolean isInteger() {
    return switch (this) {
      case UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64 -> true;
      case FLOAT32, FLOAT64, BOOL, STRING, ARRAY -> false;
    };
  }

  /** Whether values are floating-point numbers. */
  boolean isFloat() {
    return this == FLOAT32 || this == FLOAT64;
  }

  /** The name for people: the specification's, such as {@code uint32}. */
  String label() {
    return switch (this) {
      case UINT8 -> "uint8";
      case INT8 -> "int8";
      case UINT16 -> "uint16";
      case INT16 -> "int16";
      case UINT32 -> "uint32";
      case INT32 -> "int32";
      case FLOAT32 -> "float32";
      case BOOL -> "bool";
      case STRING -> "string";
      case ARRAY -> "array";
      case UINT64 -> "uint64";
      case INT64 -> "int64";
      case FLOAT64 -> "float64";
    };
  }
}
