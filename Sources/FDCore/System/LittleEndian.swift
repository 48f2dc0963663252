extension RangeReplaceableCollection<UInt8> {
  /// Appends the bytes of an integer in little-endian order, the order of x86 and arm64.
  mutating func append(littleEndian integer: some FixedWidthInteger) {
    for byte in 0..<integer.bitWidth / 8 { append(UInt8(truncatingIfNeeded: integer >> (byte * 8))) }
  }
}

extension [UInt8] {
  /// Stores the bytes of an integer at an offset, in little-endian order.
  mutating func store(_ integer: some FixedWidthInteger, at offset: Int) {
    for byte in 0..<integer.bitWidth / 8 {
      self[offset + byte] = UInt8(truncatingIfNeeded: integer >> (byte * 8))
    }
  }

  /// The integer whose bytes are at an offset, in little-endian order.
  func integer<Value: FixedWidthInteger>(_: Value.Type, at offset: Int) -> Value {
    (0..<Value.bitWidth / 8).reversed().reduce(0) { $0 << 8 | Value(self[offset + $1]) }
  }
}
