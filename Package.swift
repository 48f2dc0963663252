// swift-tools-version: 6.2
import PackageDescription

/// A release build is Embedded Swift, which leaves out the parts of the run time that the program does not
/// use.
///
/// One such part looks up types while the program runs. The full run time takes as long to start as the whole
/// command takes now.
///
/// Flags enable Embedded Swift, because the build setting of that name cannot be limited to one
/// configuration. Debug builds would lose their run time, too.
///
/// Each function is in a section of its own, so the linker can leave it out, or place it by `functionOrder`.
let embedded = ["-enable-experimental-feature", "Embedded", "-Xfrontend", "-function-sections"]

/// The functions of usual commands, which the linker puts side by side.
///
/// A command enters 850 functions. In the order of the source files they lie in 50 pieces of the program, and
/// each piece costs a page fault. `Tests/Benchmarks/order/run` writes the list. The linker ignores names that
/// are not there any more.
let functionOrder =
  "--symbol-ordering-file=\(Context.packageDirectory)/Tests/Benchmarks/order/functions.txt"

/// Flags that make builds in different folders equal.
///
/// The compiler writes a hash of its intermediate code into each object, for its own use when it compiles
/// again. The code has the paths of the sources, so the hash depends on the folder. The linker keeps it.
let reproducible = ["-Xfrontend", "-disable-incremental-llvm-codegen"]

/// The rules for every Swift target under `Sources`.
///
/// In their code `unsafe` marks each step outside the memory-safe part of the language.
let strict: [SwiftSetting] = [
  .unsafeFlags(embedded + reproducible, .when(configuration: .release)),
  .strictMemorySafety(),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("ExistentialAny"),
]

/// A release build is one static file that runs on any Linux of its architecture.
///
/// Debug builds do not get the flags, because their test bundles cannot be linked with them. lld is named
/// because it does not print glibc's warning about getaddrinfo(3) in static programs. README.md explains why
/// the warning does not apply. With RANGECLOSE_SYMBOLS in the environment, the file keeps its symbols.
let standalone: [LinkerSetting] = [
  .unsafeFlags(
    embedded + ["-static-executable", "-use-ld=lld", "-Xlinker", functionOrder]
      + ["-Xlinker", "--no-warn-symbol-ordering"]
      + (Context.environment["RANGECLOSE_SYMBOLS"] == nil ? ["-Xlinker", "--strip-all"] : []),
    .when(platforms: [.linux], configuration: .release))
]

/// The parts of the completions that `documents.c` in CLinux embeds; the package manager does not build them.
let completions = ["completion.bash", "completion.zsh", "completion.fish"]

/// A target process of the tests: one small C program in `Tests/Fixtures`.
func fixture(_ name: String) -> Target {
  .executableTarget(
    name: "fixture-\(name)", path: "Tests/Fixtures/\(name)",
    cSettings: [.define("_GNU_SOURCE")], linkerSettings: [.linkedLibrary("pthread")])
}

let package = Package(
  name: "rangeclose",
  products: [
    .executable(name: "rangeclose", targets: ["RangeClose"])
  ],
  targets: [
    .target(name: "CLinux", linkerSettings: [.linkedLibrary("m")]),
    .target(name: "FDCore", dependencies: ["CLinux"], swiftSettings: strict),
    .target(name: "FDSelectors", dependencies: ["FDCore", "CLinux"], swiftSettings: strict),
    .executableTarget(
      name: "RangeClose", dependencies: ["FDCore", "FDSelectors", "CLinux"],
      exclude: completions.map { "Documents/\($0)" }, swiftSettings: strict, linkerSettings: standalone),

    .target(name: "TestSupport", path: "Tests/Support"),
    .testTarget(name: "FDCoreTests", dependencies: ["FDCore", "CLinux", "TestSupport"]),
    .testTarget(name: "FDSelectorsTests", dependencies: ["FDSelectors", "FDCore", "FuzzChecks"]),
    .testTarget(name: "RangeCloseTests", dependencies: ["FDSelectors", "TestSupport", "SoakChecks"]),
    .target(name: "SoakChecks", dependencies: ["TestSupport"], path: "Tests/Soak/Checks"),
    .executableTarget(name: "soak", dependencies: ["SoakChecks"], path: "Tests/Soak/Command"),
    .executableTarget(
      name: "subject", path: "Tests/Benchmarks/subject", cSettings: [.define("_GNU_SOURCE")],
      linkerSettings: [.linkedLibrary("pthread")]),
    .target(
      name: "FuzzChecks", dependencies: ["FDSelectors", "FDCore", "CLinux"], path: "Tests/Fuzz/Checks",
      swiftSettings: [.unsafeFlags(embedded, .when(configuration: .release))]),
    .executableTarget(
      name: "fuzz", dependencies: ["FuzzChecks"], path: "Tests/Fuzz/Command",
      swiftSettings: [.unsafeFlags(embedded, .when(configuration: .release))],
      linkerSettings: [.unsafeFlags(embedded + ["-static-stdlib"], .when(configuration: .release))]),
    .executableTarget(
      name: "benchmark", dependencies: ["TestSupport"], path: "Tests/Benchmarks/Command"),
    fixture("blocked-calls"), fixture("close-range-example"), fixture("every-kind"),
    fixture("exiting-leader"), fixture("fault-signals"), fixture("filtered"), fixture("fork-exec-exit"),
    fixture("fuse-server"), fixture("holder"), fixture("hung-readers"), fixture("io-uring-threads"),
    fixture("job-control"),
    fixture("mutex-accounts"), fixture("poisoned-readers"), fixture("recycled-thread-id"),
    fixture("registers"), fixture("rseq"),
    fixture("old-kernel"), fixture("saved-signal-masks"), fixture("served-calls"),
    fixture("shared-tables"), fixture("signals"), fixture("swapped-descriptor"), fixture("threads"),
    fixture("timer-signals"), fixture("unchanging-memory"), fixture("uninterruptible-sleep"),
    fixture("watched-memory"),
  ]
)
