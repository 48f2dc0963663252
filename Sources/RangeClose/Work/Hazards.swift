import FDCore

/// The hazards of an operation on the picked descriptors of one process, in words.
struct Hazards {
  private let process: ProcessName
  private let found: [FoundHazard]
  /// The picked files that others have, too.
  let shared: SharedFiles
  /// Whether the numbers get other files.
  private let replaces: Bool
  /// Why the operation may end the process, or another process that has the same socket.
  private let endings: [String]

  /// Looks for the hazards.
  ///
  /// The notes are read only if they will be printed.
  init(_ invocation: Invocation, on selection: Selection, of target: TargetProcess) {
    let (operation, picked) = (invocation.operation, selection.picked)
    process = target.nameAtScan
    replaces = operation.replacement != nil
    let search =
      operation.dropsFiles
      ? HazardSearch.run(
        for: picked, of: target, among: selection.openAtScan, replacedBy: operation.replacement,
        isShared: !invocation.processes.isSingle) : nil
    let found = search?.found ?? []
    shared = search?.shared ?? SharedFiles()
    // The number keeps a file to write to.
    self.found = replaces ? found.filter { !$0.hazard.isOfFreedNumber } : found
    // A search of all processes takes several times as long as the operation itself.
    let looksAtOthers = invocation.printsRows || invocation.isStrict
    let mayServe = picked.contains { operation.mayServe($0, invocation.consent) }
    endings =
      operation.onFile?.breaksPipes == true && (mayServe || picked.isEmpty)
      ? Self.ending(target) + (looksAtOthers ? Self.endingOfOthers(picked, target) : []) : []
    guard invocation.printsRows else { return }
    let ofNumbers = operation.dropsFiles ? Self.notes(picked.map { $0.number }, target) : []
    // An operation on the open file stops no thread.
    let ofStop = operation.onFile == nil && !picked.isEmpty ? Self.notesOnTimeouts(target) : []
    notes = (ofNumbers + ofStop).map { "\(process): \($0)" }
  }

  private static func ending(_ target: TargetProcess) -> [String] {
    switch target.endsByBrokenPipe {
    case false?: []
    case true?: ["SIGPIPE has its default action, so a write to such a socket may end the process"]
    case nil: ["whether SIGPIPE would end the process could not be read"]
    }
  }

  private static func endingOfOthers(_ picked: [Descriptor], _ target: TargetProcess) -> [String] {
    let others = target.othersEndedByBrokenPipe(picked)
    if others.isEmpty { return [] }
    let (has, them) = others.count == 1 ? ("has", "it") : ("have", "them")
    return [
      "SIGPIPE has its default action in \(names(others)), which \(has) such a socket, too, so a write may"
        + " end \(them)"
    ]
  }

  var isEmpty: Bool { found.isEmpty && endings.isEmpty }

  /// A line for each kind of hazard: the descriptors, what would happen, and the better option.
  var lines: [String] {
    endings.map { "\(process): \($0)" }
      + found.map { "\(process): \(subject($0.numbers)) \(text($0))" }
  }

  /// Facts that matter to the user, and that break nothing by themselves.
  private(set) var notes: [String] = []

  /// The notes on some descriptors.
  private static func notes(_ numbers: [UInt32], _ target: TargetProcess) -> [String] {
    let standard = numbers.filter { $0 <= 2 }
    let threads = target.directory.threadCount ?? 1
    return
      (standard.isEmpty
      ? [] : ["\(standard.listed) \(standard.count == 1 ? "is a standard stream" : "are standard streams")"])
      + (threads > 1 ? ["it has \(threads) threads, and any of them may use the descriptors"] : [])
  }

  /// The notes on calls whose timeout begins again after a stop.
  private static func notesOnTimeouts(_ target: TargetProcess) -> [String] {
    let timeouts = RestartedTimeouts(in: target)
    let least = timeouts.isPartial ? "at least " : ""
    return timeouts.calls.map { call in
      "\(least)\(counted(call.threads, "thread")) \(call.threads == 1 ? "is" : "are") in \(call.name),"
        + " whose timeout starts anew"
    }
  }

  /// The value of the member `hazards` in JSON.
  var member: JSONMember {
    let objects = found.map { hazard in
      JSON.object([
        JSON.members("text", .word(text(hazard))),
        "\"descriptors\":[" + hazard.numbers.map(String.init).joined(separator: ",") + "]",
      ])
    }
    return JSONMember("hazards", json: "[" + objects.joined(separator: ",") + "]")
  }

  /// The descriptors with their verb, such as `3 descriptors (7, 9, 12) are`.
  private func subject(_ numbers: [UInt32]) -> String {
    "\(numbers.listed) \(numbers.count == 1 ? "is" : "are")"
  }

  private func text(_ found: FoundHazard) -> String {
    switch found.hazard {
    case .isWatched(let sets):
      "watched by \(Self.epoll(sets)): the program would not notice"
        + (found.areConnections ? "; --shutdown wakes it" : "")
    case .staysWatched(let sets, let holders):
      "watched by \(Self.epoll(sets)) and held by \(Self.names(holders)), too: the event loop could spin on a"
        + (replaces ? " number that has another file" : " closed number")
        + (found.areConnections ? "; --shutdown ends the connection for all of them" : "")
    case .isSetAside(let sets):
      "non-blocking, and \(Self.epoll(sets)) does not watch it now: the event loop could go on to use a"
        + (replaces ? " number that has another file" : " closed number")
        + (found.areConnections ? "; --shutdown ends the connection and keeps the number" : "")
    case .isMaster(let terminal):
      "the last master of pseudoterminal \(terminal): the programs on the terminal would get SIGHUP"
    case .isWaitedOn(let type):
      "of type \(type.rawValue): what waits there, such as an event loop, may wait for ever"
    case .listens:
      "listening: no client could connect any more"
    case .isLocked:
      "open on a file on which the process has record locks: it would lose them"
    case .isBeingWritten(let isDeleted):
      "open for writing, and the file was written to in the last five minutes: the next file that the program"
        + " opens would get the number, and what the program writes"
        + (isDeleted ? "; --truncate or --replace frees the storage and keeps the number" : "")
    case .isLastWriter(let readers, let isCertain):
      "the last writing end of a pipe\(Self.doubt(isCertain)): \(Self.names(readers)) would read"
        + " end-of-file"
    case .isLastReader(let writers, let isCertain):
      "the last reading end of a pipe\(Self.doubt(isCertain)): \(Self.names(writers)) would get SIGPIPE at"
        + " the next write"
    case .wouldOverwrite:
      "open for writing without O_APPEND: in the new file, what is written there and what others write would"
        + " overwrite each other"
    case .isConnected(let peers):
      "connected to \(Self.names(peers)), which would lose the connection"
    }
  }

  private static func doubt(_ isCertain: Bool) -> String { isCertain ? "" : " that could be found" }

  private static func epoll(_ sets: [UInt32]) -> String {
    "epoll \(sets.count == 1 ? "descriptor" : "descriptors") \(sets.map(String.init).joined(separator: ", "))"
  }

  private static func names(_ pids: [Int32]) -> String {
    let most = 3
    let names = pids.prefix(most).map { ProcessName($0, processName($0)).description }
    return names.joined(separator: ", ") + (pids.count > most ? " and \(pids.count - most) more" : "")
  }
}

extension [UInt32] {
  /// The count and the first numbers, such as `3 descriptors (7, 9, 12)`.
  var listed: String {
    let most = 5
    return counted(count, "descriptor") + " (" + prefix(most).map(String.init).joined(separator: ", ")
      + (count > most ? ", ...)" : ")")
  }
}

extension Hazard {
  /// Whether the hazard is that another file gets the number.
  fileprivate var isOfFreedNumber: Bool {
    if case .isBeingWritten = self { true } else { false }
  }
}
