import FDCore
import FDSelectors
import Testing

@Suite struct SelectorTests {
  private func selector(_ terms: String...) throws -> Selector {
    Selector(combining: try terms.map { try Selector(parsing: ByteString($0)) })
  }

  private func socket(_ number: UInt32, port: UInt16) throws -> Descriptor {
    var descriptor = Descriptor(number: number)
    let peer = SocketAddress.ip(try #require(IPAddress("127.0.0.1")), port: port)
    descriptor.socket = .known(Socket(local: nil, peer: peer, state: nil))
    return descriptor
  }

  /// A connecting socket whose peer is in no table has an unknown Internet peer.
  ///
  /// A term for a Unix-domain peer is still false for it.
  @Test func anUnknownInternetPeerIsNoUnixPeer() throws {
    var descriptor = Descriptor(number: 3)
    descriptor.socket = .known(Socket(local: nil, peer: nil, state: .synSent))
    #expect(try selector("peer::80").evaluate(descriptor) == nil)
    #expect(try selector("peer:unix:/x").evaluate(descriptor) == false)
    #expect(try selector("peer:10.0.0.1,unix:/x").evaluate(descriptor) == nil)
  }

  @Test func termsOfOneNameAreAlternativesAndNamesMustAllHold() throws {
    let both = try selector("3-", "peer::80", "peer::81")
    #expect(both.evaluate(try socket(3, port: 80)) == true)
    #expect(both.evaluate(try socket(3, port: 81)) == true)
    #expect(both.evaluate(try socket(3, port: 82)) == false)
    #expect(both.evaluate(try socket(2, port: 80)) == false)
    let ranges = try selector("3", "5-6")
    #expect((0...7).filter { ranges.evaluate(Descriptor(number: $0)) == true } == [3, 5, 6])
  }

  @Test func anUnreadableFactLeavesTheSelectorUndecided() throws {
    var descriptor = Descriptor(number: 7)
    descriptor.status = .unreadable(Errno(116))
    descriptor.target = .known("/x")
    descriptor.path = .known("/x")
    #expect(try selector("deleted").evaluate(descriptor) == nil)
    #expect(try selector("deleted", "3-").evaluate(descriptor) == nil)
    // A part that is false decides nevertheless.
    #expect(try selector("deleted", "8-").evaluate(descriptor) == false)
    #expect(try selector("deleted", "path:/y").evaluate(descriptor) == false)
  }

  @Test func aSelectorAsksOnlyForTheFactsItNeeds() throws {
    #expect(try selector("3-").facts.isEmpty)
    #expect(try selector("3-", "deleted").facts == [.status, .target, .info])
    #expect(try selector("peer::80").facts == .sockets)
    #expect(try selector("3-5", "deleted").evaluate(Descriptor(number: 6)) == false)
  }

  @Test func aBPFTokenMayHaveALinkCount() throws {
    // A BPF token lies in bpffs and has a size and links there. No other anonymous inode has them.
    try Selector(parsing: "type:bpf-token and links=1").checkSense()
    let other = try Selector(parsing: "type:epoll and links=1")
    #expect(throws: SelectorError.self) { try other.checkSense() }
  }

  @Test func errorMessagesStayShort() throws {
    let long = (0..<9000).map { "\($0 * 2 + 1)" }.joined(separator: ",")
    let contradicting = try Selector(parsing: ByteString("\(long) and 8"))
    let error = #expect(throws: SelectorError.self) { try contradicting.checkSense() }
    #expect((error?.description.count ?? 0) < 500)
    for text in ["/\(long)", "peer:fe80::1%\(String(repeating: "x", count: 60000))"] {
      let error = #expect(throws: SelectorError.self) { try Selector(parsing: ByteString(text)) }
      #expect((error?.description.count ?? 0) < 500)
    }
  }

  @Test func onlyASCIILettersAreCaseInsensitive() throws {
    #expect(try selector("type:KCM,Io-URING").description == "type:kcm,io_uring")
    #expect(throws: SelectorError.self) { try selector("type:\u{212A}cm") }
  }

  @Test(arguments: ["not ", "("]) func expressionsNestAHundredDeep(opening: String) throws {
    func text(_ depth: Int) -> ByteString {
      let closing = opening == "(" ? String(repeating: ")", count: depth) : ""
      return ByteString(String(repeating: opening, count: depth) + "3" + closing)
    }
    #expect(try Selector(parsing: text(100)).evaluate(Descriptor(number: 3)) == true)
    let error = #expect(throws: SelectorError.self) { try Selector(parsing: text(101)) }
    #expect(error?.problem == .tooDeep)
  }

  /// Only the link text distinguishes anonymous inodes, because most of them share one inode.
  @Test func theLinkTextDistinguishesAnonymousInodes() {
    func descriptor(_ target: ByteString) -> Descriptor {
      var descriptor = Descriptor(number: 3)
      let file = FileStatus.Identity(device: 16, inode: 7)
      descriptor.status = .known(FileStatus(type: .none, identity: file, links: 1, size: 0, mount: 0))
      descriptor.target = .known(target)
      return descriptor
    }
    let (queue, counter) = (descriptor("anon_inode:[eventpoll]"), descriptor("anon_inode:[eventfd]"))
    #expect(queue.identity.value != nil && queue.identity.value != counter.identity.value)
    #expect(queue.identity.value == descriptor("anon_inode:[eventpoll]").identity.value)
  }

  /// The mark stands below its place on a terminal, where a wide character takes two columns.
  @Test func theMarkStandsBelowTheError() {
    let error = #expect(throws: SelectorError.self) { try Selector(parsing: "path:你好 and delted") }
    let lines = error?.description.split(separator: "\n").map(String.init) ?? []
    #expect(lines.last == "                ^~~~~~")
  }

  @Test(arguments: ["foo", "delted", "peers:x", "Deleted", "/var/log"])
  func textThatIsNoTermIsRefused(text: String) {
    let error = #expect(throws: SelectorError.self) { try Selector(parsing: ByteString(text)) }
    guard case .notATerm = error?.problem else {
      Issue.record("\(text): \(String(describing: error))")
      return
    }
  }
}
