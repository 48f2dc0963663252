package import FDCore

/// The reason why a selector is refused, and the part of its text that is wrong.
///
/// The description is for the user; see `SelectorError+Description.swift`.
package struct SelectorError: Error, Equatable {
  /// The part of the text that is wrong.
  package let snippet: Snippet
  /// The reason.
  package let problem: Problem

  init(_ snippet: Snippet, _ problem: Problem) {
    self.snippet = snippet
    self.problem = problem
  }

  /// The reasons, in the order of the steps that find them.
  ///
  /// A suggestion is the word that the user probably meant, or nil if no word is near enough.
  package enum Problem: Equatable, Sendable {
    // The lexer and the parser find these.
    case empty, tooLong, tooDeep
    case unclosedQuote, danglingBackslash
    case expectedTerm(suggestion: String?)
    case expectedAmount
    case expectedConnective(suggestion: String?)
    case unclosedParenthesis, unmatchedParenthesis
    case notATerm(suggestion: String?)
    case missingValue(TermSyntax)
    case unexpectedValue(TermSyntax)
    case missingComparison(TermSyntax)
    case missingRelation(TermSyntax)
    case notComparable(TermSyntax)

    // The terms find these in their values. A kind has its article, as in "a state".
    case emptyItem
    case notAWord(kind: String, suggestion: String?, expected: String)
    case notANumber(kind: String, largest: UInt64)
    case missingFirstNumber(last: String), missingNumber, descriptorTooLarge, notARange
    case reversed(first: UInt32, last: UInt32)
    case emptyGlob, globTooLong, unclosedSet, reversedSet, classInSet, unclosedBrace, sequenceInBraces
    case notADevice
    case notAComparison, notAnAmount, amountTooLarge, notATime, timeTooLong
    case emptyEnd, unclosedBracket, textAfterBracket, notAnAddress, notAnIPv6Address, notAHost
    case ambiguousColons, bareNumber
    case badPrefix, badPort, reversedPorts, portOfUnixSocket, notASocket
    case inodeOfLocalEnd(UInt64)
    case addressZone(String)

    // The words of other tools; see `ForeignWord`. No tool stands for words that are just not known here.
    case foreign(tool: String?, ours: String)

    // `Selector.checkSense()` finds these, and `Comparison` the first two.
    case neverHolds, alwaysHolds
    case contradiction(with: String)
    case contradictoryComparisons, exhaustiveComparisons

    // `Selector.resolved()` and `Selector.located(in:)` find these.
    case unknownHost(String, reason: String)
    case unknownService(String)
    case unknownOwner(Int32, reason: Errno)
    case unknownTerminal(MountNamespace.Failure)
    case unknownMount(MountNamespace.Failure)
  }
}
