import Glibc
import TestSupport
import Testing

/// A shell whose completion of the command the tests drive.
enum Shell: String, CaseIterable {
  case bash, zsh, fish

  /// Whether the shell can be driven here; python3 drives it.
  var isInstalled: Bool { Programs.has(rawValue, "python3") }

  /// The shells that can be driven here.
  static let installed = allCases.filter(\.isInstalled)
}

/// The state of a command line after a press of the Tab key.
struct Completed {
  /// The line in the editor of the shell.
  let line: String
  /// What the shell listed: the candidates, some with a description.
  let listed: String

  /// The candidates without their descriptions, which stand behind a tab or two dashes.
  var candidates: Set<String> {
    var found: Set<String> = []
    // The echo of the line is no candidate.
    for row in listed.split(separator: "\n") where !row.contains("rangeclose ") {
      var words = row.prefix { $0 != "\t" }.split(separator: " ")
      if let dashes = words.firstIndex(of: "--") { words.removeSubrange(dashes...) }
      found.formUnion(words.map(String.init))
    }
    return found.subtracting(["@"])
  }
}

/// Types the beginnings of command lines into an interactive shell, and presses Tab after each.
///
/// The shell runs on a pseudoterminal without any start-up file, and loads the completion that the command
/// under test prints. Its PATH begins with a directory in which the command has its usual name.
func complete(_ lines: [String], in shell: Shell) throws -> [Completed] {
  let scratch = Scratch()
  symlink(Programs.rangeclose, scratch("rangeclose"))
  let script = try rangeclose("--generate=\(shell.rawValue)")
  try #require(script.status == 0)
  scratch.write("_rangeclose", script.output)
  let answer = try python(driver, [shell.rawValue, scratch.path] + lines)
  let parts = answer.split(separator: "\u{1}", omittingEmptySubsequences: false).map(String.init)
  try #require(parts.count == 2 * lines.count + 1, "\(answer)")
  return lines.indices.map { Completed(line: parts[2 * $0], listed: parts[2 * $0 + 1]) }
}

/// Drives a shell: the answer has the line and the list for each argument, each with a byte 1 behind it.
///
/// A key of the editor prints the line between two signs. The shell reads the keys one after the other, so
/// the line that it prints is complete. Then Ctrl-U empties the line.
///
/// zsh would mark a line without an end with `#` or `%`, which is no candidate (PROMPT_SP).
///
/// The list of fish does not fit on its screen, so another instance prints it.
private let driver = #"""
  import fcntl, pty, select, struct, termios, time
  shell, directory, lines = arguments[0], arguments[1], arguments[2:]
  words = {"bash": ["bash", "--noprofile", "--norc", "-i"], "zsh": ["zsh", "-f", "-i"],
           "fish": ["fish", "--no-config", "-i"]}[shell]
  setup = {"bash": r"""
    PS1=@
    source ./_rangeclose
    bind 'set show-all-if-ambiguous on'
    bind 'set page-completions off'
    bind 'set completion-query-items 0'
    bind 'set completion-display-width 0'
    bind 'set bell-style none'
    bind 'set enable-bracketed-paste off'
    bind -x '"\C-xg": printf "<<%s>>\n" "$READLINE_LINE"'
    """, "zsh": r"""
    PS1=@
    unset zle_bracketed_paste
    fpath=($PWD $fpath)
    autoload -U compinit
    compinit -u -D
    setopt no_beep auto_list no_prompt_sp
    LISTMAX=100000
    bindkey '^I' complete-word
    print_line() { print -r -- "<<$BUFFER>>" }
    zle -N print_line
    bindkey '^Xg' print_line
    """, "fish": r"""
    function fish_prompt; echo -n @; end
    source ./_rangeclose
    bind \cxg 'echo "<<"(commandline)">>"; commandline -f repaint'
    """}[shell]

  environment = dict(os.environ, TERM="dumb", HOME=directory, LC_ALL="C.UTF-8", HISTFILE="/dev/null",
                     PATH=directory + ":" + os.environ["PATH"])
  process, terminal = pty.fork()
  if process == 0:
    os.chdir(directory)
    os.execvpe(words[0], words, environment)
  fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 2000, 400, 0, 0))

  def read_until(mark):
    text, end = "", time.monotonic() + 60
    while mark not in text:
      ready = select.select([terminal], [], [], max(0, end - time.monotonic()))[0]
      if not ready: raise Exception("no %r in %r" % (mark, text))
      text += os.read(terminal, 1 << 16).decode(errors="replace")
    return text
  def send(text):
    os.write(terminal, text.encode())

  for line in setup.strip().splitlines(): send(line.strip() + "\n")
  send("echo RE''ADY\n")
  read_until("READY\r\n")
  for line in lines:
    send(line + "\t\x18g")
    listed, _, completed = read_until(">>").rpartition("<<")
    if shell == "fish":
      words = ["fish", "--no-config", "-c", "source ./_rangeclose; complete -C $argv[1]", line]
      listed = subprocess.run(words, cwd=directory, capture_output=True, text=True, env=environment).stdout
    print(completed.partition(">>")[0], listed.replace("\r", "\n"), sep="\1", end="\1")
    send("\x15")
  os.close(terminal)
  os.waitpid(process, 0)
  """#
