import CLinux
import FDCore
import FDSelectors

extension Invocation {
  /// The parts of the command line that have been read.
  struct Draft {
    /// A selector, or an operand that is read once it is known whether the first one names processes.
    ///
    /// `after` is the option directly in front of an operand, if it may have a value and has none.
    enum Part {
      case operand(ByteString, after: Option?)
      case selector(Selector)
    }

    private var parts: [Part] = []
    /// The option of the last argument, if it may have a value and has none.
    private var optionBefore: Option?
    /// The last `--except` and the count of parts with it.
    private var lastExcept: (value: ByteString, count: Int)?
    /// The numbers directly after `--except` or `--verbose`, the index of the first of their parts, and the
    /// number of parts.
    private var afterExcept: (text: ByteString, except: ByteString?, index: Int, count: Int)?
    /// Whether the last argument was `-v`, which leaves lines out in grep(1).
    private var isAfterVerbose = false
    /// Whether the last option was `--sort`, and whether `-r` followed, which reverses the order in sort(1).
    private var mayReverse: (isSort: Bool, isRaw: Bool) = (false, false)
    /// The processes of `--pid`; nil if the first operand names them.
    private var processes: [ProcessOperand]?
    /// The operation that the user asked for, and its option.
    private var operation: (value: Operation, option: Option)?
    private var method = Method.auto
    private var timeout: UInt32 = 5000
    private var force: Force = []
    var isAll = false
    var includesDescendants = false
    var separatesTable = false
    /// The folder of `--save`; nil without the option.
    var savePath: ByteString?
    var isDryRun = false
    var isStrict = false
    var isExplained = false
    var verbosity = Verbosity.summary
    var layout = Layout.Draft()

    /// Takes an option with its value; an option that only prints something has no effect here.
    mutating func take(_ option: Option, _ value: ByteString?) throws(UsageError) {
      switch option.effect {
      case .term: try take(term: option.long, value)
      case .operation(let make): try take(make(), option)
      case .operationWith(let operation): try take(operation(value), option)
      case .set(let set): try set(&self, value ?? ByteString([]))
      case .setOptional(let set): try set(&self, value)
      case .help, .version, .columns, .document: break
      }
      isAfterVerbose = option.long == "verbose"
      if mayReverse.isSort, option.long == "raw" { mayReverse.isRaw = true }
      mayReverse.isSort = option.long == "sort"
      let mayHaveMore = ["truncate", "output"].contains(option.long)
      optionBefore = option.isValueOptional && value == nil || mayHaveMore ? option : nil
    }

    mutating func take(term name: String, _ value: ByteString?) throws(UsageError) {
      let selector = try mapError(UsageError.selector) { () throws(SelectorError) in
        try Selector(term: name, value: value)
      }
      parts.append(.selector(selector))
    }

    mutating func except(_ value: ByteString) throws(UsageError) {
      parts.append(.selector(.not(try Self.selector(value))))
      lastExcept = (value, parts.count)
    }

    /// Sets the operation.
    ///
    /// Throws if another operation was set, because one run does one operation.
    mutating func take(_ operation: Operation, _ option: Option) throws(UsageError) {
      if let other = self.operation?.option, other.long != option.long { throw .twoOperations(other, option) }
      self.operation = (operation, option)
    }

    mutating func takeProcesses(_ value: ByteString) throws(UsageError) {
      processes = try ProcessOperand.list(value, after: processes ?? [])
    }

    mutating func setMethod(_ value: ByteString) throws(UsageError) {
      guard let method = Method(rawValue: value.description) else { throw .badMethod(value) }
      self.method = method
    }

    mutating func setTimeout(_ value: ByteString) throws(UsageError) {
      timeout = try Self.milliseconds(value)
    }

    mutating func setForce(_ value: ByteString) throws(UsageError) {
      force.formUnion(try Force(parsing: value))
    }

    mutating func take(operand text: ByteString) throws(UsageError) {
      if let before = afterExcept, before.except != nil, before.index == parts.count - before.count,
        text.description.isDecimal
      {
        afterExcept?.text = ByteString("\(before.text),\(text)")
        afterExcept?.count += 1
      }
      let except = lastExcept.flatMap { $0.count == parts.count ? $0.value : nil }
      let isNumbers = text.description.utf8.allSatisfy { "0123456789,-".utf8.contains($0) }
      if except != nil && text.description.isDecimal || isAfterVerbose && isNumbers && hasProcess {
        afterExcept = (text, except, parts.count, 1)
      }
      parts.append(.operand(text, after: optionBefore))
      optionBefore = nil
      isAfterVerbose = false
    }

    /// The error for an argument of `--size` that was meant for `--truncate`; nil for any other argument.
    func error(_ option: Option, _ value: ByteString?, isTruncating: Bool) -> UsageError? {
      guard option.long == "size", let value, value.bytes.first.map({ 0x30...0x39 ~= $0 }) == true,
        isTruncating || operation?.option.long == "truncate"
      else { return nil }
      return .sizeOfTruncation(value)
    }

    private static func selector(_ text: ByteString) throws(UsageError) -> Selector {
      try mapError(UsageError.selector) { () throws(SelectorError) in try Selector(parsing: text) }
    }

    /// The error for an unknown option, which may be a negative number.
    func refusal(of option: RefusedOption) -> UsageError {
      guard option.text.dropFirst().first?.isNumber == true else {
        var option = option
        option.hasProcess = hasProcess
        for case .selector(let selector) in parts { option.hosts += selector.endsWithoutPort }
        return .unknownOption(option)
      }
      if ForeignWord.hasOption(option.text) { return .unknownOption(option) }
      let text = ByteString(option.text)
      return hasProcess ? .negativeNumber(text) : .negativeProcessID(text)
    }

    /// Whether the processes are named already.
    private var hasProcess: Bool { firstOperand != nil || processes != nil || isAll }

    private var firstOperand: Int? {
      parts.firstIndex { if case .operand = $0 { true } else { false } }
    }

    /// The invocation; throws if a part is wrong, missing or in contradiction to another part.
    func finished() throws(UsageError) -> Invocation {
      let (processes, parts) = try split()
      let selector = try wholeSelector(parts)
      try mapError(UsageError.selector, selector.checkSense)
      var verbosity = verbosity
      if layout.wantsRows {
        if verbosity == .quiet { throw .quietRows }
        if !isDryRun { verbosity = .rows }
      }
      if isExplained && !processes.isSingle { throw .explainsOne }
      if isExplained && layout.wantsRows { throw .explainedRows }
      if layout.isSummary && layout.choosesColumns { throw .summaryOfColumns }
      let (value, option) = (operation?.value ?? .close, operation?.option)
      if let option, value.onFile != nil {
        if method != .auto { throw .methodOfDuplicate(option) }
        if separatesTable { throw .tableOfDuplicate(option) }
        if let term = selector.leaves.first(where: { $0.term.readsNumber })?.term {
          throw .numberOfDuplicate(term.description, option)
        }
      }
      if savePath != nil, let option, !value.losesContent { throw .savesNothing(option) }
      if value.onFile == nil, !value.allows(method) { throw .noMethod(method, value, option) }
      return Invocation(
        processes: processes, selector: selector, hasSelector: !parts.isEmpty, operation: value,
        method: method,
        separatesTable: separatesTable, timeout: timeout, isDryRun: isDryRun, isExplained: isExplained,
        verbosity: verbosity,
        layout: layout.finished(hasProcesses: !processes.isSingle), force: force, isStrict: isStrict,
        savePath: savePath, meantAsException: numbersMeantAsException(), hasSizeZero: hasSizeZero,
        sortsBeforeRaw: mayReverse.isRaw)
    }

    /// The processes, and the parts that are selectors.
    private func split() throws(UsageError) -> (ProcessChoice, [Part]) {
      if isAll {
        if includesDescendants { throw .allAndDescendants }
        if processes != nil { throw .allAndProcesses }
        return (ProcessChoice(listed: nil), parts)
      }
      if let processes {
        return (ProcessChoice(listed: processes, includesDescendants: includesDescendants), parts)
      }
      guard let index = firstOperand, case .operand(let text, let option) = parts[index] else {
        throw .noProcess
      }
      let listed: [ProcessOperand]
      do {
        listed = try ProcessOperand.list(text)
      } catch {
        throw Self.error(text, after: option, next: nil, isOnly: false) ?? error
      }
      var rest = parts
      rest.remove(at: index)
      return (ProcessChoice(listed: listed, includesDescendants: includesDescendants), rest)
    }

    /// Numbers that another operand picks already, so the user may mean to leave them out.
    ///
    /// They stand directly after `--except` or `-v`, or are one number at the end as in `3-9 5`. The standard
    /// streams directly after `-v` may be meant so without another operand.
    private func numbersMeantAsException() -> Invocation.Exception? {
      var candidate = afterExcept
      if candidate == nil, case .operand(let last, _)? = parts.last, last.description.isDecimal {
        candidate = (last, nil, parts.count - 1, 1)
      }
      let isProcess = { (index: Int) in processes == nil && !isAll && index == firstOperand }
      guard let (text, except, index, count) = candidate, !isProcess(index),
        except?.description.utf8.allSatisfy({ "0123456789,-".utf8.contains($0) }) ?? true,
        let meant = (try? Self.selector(text))?.numbers?.ranges, let last = meant.last?.upperBound
      else { return nil }
      let selectorCount = parts.count - (processes == nil && !isAll ? 1 : 0)
      if selectorCount == 1, afterExcept != nil, last <= 2 {
        return Invocation.Exception(numbers: text, except: nil, reason: .afterVerbose)
      }
      // A script may write thousands of operands.
      let most = 64
      for (other, part) in parts.enumerated().prefix(most)
      where !(index..<index + count).contains(other) && !isProcess(other) {
        guard case .operand(let operand, _) = part, operand.description != text.description,
          let numbers = (try? Self.selector(operand))?.numbers
        else { continue }
        let areAll = meant.allSatisfy { part in
          numbers.ranges.contains { $0.contains(part.lowerBound) && $0.contains(part.upperBound) }
        }
        if areAll { return Invocation.Exception(numbers: text, except: except, reason: .byOthers) }
      }
      return except.map { Invocation.Exception(numbers: text, except: $0, reason: .afterExcept) }
    }

    /// Whether a 0 after `--truncate` may be meant as the new size.
    private var hasSizeZero: Bool {
      parts.contains { part in
        if case .operand("0", let option?) = part { option.long == "truncate" } else { false }
      }
    }

    /// All selectors as one.
    ///
    /// Without a selector it is every number, but only if nothing is closed. Throws otherwise.
    private func wholeSelector(_ parts: [Part]) throws(UsageError) -> Selector {
      if parts.isEmpty {
        guard isDryRun else { throw .noSelector }
        return try Self.selector("0-")
      }
      try checkPieces(parts)
      var selectors: [Selector] = []
      for (index, part) in parts.enumerated() {
        switch part {
        case .selector(let selector): selectors.append(selector)
        case .operand(let text, _):
          do {
            selectors.append(try Self.selector(text))
          } catch {
            throw Self.error(at: index, of: parts) ?? error
          }
        }
      }
      return Selector(combining: selectors)
    }

    private static func milliseconds(_ argument: ByteString) throws(UsageError) -> UInt32 {
      let text = argument.description
      let longest = 86400.0
      var seconds = 0.0
      // Not Double(text): the embedded library for aarch64 lacks a function that it needs.
      guard text.filter({ $0 != "." }).isDecimal, unsafe clinux_parse_number(text, &seconds), seconds > 0,
        seconds <= longest
      else { throw .badTimeout(argument) }
      return UInt32((seconds * 1000).rounded(.up))
    }
  }
}
