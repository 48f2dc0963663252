import FDCore

/// Makes up descriptors, both those for which a selector may be true and others.
struct SampleGenerator {
  var random: Entropy
  private let terms: [ReferenceTerm]

  init(_ random: Entropy, for selector: Reference?) {
    self.random = random
    terms = selector?.terms ?? []
  }

  mutating func sample() -> Sample {
    var sample = Sample()
    sample.number = random.pick([0, 1, 2, 3, 4, 5, 7, 9, 100, .max])
    sample.inode = random.pick([1, 2, 7, 4712, .max])
    sample.device = random.pick(Sample.devices)
    sample.mount = random.pick([0, 0, 1 << 30])
    sample.links = random.pick([0, 0, 1, 1, 2, 1000, .max])
    sample.size = random.pick([0, 1, 80, 4096, 1024, 1 << 30, 1 << 63 - 1])
    sample.position = random.pick([0, 1, 4096, 1 << 63 - 1, nil])
    sample.mode = random.pick(["r", "w", "rw", "path"])
    if random.once(in: 2) { sample.flags = random.pick(Vocabulary.flags).bits & ~0o10_000_000 }
    if random.once(in: 3) { sample.flags |= random.pick(Vocabulary.flags).bits & ~0o10_000_000 }
    if sample.mode == "path" { sample.flags |= 0o10_000_000 }
    if random.once(in: 2) { sample.locks = [random.pick(["posix", "ofd", "flock", "lease", "other"])] }
    sample.same = Set([0, 1, 2, 5, .max].filter { _ in random.once(in: 3) })
    giveType(&sample)
    for term in terms where random.once(in: 2) { suit(term, &sample) }
    if sample.path.isEmpty { sample.path = text() }
    if sample.type == "reg", random.once(in: 6) { sample.path = Array("/a/#\(sample.inode)".utf8) }
    // The kernel's addition to the link text is no part of the path.
    if sample.text.isEmpty { sample.text = sample.path + Array((sample.links == 0 ? " (deleted)" : "").utf8) }
    // No descriptor has the largest number. FDCore uses it for a file that is used without a descriptor.
    if sample.number == .max { sample.number -= 1 }
    return sample
  }

  private mutating func text() -> [UInt8] {
    (0..<1 + random.below(6)).flatMap { _ -> [UInt8] in
      if random.once(in: 8) { return random.pick([[0xC3], [0xA9], [0xFF], [0xE2, 0x82]]) }
      return Array(
        random.pick(["/", "/a", "a", "b", "c", ".", "é", "ü", "€", " ", "*", "[", "\n", "80", "\\"]).utf8)
    }
  }

  // MARK: Types

  private mutating func giveType(_ sample: inout Sample) {
    sample.fileType = random.pick(["reg", "reg", "dir", "chr", "blk", "fifo", "sock", "sock", "lnk", "none"])
    sample.type = sample.fileType
    switch sample.fileType {
    case "sock": giveSocket(&sample)
    case "reg": giveRegular(&sample)
    case "none": giveAnonymous(&sample)
    case "fifo":
      if random.once(in: 2) {
        (sample.device, sample.inode) = Sample.ownPipe
        sample.ownSides = ["r", "w"]
      }
    default: break
    }
  }

  private mutating func giveRegular(_ sample: inout Sample) {
    sample.type = random.pick(["reg", "reg", "reg", "", "memfd", "secretmem", "mqueue", "bpf-token", "ns"])
    switch sample.type {
    case "memfd": keptByKernel(&sample, "/memfd:a", on: Sample.memoryDevice)
    case "secretmem": keptByKernel(&sample, "/secretmem", on: Sample.secretMemoryDevice)
    case "mqueue", "bpf-token": sample.path = Array((sample.type == "mqueue" ? "/a" : "/bpf-token").utf8)
    case "ns": keptByKernel(&sample, random.pick(["net:[7]", "/run/netns/a"]), on: Sample.namespaceDevice)
    case "": makeLookalike(&sample)
    default: sample.path = [0x2F] + text()
    }
    if sample.type == "ns" { (sample.text, sample.links) = (sample.path, 1) }
  }

  /// Makes an ordinary file with a name like that of a kernel file.
  private mutating func makeLookalike(_ sample: inout Sample) {
    sample.type = "reg"
    var names = ["net:[7]", "/run/netns/a", "/dmabuf:", "/bpf-token", "(unreachable)/a"]
    if Sample.areLookalikesDistinguished { names += ["/memfd:a", "/secretmem"] }
    sample.path = Array(random.pick(names).utf8)
  }

  private func keptByKernel(_ sample: inout Sample, _ path: String, on device: UInt64?) {
    guard let device else {
      sample.type = "reg"
      return
    }
    (sample.device, sample.links, sample.path) = (device, 0, Array(path.utf8))
  }

  private mutating func giveAnonymous(_ sample: inout Sample) {
    sample.type = random.pick(Vocabulary.anonymousOrOther + ["dmabuf"])
    let names = [
      "epoll": "eventpoll", "perf": "perf_event", "landlock": "landlock-ruleset", "seccomp": "seccomp notify",
      "kvm": "kvm-vm", "vfio": "vfio-device", "gpio": "gpio-line", "anon": "new", "bpf-iter": "bpf_iter",
    ]
    let name = names[sample.type] ?? sample.type
    var text = random.once(in: 2) ? "anon_inode:[\(name)]" : "anon_inode:\(name)"
    if sample.type == "anon", random.once(in: 2) { text = random.pick(["/a", "new:[7]", "/memfd"]) }
    sample.path = Array((sample.type == "dmabuf" ? "/dmabuf:" : text).utf8)
    if sample.type != "dmabuf" { sample.text = sample.path }
  }

  private mutating func giveSocket(_ sample: inout Sample) {
    sample.type = random.pick(["tcp", "udp", "unix", "unix", random.pick(Vocabulary.sockets)])
    if sample.type == "sock" || random.once(in: 8) {
      sample.isSocketName = random.once(in: 2)
      sample.type = "sock"
    }
    if sample.isSocketName { return sample.path = random.pick([[0x2F] + text(), Array("socket:[7]".utf8)]) }
    sample.path = Array("socket:[\(sample.inode)]".utf8)
    (sample.text, sample.links, sample.device) = (sample.path, 1, Sample.socketDevice ?? sample.device)
    if random.once(in: 2) { sample.activity = ["recvq": random.pick([0, 1, 4096]), "sendq": 0] }
    if sample.type == "tcp", random.once(in: 2) {
      sample.activity["idle"] = random.pick([0, 1, 60, 3600, 4_294_967])
    }
    sample.state = random.pick([1, 7, 10, nil])
    if ["tcp", "mptcp", "sctp", "dccp"].contains(sample.type) { sample.state = UInt8(1 + random.below(12)) }
    if sample.type == "unix" {
      sample.local = random.once(in: 3) ? .unix([]) : .unix(text())
      sample.peer = random.once(in: 3) ? nil : .unix(random.once(in: 2) ? [0] + text() : text())
      sample.unixPeer = random.once(in: 2) ? Sample.ownSockets.min() : random.pick([1, 2, 7, nil])
      if sample.unixPeer == nil {
        sample.unixListener = random.once(in: 2) ? Sample.ownSockets.min() : random.pick([1, nil])
        sample.isUnixPeerUnknown = sample.unixListener == nil && random.once(in: 2)
      }
      // A socket that listens says so itself.
      sample.unixState = random.pick(sample.state == nil ? [1, 7, nil] : [1, 7, 10, nil])
      sample.isHungUp = random.once(in: 3)
      sample.unixDevice =
        random.once(in: 2)
        ? nil : random.pick(Sample.mounts.values.flatMap { $0.fileSystem.devices }.sorted() + [5])
    } else if Vocabulary.internet.contains(sample.type)
      || Vocabulary.anyInternet.contains(sample.type) && random.once(in: 2)
    {
      if sample.isTCP { sample.mirror = random.pick([Sample.ownSockets.min(), 1, nil]) }
      let hasPorts = !["raw", "icmp"].contains(sample.type)
      sample.local = random.once(in: 5) ? nil : address(hasPorts)
      sample.peer = random.once(in: 3) ? nil : address(hasPorts)
    } else {
      sample.local = .other
    }
  }

  private mutating func address(_ hasPorts: Bool) -> Sample.End {
    let texts = ["10.0.0.1", "10.0.0.2", "127.0.0.1", "::1", "2001:db8::1", "0.0.0.0", "::", "fe80::1"]
    let address = ReferenceEnd.address(Array(random.pick(texts).utf8))?.bytes ?? []
    return .internet(address, hasPorts ? random.pick([0, 1, 22, 79, 80, 81, 65535]) : nil)
  }

  // MARK: Terms

  /// Changes a descriptor so that a term is true for it, or nearly true.
  private mutating func suit(_ term: ReferenceTerm, _ sample: inout Sample) {
    switch term {
    case .numbers(let ranges):
      let range = random.pick(ranges)
      sample.number = random.pick([
        range.lowerBound, range.upperBound, range.lowerBound &- 1, range.upperBound &+ 1,
      ])
    case .path(let glob) where sample.fileType == "dir" || sample.type == "reg" && sample.path.isEmpty:
      sample.path = glob.example(&random)
    case .compared(let quantity, _, let amount):
      let near = random.pick([amount, amount &+ 1, amount == 0 ? 0 : amount - 1])
      if quantity == "links", !sample.isSocket, !["memfd", "secretmem"].contains(sample.type) {
        sample.links = UInt32(clamping: near)
      }
      if quantity == "size" { sample.size = near }
      if sample.activity[quantity] != nil { sample.activity[quantity] = near }
      if quantity == "offset" { sample.position = near }
    case .mount(let path), .fileSystem(let path):
      guard let (id, place) = Sample.mounts[path], sample.isMovable else { return }
      if random.once(in: 3) { return sample.mount = id }
      sample.device = random.pick(place.devices.sorted())
      if random.once(in: 2) { sample.mount = random.pick(place.mounts.sorted()) }
    case .device(let devices) where sample.isMovable:
      let device = random.pick(devices)
      if !Sample.isKernels(device) { sample.device = device }
    case .inode(let inodes) where sample.ownSides == nil: sample.inode = random.pick(inodes)
    case .end(let isPeer, let ends): suit(random.pick(ends), isPeer, &sample)
    case .state(let states) where sample.type == "tcp":
      sample.state = states.filter { $0 != Vocabulary.hungUp }.min() ?? sample.state
    default: break
    }
  }

  private mutating func suit(_ end: ReferenceEnd, _ isPeer: Bool, _ sample: inout Sample) {
    let found: Sample.End
    switch end {
    case .internet(let hosts, let ports, _)
    where sample.isSocket && Vocabulary.anyInternet.contains(sample.type):
      var bytes = hosts?.randomElement(using: &random)?.address ?? [UInt8](repeating: 0, count: 16)
      if random.once(in: 2) { bytes[random.below(16)] ^= 1 << UInt8(random.below(8)) }
      let range = ports.randomElement(using: &random) ?? 0...0
      found = .internet(bytes, UInt16(clamping: random.pick([range.lowerBound, range.upperBound])))
    case .unix(let glob) where sample.type == "unix":
      var name = glob.example(&random)
      if name.first == UInt8(ascii: "@") { name[0] = 0 }
      found = .unix(name)
    case .socket(let inode) where sample.type == "unix":
      sample.unixPeer = inode
      return
    default: return
    }
    if isPeer { sample.peer = found } else { sample.local = found }
  }
}

extension ReferenceGlob {
  /// A text that matches, unless a set or chance prevents it.
  func example(_ random: inout Entropy) -> [UInt8] {
    letters.flatMap { letter in
      if letter.isEscaped || random.once(in: 20) { return [letter.byte] }
      switch letter.byte {
      case UInt8(ascii: "*"): return Array(random.pick(["", "a", "bc", "a/b", "/", "é", "€", "\n"]).utf8)
      case UInt8(ascii: "?"): return random.pick([[0x61], [0x62], [0x2F], Array("é".utf8), [0xC3], [0xFF]])
      case UInt8(ascii: "["), UInt8(ascii: "]"): return random.once(in: 2) ? [] : [letter.byte]
      default: return [letter.byte]
      }
    }
  }
}
