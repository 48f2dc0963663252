import TestSupport
import Testing

/// Terms that compare a number: size, offset and links.
@Suite struct QuantityTests {
  private let scratch = Scratch()

  @Test func sizesAndLinks() throws {
    let target = try holderOfAllKinds(in: scratch)
    func among(
      _ selector: String, _ picked: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      try expect(target, "10-", selector, picks: picked, sourceLocation: sourceLocation)
    }
    try among("size=4096 and not type:dir", "10")
    try among("size = 4K and not type:dir", "10")
    try among("size>=4KiB and type:reg,memfd", "10 11")
    try among("size>4096", "11")
    try among("size<=4096 and type:reg,memfd", "10 14 15 21")
    try among("size<4kB and type:reg", "14 21")
    try among("size!=0 and type:reg", "10 11")
    try among("size=7", "20")
    try among("size>4095 and size<8193 and type:reg", "10 11")
    try among("size>1E", "")
    // A descriptor without a size satisfies neither comparison.
    try among("not size<1 and not size>=1", "16 17 18 19 22 23 24 25")
    // A directory has a link for its name, for its own `.` and for the `..` of each of its children.
    try among("links=2 and not type:dir", "21")
    try among("links=0", "11 13 14 15 20 22")
    try among("links>0 and type:reg", "10 21")
    try among("not links=0 and not links!=0", "16 17 18 25")
    #expect(try rangeclose("-q", "\(target.pid)", "size>4K").status == 0)
    #expect(try target.ask("list") == "0-2 10 12-25")
  }

  @Test func offsetsBelongToTheDescription() throws {
    let file = scratch.write("file", "0123456789")
    let target = try holder(
      "open 10 \(file)", "seek 10 5", "dup 10 11", "open 12 \(file)", "memfd 13", "write 13", "pipe 14 15",
      "eventfd 16", "pair 17 18", "read 19 \(scratch.path)", "read 20 /dev/null")
    try expect(target, "offset=5", picks: "10 11")
    try expect(target, "offset>0", picks: "10 11 13")
    try expect(target, "offset>=4 and offset<5", picks: "13")
    try expect(target, "10-", "offset=0", picks: "12 19 20")
    try expect(target, "10-", "offset!=0", picks: "10 11 13")
    try expect(target, "10- and not offset<1", picks: "10 11 13 14 15 16 17 18")
    try target.order("seek 11 0")
    try expect(target, "offset=5", picks: "")
  }
}
