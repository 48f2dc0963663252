/// Something worth knowing about what happened to one descriptor.
package enum Remark: Hashable, Sendable {
  /// The socket had no connection.
  case wasNotConnected
  /// The socket has no connection, so there is nothing to do.
  case isNotConnected
  /// The socket listens.
  case listens
  /// The family of the socket has no `shutdown(2)`.
  case hasNoShutdown
  /// The file is not of the kind that the operation needs, such as a socket.
  case isNo(String)
  /// The call reported success, but the descriptor is still open.
  case isStillOpen
  /// The descriptor was closed, and a thread that was not stopped has opened the number again.
  case isOpenAgain
  /// The call reported success, but the descriptor is not marked.
  case isNotMarked
  /// The call reported success, but the number does not refer to the new file.
  case isNotReplaced
  /// How the descriptor is open could not be read.
  case hasUnknownFlags
  /// The path leads to another file in the mount namespace of rangeclose.
  case isForeignFile
  /// The type of the file could not be read.
  case hasUnknownType
  /// A process has mapped the file, or a loop device uses it.
  case isMapped
  /// The descriptor only indicates the file; see O_PATH in `open(2)`.
  case isOnlyAPlace
  /// The file is open for reading and writing.
  case isReadAndWritten
  /// The file is written through several descriptions without O_APPEND.
  case isWrittenByOthers
  /// These processes may use the file, and could not be read.
  case mayBeUsed(UnreadProcesses)
  /// The kernel cannot end connections of this kind.
  case cannotBeDropped
  /// Whether the socket listens could not be read.
  case hasUnknownState
}

extension Remark: CustomStringConvertible {
  /// The remark, in words that follow a descriptor, with the remedy if there is one.
  package var description: String {
    switch self {
    case .wasNotConnected, .isNotConnected: "not connected"
    case .listens: "listening; state:listen in the selector includes it"
    case .hasNoShutdown: "a socket of this family cannot be shut down"
    case .isNo(let kind): "not a \(kind)"
    case .isStillOpen:
      "still open although the call reported success; a seccomp filter may have answered it"
    case .isOpenAgain: "open again, by a thread that was not stopped"
    case .isNotMarked:
      "not marked although the call reported success; a seccomp filter may have answered it"
    case .isNotReplaced:
      "not replaced although the call reported success; a seccomp filter may have answered it"
    case .hasUnknownFlags: "access mode unknown"
    case .isForeignFile: "by another file than that path means here"
    case .hasUnknownType: "type unknown"
    case .isMapped: "mapped by a process or behind a loop device; --force=mapped allows it"
    case .isOnlyAPlace: "opened with O_PATH, so neither read nor written"
    case .isReadAndWritten:
      "open for reading and writing, as databases are; --force=shared allows it"
    case .isWrittenByOthers:
      "written without O_APPEND through another description; --force=shared allows it"
    case .mayBeUsed(let processes):
      "\(processes) could not be read and may use it; --force=mapped,shared allows it"
    case .cannotBeDropped: "no connection that the kernel can drop; try --shutdown"
    case .hasUnknownState: "state unknown, so it may listen"
    }
  }
}
