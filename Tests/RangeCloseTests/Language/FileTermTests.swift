import Glibc
import TestSupport
import Testing

/// Terms about a file: its type, its place, its size and its name.
@Suite struct FileTermTests {
  private let scratch = Scratch()

  @Test func deletedMeansTheLastNameIsGone() throws {
    let target = try holderOfAllKinds(in: scratch)
    try target.order("unlink \(scratch("two"))", "open 26 /dev/shm/rangeclose-\(target.pid)")
    try target.order("unlink /dev/shm/rangeclose-\(target.pid)")
    // `deleted` does not pick the memfd, what never had a name, or a file that another link still names.
    try expect(target, "deleted", picks: "11 13 20 22 26")
    try expect(target, "10- and not deleted", picks: "10 12 14 15 16 17 18 19 21 23 24 25")
    #expect(try rangeclose("-q", "\(target.pid)", "deleted and not type:lnk").status == 0)
    #expect(try target.ask("list") == "0-2 10 12 14-21 23-25")
  }

  @Test(arguments: [
    ("reg", "10 11 14 21"), ("dir", "12 13"), ("memfd", "15"), ("eventfd", "16"), ("unix", "17 18"),
    ("chr", "19"), ("lnk", "20"), ("fifo", "22 23 24"), ("epoll", "25"), ("sock", "17 18"), ("blk", ""),
    ("anon", "16 25"), ("tcp", ""), ("timerfd,epoll,dir", "12 13 25"), ("netlink,sock,unix", "17 18"),
  ])
  func everyTypePicksItsDescriptors(type: String, picked: String) throws {
    let target = try holderOfAllKinds(in: scratch)
    try expect(target, "10-", "--type", type, picks: picked)
    let all = (10...25).map(String.init)
    let others = all.filter { !picked.split(separator: " ").map(String.init).contains($0) }
    try expect(target, "10- and not type:\(type)", picks: others.joined(separator: " "))
  }

  @Test(.enabled(if: Programs.has("stat"))) func devicesAndInodes() throws {
    let target = try holderOfAllKinds(in: scratch)
    func stat(_ format: String, _ number: Int) throws -> String {
      try String(Target("stat", ["-L", "-c", format, "/proc/\(target.pid)/fd/\(number)"]).rest().dropLast())
    }
    let device = try stat("%Hd:%Ld", 10)
    try expect(target, "10-", "dev:\(device)", picks: "10 11 12 13 14 20 21 22")
    // `dev:` means the device that a node lies on, not the device that the node stands for.
    try expect(target, "dev:1:3", picks: "")
    try expect(target, "19", "dev:\(try stat("%Hd:%Ld", 19))", picks: "19")
    let (sockets, pipes) = (try stat("%Hd:%Ld", 17), try stat("%Hd:%Ld", 24))
    try expect(target, "10-", "dev:\(sockets),\(pipes)", picks: "17 18 23 24")
    let inode = try stat("%i", 10)
    try expect(target, "inode:\(inode)", "dev:\(device)", picks: "10")
    try expect(target, "dev:\(device) and inode:\(inode),\(try stat("%i", 21))", picks: "10 21")
    try expect(target, "inode:\(try stat("%i", 23))", "type:fifo", picks: "23 24")
    try expect(target, "inode:18446744073709551615", picks: "")
  }

  @Test func pathsInEveryForm() throws {
    mkdir(scratch("a"), 0o755)
    mkdir(scratch("a/b"), 0o755)
    let names = ["x.log", "y.log", "a/z.log", "a/b/.hidden", "a/b/with,comma", "a/b/w[x]"]
    let orders = names.enumerated().map { "open \($0 + 10) \(scratch($1))" }
    let target = try holder("pipe 20 21")
    for order in orders { try target.order(order) }
    func below(
      _ glob: String, _ picked: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      try expect(target, "path:\(scratch.path)/\(glob)", picks: picked, sourceLocation: sourceLocation)
    }
    try below("*", "10 11")
    try below("**", "10 11 12 13 14 15")
    try below("**/*.log", "10 11 12")
    try below("?.log", "10 11")
    try below("[a-x].log", "10")
    try below("[!a-x].log", "11")
    try below("a?z.log", "")
    try below("a[!x]z.log", "")
    try below("a/*/*", "13 14 15")
    try below("a/b/with,comma", "14")
    try below("a/b/w[x]", "15")
    try below("a/b/w\\[x\\]", "15")
    try below("X.log", "")
    let text = try Target("readlink", ["/proc/\(target.pid)/fd/20"]).rest().dropLast()
    try expect(target, "path:\(text)", picks: "20 21")
    try expect(target, "path:pipe:**", "10-", picks: "20 21")
  }
}
