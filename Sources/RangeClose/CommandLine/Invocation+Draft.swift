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
    /// A bare number directly after `--except`, and the index of its part.
    private var afterExcept: (text: ByteString, except: ByteString, index: Int)?
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
      case .help, .version, .columns: break
      }
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
      if let lastExcept, lastExcept.count == parts.count, text.description.isDecimal {
        afterExcept = (text, lastExcept.value, parts.count)
      }
      parts.append(.operand(text, after: optionBefore))
      optionBefore = nil
    }

    private static func selector(_ text: ByteString) throws(UsageError) -> Selector {
      try mapError(UsageError.selector) { () throws(SelectorError) in try Selector(parsing: text) }
    }

    /// The error for an unknown option, which may be a negative number.
    func refusal(of option: RefusedOption) -> UsageError {
      let hasProcess = firstOperand != nil || processes != nil || isAll
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
        savePath: savePath, meantAsException: numberMeantAsException(), hasSizeZero: hasSizeZero)
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
        throw Self.error(text, after: option) ?? error
      }
      var rest = parts
      rest.remove(at: index)
      return (ProcessChoice(listed: listed, includesDescendants: includesDescendants), rest)
    }

    /// A number that another operand picks already, so the user may mean to leave it out.
    ///
    /// It stands directly after `--except`, or at the end as in `3-9 -v 5`.
    private func numberMeantAsException() -> (number: ByteString, except: ByteString?)? {
      var candidate = afterExcept.map { (text: $0.text, except: Optional($0.except), index: $0.index) }
      if candidate == nil, case .operand(let last, _)? = parts.last, last.description.isDecimal {
        candidate = (last, nil, parts.count - 1)
      }
      let isProcess = { (index: Int) in processes == nil && !isAll && index == firstOperand }
      guard let (text, except, index) = candidate, !isProcess(index),
        except?.description.utf8.allSatisfy({ "0123456789,-".utf8.contains($0) }) ?? true,
        let number = UInt32(text.description)
      else { return nil }
      // A script may write thousands of operands.
      let most = 64
      for (other, part) in parts.enumerated().prefix(most) where other != index && !isProcess(other) {
        guard case .operand(let operand, _) = part, operand.description != text.description,
          let numbers = (try? Self.selector(operand))?.numbers
        else { continue }
        if numbers.ranges.contains(where: { $0.contains(number) }) { return (text, except) }
      }
      return nil
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
