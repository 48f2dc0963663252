import FDCore

extension SelectorError: CustomStringConvertible {
  /// The message for the user: the wrong part, the reason and the remedy; then the text with the part marked.
  ///
  /// The text and the mark are two more lines, each with a newline before it. An empty text has none.
  package var description: String {
    let limit = 60
    let part = ByteString(Array(snippet.bytes.prefix(limit)))
    let ellipsis = snippet.bytes.count > limit ? "..." : ""
    let subject = snippet.range.isEmpty ? "" : "'\(part)\(ellipsis)'\(problem.isPredicate ? " " : ": ")"
    return "\(subject)\(problem)\(markedSource)"
  }

  /// The text around the part, and below it a caret and tildes under the part; empty if there is no text.
  private var markedSource: String {
    let bytesBefore = 40
    let bytesAfter = 30
    let source = snippet.source.bytes
    if source.isEmpty { return "" }
    let start = max(0, snippet.range.lowerBound - bytesBefore)
    let end = min(source.count, max(snippet.range.lowerBound + 1, snippet.range.upperBound) + bytesAfter)
    let lead = (start > 0 ? "..." : "") + Self.printable(source[start..<snippet.range.lowerBound])
    let stop = min(snippet.range.upperBound, end)
    let part = Self.printable(source[snippet.range.lowerBound..<stop].prefix(bytesBefore + bytesAfter))
    let isCut = stop - snippet.range.lowerBound > bytesBefore + bytesAfter
    let tail = isCut ? "" : Self.printable(source[stop..<end])
    let mark = "^" + String(repeating: "~", count: max(0, part.columns - 1))
    return "\n  \(lead)\(part)\(tail)\(isCut || end < source.count ? "..." : "")"
      + "\n  \(String(repeating: " ", count: lead.columns))\(mark)"
  }

  /// The text as it was typed, except that bytes that are unsafe on a terminal are C escapes.
  private static func printable(_ bytes: ArraySlice<UInt8>) -> String {
    bytes.split(separator: UInt8(ascii: "\\"), omittingEmptySubsequences: false)
      .map { ByteString(Array($0)).description }.joined(separator: "\\")
  }
}

/// The first 60 characters of a text, because a name or a list can be as long as a whole argument.
private func abbreviated(_ text: some CustomStringConvertible) -> String {
  let limit = 60
  let scalars = text.description.unicodeScalars
  return String(scalars.prefix(limit)) + (scalars.count > limit ? "..." : "")
}

extension SelectorError.Problem: CustomStringConvertible {
  /// Whether the description goes on with a sentence about the wrong part.
  fileprivate var isPredicate: Bool {
    if case .foreign = self { true } else { false }
  }

  /// The reason and the remedy, without the part of the text that is wrong.
  package var description: String {
    switch self {
    case .empty:
      "the selector is empty; expected a range such as 3-9, or a term such as deleted"
    case .tooLong:
      "the selector is too long; the limit is \(Parser.maximumLength) bytes"
    case .tooDeep:
      "too many parentheses or nots are nested; the limit is \(Parser.maximumDepth)"
    case .unclosedQuote:
      "the quote is not closed; close it, or write a backslash before a quote that is part of the value"
    case .danglingBackslash:
      "nothing follows the backslash; write \\\\ for a backslash that is part of the value"
    case .expectedTerm(let suggestion?):
      "not a term; did you mean '\(suggestion)'?"
    case .expectedTerm(nil):
      "expected a range such as 3-9, or a term such as deleted"
    case .expectedConnective(let suggestion?):
      "expected 'and' or 'or'; did you mean '\(suggestion)'?"
    case .expectedConnective(nil):
      "expected 'and' or 'or' before this; a value that contains a blank or a parenthesis needs quotes"
    case .expectedAmount:
      "expected a number to compare with, as in size>1G"
    case .unclosedParenthesis:
      "the parenthesis is not closed; add the missing ')'"
    case .unmatchedParenthesis:
      "no parenthesis is open here; a value that contains a parenthesis needs quotes"
    case .notATerm(let suggestion?):
      "not a term; did you mean '\(abbreviated(suggestion))'?"
    case .notATerm(nil):
      "not a term; expected a range such as 3-9, or one of "
        + TermSyntax.all.map { $0.name }.joined(separator: ", ")
    case .missingValue(let syntax):
      "a value is missing; expected \(syntax.example)"
    case .unexpectedValue(let syntax):
      "'\(syntax.name)' takes no value; write '\(syntax.name)' alone"
    case .missingComparison(let syntax):
      "'\(syntax.name)' must be compared with a number, as in '\(syntax.example)';"
        + " without the quotes, the shell takes the > for itself"
    case .missingRelation(let syntax):
      "not a comparison; expected a sign and a number, as in '>\(syntax.valueName)'"
    case .notComparable(let syntax):
      "'\(syntax.name)' cannot be compared; expected \(syntax.example)"
    case .emptyItem:
      "the list has an empty item; write one comma between two items, and none at the ends"
    case .notAWord(let kind, let suggestion?, _):
      "not \(kind); did you mean '\(suggestion)'?"
    case .notAWord(let kind, nil, let expected):
      "not \(kind); expected \(expected)"
    case .notANumber(let kind, let largest):
      "not \(kind); expected a decimal number, at most \(largest)"
    case .missingFirstNumber(""):
      "the range lacks its first number; expected a range N-M or N-, such as 3-"
    case .missingFirstNumber(let last):
      "the range lacks its first number; write 0-\(last) for all numbers up to \(last)"
    case .missingNumber:
      "a number must follow ~; ~0 is the largest descriptor"
    case .descriptorTooLarge:
      "too large for a descriptor; the largest is 4294967295, or ~0"
    case .notARange:
      "unexpected in a range; expected a number N, or a range N-M or N-"
    case .reversed(let first, let last):
      "the first number, \(first), is greater than the last, \(last): \(Errno.invalid)"
    case .emptyGlob:
      "the pattern is empty; expected a path such as '/var/log/*.log'"
    case .globTooLong:
      "the pattern is too long; no path is longer than \(Glob.maximumLength) bytes"
    case .unclosedSet:
      "the set is not closed; add the missing ']', or write \\[ for a bracket itself"
    case .reversedSet:
      "the range of characters is reversed; write the smaller character first"
    case .classInSet:
      "character classes are not supported; list the characters, or write \\[ for a bracket itself"
    case .unclosedBrace:
      "the brace is not closed; add the missing '}', or write \\{ for a brace itself"
    case .sequenceInBraces:
      "sequences are not supported; list the alternatives as in {1,2,3}, or write \\{ for a brace itself"
    case .notADevice:
      "not a device number; expected MAJOR:MINOR in decimal, as in /proc/PID/mountinfo"
    case .notAComparison:
      "not a comparison; expected "
        + Comparison.Relation.allCases.map { $0.rawValue }.joined(separator: ", ")
    case .notAnAmount:
      "not an amount; expected a number of bytes, or a number with K, M, G, T, P or E for powers of 1024"
    case .amountTooLarge:
      "no file is that large; the largest number is"
        + " \(Comparison.Quantity.size.possibleValues.upperBound - 1),"
        + " one byte less than 8E"
    case .notATime:
      "not a time; expected a number of seconds, or a number with s, m, h or d, such as 8h"
    case .timeTooLong:
      "the kernel counts no longer time; it starts again at 0 after 49 days"
    case .emptyEnd:
      "the end of the socket is missing; expected HOST:PORT, HOST, :PORT or unix:PATH"
    case .unclosedBracket:
      "the bracket is not closed; expected [ADDRESS]:PORT"
    case .textAfterBracket:
      "unexpected after the bracket; expected [ADDRESS]:PORT"
    case .notAnAddress:
      "not an IP address; a prefix length can only follow an address"
    case .notAnIPv6Address:
      "not an IPv6 address; brackets can only contain an IPv6 address"
    case .notAHost:
      "not a host; expected a host name or an IP address"
    case .ambiguousColons:
      "an IPv6 address with a port needs brackets; write [ADDRESS]:PORT"
    case .bareNumber:
      "a number alone could be a port or a host; write :PORT for a port"
    case .badPrefix:
      "not a prefix length after the slash; expected 0 to 32 for IPv4, 0 to 128 for IPv6"
    case .badPort:
      "not a port; expected a number from 1 to 65535, a range such as 6000-6010, a service name, or *"
    case .reversedPorts:
      "the first port is greater than the last; write the smaller port first"
    case .portOfUnixSocket:
      "a Unix-domain socket has no port; write \\: if the name itself ends in a colon and digits"
    case .notASocket:
      "not a socket; expected socket:[INODE], as /proc/PID/fd shows it"
    case .inodeOfLocalEnd(let inode):
      "a socket's own number is its inode; write inode:\(inode)"
    case .addressZone(let zone):
      "the zone '%\(abbreviated(ByteString(zone)))' cannot be matched, because the kernel's socket tables"
        + " do not show zones; leave it out"
    case .foreign(let tool?, let ours):
      "is \(tool)'s; here it is \(ByteString(ours))"
    case .foreign(nil, let ours):
      "is not known here; \(ForeignWord.isAbsence(ours) ? "" : "write ")\(ByteString(ours))"
    case .neverHolds:
      "this comparison is never true"
    case .alwaysHolds:
      "this comparison is true for every file that has such a number; leave it out"
    case .contradiction(let other):
      "no descriptor can match both this and '\(abbreviated(other))'"
    case .contradictoryComparisons:
      "no number can satisfy both this and the other comparisons"
    case .exhaustiveComparisons:
      "every number satisfies at least one of these comparisons; write 'and' between them to require all"
    case .unknownHost(let name, let reason):
      "the host '\(abbreviated(ByteString(name)))' cannot be looked up: \(reason)"
    case .unknownService(let name):
      "there is no service '\(abbreviated(ByteString(name)))';"
        + " expected a name from services(5) or a port number"
    case .unknownOwner(let pid, .noSuchFile), .unknownOwner(let pid, .noSuchProcess):
      "there is no process \(pid)"
    case .unknownOwner(let pid, .accessDenied):
      "the descriptors of process \(pid) cannot be read: \(Errno.accessDenied); run as root or as its user"
    case .unknownOwner(let pid, let reason):
      "the descriptors of process \(pid) cannot be read: \(reason)"
    case .unknownTerminal(.unreadable(let error)):
      "the terminal cannot be examined: \(error)"
    case .unknownTerminal, .unknownMount(.notTerminal):
      "not the device file of a terminal; expected a path such as /dev/pts/2"
    case .unknownMount(.unreadable(.noSuchFile)):
      "the mount point cannot be examined: \(Errno.noSuchFile); expected its path, such as /mnt, and not the"
        + " type of a file system"
    case .unknownMount(.unreadable(let error)):
      "the mount point cannot be examined: \(error)"
    case .unknownMount(.notMountPoint(let path?)):
      "not a mount point; it lies on the file system mounted at \(path)"
    case .unknownMount(.notMountPoint(nil)):
      "not a mount point"
    case .unknownMount(.mountedHere):
      "not a mount point for the process, which has another mount namespace than rangeclose;"
        + " 'fs:' also takes the mount points of rangeclose"
    }
  }
}
