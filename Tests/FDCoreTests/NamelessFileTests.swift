import FDCore
import Testing

/// Files without a name: the facts decide whether the name was removed or never existed.
@Suite struct NamelessFileTests {
  private func file(text: String, links: UInt32 = 0, info: Fact<DescriptorInfo>) -> Descriptor {
    var descriptor = Descriptor(number: 3)
    let identity = FileStatus.Identity(device: 5, inode: 4711)
    descriptor.status = .known(
      FileStatus(type: .regular, identity: identity, links: links, size: 0, mount: 1))
    descriptor.target = .known(ByteString(text))
    descriptor.specialInode = .known(nil)
    descriptor.info = info
    return descriptor
  }

  private func flags(_ octal: String) -> Fact<DescriptorInfo> {
    DescriptorInfo(Array("flags:\t\(octal)\n".utf8)).map { .known($0) } ?? .notRead
  }

  @Test func theFlagOrTheTextShowsIt() {
    for (text, octal) in [
      ("/a/#4711 (deleted)", "02"), ("/a/#12 (deleted)", "022300002"), ("/#4711 (deleted)", "012000000"),
    ] {
      let descriptor = file(text: text, info: flags(octal))
      #expect(descriptor.isTemporary.value == true && descriptor.isDeleted.value == false, "\(text)")
    }
    for text in ["/a/#12 (deleted)", "/a#4711 (deleted)", "/a/#4711", "/a/#04711 (deleted)"] {
      let descriptor = file(text: text, info: flags("0300002"))
      #expect(descriptor.isTemporary.value == false && descriptor.isDeleted.value == true, "\(text)")
    }
  }

  @Test func aNameThatIsLeftDecides() {
    let descriptor = file(text: "/a/#4711 (deleted)", links: 1, info: .notRead)
    #expect(descriptor.isTemporary.value == false && descriptor.isDeleted.value == false)
  }

  @Test func flagsThatCannotBeReadDecideNothing() {
    let descriptor = file(text: "/a/b (deleted)", info: .unreadable(.accessDenied))
    #expect(descriptor.isTemporary.error == .accessDenied && descriptor.isDeleted.error == .accessDenied)
    let named = file(text: "/a/#4711 (deleted)", info: .unreadable(.accessDenied))
    #expect(named.isTemporary.value == true && named.isDeleted.value == false)
  }
}
