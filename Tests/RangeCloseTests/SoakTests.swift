import SoakChecks
import TestSupport
import Testing

/// Every promise of a session, for a few seconds each; `swift run soak` holds them for longer.
@Suite struct SoakTests {
  @Test(arguments: SoakCheck.all) func holds(check: SoakCheck) throws {
    if check.needsRoot && !Programs.isRoot { return }
    let result = try check.run(check.shortCount)
    #expect(result.faults.isEmpty, "\(result.faults)")
  }
}
