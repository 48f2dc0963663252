import FDCore

/// Why a selector was not understood, or cannot be used.
package struct SelectorError: Error, Equatable {
  /// The text that the problem lies in.
  package let text: String
  package let problem: Problem

  init(_ text: String, _ problem: Problem) {
    self.text = text
    self.problem = problem
  }

  package enum Problem: Equatable, Sendable {
    case notATerm
    case emptyItem
    case missingFirst
    case missingNumber
    case tooLarge(String)
    case unexpected(String)
    case reversed(first: UInt32, last: UInt32)
    case emptyGlob
    case emptyPeer
    case unclosedBracket
    case notAnAddress(String)
    case ambiguousColons
    case bareNumber
    case badPrefix(String)
    case badPort(String)
    case zone(String)
    case unknownHost(String, reason: String)
    case unknownService(String)
  }
}

extension SelectorError: CustomStringConvertible {
  /// The text, what is wrong with it, and what would be right.
  package var description: String {
    "'\(ByteString(text))': \(problem)"
  }
}

extension SelectorError.Problem: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notATerm:
      "not a selector; expected a range such as 3-9, deleted, peer:HOST:PORT or path:GLOB"
    case .emptyItem:
      "an item of the list is empty; expected numbers and ranges with commas between them"
    case .missingFirst:
      "the range lacks its first number; write 0-5 for everything up to 5"
    case .missingNumber:
      "a number must follow ~, as in ~0, the largest there is"
    case .tooLarge(let number):
      "\(ByteString(number)) is too large for a descriptor; the largest is 4294967295, or ~0"
    case .unexpected(let rest):
      "did not expect '\(ByteString(rest))'; expected a number N, or a range N-M or N-"
    case .reversed(let first, let last):
      "the first number, \(first), is greater than the last, \(last): \(Errno.invalid)"
    case .emptyGlob:
      "the pattern is empty; expected a path such as '/var/log/*.log'"
    case .emptyPeer:
      "no peer is named; expected HOST:PORT, HOST, :PORT or unix:PATH"
    case .unclosedBracket:
      "the bracket is not closed; expected [ADDRESS]:PORT"
    case .notAnAddress(let text):
      "'\(ByteString(text))' is not an IP address"
    case .ambiguousColons:
      "an IPv6 address with a port needs brackets, [ADDRESS]:PORT"
    case .bareNumber:
      "a number alone could be a port or a host; write :PORT for a port"
    case .badPrefix(let length):
      "'\(ByteString(length))' is not a prefix length; expected 0 to 32 for IPv4, 0 to 128 for IPv6"
    case .badPort(let port):
      "'\(ByteString(port))' is not a port; expected 1 to 65535, the name of a service, or *"
    case .zone(let zone):
      "the zone '%\(ByteString(zone))' cannot be matched, the socket tables do not tell it; leave it out"
    case .unknownHost(let name, let reason):
      "the host '\(ByteString(name))' cannot be looked up: \(reason)"
    case .unknownService(let name):
      "there is no service '\(ByteString(name))'; expected a name from services(5) or a port's number"
    }
  }
}
