import FDCore

extension SelectorError: CustomStringConvertible {
  /// The part that is wrong, why, and what would be right; then the text with the part marked.
  package var description: String {
    let longest = 60
    let part = ByteString(Array(snippet.bytes.prefix(longest)))
    let more = snippet.bytes.count > longest ? "..." : ""
    let subject = snippet.range.isEmpty ? "" : "'\(part)\(more)': "
    return "\(subject)\(problem)\(marked)"
  }

  /// The text around the part, and below it a caret; nothing where there is no text.
  private var marked: String {
    let before = 40
    let after = 30
    let source = snippet.source.bytes
    if source.isEmpty { return "" }
    let start = max(0, snippet.range.lowerBound - before)
    let end = min(source.count, max(snippet.range.lowerBound + 1, snippet.range.upperBound) + after)
    let lead = (start > 0 ? "..." : "") + Self.printable(source[start..<snippet.range.lowerBound])
    let stop = min(snippet.range.upperBound, end)
    let part = Self.printable(source[snippet.range.lowerBound..<stop].prefix(before + after))
    let isCut = stop - snippet.range.lowerBound > before + after
    let tail = isCut ? "" : Self.printable(source[stop..<end])
    let mark = "^" + String(repeating: "~", count: max(0, part.columns - 1))
    return "\n  \(lead)\(part)\(tail)\(isCut || end < source.count ? "..." : "")"
      + "\n  \(String(repeating: " ", count: lead.columns))\(mark)"
  }

  /// As it was typed, but for what a terminal would not print.
  private static func printable(_ bytes: ArraySlice<UInt8>) -> String {
    bytes.split(separator: UInt8(ascii: "\\"), omittingEmptySubsequences: false)
      .map { ByteString(Array($0)).description }.joined(separator: "\\")
  }
}

/// As much of a text as is good to read in a message; a name or a list may fill the whole argument.
private func beginning(_ text: some CustomStringConvertible) -> String {
  let longest = 60
  let scalars = text.description.unicodeScalars
  return String(scalars.prefix(longest)) + (scalars.count > longest ? "..." : "")
}

extension SelectorError.Problem: CustomStringConvertible {
  package var description: String {
    switch self {
    case .empty:
      "the selector is empty; expected a range such as 3-9, or a term such as deleted"
    case .tooLong:
      "the selector is too long; it may have \(Parser.longest) bytes"
    case .tooDeep:
      "too many parentheses or nots are nested; there may be \(Parser.deepest)"
    case .unclosedQuote:
      "the quote is not closed"
    case .nothingEscaped:
      "nothing follows the backslash"
    case .expectedTerm(let suggestion?):
      "not a term; did you mean '\(suggestion)'?"
    case .expectedTerm(nil):
      "expected a range such as 3-9, or a term such as deleted"
    case .expectedWord(let suggestion?):
      "expected 'and' or 'or'; did you mean '\(suggestion)'?"
    case .expectedWord(nil):
      "expected 'and' or 'or' before it; a blank or a parenthesis in a value needs quotes"
    case .expectedAmount:
      "expected a number to compare with"
    case .unclosed:
      "the parenthesis is not closed"
    case .unopened:
      "there is no parenthesis that this would close; one in a value needs quotes"
    case .notATerm(let suggestion?):
      "not a term; did you mean '\(beginning(suggestion))'?"
    case .notATerm(nil):
      "not a term; expected a range such as 3-9, or one of "
        + TermSyntax.all.map { $0.name }.joined(separator: ", ")
    case .missingValue(let syntax):
      "a value is missing; expected \(syntax.example)"
    case .noValue(let syntax):
      "'\(syntax.name)' takes no value"
    case .missingComparison(let syntax):
      "'\(syntax.name)' has to be compared, as in \(syntax.example)"
    case .notCompared(let syntax):
      "'\(syntax.name)' cannot be compared; expected \(syntax.example)"
    case .emptyItem:
      "an item of the list is empty; expected commas between items only"
    case .notAWord(let kind, let suggestion?, _):
      "not \(kind); did you mean '\(suggestion)'?"
    case .notAWord(let kind, nil, let expected):
      "not \(kind); expected \(expected)"
    case .notANumber(let what):
      "not \(what); expected a decimal number"
    case .missingFirst:
      "the range lacks its first number; write 0-5 for everything up to 5"
    case .missingNumber:
      "a number must follow ~, as in ~0, the largest there is"
    case .largeDescriptor:
      "too large for a descriptor; the largest is 4294967295, or ~0"
    case .notARange:
      "did not expect this; expected a number N, or a range N-M or N-"
    case .reversed(let first, let last):
      "the first number, \(first), is greater than the last, \(last): \(Errno.invalid)"
    case .emptyGlob:
      "the pattern is empty; expected a path such as '/var/log/*.log'"
    case .longGlob:
      "the pattern is too long; no path is longer than \(Glob.longest) bytes"
    case .unclosedSet:
      "the set is not closed; expected ], or \\[ for a bracket itself"
    case .reversedSet:
      "the range of characters is reversed"
    case .classInSet:
      "classes of characters are not known; write the characters, or \\[ for a bracket itself"
    case .notADevice:
      "not a device; expected MAJOR:MINOR, two decimal numbers as in /proc/PID/mountinfo"
    case .notAComparison:
      "not a comparison; expected "
        + Comparison.Relation.allCases.map { $0.rawValue }.joined(separator: ", ")
    case .notAnAmount:
      "not an amount; expected a number of bytes, maybe with K, M, G, T, P or E for powers of 1024"
    case .impossibleAmount:
      "no file is that large; the most is \(Comparison.possible.upperBound - 1), a byte below 8E"
    case .emptyPeer:
      "no end is named; expected HOST:PORT, HOST, :PORT or unix:PATH"
    case .unclosedBracket:
      "the bracket is not closed; expected [ADDRESS]:PORT"
    case .afterBracket:
      "did not expect this after the bracket; expected [ADDRESS]:PORT"
    case .notAnAddress:
      "not an IP address"
    case .notAHost:
      "not a host; expected a name or an address"
    case .ambiguousColons:
      "an IPv6 address with a port needs brackets, [ADDRESS]:PORT"
    case .bareNumber:
      "a number alone could be a port or a host; write :PORT for a port"
    case .badPrefix:
      "not a prefix length after the slash; expected 0 to 32 for IPv4, 0 to 128 for IPv6"
    case .badPort:
      "not a port; expected 1 to 65535, a range of them, the name of a service, or *"
    case .reversedPorts:
      "the first port is greater than the last"
    case .portOfUnix:
      "a Unix-domain socket has no port; write \\: in a name that ends so"
    case .notASocket:
      "not a socket; expected socket:[INODE], as /proc shows it"
    case .localSocket(let inode):
      "a socket's own number is its inode; write inode:\(inode)"
    case .zone(let zone):
      "the zone '%\(beginning(ByteString(zone)))' cannot be matched, the socket tables do not tell it; leave it out"
    case .contradiction(let other):
      "nothing can be this and '\(beginning(other))', too"
    case .neverHolds:
      "this can never hold"
    case .alwaysHolds:
      "this always holds of what has such a number; leave it out"
    case .neverTogether:
      "together with the other comparisons this can never hold"
    case .eitherAlways:
      "the comparisons are alternatives, and one of them always holds; write 'and' between them for both"
    case .unknownHost(let name, let reason):
      "the host '\(beginning(ByteString(name)))' cannot be looked up: \(reason)"
    case .unknownService(let name):
      "there is no service '\(beginning(ByteString(name)))'; expected a name from services(5) or a port's number"
    case .unknownOwner(let pid, .noSuchFile), .unknownOwner(let pid, .noSuchProcess):
      "there is no process \(pid)"
    case .unknownOwner(let pid, let reason):
      "the descriptors of process \(pid) cannot be read: \(reason)"
    case .noMount(_, .unreadable(let error)):
      "the mount point cannot be looked at: \(error)"
    case .noMount(_, .notMountPoint(let path?)):
      "not a mount point; it lies on what is mounted at \(path)"
    case .noMount(_, .notMountPoint(nil)):
      "not a mount point"
    case .noMount(_, .notMounted):
      "this device is not mounted here"
    }
  }
}
