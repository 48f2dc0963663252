import TestSupport

/// A kind of target, and the selectors of the command that is killed.
struct VictimKind {
  let name: String
  let selectors: [String]
  let start: () throws -> any Victim

  /// The number of descriptors of a large target.
  ///
  /// A debug build of the command takes too long for more.
  static var manyDescriptors: Int {
    #if DEBUG
      2400
    #else
      19_000
    #endif
  }

  /// Every second number: so many ranges that rangeclose makes the calls with a ROP chain.
  static var everySecond: String {
    stride(from: 5, through: manyDescriptors, by: 2).map(String.init).joined(separator: ",")
  }

  static var all: [VictimKind] {
    get throws {
      var kinds = native
      // Before Linux 6.4 a kill may leave a call of rangeclose to the handler of the target; see BUGS in
      // rangeclose(1).
      if try !Programs.kernelShowsDispatch() { kinds.removeAll { $0.name == "dispatch" } }
      if try Programs.hasI386() { kinds += i386 }
      if Programs.has("redis-server") {
        kinds.append(VictimKind(name: "redis", selectors: ["3-", "--cloexec"]) { try Redis() })
      }
      return kinds
    }
  }

  private static var native: [VictimKind] {
    var kinds = ["read", "nanosleep", "poll", "epoll_wait", "futex", "spin", "dispatch"].map { role in
      VictimKind(name: role, selectors: ["5-"]) { try Worker("registers", last: 36, [role]) }
    }
    kinds += [
      VictimKind(name: "threads", selectors: ["5-"]) {
        try Worker("registers", last: 36, ["read", "spin", "futex", "poll", "epoll_wait", "nanosleep"])
      },
      VictimKind(name: "mutex", selectors: ["5-"]) { try Worker("mutex-accounts", last: 36) },
      // With these, the session is nearly the whole run of the command.
      VictimKind(name: "long call", selectors: ["5-"]) {
        try Worker("registers", last: Self.manyDescriptors, ["nanosleep"])
      },
      VictimKind(name: "long call, epoll_wait", selectors: ["5-"]) {
        try Worker("registers", last: Self.manyDescriptors, ["epoll_wait", "epoll_wait"])
      },
      VictimKind(name: "chains", selectors: [Self.everySecond]) {
        var worker = try Worker("registers", last: Self.manyDescriptors, ["poll"])
        worker.kept = worker.leaks / 2
        return worker
      },
      VictimKind(name: "chains, threads", selectors: [Self.everySecond]) {
        var worker = try Worker("registers", last: Self.manyDescriptors, ["read", "spin", "epoll_wait"])
        worker.kept = worker.leaks / 2
        return worker
      },
      VictimKind(name: "replaced", selectors: ["5-36", "--replace=/dev/zero"]) {
        try ReplacedWorker("registers", last: 36, ["read", "spin", "epoll_wait"])
      },
      VictimKind(name: "replaced one by one", selectors: ["5-36", "--replace", "--method=close"]) {
        try ReplacedWorker("registers", last: 36, ["poll"], closesFirst: true)
      },
      VictimKind(name: "many calls", selectors: ["5-", "--method=close"]) {
        try Worker("registers", last: Self.manyDescriptors / 8, ["read"])
      },
    ]
    return kinds
  }

  /// Targets of 32-bit code.
  static var i386: [VictimKind] {
    let calls = ["read", "old-read", "nanosleep", "poll", "epoll_wait", "futex", "spin"]
    var kinds = calls.map { role in
      VictimKind(name: "i386 \(role)", selectors: ["5-"]) { try Worker("i386", last: 36, [role]) }
    }
    kinds += [
      VictimKind(name: "i386 threads", selectors: ["5-"]) {
        try Worker("i386", last: 36, ["read", "spin", "futex", "poll", "epoll_wait", "nanosleep"])
      },
      VictimKind(name: "i386 long call", selectors: ["5-"]) {
        try Worker("i386", last: Self.manyDescriptors, ["nanosleep"])
      },
      VictimKind(name: "i386 chains", selectors: [Self.everySecond]) {
        var worker = try Worker("i386", last: Self.manyDescriptors, ["poll"])
        worker.kept = worker.leaks / 2
        return worker
      },
      VictimKind(name: "i386 replaced", selectors: ["5-36", "--replace=/dev/zero"]) {
        try ReplacedWorker("i386", last: 36, ["poll", "spin"])
      },
      VictimKind(name: "i386 chains, threads", selectors: [Self.everySecond]) {
        var worker = try Worker("i386", last: Self.manyDescriptors, ["read", "spin", "epoll_wait"])
        worker.kept = worker.leaks / 2
        return worker
      },
    ]
    return kinds
  }
}
