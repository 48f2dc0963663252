import FDCore

/// A selector as the manual page defines it; the parser, the terms and the logic are checked against it.
///
/// It uses no code of `FDSelectors`. If there are several ways to a result, it takes another way.
indirect enum Reference {
  case term(ReferenceTerm)
  case not(Reference)
  case all([Reference])
  case any([Reference])

  /// Kleene's logic by counting: true is 2, unknown is 1 and false is 0.
  ///
  /// `and` takes the least of its parts, `or` the greatest.
  func holds(for view: View) -> Bool? {
    switch self {
    case .term(let term): term.holds(for: view)
    case .not(let part): part.holds(for: view).map { !$0 }
    case .all(let parts): Self.truth(parts.map { $0.level(view) }.min() ?? 2)
    case .any(let parts): Self.truth(parts.map { $0.level(view) }.max() ?? 0)
    }
  }

  private func level(_ view: View) -> Int {
    switch holds(for: view) {
    case true: 2
    case false: 0
    case nil: 1
    }
  }

  private static func truth(_ level: Int) -> Bool? { level == 1 ? nil : level == 2 }

  var terms: [ReferenceTerm] {
    switch self {
    case .term(let term): [term]
    case .not(let part): part.terms
    case .all(let parts), .any(let parts): parts.flatMap { $0.terms }
    }
  }

  /// Selectors side by side: one selector of each name must hold.
  ///
  /// Every selector without a name must hold, too.
  static func combining(_ selectors: [Reference]) -> Reference {
    var parts: [Reference] = []
    var names: Set<String> = []
    for selector in selectors {
      guard case .term(let term) = selector else {
        parts.append(selector)
        continue
      }
      guard names.insert(term.name).inserted else { continue }
      let alike = selectors.filter {
        if case .term(let other) = $0 { other.name == term.name } else { false }
      }
      parts.append(.any(alike))
    }
    return .all(parts)
  }
}

/// One term, by the question that it asks.
enum ReferenceTerm {
  case numbers([ClosedRange<UInt32>])
  case deleted
  case temporary
  case path(ReferenceGlob)
  case type(Set<String>)
  case compared(String, String, UInt64)
  case mode(Set<String>)
  case flags([UInt32])
  case locked(Set<String>)
  case mount([UInt8])
  case fileSystem([UInt8])
  case terminal([UInt8])
  case device([UInt64])
  case inode([UInt64])
  case end(isPeer: Bool, [ReferenceEnd])
  case state(Set<UInt8>)
  case sameAs([UInt32])
  case owner([Int32])

  /// The word that terms of the same kind share.
  var name: String {
    switch self {
    case .numbers: ""
    case .deleted: "deleted"
    case .temporary: "tmpfile"
    case .path: "path"
    case .type: "type"
    case .compared(let quantity, _, _): quantity
    case .mode: "mode"
    // `cloexec` means the same as a flag but counts as a name of its own.
    case .flags(let bits): bits.isEmpty ? "cloexec" : "flags"
    case .locked: "locked"
    case .mount: "mount"
    case .fileSystem: "fs"
    case .terminal: "tty"
    case .device: "dev"
    case .inode: "inode"
    case .end(let isPeer, _): isPeer ? "peer" : "local"
    case .state: "state"
    case .sameAs: "same-as"
    case .owner: "owner"
    }
  }
}

// MARK: - Truth

extension ReferenceTerm {
  /// Whether the term holds by the facts of a view; nil if a fact that it reads is unknown.
  func holds(for view: View) -> Bool? {
    let sample = view.sample
    switch self {
    case .numbers(let ranges):
      return ranges.contains { $0.lowerBound <= sample.number && sample.number <= $0.upperBound }
    case .deleted: return isNameless(view, wasNamed: true)
    case .temporary: return isNameless(view, wasNamed: false)
    case .path(let glob): return view.knows(.path) ? glob.matches(sample.path) : nil
    case .type(let words):
      let possible = view.possibleTypes
      if possible.isSubset(of: words) { return true }
      return possible.isDisjoint(with: words) ? false : nil
    case .compared(let quantity, let relation, let amount): return compares(quantity, relation, amount, view)
    case .mode(let words): return view.knows(.info) ? words.contains(sample.mode) : nil
    case .flags(let masks):
      guard view.knows(.info) else { return nil }
      return (masks.isEmpty ? [0o2_000_000] : masks).contains { sample.flags & $0 == $0 }
    case .locked(let kinds): return view.knows(.info) ? !kinds.isDisjoint(with: sample.locks) : nil
    case .mount(let path): return isOnMount(path, view)
    case .fileSystem(let path): return isOnFileSystem(path, view)
    // No sample stands for a device.
    case .terminal: return view.knows(.status) ? false : nil
    case .device(let devices): return view.knows(.status) ? devices.contains(sample.device) : nil
    case .inode(let inodes): return view.knows(.status) ? inodes.contains(sample.inode) : nil
    case .end(let isPeer, let ends): return hasEnd(isPeer, ends, view)
    case .state(let states): return isInState(states, view)
    case .sameAs(let numbers):
      return view.knows(.sharing) ? !numbers.filter(sample.same.contains).isEmpty : nil
    case .owner(let pids): return isOwned(pids, view)
    }
  }

  private func isNameless(_ view: View, wasNamed: Bool) -> Bool? {
    guard view.knows(.status) else { return nil }
    if view.sample.links > 0 { return false }
    guard view.possibleTypes.count == 1 else { return nil }
    if view.possibleTypes.isDisjoint(with: Vocabulary.named) { return false }
    if view.possibleTypes != ["reg"] { return wasNamed }
    let last = view.sample.text.split(separator: UInt8(ascii: "/")).last.map {
      String(decoding: $0, as: UTF8.self)
    }
    if view.knows(.target), last == "#\(view.sample.inode) (deleted)" { return !wasNamed }
    return view.knows(.info) ? (view.sample.flags & 0o20_000_000 == 0) == wasNamed : nil
  }

  private func compares(_ quantity: String, _ relation: String, _ amount: UInt64, _ view: View) -> Bool? {
    guard view.knows(.status) else { return nil }
    if let kinds = Vocabulary.counting[quantity] {
      if view.possibleTypes.isDisjoint(with: kinds) { return false }
      guard view.knows(.activity) else { return nil }
      return view.sample.activity[quantity].map { Self.compares($0, relation, amount) } ?? false
    }
    let isNamed = quantity == "links" && view.sample.isSocketName
    guard isNamed || Vocabulary.measured[quantity]?.contains(view.sample.fileType) == true else {
      return false
    }
    switch quantity {
    case "size": return Self.compares(view.sample.size, relation, amount)
    case "links": return Self.compares(UInt64(view.sample.links), relation, amount)
    default:
      guard view.knows(.info) else { return nil }
      // A descriptor opened with O_PATH is not read from. Some kernel files have a negative offset.
      guard view.sample.mode != "path", let position = view.sample.position else { return false }
      return Self.compares(position, relation, amount)
    }
  }

  static func compares(_ number: UInt64, _ relation: String, _ amount: UInt64) -> Bool {
    switch relation {
    case "<": number < amount
    case "<=": number <= amount
    case "=": number == amount
    case "!=": number != amount
    case ">=": number >= amount
    default: number > amount
    }
  }

  private func isOnMount(_ path: [UInt8], _ view: View) -> Bool? {
    // Until names are looked up, nothing lies on the mount.
    guard view.isResolved, let place = Sample.mounts[path] else { return false }
    // The status or fdinfo has the mount. One of them must have been asked for it.
    let isInStatus = view.knows(.status) && view.sample.mount != 0
    let isInInfo = view.read.contains(.status) && view.knows(.info) && view.sample.mount != 0
    guard isInStatus || isInInfo else { return nil }
    if view.sample.mount == place.id { return true }
    guard view.possibleTypes.contains("unix") else { return false }
    guard view.knows(.unixSockets) else { return nil }
    guard let device = view.sample.unixDevice, place.fileSystem.devices.contains(device) else { return false }
    return place.fileSystem.mounts.count == 1 ? true : nil
  }

  private func isOnFileSystem(_ path: [UInt8], _ view: View) -> Bool? {
    guard view.isResolved, let place = Sample.mounts[path]?.fileSystem else { return false }
    // The file server may refuse to report a file. The kernel still reports the mount of the descriptor.
    if view.isRefused(.status) {
      return view.knows(.info) && place.mounts.contains(view.sample.mount) ? true : nil
    }
    guard view.knows(.status) else { return nil }
    if place.devices.contains(view.sample.device) || place.mounts.contains(view.sample.mount) { return true }
    guard view.possibleTypes.contains("unix") else { return false }
    return view.knows(.unixSockets) ? view.sample.unixDevice.map(place.devices.contains) ?? false : nil
  }

  private func hasEnd(_ isPeer: Bool, _ ends: [ReferenceEnd], _ view: View) -> Bool? {
    let kinds = ends.reduce(into: Set<String>()) { $0.formUnion($1.kinds) }
    if view.possibleTypes.isDisjoint(with: kinds) { return false }
    let addresses = ends.filter { !$0.isSocket }
    let sockets = ends.filter { $0.isSocket }
    var levels: [Bool?] = []
    if !addresses.isEmpty {
      let end = isPeer ? view.sample.peer : view.sample.local
      let matches = addresses.contains { $0.matches(end, isResolved: view.isResolved) }
      // The kernel does not always report the peer that connect(2) is about to reach.
      let isInternet = addresses.contains { !$0.kinds.isDisjoint(with: Vocabulary.anyInternet) }
      let isUnreported = isPeer && isInternet && end == nil && view.sample.state == 2
      levels.append(view.knows(.sockets) && !isUnreported ? matches : nil)
    }
    if !sockets.isEmpty {
      let inode = view.sample.unixPeer
      let isKnown = view.knows(.unixSockets) && !(isPeer && view.sample.isUnixPeerUnknown)
      levels.append(isKnown ? sockets.contains { $0.isSocket(inode) } : nil)
    }
    if levels.contains(true) { return true }
    return levels.contains(nil) ? nil : false
  }

  private func isInState(_ states: Set<UInt8>, _ view: View) -> Bool? {
    let common: Set<UInt8> = [1, 7, 10]
    var kinds = Set<String>()
    for state in states {
      let having = state == Vocabulary.hungUp ? ["unix"] : Vocabulary.stateful
      kinds.formUnion(common.contains(state) ? Vocabulary.anySocket : having)
    }
    if view.possibleTypes.isDisjoint(with: kinds) { return false }
    guard view.knows(.sockets) else { return nil }
    let sample = view.sample
    guard sample.isSocket else { return false }
    // The kernel's state 12 is another SYN_RECV.
    let isIn = { (state: UInt8?) in state.map { states.contains($0 == 12 ? 3 : $0) } }
    guard sample.type == "unix" else { return isIn(sample.state) }
    var levels = [isIn(sample.state ?? (view.knows(.unixSockets) ? sample.unixState : nil))]
    // Without a state of its own it is established or closed, and the table says which.
    if sample.state == nil, states.isDisjoint(with: [1, 7]) { levels = [false] }
    if states.contains(Vocabulary.hungUp) { levels.append(view.knows(.unixSockets) ? sample.isHungUp : nil) }
    if levels.contains(true) { return true }
    return levels.contains(nil) ? nil : false
  }

  private func isOwned(_ pids: [Int32], _ view: View) -> Bool? {
    guard view.knows(.status) else { return nil }
    if view.possibleTypes.isDisjoint(with: ["unix", "fifo", "tcp", "mptcp"]) { return false }
    let isHeld = view.isResolved && !pids.isEmpty
    if view.sample.fileType == "fifo" {
      guard isHeld, view.sample.ownSides != nil else { return false }
      guard view.knows(.info) else { return nil }
      let opposite = ["r": ["w"], "w": ["r"], "rw": ["r", "w"]][view.sample.mode] ?? []
      return !Set(opposite).isDisjoint(with: view.sample.ownSides ?? [])
    }
    guard view.possibleTypes.count == 1 else { return nil }
    let isUnix = view.sample.type == "unix"
    guard view.knows(isUnix ? .unixSockets : .mirrors) else { return nil }
    if isUnix, view.sample.isUnixPeerUnknown { return nil }
    // The processes that have the listening socket own the connections in its queue.
    let end = isUnix ? view.sample.unixPeer ?? view.sample.unixListener : view.sample.mirror
    return isHeld && end.map(Sample.ownSockets.contains) ?? false
  }
}
