import TestSupport

/// The tasks of `RESULTS.md`.
enum Works {
  private static let floor = build("floor")
  private static let most = 19_900

  private static func ours(_ arguments: @escaping () -> [String]) -> Work.Contender {
    Work.Contender(name: Work.ours) { [Programs.rangeclose] + arguments() }
  }

  private static func floor(_ name: String = "floor", _ arguments: @escaping () -> [String]) -> Work.Contender
  {
    Work.Contender(name: name) { [floor] + arguments() }
  }

  /// A tool that people use today, if it is installed.
  private static func tool(_ name: String, isSlow: Bool = true, _ arguments: @escaping () -> [String])
    -> Work.Contender
  {
    Work.Contender(name: name, command: find(name).map { path in { [path] + arguments() } }, isSlow: isSlow)
  }

  /// The tasks, each of which starts its process when its turn comes.
  static var list: [() throws -> Work] {
    [
      { try oneClose("-q") }, { try oneClose() }, onePause, manyThreads, { try everything(.pause) },
      { try everything(.duration, "-q") },
      everySecond, noneDeleted, noPeer, { try amongMany("-q") }, { try amongMany() },
      { try oneSocket("--shutdown", .duration) }, { try oneSocket("--drop", .duration) },
      { try oneSocket("--shutdown", .pause) }, { try oneSocket("--drop", .pause) },
      allRows, deletedAnywhere, oneNumberAnywhere,
    ]
  }

  private static func oneClose(_ options: String...) throws -> Work {
    let subject = try Subject()
    let pid = subject.pid
    let pipeline =
      "exec gdb -p \(pid) --batch -ex \"call (int)close("
      + "$(lsof -nP -a -p \(pid) -d 50 | awk 'NR == 2 { print $4 + 0 }'))\""
    return Work(
      name: (["close one descriptor of 100"] + options.map { "`\($0)`" }).joined(separator: ", "),
      measure: .duration, subject: subject, prepare: { try subject.open(3...102) },
      contenders: [
        floor { ["range", pid, "50", "50"] }, ours { options + [pid, "50"] },
        tool("gdb") { ["-p", pid, "--batch", "-ex", "call (int)close(50)"] },
        Work.Contender(
          name: "lsof, awk and gdb",
          command: find("gdb") == nil || find("lsof") == nil ? nil : { ["sh", "-c", pipeline] },
          isSlow: true),
      ],
      // Only `-q` looks for no hazards.
      bars: [.atMost(options.contains("-q") ? 1.3 : 1.5, of: "floor"), .fasterThan(100, "gdb")])
  }

  /// The end of a connection, without a stop.
  ///
  /// The floor closes a number, with a stop. For the pause, another command stands for no work at all.
  private static func oneSocket(_ operation: String, _ measure: Work.Measure) throws -> Work {
    let subject = try Subject()
    try subject.connect(4...13)
    let pid = subject.pid
    let isPause = measure == .pause
    return Work(
      name: "`\(operation)` of one socket of ten", measure: measure, subject: subject,
      prepare: {
        try subject.open(3...3)
        try subject.connect(4...4)
      },
      contenders: [
        isPause ? Work.Contender(name: "no work") { ["/bin/true"] } : floor { ["range", pid, "3", "3"] },
        ours { [pid, "4", operation] },
      ]
        + (operation == "--shutdown"
          ? [tool("gdb") { ["-p", pid, "--batch", "-ex", "call (int)shutdown(4, 2)"] }] : []),
      bars: [isPause ? .atMost(2, of: "no work") : .atMost(1.3, of: "floor")])
  }

  /// The search for processes that share the table grows with the processes of the machine.
  private static func amongMany(_ options: String...) throws -> Work {
    let (subject, crowd) = (try Subject(), try Subject())
    let pid = subject.pid
    try crowd.fork(5_000)
    return Work(
      name: (["close one descriptor among 5,000 processes"] + options.map { "`\($0)`" })
        .joined(separator: ", "),
      measure: .duration, subject: subject,
      prepare: {
        try subject.open(4...4)
        withExtendedLifetime(crowd) {}
      },
      contenders: [
        floor { ["range", pid, "4", "4"] }, floor("getdents and kcmp") { ["compare", pid] },
        ours { options + [pid, "4"] },
      ],
      bars: [
        options.contains("-q")
          ? .atMost(1.5, of: "floor") : .atMostSum(of: "floor", and: 0.7, times: "getdents and kcmp")
      ])
  }

  private static func onePause() throws -> Work {
    let subject = try Subject()
    return Work(
      name: "`3-`, one thread", measure: .pause, subject: subject, prepare: { try subject.open(3...12) },
      contenders: [
        floor { ["range", subject.pid, "3", "4294967295"] }, ours { [subject.pid, "3-"] },
        tool("gdb") { ["-p", subject.pid, "--batch", "-ex", "call (int)close(4)"] },
      ], bars: [.atMost(1.2, of: "floor")])
  }

  private static func manyThreads() throws -> Work {
    let subject = try Subject(threads: 1000)
    return Work(
      name: "`3-`, 1,000 threads", measure: .pause, subject: subject, prepare: { try subject.open(3...12) },
      contenders: [
        floor { ["range", subject.pid, "3", "4294967295"] }, ours { [subject.pid, "3-"] },
      ], bars: [.atMost(1.1, of: "floor")])
  }

  private static func everything(_ measure: Work.Measure, _ options: String...) throws -> Work {
    let subject = try Subject()
    return Work(
      name: (["19,900 descriptors, all"] + options.map { "`\($0)`" }).joined(separator: ", "),
      measure: measure,
      subject: subject, prepare: { try subject.open(100...99 + most) },
      contenders: [
        floor { ["range", subject.pid, "100", "4294967295"] },
        ours { options + [subject.pid, "100-"] },
      ], bars: [.atMost(1.1, of: "floor")])
  }

  private static func everySecond() throws -> Work {
    let subject = try Subject()
    let numbers = stride(from: 100, to: 100 + most, by: 2).map(String.init).joined(separator: ",")
    return Work(
      name: "every second one of 19,900", measure: .pause, subject: subject,
      prepare: { try subject.open(100...99 + most) },
      contenders: [
        floor("all, contiguous") { ["range", subject.pid, "100", "4294967295"] },
        ours { [subject.pid, numbers] },
        floor("call by call") { ["each", subject.pid, "100", "\(99 + most)", "2"] },
      ], bars: [.atMost(3, of: "all, contiguous")])
  }

  private static func noneDeleted() throws -> Work {
    let subject = try Subject()
    try subject.open(100...99 + most)
    return Work(
      name: "`--deleted`, none of 19,900", measure: .duration, subject: subject, prepare: {},
      contenders: [
        floor { ["deleted", subject.pid] }, ours { [subject.pid, "--deleted"] },
        tool("lsof") { ["-nP", "-a", "-p", subject.pid, "+L1"] },
        tool("lsfd") { ["-p", subject.pid, "-Q", "DELETED"] },
      ], bars: [.atMost(1.3, of: "floor"), .fasterThan(3, "lsof"), .fasterThan(3, "lsfd")])
  }

  private static func noPeer() throws -> Work {
    let (subject, other) = (try Subject(), try Subject())
    try subject.connect(100...5099)
    try other.connect(100...5099)
    return Work(
      name: "`--peer`, none of 5,000 among 20,000", measure: .duration, subject: subject,
      prepare: { withExtendedLifetime(other) {} },
      contenders: [
        floor("reading the table") { ["tables", subject.pid] },
        ours { [subject.pid, "--peer", "127.0.0.1:9"] },
        tool("lsof") { ["-nP", "-a", "-p", subject.pid, "-i", "@127.0.0.1:9"] },
        tool("ss") { ["-Htnp", "dport", "=", ":9"] },
      ],
      bars: [.atMost(1.5, of: "reading the table"), .fasterThan(1, "lsof"), .fasterThan(1, "ss")])
  }

  // MARK: - Listings

  private static func allRows() throws -> Work {
    let subject = try Subject()
    try subject.open(100...99 + most)
    return Work(
      name: "`-n`, 19,900 rows", measure: .duration, subject: subject, prepare: {},
      contenders: [
        ours { ["-n", subject.pid] }, tool("ls", isSlow: false) { ["-l", "/proc/\(subject.pid)/fd"] },
      ], bars: [.atMost(1, of: "ls")])
  }

  /// A process with 300 children, each of which has 166 descriptors.
  private static func crowd() throws -> Subject {
    let subject = try Subject()
    try subject.open(100...262)
    try subject.fork(300)
    return subject
  }

  private static func deletedAnywhere() throws -> Work {
    let subject = try crowd()
    return Work(
      name: "`-n --all --deleted`, 300 processes with 50,000 descriptors", measure: .duration,
      subject: subject, prepare: {},
      contenders: [
        ours { ["-n", "--all", "--deleted"] }, tool("lsof") { ["-nP", "+L1"] },
        tool("lsfd") { ["-Q", "DELETED"] },
      ], bars: [.fasterThan(4, "lsof"), .fasterThan(4, "lsfd")])
  }

  private static func oneNumberAnywhere() throws -> Work {
    let subject = try crowd()
    // ls fails for processes whose descriptors it may not read.
    let script = "ls -l /proc/[0-9]*/fd/2 || true"
    return Work(
      name: "`-n --all 2`, 300 processes", measure: .duration, subject: subject, prepare: {},
      contenders: [
        ours { ["-n", "--all", "2"] }, Work.Contender(name: "sh and ls") { ["sh", "-c", script] },
      ], bars: [.atMost(1, of: "sh and ls")])
  }
}
