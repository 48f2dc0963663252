import FDSelectors
import Testing

@Suite struct RangeListTests {
  @Test(arguments: [
    ("5", "5"), ("3-9", "3-9"), ("3-", "3-"), ("3-~0", "3-"), ("0,5,7-9", "0,5,7-9"),
    ("9,3-4,5", "3-5,9"), ("1-5,3-8", "1-8"), ("3-,7", "3-"), ("~0", "4294967295"),
    ("~1-~0", "4294967294-"), ("4294967295", "4294967295"), ("0-~0,5", "0-"), ("007", "7"),
    ("3-~0U", "3-"), ("3-0xffffffff", "3-"), ("0x10-0X1f", "16-31"), ("3-max", "3-"), ("5u,7L", "5,7"),
    ("~0ull", "4294967295"), ("010", "10"),
  ])
  func readsAndMerges(text: String, normal: String) throws {
    let list = try RangeList(parsing: text)
    #expect(list.description == normal)
    #expect(try RangeList(parsing: normal).ranges == list.ranges)
  }

  @Test func bothEndsAreIncluded() throws {
    let list = try RangeList(parsing: "3-5")
    #expect((0..<8).filter { list.contains($0) } == [3, 4, 5])
    #expect(try RangeList(parsing: "3-").contains(.max))
  }

  @Test(arguments: [
    ("", SelectorError.Problem.emptyItem), ("1,", .emptyItem), (",1", .emptyItem), ("1,,2", .emptyItem),
    ("-", .missingFirstNumber(last: "")), ("-5", .missingFirstNumber(last: "5")), ("~", .missingNumber),
    ("~-3", .missingNumber), ("3-~", .missingNumber), ("5-~0-7", .notARange), ("3--5", .notARange),
    ("3x", .notARange), ("3- ", .notARange), ("0x", .notARange), ("0xg", .notARange), ("3uu", .notARange),
    ("3-maximum", .notARange), ("max", .notARange), ("3-max-5", .notARange),
    ("0x100000000", .descriptorTooLarge),
    ("4294967296", .descriptorTooLarge), ("0-99999999999999999999", .descriptorTooLarge),
    ("~4294967296", .descriptorTooLarge), ("3-1", .reversed(first: 3, last: 1)),
    ("~0-5", .reversed(first: .max, last: 5)), ("٣", .notARange),
  ])
  func refuses(text: String, problem: SelectorError.Problem) {
    let error = #expect(throws: SelectorError.self) { try RangeList(parsing: text) }
    #expect(error?.problem == problem)
  }

  @Test func aReversedRangeIsReportedAsEINVAL() {
    let error = #expect(throws: SelectorError.self) { try RangeList(parsing: "0,3-1") }
    #expect(
      error?.description
        == "'3-1': the first number, 3, is greater than the last, 1: Invalid argument (EINVAL)\n"
        + "  0,3-1\n    ^~~")
  }
}
