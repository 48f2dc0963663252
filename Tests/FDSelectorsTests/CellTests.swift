import FDCore
import Testing

@testable import FDSelectors

/// Names as cells of a table: no blank looks like the space between columns, and a selector reads the name.
@Suite struct CellTests {
  @Test(arguments: [
    ("/tmp/x", "/tmp/x"), ("one blank", "one blank"), ("two  blanks", #"two\ \ blanks"#),
    (" first", #"\ first"#), ("last ", #"last\ "#), (" ", #"\ "#), ("", ""), ("a   b c", #"a\ \ \ b c"#),
    ("\\ ", #"\\\ "#), ("a \tb", #"a \tb"#), ("a\u{A0}b", #"a\302\240b"#),
    ("a \u{3000}b", #"a\ \343\200\200b"#), ("a\u{3164}b", #"a\343\205\244b"#),
    ("a\u{2800}b", #"a\342\240\200b"#), ("a \u{301} b", "a\\ \u{301}\\ b"), ("\u{4E2D} x", "\u{4E2D} x"),
  ])
  func noBlankLooksLikeASeparator(name: String, cell: String) {
    #expect(ByteString(name).cell == cell)
    #expect(Value(verbatim: ByteString(cell)).bytes == Array(name.utf8))
  }

  @Test func bytesThatAreNotTextAreReadBack() {
    let bytes: [UInt8] = [0x20, 0xFF, 0x20, 0x20, 0x5C, 0x20, 0xE2, 0x20]
    #expect(ByteString(bytes).cell == #"\ \377\ \ \\ \342\ "#)
    #expect(Value(verbatim: ByteString(ByteString(bytes).cell)).bytes == bytes)
  }
}
