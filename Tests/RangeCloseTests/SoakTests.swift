import SoakChecks
import TestSupport
import Testing

/// Checks every promise of a session for a few seconds each; `swift run soak` checks for longer.
@Suite struct SoakTests {
  @Test(arguments: SoakCheck.all) func everyPromiseHolds(check: SoakCheck) throws {
    if check.needsRoot && !Programs.isRoot { return }
    let result = try check.run(check.shortCount)
    #expect(result.faults.isEmpty, "\(result.faults)")
  }
}
