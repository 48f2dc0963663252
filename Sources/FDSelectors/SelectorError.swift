package import FDCore

/// Why a selector was not understood, or cannot be used, and where in it.
package struct SelectorError: Error, Equatable {
  /// The part of the text that the problem lies in.
  package let snippet: Snippet
  package let problem: Problem

  init(_ snippet: Snippet, _ problem: Problem) {
    self.snippet = snippet
    self.problem = problem
  }

  package enum Problem: Equatable, Sendable {
    // Of the grammar.
    case empty, tooLong, tooDeep
    case unclosedQuote, nothingEscaped
    case expectedTerm(suggestion: String?)
    case expectedAmount
    case expectedWord(suggestion: String?)
    case unclosed, unopened
    case notATerm(suggestion: String?)
    case missingValue(TermSyntax)
    case noValue(TermSyntax)
    case missingComparison(TermSyntax)
    case notCompared(TermSyntax)

    // Of values.
    case emptyItem
    case notAWord(kind: String, suggestion: String?, expected: String)
    case notANumber(String)
    case missingFirst, missingNumber, largeDescriptor, notARange
    case reversed(first: UInt32, last: UInt32)
    case emptyGlob, longGlob, unclosedSet, reversedSet, classInSet
    case notADevice
    case notAComparison, notAnAmount, impossibleAmount
    case emptyPeer, unclosedBracket, afterBracket, notAnAddress, notAHost, ambiguousColons, bareNumber
    case badPrefix, badPort, reversedPorts, portOfUnix, notASocket
    case localSocket(UInt64)
    case zone(String)

    // Of sense.
    case contradiction(with: String)
    case neverHolds, alwaysHolds, neverTogether, eitherAlways

    // Of what is named.
    case unknownHost(String, reason: String)
    case unknownService(String)
    case unknownOwner(Int32, reason: Errno)
    case noMount(ByteString, MountedFileSystem.Failure)
  }
}
