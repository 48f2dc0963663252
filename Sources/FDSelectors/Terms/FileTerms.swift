import FDCore

/// `deleted`: the last name of the file was removed; see `Descriptor.isDeleted`.
final class DeletedTerm: Term {
  var name: String { "deleted" }
  var factName: String { "its link count" }
  var facts: FactSet { [.status, .target, .info] }
  var domain: TypeSet { .named }
  var description: String { name }
  var wider: (any Term)? { UnnamedTerm() }

  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> { descriptor.isDeleted }
}

/// `tmpfile`: the file was made without a name, by O_TMPFILE; see `Descriptor.isTemporary`.
final class TemporaryTerm: Term {
  var name: String { "tmpfile" }
  var factName: String { "its link count" }
  var facts: FactSet { [.status, .target, .info] }
  var domain: TypeSet { .regular }
  var description: String { name }

  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> { descriptor.isTemporary }
}

/// `deleted` or `tmpfile`, which does not need the fact that distinguishes the two.
private final class UnnamedTerm: Term {
  var name: String { "" }
  var factName: String { "its link count" }
  var facts: FactSet { [.status, .target] }
  var domain: TypeSet { .named }
  var description: String { "(deleted or tmpfile)" }

  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> { descriptor.isUnnamed }
}

/// `path:GLOB`: the whole path matches the pattern.
final class PathTerm: ValueTerm {
  private let glob: Glob

  init(_ value: Value) throws(SelectorError) {
    glob = try Glob(value)
  }

  private init(_ glob: Glob) {
    self.glob = glob
  }

  var name: String { "path" }
  var factName: String { "its path" }
  var facts: FactSet { .path }
  var domain: TypeSet { .all }
  var description: String { "path:\(glob)" }
  var literalPath: ByteString? { glob.literal }
  var nearMisses: [NearMiss] {
    let isName = "this is the name of a Unix-domain socket, which has no path"
    let names = [glob] + (glob.belowAnyDirectory.map { [$0] } ?? [])
    let others = glob.nearMisses
    return numberMeant
      + others.map { NearMiss(PathTerm($0.glob), $0.reason) }
      + [
        NearMiss(
          CaselessPathTerm([glob] + others.map { $0.glob }),
          "capital and small letters are different in a path", showsPath: true)
      ]
      + names.flatMap { EndTerm.unixEnds($0) }.map { NearMiss($0, isName) }
      + (glob.hasDeletedMark
        ? [NearMiss(DeletedTerm(), "the mark (deleted) is not part of a path")] : [])
  }

  /// The number that a link such as `/proc/1000/fd/3` stands for.
  private var numberMeant: [NearMiss] {
    guard let path = glob.literal?.description, let (number, process) = Guess.numberOfLink(path),
      let list = try? RangeList(parsing: number)
    else { return [] }
    return [NearMiss(list, "this is a link to a descriptor, and no path of its file", process: process)]
  }

  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> { descriptor.path.map(glob.matches) }
}

/// The path matches one of some patterns if small and capital letters count as equal.
///
/// The term is no text of the language. It finds what a pattern in the wrong case means.
private final class CaselessPathTerm: Term {
  private let globs: [Glob]

  init(_ globs: [Glob]) {
    self.globs = globs.compactMap { try? Glob(parsing: Spelling.lowercased($0.description)) }
  }

  var name: String { "path" }
  var factName: String { "its path" }
  var facts: FactSet { .path }
  var domain: TypeSet { .all }
  var description: String { "path:" + (globs.first?.description ?? "") }

  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> {
    descriptor.path.map { path in
      let path = ByteString(Spelling.lowercased(path.bytes))
      return globs.contains { $0.matches(path) }
    }
  }
}

/// The descriptor is open on this file, by whatever path.
///
/// The term is no text of the language. It finds what a path through a symbolic link means.
final class SameFileTerm: Term {
  private let file: FileStatus.Identity

  init(_ file: FileStatus.Identity) {
    self.file = file
  }

  var name: String { "path" }
  var factName: String { "its inode" }
  var facts: FactSet { [.status, .path] }
  var domain: TypeSet { .all }
  var description: String { "inode:\(file.inode)" }

  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> { descriptor.status.map { $0.identity == file } }
}

/// `dev:MAJOR:MINOR,...`: the file lies on a file system with one of these device numbers.
final class DeviceTerm: ValueTerm {
  /// The device numbers, `(major << 32) | minor`.
  private let devices: [UInt64]

  /// Parses a list of device numbers.
  ///
  /// Throws `notADevice` for an item that is not two decimal numbers, of at most 12 and 20 bits; see
  /// `makedev(3)`.
  init(_ value: Value) throws(SelectorError) {
    let largestMajor = 0xFFF as UInt64
    let largestMinor = 0xF_FFFF as UInt64
    var devices: [UInt64] = []
    for item in try value.items() {
      let parts = item.text.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, parts.allSatisfy({ $0.isDecimal }), let major = UInt64(parts[0]),
        let minor = UInt64(parts[1]), major <= largestMajor, minor <= largestMinor
      else { throw SelectorError(item.snippet, .notADevice) }
      devices.append(major << 32 | minor)
    }
    self.devices = devices
  }

  var name: String { "dev" }
  var factName: String { "its device" }
  var facts: FactSet { .status }
  var domain: TypeSet { .all }
  var description: String {
    "dev:" + devices.map { "\($0 >> 32):\($0 & 0xFFFF_FFFF)" }.joined(separator: ",")
  }

  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> {
    descriptor.status.map { devices.contains($0.identity.device) }
  }
}

/// `inode:NUMBER,...`: the file has one of these inode numbers.
final class InodeTerm: ValueTerm {
  private let inodes: [UInt64]

  init(_ value: Value) throws(SelectorError) {
    inodes = try value.numbers(UInt64.self, kind: "an inode number")
  }

  var name: String { "inode" }
  var factName: String { "its inode number" }
  var facts: FactSet { .status }
  var domain: TypeSet { .all }
  var description: String { "inode:" + inodes.map(String.init).joined(separator: ",") }

  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> {
    descriptor.status.map { inodes.contains($0.identity.inode) }
  }
}
