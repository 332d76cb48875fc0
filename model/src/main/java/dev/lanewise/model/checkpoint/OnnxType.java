package dev.lanewise.model.checkpoint;

import dev.lanewise.model.ProtocolBuffer;

/**
 * Element types by the names that {@link TensorInfo} uses, in the order of their numbers in ONNX
 * (TensorProto.DataType), which begin with 1.
 */
enum OnnxType {
  F32(32),
  U8(8),
  I8(8),
  U16(16),
  I16(16),
  I32(32),
  I64(64),
  /** Texts: of no fixed width. */
  STRING(0),
  BOOL(8),
  F16(16),
  F64(64),
  U32(32),
  U64(64),
  C64(64),
  C128(128),
  BF16(16),
  F8_E4M3(8),
  F8_E4M3FNUZ(8),
  F8_E5M2(8),
  F8_E5M2FNUZ(8),
  U4(4),
  I4(4),
  F4(4),
  F8_E8M0(8);

  private static final OnnxType[] ALL = values();

  private final int bits;

  OnnxType(int bits) {
    this.bits = bits;
  }

  /** The type of a number in a tensor's message. */
  static OnnxType of(long number, ProtocolBuffer tensor) {
    if (number < 1 || number > ALL.length) {
      throw tensor.damaged("a tensor has the unknown element type " + number);
    }
    return ALL[(int) number - 1];
  }

  /** Bits of one element. */
  int bits() {
    return bits;
  }
}
