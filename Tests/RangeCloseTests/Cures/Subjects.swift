import TestSupport

/// The beginning of a script for `python(_:_:)` that makes processes with sockets and files.
///
/// A `Subject` is a process that does what it is told, and answers with the value or the name of the error.
/// So the test learns the effect from the target. The script has these names, too:
/// - `outcome(STATUS, FACTS, WORD...)`: runs the command, and expects its status and the facts in its output.
/// - `connected(...)`: two subjects with a connection, and its port.
/// - `both_wait(A, B)`: lets both of them wait for data.
/// - `without_rights`: words that take CAP_NET_ADMIN away.
let subjects = #"""
  import ast, ctypes, errno, select, signal, socket, threading, time
  class Subject:
    """A process that does what it is told, and answers with the value or the name of the error."""
    def __init__(self, *orders):
      there, back = os.pipe(), os.pipe()
      self.pid = os.fork()
      if self.pid == 0: obey(there[0], back[1])
      os.close(there[0]); os.close(back[1])
      self.there, self.back = os.fdopen(there[1], "w"), os.fdopen(back[0])
      for order in orders: self.do(order)
    def begin(self, order):
      self.there.write(order + "\n"); self.there.flush()
    def end(self, seconds=8):
      if not select.select([self.back], [], [], seconds)[0]: return "nothing"
      return ast.literal_eval(self.back.readline() or "'gone'")
    def do(self, order):
      self.begin(order); return self.end()
    def block(self, order):
      """Begins a call, and waits until it blocks."""
      self.begin(order); eventually(lambda: state(self.pid) in "SD"); time.sleep(0.1)
  def obey(orders, answers):
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    os.dup2(orders, 0); os.dup2(answers, 1); os.closerange(3, 1000)
    modules = ctypes, os, select, signal, socket, threading, time
    names = {module.__name__: module for module in modules}
    for order in open(0):
      try:
        try: value = eval(order, names)
        except SyntaxError: value = exec(order, names)
      except TimeoutError: value = "nothing"
      except OSError as error: value = errno.errorcode[error.errno]
      try: ast.literal_eval(repr(value))
      except (SyntaxError, ValueError): value = None
      try: print(repr(value), flush=True)
      except OSError: os._exit(0)
    os._exit(0)
  def state(pid): return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0]
  def eventually(holds, seconds=20):
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end: time.sleep(0.01)
    return holds()
  def does(prefix, *words):
    done = subprocess.run([*prefix, command, *map(str, words)], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr
  def outcome(expected, facts, *words, after=()):
    """Runs rangeclose, and expects this exit status and these facts in what it prints."""
    status, text = does(after, *words)
    check(status == expected and all(fact in text for fact in facts), words, status, text)
    return text
  def connected(family=socket.AF_INET, address="127.0.0.1", type=socket.SOCK_STREAM, protocol=0):
    """Two subjects with a connection, each of which has its end as `s`, and the port of the first."""
    f = "socket.socket(%d, %d, %d)" % (family, type, protocol)
    server = Subject("a = " + f, f"a.bind(('{address}', 0))", "a.listen()")
    port = server.do("a.getsockname()[1]")
    client = Subject("s = " + f, f"s.connect(('{address}', {port}))")
    server.do("s = a.accept()[0]")
    return server, client, port
  def both_wait(server, client):
    server.block("s.recv(9)"); client.block("s.recv(9)")
  without_rights = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"]

  """#

/// Runs a script with the names of `subjects`; it returns what does not hold.
func faults(_ script: String, _ words: String...) throws -> String { try faults(script, words) }

/// As `faults(_:_:)`, for a list of arguments.
func faults(_ script: String, _ words: [String]) throws -> String { try python(subjects + script, words) }
