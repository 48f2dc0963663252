import Glibc
import TestSupport
import Testing

/// Terms about how a descriptor is open: mode, flags, locks and duplicates.
@Suite struct OpenTermTests {
  private let scratch = Scratch()

  @Test func modesExcludeOneAnother() throws {
    let file = scratch.write("file")
    let target = try holder(
      "flags 10 0 \(file)", "flags 11 1 \(file)", "flags 12 2 \(file)", "flags 13 10000000 \(file)",
      "pipe 14 15", "pair 16 17", "eventfd 18")
    try expect(target, "10-", "mode:r", picks: "10 14")
    try expect(target, "10-", "mode:w", picks: "11 15")
    try expect(target, "10-", "mode:rw", picks: "12 16 17 18")
    try expect(target, "10-", "mode:path", picks: "13")
    try expect(target, "10-", "mode:w,rw", picks: "11 12 15 16 17 18")
    try expect(target, "10- and not mode:r,w,rw", picks: "13")
    #expect(try rangeclose("-q", "\(target.pid)", "mode:w and path:\(file)").status == 0)
    #expect(try target.ask("list") == "0-2 10 12-18")
  }

  /// Each flag is given by its number in `<fcntl.h>`, as the kernel keeps it.
  @Test(arguments: [
    ("append", "2001"), ("async", ""), ("cloexec", ""), ("direct", "40000"), ("directory", "200000"),
    ("dsync", "10001"), ("noatime", "1000000"), ("nofollow", "400000"), ("nonblock", "4000"),
    ("path", "10000000"), ("sync", "4010001"), ("tmpfile", "20200002"), ("largefile", "100000"),
  ])
  func everyFlagPicksItsDescriptor(flag: String, bits: String) throws {
    let file = scratch.write("file")
    let target = try holder("memfd 12", "pair 10 11")
    switch flag {
    case "async": try target.order("set-flags 10 20000")
    case "cloexec": try target.order("set-cloexec 10")
    default:
      let isDirectory = ["directory", "tmpfile"].contains(flag)
      try target.order("flags 10 \(bits) \(isDirectory ? scratch.path : file)")
    }
    // A 64-bit memfd also counts as a large file.
    let picked = flag == "largefile" ? "10 12" : "10"
    try expect(target, "10-", "flags:\(flag)", picks: picked)
    try expect(target, "10- and not flags:\(flag)", picks: (flag == "largefile" ? "11" : "11 12"))
  }

  @Test func flagsAreAlternativesAndBelongToTheDescription() throws {
    let file = scratch.write("file")
    let target = try holder(
      "flags 10 2001 \(file)", "flags 11 10001 \(file)", "flags 12 12001 \(file)", "flags 13 1 \(file)")
    try expect(target, "flags:append,dsync", "10-", picks: "10 11 12")
    try expect(target, "flags:append and flags:dsync", picks: "12")
    // O_SYNC is O_DSYNC plus one bit. O_TMPFILE is O_DIRECTORY plus one bit.
    try target.order("flags 14 4010001 \(file)", "flags 15 20200002 \(scratch.path)")
    try expect(target, "flags:sync", "10-", picks: "14")
    try expect(target, "flags:dsync", "10-", picks: "11 12 14")
    try expect(target, "flags:directory", "10-", picks: "15")
    try target.order("dup 13 20", "set-flags 13 2000", "set-cloexec 20")
    try expect(target, "flags:append", "10-", picks: "10 12 13 20")
    try expect(target, "cloexec", "10-", picks: "20")
    try expect(target, "flags:cloexec", "10-", picks: "20")
    #expect(try rangeclose("-q", "\(target.pid)", "--cloexec", "10- and not cloexec").status == 0)
    #expect(try target.ask("cloexec") == "10-15 20")
    #expect(try rangeclose("-q", "\(target.pid)", "cloexec", "13-14", "20").status == 0)
    #expect(try target.ask("list") == "0-2 10-12 15")
  }

  @Test func locksBelongToTheDescriptionThatTookThem() throws {
    let kinds = ["posix", "ofd", "flock", "lease"]
    let target = try holder(
      "open 14 \(scratch("none"))", "eventfd 15", "open 23 \(scratch("flock"))",
      "open 24 \(scratch("posix"))")
    for (index, kind) in kinds.enumerated() {
      try target.order("open \(10 + index) \(scratch(kind))", "lock \(10 + index) \(kind)")
    }
    try expect(target, "locked", picks: "10 11 12 13")
    for (index, kind) in kinds.enumerated() {
      try expect(target, "locked:\(kind)", picks: "\(10 + index)")
      let others = [10, 11, 12, 13, 14, 15, 23, 24].filter { $0 != 10 + index }
      try expect(
        target, "10- and not locked:\(kind)", picks: others.map(String.init).joined(separator: " "))
    }
    try expect(target, "locked:posix,flock", "10-", picks: "10 12")
    try expect(target, "10- and not locked", picks: "14 15 23 24")
    // A duplicate has the lock. A descriptor that was opened separately has not, although the file is the
    // same.
    try target.order("dup 12 22")
    try expect(target, "locked", "20-", picks: "22")
    // A child has the locks of the description. A POSIX lock belongs to its parent.
    let child = try target.ask("fork 10 12")
    let inherited = try rangeclose("-n", child, "locked")
    let numbers = inherited.output.split(separator: "\n").dropFirst().map { $0.prefix { $0 != "r" } }
    #expect(numbers.count == 2 && numbers[0].contains("11") && numbers[1].contains("12"), "\(inherited)")
    #expect(try rangeclose("-q", "\(target.pid)", "locked:ofd or locked:lease").status == 0)
    #expect(try target.ask("list") == "0-2 10 12 14-15 22-24")
    try target.order("lock 12 none")
    try expect(target, "locked", picks: "10")
    // A close of any descriptor of the file releases a POSIX lock.
    #expect(try rangeclose("-q", "\(target.pid)", "24 and not locked").status == 0)
    try expect(target, "locked", picks: "")
  }

  @Test func duplicatesShareOneDescription() throws {
    let file = scratch.write("file")
    let target = try holder(
      "open 10 \(file)", "dup 10 11", "pass 10 12", "open 13 \(file)", "pipe 14 15", "dup 15 16", "pair 17 18"
    )
    try expect(target, "same-as:10", picks: "10 11 12")
    try expect(target, "same-as:12", picks: "10 11 12")
    try expect(target, "same-as:13", picks: "13")
    try expect(target, "same-as:15,17", "10-", picks: "15 16 17")
    try expect(target, "same-as:10 and not 10", picks: "11 12")
    // A number that is not open matches nothing.
    try expect(target, "same-as:999", picks: "")
    try expect(target, "10- and not same-as:999,10", picks: "13 14 15 16 17 18")
    // The child has another table, but its open file descriptions are those of the parent.
    let child = try target.ask("fork 10 12")
    #expect(try rangeclose("-q", child, "same-as:10 and not 10").status == 0)
    #expect(try rangeclose("-n", child, "3-").output.split(separator: "\n").count == 2)
    #expect(try rangeclose("-q", "\(target.pid)", "same-as:1 and 3-").status == 1)
    #expect(try rangeclose("-q", "\(target.pid)", "10-", "same-as:10", "--except", "11").status == 0)
    #expect(try target.ask("list") == "0-2 11 13-18")
  }
}
